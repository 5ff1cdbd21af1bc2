"""What a query asks of the rows of each level, its own and those above."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from fileroom.model import Level
from fileroom.query import LabelMatch, moment_matches
from fileroom_plugins.index_linear.computed import collected
from fileroom_plugins.index_linear.matching import Memo, value_test, verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from fileroom.model import TagValue
    from fileroom.query import AnyOf, Condition, Equal, Moment, Query, Wildcard
    from fileroom_plugins.index_linear.tables import Row, Tables

    Sieve: TypeAlias = Callable[[Iterable[Row]], Iterable[Row]]
    """Lets those rows of a level through that meet one condition; whole streams, for the sake of speed."""


def sieves(tables: Tables, query: Query) -> Mapping[Level, Sequence[Sieve]]:
    """Return what the rows of each level must pass; the levels without conditions are left out."""
    found: defaultdict[Level, list[Sieve]] = defaultdict(list)
    within = tables.rows.get(query.within) if query.within is not None else None
    if within is not None:
        found[within.level].append(_is(within))
    for condition in query.conditions:
        found[condition.spec.level].append(_has_tag(condition))
    for moment in query.moments:
        found[moment.date.level].append(_has_moment(moment))
    if query.labels:
        found[query.level].append(_has_labels(frozenset(query.labels), query.label_match))
    for name, match in query.metadata.items():
        found[query.level].append(_has_metadata(name, match))
    for name, match in query.aggregates.items():
        found[Level.STUDY].append(_has_collected(tables, name, match))
    return found


def _is(wanted: Row) -> Sieve:
    return lambda rows: (row for row in rows if row.id == wanted.id)


def _has_tag(condition: Condition) -> Sieve:
    keyword, test = condition.spec.keyword, value_test(condition)
    return lambda rows: (row for row in rows if test(row.tags.get(keyword)))


def _has_moment(moment: Moment) -> Sieve:
    date, time = moment.date.keyword, moment.time.keyword

    def judge(values: tuple[TagValue | None, TagValue | None]) -> bool:
        return moment_matches(moment, *values)

    test = Memo(judge).__getitem__
    return lambda rows: (row for row in rows if test((row.tags.get(date), row.tags.get(time))))


def _has_labels(labels: frozenset[str], label_match: LabelMatch) -> Sieve:
    match label_match:
        case LabelMatch.ALL:
            return lambda rows: (row for row in rows if labels <= row.labels)
        case LabelMatch.ANY:
            return lambda rows: (row for row in rows if not labels.isdisjoint(row.labels))
        case LabelMatch.NONE:
            return lambda rows: (row for row in rows if labels.isdisjoint(row.labels))


def _has_metadata(name: str, match: Equal | Wildcard | AnyOf) -> Sieve:
    decide = verdict(match)

    def sieve(rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            metadata = row.metadata.get(name)
            if metadata is not None and decide((metadata.value,)):
                yield row

    return sieve


def _has_collected(tables: Tables, name: str, match: Equal | Wildcard | AnyOf) -> Sieve:
    decide = verdict(match)

    def sieve(studies: Iterable[Row]) -> Iterator[Row]:
        for study in studies:
            values = collected(tables, study, name)
            if values and decide(values):  # no value is none that an empty one could be
                yield study

    return sieve

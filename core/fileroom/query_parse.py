"""From keys and values as a user writes them to a `fileroom.query.Query`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom._query.keys import parse_keys
from fileroom._query.scope import Scope
from fileroom.errors import QueryError
from fileroom.model import Level, public_id_to_digest
from fileroom.query import AnyOf, Equal, LabelMatch, Order, Query, Wildcard
from fileroom.tags import Comparison

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fileroom.query import Condition
    from fileroom.tags import TagSet


@dataclass(frozen=True, slots=True)
class Plan:
    """What answers a search.

    Attributes:
        query: for the index.
        scanned: conditions on attributes that are not in the index, to be checked by reading the headers of
            what the query finds; empty unless ``scan=True`` was asked for.
    """

    query: Query
    scanned: tuple[Condition, ...] = ()


def parse_query(
    level: Level | str,
    keys: Mapping[str, object],
    tags: TagSet,
    *,
    exact: bool = False,
    order_by: str | Iterable[str] | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    labels: str | Iterable[str] = (),
    label_match: LabelMatch | str = LabelMatch.ALL,
    metadata: Mapping[str, object] | None = None,
    within: str | None = None,
    returning: Iterable[str] = (),
    scan: bool = False,
) -> Plan:
    """Make a query of keys in DICOM matching syntax (`fileroom._query.values`) or Python values.

    A key is the keyword of an attribute of the level or one above; ``Sequence.Keyword`` for what an item of a
    sequence must hold; or, in a search of studies, ``ModalitiesInStudy`` or ``SOPClassesInStudy``. Several
    keys of one sequence, or a mapping as the sequence's value, must be met by one and the same item.

    A range of dates and a range of times that belong together (``StudyDate`` and ``StudyTime``, and every
    such pair of one level) are matched as one stretch of time if they have the same form, ``A-B``, ``A-`` or
    ``-B``: from the first time on the first date to the last time on the last date. This is the combined
    date-time matching of PS3.4 section C.2.2.2.5.4, without a negotiation. In all other cases a date and a
    time are two conditions: a range of dates with a single time, be it an hour, or with a range of another
    form asks for these times on each of these days.

    Args:
        level: the level of the answers.
        keys: keyword to value.
        tags: what the index keeps.
        exact: names and free text compare with case, accents and widths (not inside sequences).
        order_by: keyword or keywords, most significant first; a leading ``-`` turns the order round.
        limit: at most so many answers in a page, at least 1.
        cursor: where to go on, from a page of the same query.
        labels: labels to look for.
        label_match: all of them, any, or none.
        metadata: name to the value it must have, as it stands or with ``*`` and ``?``, or to a list of such.
        within: public id of an ancestor.
        returning: keywords that the answers must hold. The attributes that the index keeps always are there;
            computed ones only if they are named here, or as a key without a value.
        scan: compare attributes that are not in the index by reading headers.

    Raises:
        KeyNotIndexedError: a key is not in the index, and ``scan`` is False.
        QueryError: an argument is not well formed; it is named, and values are not quoted.
    """
    scope = Scope(Level.parse(level), tags)
    parsed = parse_keys(scope, keys, exact=exact, scan=scan)
    query = Query(
        level=scope.level,
        conditions=tuple(parsed.conditions),
        moments=tuple(parsed.moments),
        aggregates=parsed.aggregates,
        labels=_labels(labels),
        label_match=_label_match(label_match),
        metadata={name: _metadata_match(name, value) for name, value in (metadata or {}).items()},
        within=_public_id(within),
        order_by=tuple(_order(scope, name) for name in _listed(order_by or ())),
        limit=_limit(limit),
        cursor=cursor,
        computed=tuple(dict.fromkeys([*parsed.computed, *_computed(scope, _listed(returning))])),
    )
    return Plan(query, tuple(parsed.scanned))


def _listed(names: str | Iterable[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _computed(scope: Scope, names: list[str]) -> list[str]:
    for name in names:
        if not scope.is_computed(name) and not scope.kept(name):
            scope.indexed(name)
    return [name for name in names if scope.is_computed(name)]


def _order(scope: Scope, name: str) -> Order:
    keyword = name.removeprefix("-")
    if scope.is_computed(keyword):
        raise QueryError(f"{keyword} is computed: answers cannot be ordered by it")
    spec = scope.indexed(keyword)
    if spec.comparison is Comparison.SEQUENCE:
        raise QueryError(f"{keyword} is a sequence: answers cannot be ordered by it")
    return Order(spec, descending=name.startswith("-"))


def _limit(limit: int | None) -> int | None:
    if limit is not None and (isinstance(limit, bool) or limit < 1):
        raise QueryError("limit: expected a whole number of at least 1, or None for no limit")
    return limit


def _labels(labels: str | Iterable[str]) -> tuple[str, ...]:
    listed = tuple(dict.fromkeys(_listed(labels)))
    if not all(listed):
        raise QueryError("labels: one of them is empty")
    return listed


def _label_match(name: LabelMatch | str) -> LabelMatch:
    try:
        return LabelMatch(name)
    except ValueError:
        known = ", ".join(LabelMatch)
        raise QueryError(f"label_match: expected one of {known}") from None


def _public_id(within: str | None) -> str | None:
    if within is not None:
        try:
            public_id_to_digest(within)
        except ValueError as error:
            raise QueryError(f"within: {error}") from error
    return within


def _metadata_match(name: str, value: object) -> Equal | Wildcard | AnyOf:
    texts = [value] if isinstance(value, str) else list(value) if isinstance(value, Iterable) else []
    if not texts or not all(isinstance(text, str) for text in texts):
        raise QueryError(f"metadata {name!r}: expected a text, or several in a list")
    options = tuple(dict.fromkeys(Wildcard(text) if {"*", "?"} & {*text} else Equal(text) for text in texts))
    return options[0] if len(options) == 1 else AnyOf(options)

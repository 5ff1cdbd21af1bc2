"""Which searches the index refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.errors import KeyNotIndexedError, QueryError
from fileroom.model import Level
from fileroom_plugins.index_linear.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.query import Query
    from fileroom.tags import TagSet, TagSpec
    from fileroom_plugins.index_linear.tables import Tables

_HELD = frozenset(field.keyword for field in FIELDS) | {"SOPClassUID"}
"""What ``index.dat`` tells of an instance whose header nobody has read; one row of `Tables.partial`."""

_AGGREGATES = frozenset(("ModalitiesInStudy", "SOPClassesInStudy"))


def check(tables: Tables, tags: TagSet, query: Query) -> None:
    """Refuse a query that the index could not answer fully.

    Raises:
        KeyNotIndexedError: it names a tag that is not kept of every instance, or not to be searched by.
        QueryError: it names a tag of a lower level, takes together what does not belong together, or has a
            limit below 1.
    """
    if query.limit is not None and query.limit < 1:
        raise QueryError("the limit of a search must be at least 1, or None")
    for spec in _named(query):
        _check_tag(tables, tags, spec)
        if spec.level > query.level:
            raise QueryError(f"{spec.keyword} belongs to the {spec.level.label} level: search that level")
    for moment in query.moments:
        if moment.date.level is not moment.time.level:
            raise QueryError(
                f"{moment.date.keyword} and {moment.time.keyword} are kept at different levels: "
                "search by one of them"
            )
    for name in query.aggregates:
        if name not in _AGGREGATES:
            raise QueryError(f"{name} cannot be searched by: it is computed for answers only")
        if query.level < Level.STUDY:
            raise QueryError(f"{name} is computed for studies: search the study level")


def _named(query: Query) -> Iterator[TagSpec]:
    yield from (condition.spec for condition in query.conditions)
    yield from (spec for moment in query.moments for spec in (moment.date, moment.time))
    yield from (order.spec for order in query.order_by)


def _check_tag(tables: Tables, tags: TagSet, spec: TagSpec) -> None:
    if tags.by_keyword(spec.level, spec.keyword) != spec:
        table = f'[index.extra_tags] {spec.level.label} = ["{spec.keyword}"]'
        reason = (
            f"is not in the index: name it in {table} and run 'fileroom rebuild', or search with scan=True"
        )
    elif not spec.searchable:
        reason = "is kept in the index to be shown, not to be searched by: search with scan=True"
    elif _is_incomplete(tables, spec):
        reason = "was added to the index when it had instances already: run 'fileroom rebuild'"
    elif tables.partial and spec.keyword not in _HELD:
        reason = "is not known of what DCMTK stored, for index.dat has no room for it: run 'fileroom rebuild'"
    else:
        return
    raise KeyNotIndexedError(spec.keyword, f"{spec.keyword} {reason}")


def _is_incomplete(tables: Tables, spec: TagSpec) -> bool:
    if not spec.extra or not tables.levels[Level.INSTANCE]:
        return False
    return (int(spec.level), spec.keyword) not in tables.complete

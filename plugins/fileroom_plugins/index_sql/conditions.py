"""A query's conditions as filters, and whether this index can answer them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.errors import KeyNotIndexedError, QueryError
from fileroom.model import Level
from fileroom.query import Condition, Empty, Item, LabelMatch
from fileroom.tags import Comparison
from fileroom_plugins.index_sql import state
from fileroom_plugins.index_sql.filters import (
    ClassFilter,
    LabelFilter,
    MetadataFilter,
    ModalityFilter,
    NoLabelFilter,
    WithinFilter,
)
from fileroom_plugins.index_sql.item_filters import ItemFilter
from fileroom_plugins.index_sql.lookup import places
from fileroom_plugins.index_sql.moment_filters import MomentFilter
from fileroom_plugins.index_sql.schema import tag_name
from fileroom_plugins.index_sql.tag_filters import TagFilter
from fileroom_plugins.index_sql.values import NothingMatchesError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from fileroom.query import AnyOf, Equal, Query, Wildcard
    from fileroom.tags import TagSpec
    from fileroom_plugins.databases.database import Database
    from fileroom_plugins.index_sql.filters import Filter
    from fileroom_plugins.index_sql.schema import Schema


def check(connection: Connection, schema: Schema, query: Query) -> None:
    """Refuse a query that the index could not answer fully.

    Raises:
        KeyNotIndexedError: it names a tag that is not kept of every instance, or not to be searched by.
        QueryError: it names a tag of a lower level, or a limit below 1.
    """
    if query.limit is not None and query.limit < 1:
        raise QueryError("the limit of a search must be at least 1, or None")
    specs = [condition.spec for condition in query.conditions]
    specs += [spec for moment in query.moments for spec in (moment.date, moment.time)]
    specs += [order.spec for order in query.order_by]
    for spec in specs:
        field = schema.levels[spec.level].fields.get(spec.keyword)
        if field is None or field.spec != spec:
            raise _not_indexed(spec, "is not in the index")
        if not spec.searchable:
            raise _not_indexed(spec, "is kept in the index to be shown, not to be searched by")
        if spec.level > query.level:
            raise QueryError(f"{spec.keyword} belongs to the {spec.level.label} level: search that level")
    extra = {tag_name(spec): spec for spec in specs if spec.extra}
    if extra and not state.is_empty(connection, schema):
        complete = state.complete_tags(connection, schema)
        for name, spec in extra.items():
            if name not in complete:
                raise _not_indexed(spec, "was added to the index when it had instances already")
    if query.aggregates and query.level < Level.STUDY:
        raise QueryError(f"{', '.join(query.aggregates)} is computed for studies: search the study level")


def _not_indexed(spec: TagSpec, reason: str) -> KeyNotIndexedError:
    table = f'[index.extra_tags] {spec.level.label} = ["{spec.keyword}"]'
    return KeyNotIndexedError(
        spec.keyword,
        f"{spec.keyword} {reason}: name it in {table} and run 'fileroom rebuild', or search with scan=True",
    )


def filters(connection: Connection, database: Database, schema: Schema, query: Query) -> list[Filter]:
    """Return the conditions of a query.

    Raises:
        NothingMatchesError: no resource can meet them.
    """
    found: list[Filter] = [_tag_filter(database, schema, condition) for condition in query.conditions]
    found += [MomentFilter(database, schema, moment) for moment in query.moments]
    found += [_aggregate_filter(database, schema, *each) for each in query.aggregates.items()]
    found += _label_filters(schema, query)
    found += [MetadataFilter(database, schema, query.level, *each) for each in query.metadata.items()]
    if query.within is not None:
        place = places(connection, schema, [query.within]).get(query.within)
        if place is None or place.level > query.level:
            raise NothingMatchesError
        found.append(WithinFilter(schema, place.level, place.number))
    return found


def _tag_filter(database: Database, schema: Schema, condition: Condition) -> Filter:
    spec, match = condition.spec, condition.match
    is_sequence = spec.comparison is Comparison.SEQUENCE
    if isinstance(match, Item):
        if not is_sequence:
            raise NothingMatchesError
        return ItemFilter(database, schema, spec, match)
    if is_sequence and not isinstance(match, Empty):
        raise NothingMatchesError
    return TagFilter(database, schema, condition)


def _aggregate_filter(
    database: Database, schema: Schema, name: str, match: Equal | Wildcard | AnyOf
) -> Filter:
    if name == "SOPClassesInStudy":
        return ClassFilter(database, schema, match)
    if name != "ModalitiesInStudy":
        raise QueryError(f"{name} cannot be searched by: it is computed for answers only")
    modality = schema.levels[Level.SERIES].fields["Modality"].spec
    return ModalityFilter(schema, TagFilter(database, schema, Condition(modality, match)))


def _label_filters(schema: Schema, query: Query) -> Iterator[Filter]:
    if not query.labels:
        return
    match query.label_match:
        case LabelMatch.ALL:
            yield from (LabelFilter(schema, query.level, [label]) for label in query.labels)
        case LabelMatch.ANY:
            yield LabelFilter(schema, query.level, query.labels)
        case LabelMatch.NONE:
            yield NoLabelFilter(schema, query.level, query.labels)

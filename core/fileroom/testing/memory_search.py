"""How a `fileroom.testing.memory_index.MemoryIndex` searches: one row after the other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

from fileroom.errors import KeyNotIndexedError, QueryError
from fileroom.model import Level
from fileroom.query import LabelMatch, matches, moment_matches, sort_key, text_matches

if TYPE_CHECKING:
    from fileroom.model import TagValue
    from fileroom.query import Query
    from fileroom.tags import TagSet, TagSpec
    from fileroom.testing.memory_tables import Row, Tables

Position: TypeAlias = "list[str | float | None]"
"""Where a row stands in an answer: its sort keys, and at last its number in the order of arrival."""


def check(query: Query, tags: TagSet, tables: Tables) -> None:
    """Refuse a query that names tags which are not kept of every row.

    Raises:
        KeyNotIndexedError: there is such a tag.
    """
    named = [condition.spec for condition in query.conditions]
    named += [spec for moment in query.moments for spec in (moment.date, moment.time)]
    named += [order.spec for order in query.order_by]
    for spec in named:
        if spec not in tags.levels[spec.level] or (spec.extra and spec not in tables.complete):
            raise KeyNotIndexedError(
                spec.keyword, f"{spec.keyword} is not indexed: add it to the extra tags and rebuild the index"
            )


def matching(query: Query, tables: Tables) -> list[Row]:
    """Return all rows that match, in order of arrival."""
    return [row for row in tables.rows.values() if row.level is query.level and _matches(query, row, tables)]


def _matches(query: Query, row: Row, tables: Tables) -> bool:
    line = {each.level: each for each in tables.line(row)}

    def value(spec: TagSpec) -> TagValue | None:
        return line[spec.level].tags.get(spec.keyword)

    computed = tables.computed(line[Level.STUDY]) if query.aggregates else {}
    return (
        (query.within is None or query.within in {each.id for each in line.values()})
        and all(matches(condition, value(condition.spec)) for condition in query.conditions)
        and all(moment_matches(each, value(each.date), value(each.time)) for each in query.moments)
        and all(
            any(text_matches(match, each) for each in computed[name])
            for name, match in query.aggregates.items()
        )
        and labels_match(query, row.labels)
        and all(
            name in row.metadata and text_matches(match, row.metadata[name].value)
            for name, match in query.metadata.items()
        )
    )


def labels_match(query: Query, labels: frozenset[str]) -> bool:
    """Say whether a resource with these labels meets the labels of a query."""
    if not query.labels:
        return True
    present = [label in labels for label in query.labels]
    match query.label_match:
        case LabelMatch.ALL:
            return all(present)
        case LabelMatch.ANY:
            return any(present)
        case LabelMatch.NONE:
            return not any(present)


def position(query: Query, row: Row, tables: Tables) -> Position:
    """Return where a row stands among the answers to a query."""
    line = {each.level: each for each in tables.line(row)}
    keys = [sort_key(each.spec, line[each.spec.level].tags.get(each.spec.keyword)) for each in query.order_by]
    return [*keys, row.number]


class Rank:
    """A position, comparable with others of the same query."""

    def __init__(self, query: Query, position: Position) -> None:
        self.descending = [order.descending for order in query.order_by] + [False]
        self.keys: list[Any] = [(key is not None, key) for key in position]

    def __lt__(self, other: Rank) -> bool:
        for mine, theirs, descending in zip(self.keys, other.keys, self.descending, strict=True):
            if mine != theirs:
                return bool((theirs if descending else mine) < (mine if descending else theirs))
        return False


def page(query: Query, rows: list[Row], tables: Tables) -> tuple[list[Row], str | None]:
    """Return the rows on the page that a query asks for, and the cursor of the next page.

    Raises:
        QueryError: the query's cursor is none of this index.
    """
    ranked = [(row, position(query, row, tables)) for row in rows]
    ranked.sort(key=lambda each: Rank(query, each[1]))
    if query.cursor is not None:
        after = Rank(query, _read_cursor(query))
        ranked = [(row, where) for row, where in ranked if after < Rank(query, where)]
    shown = ranked if query.limit is None else ranked[: query.limit]
    more = len(shown) < len(ranked)
    return [row for row, _ in shown], json.dumps([_signature(query), shown[-1][1]]) if more else None


def _signature(query: Query) -> str:
    return " ".join(f"{'-' * order.descending}{order.spec.keyword}" for order in query.order_by)


def _read_cursor(query: Query) -> Position:
    try:
        signature, position = json.loads(query.cursor or "")
    except (ValueError, TypeError):
        signature, position = None, []
    if signature != _signature(query):
        raise QueryError("not a cursor of this query: start again without one")
    return list(position)

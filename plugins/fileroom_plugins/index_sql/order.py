"""The order of an answer, and the cursor that says where its next page starts.

What comes behind a position in an order by several keys is a series of stretches: the same first keys and a
greater last one, then one key less the same, and so on. Each is a range of an index, which the usual
disjunction of them would not be; missing values get stretches of their own, since nothing compares with NULL.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sqlalchemy import select

from fileroom.errors import QueryError
from fileroom.model import Level
from fileroom.tags import Comparison
from fileroom_plugins.index_sql.schema import tag_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import ColumnElement, FromClause, Label

    from fileroom.query import Order, Query
    from fileroom_plugins.databases.database import Database
    from fileroom_plugins.index_sql.schema import Schema

Position: TypeAlias = "list[str | float | None]"
"""Where a row stands: its sort keys, and at last its number."""


class SortKey(NamedTuple):
    """One sort key.

    Attributes:
        column: what to sort by.
        descending: whether the greatest comes first.
        optional: whether it may be missing; the last keys, which break ties, may not.
        indexed: whether an index is in its order.
    """

    column: ColumnElement[Any]
    descending: bool
    optional: bool
    indexed: bool


class Ordering:
    """The order of a query.

    Keys of upper levels are read from the ancestors' tables, joined under names of their own. Ties are broken
    by number; where all keys are of one level, by the numbers from that level down, which is how the rows
    come when its index is walked.

    Attributes:
        keys: the sort keys.
        walkable: whether the rows can be read in this order, without sorting.
    """

    def __init__(self, database: Database, schema: Schema, query: Query) -> None:
        self._database = database
        self._schema = schema
        self._level = query.level
        # Sequences have no order: they sort nothing.
        orders = [order for order in query.order_by if order.spec.comparison is not Comparison.SEQUENCE]
        levels = {order.spec.level for order in orders} or {query.level}
        self._top = min(levels)
        self._tables: dict[Level, FromClause] = {
            level: schema.levels[level].table.alias(f"{level.label}_above")
            for level in Level
            if self._top <= level < query.level
        }
        self._tables[query.level] = schema.levels[query.level].table
        keys = [self._key(order) for order in orders]
        descending = bool(keys) and keys[-1].descending
        ties = sorted(self._tables) if len(levels) == 1 else [query.level]
        self.walkable = len(levels) == 1 and all(key.indexed for key in keys[:1])
        self.keys = [
            *keys,
            *(SortKey(self._tables[level].c.id, descending, optional=False, indexed=True) for level in ties),
        ]
        signs = [f"{'-' * order.descending}{tag_name(order.spec)}" for order in orders]
        self._signature = " ".join([query.level.label, *signs])

    def _key(self, order: Order) -> SortKey:
        place = self._schema.levels[order.spec.level]
        field = place.fields[order.spec.keyword]
        table = self._tables[order.spec.level].c
        if field.coded and field.form:
            uid = self._schema.uid.c
            text = select(uid.uid).where(uid.id == table[field.form]).scalar_subquery()
            return SortKey(text, order.descending, optional=True, indexed=False)
        if field.form:
            return SortKey(table[field.number or field.form], order.descending, optional=True, indexed=True)
        term = self._schema.term.c
        value = term.number if order.spec.comparison is Comparison.NUMBER else term.value
        first = (
            term.level == int(place.level),
            term.resource == table.id,
            term.key == field.key,
            term.item == 0,
        )
        subquery = select(value).where(*first).scalar_subquery()
        return SortKey(subquery, order.descending, optional=True, indexed=False)

    def rows(self, *, walk: bool) -> FromClause:
        """Return the level's table, joined with those of the ancestors that hold sort keys.

        Args:
            walk: whether the rows are read in order, from the uppermost table down, or from the level up.
        """
        joined = self._tables[self._level]
        for level in range(self._level - 1, self._top - 1, -1):
            above, below = self._tables[Level(level)].c.id, self._tables[Level(level + 1)].c.parent_id
            free = self._database.unindexed
            joined = joined.join(
                self._tables[Level(level)], below == free(above) if walk else above == free(below)
            )
        return joined

    def columns(self) -> list[Label[Any]]:
        """Return the sort keys, to be selected: a row's are its position."""
        return [key.column.label(f"key{number}") for number, key in enumerate(self.keys)]

    def sorting(self, *, indexed: bool) -> list[ColumnElement[Any]]:
        """Return what to sort by, of a statement that selects `columns`: missing values first, or last.

        Args:
            indexed: whether to sort as indexes do, which may leave texts that begin alike in any order.
        """
        keys = [
            self._sorted_by(key, label, indexed=indexed)
            for key, label in zip(self.keys, self.columns(), strict=True)
        ]
        return [
            self._database.sorted(column, descending=key.descending, optional=key.optional)
            for column, key in zip(keys, self.keys, strict=True)
        ]

    def _sorted_by(self, key: SortKey, label: Label[Any], *, indexed: bool) -> ColumnElement[Any]:
        if not indexed:
            return self._database.unsorted(label)
        held = self._database.indexed(key.column)
        return label if held is key.column else held

    def beyond_indexes(self, keys: Iterable[object]) -> bool:
        """Say whether indexes may hold only the beginning of one of these sort keys."""
        longest = self._database.key_length
        return longest is not None and any(isinstance(key, str) and len(key) >= longest for key in keys)

    def stretches(self, position: Position | None, *, indexed: bool) -> Iterator[list[ColumnElement[bool]]]:
        """Yield, in order, the conditions of each stretch behind a position; none for the start."""
        if position is None:
            yield []
            return
        wrap = self._database.indexed if indexed else self._database.unindexed
        columns = [wrap(key.column) for key in self.keys]
        for at in range(len(self.keys) - 1, -1, -1):
            same = [_same(column, value) for column, value in zip(columns[:at], position, strict=False)]
            for behind in _behind(self.keys[at], columns[at], position[at]):
                yield [*same, behind]

    def write_cursor(self, position: Sequence[str | float | None]) -> str:
        """Return the cursor of the page behind a row."""
        return base64.urlsafe_b64encode(json.dumps([self._signature, *position]).encode()).decode()

    def read_cursor(self, cursor: str) -> Position:
        """Return the position that a cursor stands for.

        Raises:
            QueryError: it is none that a page of such a query had.
        """
        try:
            found = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        except (ValueError, RecursionError):
            found = None
        if not self._is_cursor(found):
            raise QueryError(
                "not a cursor of this search: begin again without one, or keep to the same order"
            )
        return list(found[1:])

    def _is_cursor(self, found: Any) -> bool:  # noqa: ANN401 - JSON from anywhere
        if not isinstance(found, list) or len(found) != len(self.keys) + 1 or found[0] != self._signature:
            return False
        return all(
            isinstance(value, str | int | float) or (value is None and key.optional)
            for key, value in zip(self.keys, found[1:], strict=True)
        )


def _same(column: ColumnElement[Any], value: str | float | None) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == value


def _behind(key: SortKey, column: ColumnElement[Any], value: str | float | None) -> list[ColumnElement[bool]]:
    """Return, in order, the stretches behind a value of one sort key."""
    if value is None:
        return [] if key.descending else [column.is_not(None)]
    if not key.descending:
        return [column > value]
    return [column < value, column.is_(None)] if key.optional else [column < value]

"""The order of an answer, and the cursor that says where its next page starts."""

from __future__ import annotations

import base64
import json
from bisect import bisect_left
from functools import lru_cache, partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from fileroom.errors import QueryError
from fileroom.query import sort_key
from fileroom.tags import Comparison
from fileroom_plugins.index_linear.matching import Memo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from fileroom.model import Level, TagValue
    from fileroom.query import Query
    from fileroom.tags import TagSpec
    from fileroom_plugins.index_linear.tables import Row, Tables

    Key: TypeAlias = tuple[bool, Any]

_KEYS = 1 << 16
_number = attrgetter("number")


class Position(NamedTuple):
    """Where a row stands in an answer: its sort keys, and its place in the order of arrival."""

    keys: tuple[Key, ...]
    number: int


class Ordering:
    """The order of a query: by its sort keys, and where these are equal, of arrival.

    Attributes:
        keys: what returns each sort key of a row, the most significant first; none for the order of arrival.
    """

    def __init__(self, tables: Tables, query: Query) -> None:
        # Sequences have no order: they sort nothing.
        orders = [each for each in query.order_by if each.spec.comparison is not Comparison.SEQUENCE]
        self.keys = [_key_of(tables, query.level, each.spec) for each in orders]
        self._descending = [each.descending for each in orders]
        self._types = [int | float if each.spec.comparison is Comparison.NUMBER else str for each in orders]
        signs = [f"{'-' * each.descending}{each.spec.level.label}.{each.spec.keyword}" for each in orders]
        self._signature = " ".join(["linear", query.level.label, *signs])

    def sorted(self, rows: Iterable[Row]) -> list[Row]:
        """Return rows in this order."""
        found = sorted(rows, key=_number)
        for key, descending in reversed(list(zip(self.keys, self._descending, strict=True))):
            found.sort(key=key, reverse=descending)
        return found

    def behind(self, rows: Sequence[Row], position: Position) -> Sequence[Row]:
        """Return those of some rows, which are in this order, that stand behind a position."""
        return rows[bisect_left(rows, True, key=lambda row: self._is_behind(row, position)) :]

    def _is_behind(self, row: Row, position: Position) -> bool:
        for key, theirs, descending in zip(self.keys, position.keys, self._descending, strict=True):
            mine = key(row)
            if mine != theirs:
                return mine < theirs if descending else mine > theirs
        return row.number > position.number

    def write_cursor(self, row: Row) -> str:
        """Return the cursor of the page behind a row."""
        position = [*(key(row)[1] for key in self.keys), row.number]
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
        _, *keys, number = found
        return Position(tuple((key is not None, key) for key in keys), number)

    def _is_cursor(self, found: Any) -> bool:  # noqa: ANN401 - JSON from anywhere
        if not isinstance(found, list) or len(found) != len(self.keys) + 2 or found[0] != self._signature:
            return False
        _, *keys, number = found
        return isinstance(number, int) and all(
            key is None or isinstance(key, type_) for key, type_ in zip(keys, self._types, strict=True)
        )


def _key_of(tables: Tables, level: Level, spec: TagSpec) -> Callable[[Row], Key]:
    """Return what returns the sort key that a row of a level has, or inherits from above."""
    keyword = spec.keyword
    keys: Memo[Any, Key] = Memo(partial(_key, spec))
    if spec.level is level:
        return lambda row: keys[row.tags.get(keyword)]

    def inherited(id_: str | None) -> Key:
        row = tables.rows[id_] if id_ else None
        assert row is not None
        return keys[row.tags.get(keyword)] if row.level is spec.level else inherited(row.parent)

    of_parents = Memo(inherited)
    return lambda row: of_parents[row.parent]


@lru_cache(_KEYS)
def _key(spec: TagSpec, value: TagValue | None) -> Key:
    """Return a sort key, comparable with others: missing ones come first."""
    key = sort_key(spec, value)
    return key is not None, key

"""`Index.find` and `Index.count`: where to start, and how to go on from there.

SQLite keeps no statistics unless told to, and without them may start anywhere. So the plan is made here, and
the statement written so that no other is open to the planner. There are two sorts:

- *collect*: start from the condition that is likely to leave the fewest resources, by its index; go down to
  the level that is asked for by the indexes on parents; test the other conditions; sort.
- *walk*: read the level in the order that is asked for, by the index of that order; test all conditions; stop
  when the page is full. Taken where there is nothing to start from, or so much that the page soon is full.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, select

from fileroom.index import Page
from fileroom.model import Level
from fileroom_plugins.index_sql import state
from fileroom_plugins.index_sql.computed import computed
from fileroom_plugins.index_sql.conditions import check, filters
from fileroom_plugins.index_sql.filters import Rank
from fileroom_plugins.index_sql.order import Ordering
from fileroom_plugins.index_sql.schema import TOTALS
from fileroom_plugins.index_sql.values import NothingMatchesError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from fileroom.query import Query
    from fileroom_plugins.databases.database import Database
    from fileroom_plugins.index_sql.filters import Filter, Numbers
    from fileroom_plugins.index_sql.order import Position
    from fileroom_plugins.index_sql.records import Records
    from fileroom_plugins.index_sql.schema import Schema

_PAGE = 500
_SORTED = 4_000  # rows; where more would have to be sorted for each page, the order's index is walked instead


class Search:
    """One search within its transaction.

    Args:
        database: the database.
        connection: the transaction.
        schema: the tables.
        query: what to search for.

    Raises:
        KeyNotIndexedError: the query names a tag that this index cannot search by.
        QueryError: the query makes no sense here.
    """

    def __init__(self, database: Database, connection: Connection, schema: Schema, query: Query) -> None:
        self._database = database
        self._connection = connection
        self._schema = schema
        self._query = query
        self._place = schema.levels[query.level]
        check(connection, schema, query)
        try:
            self._filters = filters(connection, database, schema, query)
            self._nothing = False
        except NothingMatchesError:
            self._filters = []
            self._nothing = True
        ranked = sorted(self._filters, key=lambda each: (each.rank, -each.level))
        self._start = ranked[0] if ranked and ranked[0].rank < Rank.ALL else None
        self._others = [each for each in self._filters if each is not self._start]

    def count(self) -> int:
        """Return how many resources match."""
        if self._nothing:
            return 0
        if not self._filters:
            return state.totals(self._connection, self._schema, (TOTALS[self._query.level - 1],))[0]
        conditions = self._where(self._query.level, self._start, self._others)
        counted = select(func.count()).select_from(self._place.table).where(*conditions)
        return int(self._connection.execute(counted).scalar_one())

    def page(self, records: Records) -> Page:
        """Return the page that the query asks for."""
        query = self._query
        ordering = Ordering(self._database, self._schema, query)
        position = None if query.cursor is None else ordering.read_cursor(query.cursor)
        if self._nothing:
            return Page((), None)
        limit = _PAGE if query.limit is None else query.limit
        walk = self._start is None or (ordering.walkable and self._is_much(self._start))
        columns = records.columns(query.level)
        read = partial(self._rows, columns, ordering, position, limit + 1, walk=walk)
        rows = read(indexed=walk and not ordering.beyond_indexes(position or ()))
        if any(ordering.beyond_indexes(row[len(columns) :]) for row in rows):
            rows = read(indexed=False)
        shown = rows[:limit]
        cursor = ordering.write_cursor(shown[-1][len(columns) :]) if len(rows) > limit else None
        values = computed(
            self._connection, self._schema, query.level, [row[0] for row in shown], query.computed
        )
        return Page(tuple(records.of(self._connection, query.level, shown, values)), cursor)

    def statement(self) -> Select[Any]:
        """Return the statement that finds the numbers of a first page; what is to be sorted is sorted."""
        ordering = Ordering(self._database, self._schema, self._query)
        walk = self._start is None
        conditions = self._where(self._query.level, self._start, self._others)
        page = select(self._place.id, *ordering.columns()).select_from(ordering.rows(walk=walk))
        page = page.where(*conditions).order_by(*ordering.sorting(indexed=walk))
        return page.limit(self._query.limit or _PAGE)

    def _rows(
        self,
        columns: Sequence[ColumnElement[Any]],
        ordering: Ordering,
        position: Position | None,
        limit: int,
        *,
        walk: bool,
        indexed: bool,
    ) -> list[Row[Any]]:
        """Return so many rows behind a position: the columns, then the sort keys."""
        start, others = (None, self._filters) if walk else (self._start, self._others)
        conditions = self._where(self._query.level, start, others)
        page = select(*columns, *ordering.columns()).select_from(ordering.rows(walk=walk))
        page = page.where(*conditions).order_by(*ordering.sorting(indexed=indexed))
        rows: list[Row[Any]] = []
        for stretch in ordering.stretches(position, indexed=indexed):
            rows += self._connection.execute(page.where(*stretch).limit(limit - len(rows))).all()
            if len(rows) == limit:
                break
        return rows

    def _is_much(self, start: Filter) -> bool:
        """Say whether more rows follow from a condition than should be sorted for each page."""
        levels_down = self._query.level - start.level
        if start.rank <= Rank.FEW and levels_down <= 1:
            return False
        if levels_down and self._are_many(start.numbers()):
            return True  # for each of them has something beneath it
        return self._are_many(select(self._place.id).where(*self._where(self._query.level, start, ())))

    def _are_many(self, numbers: Numbers) -> bool:
        """Say whether there are more than should be sorted; it does not read on to see how many."""
        some = numbers.limit(_SORTED).subquery()
        return bool(self._connection.execute(select(func.count()).select_from(some)).scalar_one() == _SORTED)

    def _where(
        self, level: Level, start: Filter | None, others: Sequence[Filter]
    ) -> list[ColumnElement[bool]]:
        """Return the conditions on a level's row, and through it on those above it.

        Args:
            level: the level.
            start: the filter by whose index the rows are found, if it is of this level or one above.
            others: filters of this level and those above, to be tested.
        """
        place = self._schema.levels[level]
        tests = [each.test() for each in others if each.level is level]
        others = [each for each in others if each.level < level]
        if start is not None and start.level is level:
            tests.insert(0, place.id.in_(start.numbers()))
            start = None
        if start is None and not others:
            return tests
        above = self._schema.levels[Level(level - 1)]
        conditions = self._where(above.level, start, others)
        if start is not None:
            parents = select(above.id).where(*conditions).correlate(None)
            return [place.parent_id.in_(parents), *tests]
        parent = above.id == self._database.unindexed(place.parent_id)
        return [*tests, exists().where(parent, *conditions).correlate(place.table)]

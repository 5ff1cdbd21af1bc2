"""`Index.find` and `Index.count`: where to start, and how to go on from there.

A search starts from the rows that it names by identifier, or by the place they lie within; the lowest such
level leaves the fewest. They and their ancestors are put to the test, and then what lies below, level by
level. With nothing to start from it begins at the uppermost level that a condition is about, so that each
condition is looked at once for each row of its own level, and only below what met those above.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import chain, islice
from typing import TYPE_CHECKING

from fileroom.index import Page
from fileroom.model import Level
from fileroom.query import AnyOf, Equal
from fileroom_plugins.index_linear.checking import check
from fileroom_plugins.index_linear.ordering import Ordering
from fileroom_plugins.index_linear.records import Records
from fileroom_plugins.index_linear.sieves import sieves

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fileroom.query import Condition, Query
    from fileroom.tags import TagSet
    from fileroom_plugins.index_linear.tables import Row, Tables

_PAGE = 500


class Search:
    """One search of tables that do not change meanwhile.

    Args:
        tables: what to search.
        tags: the tags that the index was opened with.
        query: what to search for.

    Raises:
        KeyNotIndexedError: the query names a tag that this index cannot search by.
        QueryError: the query makes no sense here.
    """

    def __init__(self, tables: Tables, tags: TagSet, query: Query) -> None:
        check(tables, tags, query)
        self._tables = tables
        self._query = query
        self._sieves = sieves(tables, query)
        self._top = min((*self._sieves, query.level))
        self._start = self._named()

    def count(self) -> int:
        """Return how many resources match."""
        if self._start is None and not self._sieves:
            return len(self._tables.levels[self._query.level])
        return sum(1 for _ in self._matching())

    def page(self) -> Page:
        """Return the page that the query asks for.

        Raises:
            QueryError: the query's cursor is none of such a query.
        """
        query = self._query
        ordering = Ordering(self._tables, query)
        position = None if query.cursor is None else ordering.read_cursor(query.cursor)
        limit = _PAGE if query.limit is None else query.limit
        found: Sequence[Row]
        if self._start is None and self._top is query.level and not ordering.keys:
            arrived = self._arrived_after(0 if position is None else position.number)
            found = list(islice(self._sift(query.level, arrived), limit + 1))
        else:
            found = ordering.sorted(self._matching())
            if position is not None:
                found = ordering.behind(found, position)
        shown = found[:limit]
        cursor = ordering.write_cursor(shown[-1]) if len(found) > limit else None
        records = Records(self._tables)
        return Page(tuple(records.of(row, query.computed) for row in shown), cursor)

    def _matching(self) -> Iterable[Row]:
        """Return the rows that match, in no order."""
        tables = self._tables
        if self._start is None:
            level = self._top
            rows = self._sift(level, tables.levels[level].values())
        else:
            level, named = self._start
            rows = self._standing(level, named)
        for below in range(level + 1, self._query.level + 1):
            rows = self._sift(Level(below), chain.from_iterable(tables.below(row.id) for row in rows))
        return rows

    def _named(self) -> tuple[Level, Iterable[Row]] | None:
        """Return the rows of the lowest level that the query names, or None if it names none."""
        tables, query = self._tables, self._query
        named: dict[Level, Iterable[Row]] = {}
        for condition in query.conditions:
            level = condition.spec.level
            values = _values(condition)
            if values is not None and condition.spec.keyword == level.uid_keyword:
                rows = {row.id: row for value in values for row in tables.named(level, value)}
                named[level] = rows.values()
        if query.within is not None:
            row = tables.rows.get(query.within)
            if row is None or row.level > query.level:
                return query.level, ()
            named[row.level] = (row,)
        lowest = max(named, default=None)
        return None if lowest is None else (lowest, named[lowest])

    def _standing(self, level: Level, rows: Iterable[Row]) -> Iterable[Row]:
        """Return those rows that meet the conditions, and whose ancestors do."""
        rows = self._sift(level, rows)
        if level <= self._top:
            return rows
        rows = list(rows)
        parents = dict.fromkeys(row.parent for row in rows if row.parent)
        above = self._standing(Level(level - 1), map(self._tables.rows.__getitem__, parents))
        standing = {row.id for row in above}
        return [row for row in rows if row.parent in standing]

    def _sift(self, level: Level, rows: Iterable[Row]) -> Iterable[Row]:
        """Return those rows of a level that meet the conditions which are about it."""
        for sieve in self._sieves.get(level, ()):
            rows = sieve(rows)
        return rows

    def _arrived_after(self, number: int) -> Iterator[Row]:
        """Return the rows of the query's level in order of arrival, from behind a place in it."""
        rows = self._tables.levels[self._query.level]
        if not number:
            return iter(rows.values())
        ids = list(rows)
        at = bisect_right(ids, number, key=lambda id_: rows[id_].number)
        return map(rows.__getitem__, islice(ids, at, None))


def _values(condition: Condition) -> list[str] | None:
    """Return the values of which a condition asks for one, or None if it asks for something else."""
    match = condition.match
    options = match.options if isinstance(match, AnyOf) else (match,)
    values = [option.value for option in options if isinstance(option, Equal)]
    return values if len(values) == len(options) else None

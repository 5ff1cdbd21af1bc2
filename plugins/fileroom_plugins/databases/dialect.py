"""What statements are made of where databases differ: matching, order, indexes and their use."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Index

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Column, ColumnElement, Connection, Select

T = TypeVar("T")


class Dialect(abc.ABC):
    """A database's own words for what every `Database` is asked to do.

    Attributes:
        largest_statement: bytes of a statement with its values at most; None where there is no such limit,
            or no connection was made yet.
        key_length: how many characters of a text its indexes hold; None for all of them.
    """

    largest_statement: int | None = None
    key_length: int | None = None

    @abc.abstractmethod
    def matches(self, column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
        """Return the test whether a column's text is what a pattern of ``*`` and ``?`` stands for."""

    def index(self, name: str, *columns: Column[Any], then: Column[int] | None = None) -> Index:
        """Return an index to be made of columns of a table.

        Args:
            name: the index's name.
            columns: what it is by.
            then: by what order rows with the same values come: the table's primary key. None where that
                matters less than the space that the key takes.
        """
        del then  # which most databases put at the end of every index themselves
        return Index(name, *columns)

    def indexed(self, column: ColumnElement[T]) -> ColumnElement[T]:
        """Return what an index made by `index` holds of a text column.

        Where that is a beginning of `key_length` characters, it has the order of the whole text, but for
        texts that begin alike.
        """
        return column

    def unindexed(self, column: ColumnElement[T]) -> ColumnElement[T]:
        """Return a column so that the planner does not use an index on it, where it can be told so.

        `fileroom_plugins.index_sql.find` knows better than a planner without statistics where to start.
        """
        return column

    def sorted(
        self, column: ColumnElement[Any], *, descending: bool, optional: bool = True
    ) -> ColumnElement[Any]:
        """Return what to sort by a column in code point order: NULL first, and last when descending.

        Where there is no NULL (not ``optional``) nothing is said of it, so that any index will do.
        """
        order = column.desc() if descending else column.asc()
        if not optional:
            return order
        return order.nulls_last() if descending else order.nulls_first()

    def unsorted(self, column: ColumnElement[T]) -> ColumnElement[T]:
        """Return a column so that the planner does not use the order of an index to sort by it.

        One that stops after so many rows may look better to a planner than finding and sorting the few there
        are.
        """
        return column

    def index_insides(self, connection: Connection, columns: Iterable[Column[Any]]) -> None:
        """Make indexes by which what stands anywhere within a text is found, if the database can.

        Args:
            connection: a transaction that writes.
            columns: of texts.
        """
        del connection, columns

    def indexes_for(self, connection: Connection, statement: Select[Any]) -> list[str]:
        """Return the names of the indexes by which a statement would be answered; none where nobody knows."""
        del connection, statement
        return []

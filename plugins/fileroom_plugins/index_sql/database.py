"""What the index needs of a database: transactions, a few words of its dialect, its errors in our words."""

from __future__ import annotations

import abc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from fileroom.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import ColumnElement, Connection, Engine

    from fileroom.errors import FileroomError

T = TypeVar("T")


class Database(abc.ABC):
    """One SQL database. Any thread may use it; no connection outlives a ``with`` block.

    Attributes:
        engine: SQLAlchemy's engine. Statements run through `read` and `write` only.
        name: how messages call the index.
    """

    engine: Engine
    name: str

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Enter a transaction that sees one state of the database and changes nothing.

        Raises:
            CatalogError: the database failed.
        """
        with self._translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Enter a transaction that no other writer shares; durable once the block is left without an error.

        Raises:
            CatalogError: the database failed; nothing was changed.
        """
        with self._translated(), self._writing() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @abc.abstractmethod
    def matches(self, column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
        """Return the test whether a column's text is what a pattern of ``*`` and ``?`` stands for."""

    def unindexed(self, column: ColumnElement[T]) -> ColumnElement[T]:
        """Return a column so that the planner does not use an index on it, where it can be told so.

        `fileroom_plugins.index_sql.find` knows better than a planner without statistics where to start.
        """
        return column

    def sorted(self, column: ColumnElement[Any], *, descending: bool) -> ColumnElement[Any]:
        """Return what to sort by a column in code point order: NULL first, and last when descending."""
        return column.desc().nulls_last() if descending else column.asc().nulls_first()

    @abc.abstractmethod
    def compact(self) -> int:
        """Give back the space of what was deleted; return by how many bytes the files shrank.

        Raises:
            CatalogError: the database failed; nothing was changed.
        """

    @abc.abstractmethod
    def _writing(self) -> AbstractContextManager[Connection]:
        """Return a transaction that excludes other writers from its first statement on."""

    @abc.abstractmethod
    def _explain(self, error: SQLAlchemyError) -> FileroomError:
        """Return a driver's error in our words: what happened, and what to do next."""

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise self._explain(error) from error
        except UnicodeEncodeError:  # it shows the value, so it is not chained
            raise CatalogError(
                f"{self.name}: a text holds a lone surrogate, which UTF-8 cannot write"
            ) from None
        except OverflowError as error:
            raise CatalogError(f"{self.name}: a number needs more than 64 bits") from error

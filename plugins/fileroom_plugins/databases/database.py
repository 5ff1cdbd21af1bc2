"""What is needed of a database: transactions, and its errors in our words."""

from __future__ import annotations

import abc
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from fileroom.errors import CatalogError
from fileroom_plugins.databases.dialect import Dialect
from fileroom_plugins.databases.errors import CollisionError, OutcomeUnknownError
from fileroom_plugins.databases.units import OfThread, Unit, pauses

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine

    from fileroom.errors import FileroomError

T = TypeVar("T")


class Database(Dialect):
    """One SQL database. Any thread may use it; no connection outlives a ``with`` block.

    `fileroom_plugins.databases.opening.open_database` opens one for all that use it in a process.

    Attributes:
        engine: SQLAlchemy's engine. Statements run through `read` and `write` only.
        name: how messages call it; no user and no password is in it.
        several_writers: whether transactions that write run side by side. Where they do not, each sees all
            that those before it wrote, and nothing changes beneath it; where they do, `write` may have to run
            its work again, and the work has to lock the rows that it relies on.
        takes_turns: whether a transaction that writes waits for the one before it, with its first statement.
        transactional_ddl: whether tables are made in a transaction, all or none.
        kept: what those who use it keep with it, to find it when they open it again.
        release: what `close` does; the default closes all connections.
    """

    engine: Engine
    name: str
    several_writers = False
    takes_turns = False
    transactional_ddl = True

    def __init__(self) -> None:
        self.kept: dict[Hashable, Any] = {}
        self.release: Callable[[], None] = self.dispose
        self._thread = OfThread()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Enter a transaction that sees one state of the database and changes nothing.

        Within a `unit` of this thread that has begun it is that unit's, and sees what the unit has written.

        Raises:
            CatalogError: the database failed.
        """
        with self._translated():
            unit = self._thread.unit
            if unit is not None and unit.begun:
                yield unit.connection
                return
            with self._reading() as connection:
                yield connection

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run work in a transaction that is durable when this returns; return what it returned.

        Where several writers get into each other's way, the transaction is rolled back and the work is run
        again, so it should change nothing but the database; it may ask for that by `CollisionError`. Within
        a `unit` of this thread, the work is a part of that unit, which can be undone by itself and becomes
        durable with the unit.

        Raises:
            CatalogError: the database failed; nothing was changed.
            OutcomeUnknownError: the connection was lost at the very end; all was changed, or nothing.
        """
        with self._translated():
            for pause in pauses():
                try:
                    return self._once(work)
                except CollisionError:
                    pass
                except DBAPIError as error:
                    if not self._collided(error):
                        raise
                time.sleep(pause)
            return self._once(work)

    def write_aside(self, work: Callable[[Connection], T]) -> T:
        """Run work as `write` does, and not as a part of this thread's `unit`, if that has not begun yet.

        So what is large can be written bit by bit, while others write too, before the unit makes it count.

        Raises:
            CatalogError: as `write` raises it.
        """
        unit = self._thread.unit
        if unit is None or unit.begun:
            return self.write(work)
        self._thread.unit = None
        try:
            return self.write(work)
        finally:
            self._thread.unit = unit

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Hold all that this thread writes within the block to one transaction.

        It begins when the thread first writes, becomes durable when the block is left, and comes to nothing
        if it is left by an error. What is read before it begins is read by itself, so that a slow source, or
        one that is read from this database, holds nobody up. A unit within a unit is a part of the outer one.

        Raises:
            CatalogError: the database failed, and nothing was changed.
            OutcomeUnknownError: as `write` raises it.
        """
        if self._thread.unit is not None:
            yield
            return
        try:
            with self._translated(), ExitStack() as transaction:
                unit = self._thread.unit = Unit(transaction, self._transaction)
                try:
                    yield
                finally:
                    self._thread.unit = None
                unit.check()
        except BaseException:
            self._thread.afterwards.clear()
            raise
        self._run_what_waited()

    def once_committed(self, action: Callable[[], None]) -> None:
        """Run an action when what this thread is writing is committed, and never if it is not.

        To be called from work that `write` runs.
        """
        self._thread.afterwards.append(action)

    def close(self) -> None:
        """Close all connections, unless others still use this database in this process."""
        self.release()

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def alone(self, connection: Connection, what: str) -> Iterator[None]:
        """Keep others, who enter this in a transaction of theirs for the same thing, waiting.

        It is for what must not be done twice at once, such as making the tables. Others wait till the end of
        the block at least, and of the transaction at most.
        """
        del connection, what
        yield

    def signal(self, connection: Connection) -> None:
        """Tell those who are `listening` that something has changed, once a transaction is committed.

        It may be left out where it was done a moment ago.
        """
        del connection

    @contextmanager
    def listening(self) -> Iterator[Callable[[float], None]]:
        """Listen for signals in the block; what it gives waits for one, and for so many seconds at most.

        It may come back without one, and one may not arrive: look, and wait for a second or so at a time.

        Raises:
            CatalogError: the database failed.
        """
        yield time.sleep

    @abc.abstractmethod
    def compact(self) -> int:
        """Give back the space of what was deleted; return by how many bytes the files shrank.

        Raises:
            CatalogError: the database failed; nothing was changed.
        """

    def _reading(self) -> AbstractContextManager[Connection]:
        """Return a transaction that sees one state."""
        return self.engine.connect()

    @abc.abstractmethod
    def _writing(self) -> AbstractContextManager[Connection]:
        """Return a transaction, begun, that `write` commits; leaving the block rolls it back."""

    def _undoes_all(self, error: DBAPIError) -> bool:
        """Say whether the database, for this error, has undone more than the work in which it occurred."""
        del error
        return False

    def _collided(self, error: DBAPIError) -> bool:
        """Say whether a transaction failed because of another one, and may succeed when it is run again."""
        del error
        return False

    def _may_be_shown(self, error: SQLAlchemyError) -> bool:
        """Say whether an error of the driver repeats no value, so that it may be chained to ours."""
        del error
        return True

    @abc.abstractmethod
    def _explain(self, error: SQLAlchemyError) -> FileroomError:
        """Return a driver's error in our words: what happened, and what to do next."""

    def _once(self, work: Callable[[Connection], T]) -> T:
        unit, kept = self._thread.unit, len(self._thread.afterwards)
        try:
            if unit is not None:
                return self._once_within(unit, work)
            with self._transaction() as connection:
                result = work(connection)
        except BaseException:
            del self._thread.afterwards[kept:]
            raise
        self._run_what_waited()
        return result

    def _once_within(self, unit: Unit, work: Callable[[Connection], T]) -> T:
        part = unit.connection.begin_nested()
        try:
            result = work(unit.connection)
        except BaseException as error:
            if isinstance(error, DBAPIError) and self._undoes_all(error):
                unit.undone = CatalogError(f"{self.name}: others were changing the same: do all of it again")
                raise unit.undone from error
            part.rollback()
            raise
        part.commit()
        return result

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._writing() as connection:
            yield connection
            try:
                connection.commit()
            except DBAPIError as error:
                if error.connection_invalidated:
                    raise OutcomeUnknownError(
                        f"{self.name}: the connection was lost while a transaction was being committed, and "
                        "nobody can tell whether it was: look, or do it again, which is safe for storing"
                    ) from error
                raise

    def _run_what_waited(self) -> None:
        actions, self._thread.afterwards = self._thread.afterwards, []
        for action in actions:
            action()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise self._explain(error) from (error if self._may_be_shown(error) else None)
        except CollisionError as error:
            raise CatalogError(
                f"{self.name}: others kept changing the same resources at the same time: try again"
            ) from error
        except UnicodeEncodeError:  # it shows the value, so it is not chained
            raise CatalogError(
                f"{self.name}: a text holds a lone surrogate, which UTF-8 cannot write"
            ) from None
        except OverflowError as error:
            raise CatalogError(f"{self.name}: a number needs more than 64 bits") from error

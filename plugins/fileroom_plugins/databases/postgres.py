"""PostgreSQL as it is used here: many writers at once, a pool that mends itself, errors with a way out."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from sqlalchemy import Column, Index, String, event, func, literal_column, select, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.schema import CreateIndex

from fileroom.errors import CatalogError
from fileroom_plugins.databases.errors import DatabaseFullError, MayNotWriteError
from fileroom_plugins.databases.explaining import Explain
from fileroom_plugins.databases.postgres_errors import (
    COLLISIONS,
    CONTRADICTIONS,
    FULL,
    READ_ONLY,
    sentence,
    shows_values,
)
from fileroom_plugins.databases.readable import readable
from fileroom_plugins.databases.server import ServerDatabase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sqlalchemy import URL, ColumnElement, Connection, Select
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import ConnectionPoolEntry

    from fileroom_plugins.databases.settings import Settings

T = TypeVar("T")

_KEY_LENGTH = 250  # characters: a thousand bytes at most, of the 2,700 that a row of an index may have
_EMPTY: ColumnElement[str] = literal_column("''")
_ZERO: ColumnElement[int] = literal_column("0")
_LENGTH: ColumnElement[int] = literal_column(str(_KEY_LENGTH))
_CHANNEL = "fileroom"
_BETWEEN_SIGNALS = 0.25  # seconds
_SILENCE = 30.0  # seconds after which a connection is asked whether it is still there
_SCHEMA_OF_TRIGRAMS = "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'pg_trgm'"
_KEEP_ALIVE = {
    # A server that vanished without a word is noticed in a minute.
    "keepalives_idle": "20",
    "keepalives_interval": "10",
    "keepalives_count": "4",
    "tcp_user_timeout": "60000",
    "application_name": "fileroom",
}


class PostgresDatabase(ServerDatabase):
    """One PostgreSQL database.

    Args:
        url: where it is; the driver is psycopg 3, whatever the URL says.
        settings: how to connect.
    """

    several_writers = True
    key_length = _KEY_LENGTH

    def __init__(self, url: URL, settings: Settings) -> None:
        super().__init__(url)
        arguments: dict[str, Any] = {
            "connect_timeout": settings.connect_timeout,
            "prepare_threshold": 5 if settings.prepare else None,
            "client_encoding": "utf8",
        }
        if settings.statement_timeout:
            arguments["options"] = f"-c statement_timeout={round(settings.statement_timeout * 1000)}"
            if given := url.query.get("options"):
                arguments["options"] = f"{given} {arguments['options']}"
        usual = {key: value for key, value in _KEEP_ALIVE.items() if key not in url.query}
        self.engine = self.make_engine(
            url.set(drivername="postgresql+psycopg"),
            settings,
            connect_args={**usual, **arguments},
            isolation_level="READ COMMITTED",
            use_native_hstore=False,
        )
        event.listen(self.engine, "checkin", _note_the_time)
        event.listen(self.engine, "checkout", self._check)
        self._reader = self.engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._signalled = float("-inf")
        self._bare = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    def index(self, name: str, *columns: Column[Any], then: Column[int] | None = None) -> Index:
        """Return an index on the beginnings of texts, which puts missing values first, as `sorted` does."""
        parts = [
            self.indexed(column).nulls_first() if column.nullable else self.indexed(column)
            for column in columns
        ]
        return Index(name, *parts, *([then] if then is not None else []))

    def indexed(self, column: ColumnElement[T]) -> ColumnElement[T]:
        """Return the first `key_length` characters of a text column."""
        if isinstance(column, Column) and isinstance(column.type, String):
            return func.left(column, _LENGTH, type_=column.type)
        return column

    def unsorted(self, column: ColumnElement[T]) -> ColumnElement[T]:
        """Return the column in an expression that no index is on."""
        if isinstance(column.type, String):
            return column.concat(_EMPTY)
        return column + _ZERO

    @contextmanager
    def alone(self, connection: Connection, what: str) -> Iterator[None]:
        """Take an advisory lock, which is released at the end of the transaction."""
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"fileroom {what}"))))
        yield

    def matches(self, column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
        """Return a test with LIKE."""
        escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return column.like(escaped.replace("*", "%").replace("?", "_"))

    def index_insides(self, connection: Connection, columns: Iterable[Column[Any]]) -> None:
        """Make trigram indexes, where the extension ``pg_trgm`` is there or may be had, and used."""
        try:
            with connection.begin_nested():
                connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
                schema = connection.execute(text(_SCHEMA_OF_TRIGRAMS)).scalar_one()
                operators = f"{schema}.gin_trgm_ops"  # it may be in no schema that is searched
                for column in columns:
                    name, by = f"{column.table.name}_{column.name}_trigrams", {column.name: operators}
                    index = Index(name, column, postgresql_using="gin", postgresql_ops=by)
                    column.table.indexes.discard(index)  # or it would be made with the table, if tried again
                    connection.execute(CreateIndex(index))
        except DBAPIError as error:
            if error.connection_invalidated or self._collided(error):
                raise
            # Not installed on the server, or not permitted, neither the extension nor the use of its schema.

    def indexes_for(self, connection: Connection, statement: Select[Any]) -> list[str]:
        """Return the indexes that ``EXPLAIN`` names, were the tables too large to be read as a whole."""
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = connection.execute(Explain("EXPLAIN (FORMAT JSON)", statement)).scalar_one()
        nodes = [node for node in _nodes(plan[0]["Plan"]) if "Index Name" in node]
        # One without a condition is walked, for its order or instead of the table.
        chosen = [node for node in nodes if "Index Cond" in node] or nodes
        return list(dict.fromkeys(node["Index Name"] for node in chosen))

    def signal(self, connection: Connection) -> None:
        """Send a notification, a few in a second at most: who sends one commits behind all others who do."""
        if time.monotonic() - self._signalled > _BETWEEN_SIGNALS:
            self._signalled = time.monotonic()
            connection.execute(select(func.pg_notify(_CHANNEL, "")))

    @contextmanager
    def listening(self) -> Iterator[Callable[[float], None]]:
        """Listen on a connection for that alone."""
        with self._translated(), self._bare.connect() as connection:
            connection.exec_driver_sql(f"LISTEN {_CHANNEL}")
            driver = connection.connection.driver_connection
            assert isinstance(driver, psycopg.Connection)
            connection.detach()
            yield lambda seconds: self._wait(driver, seconds)

    def _wait(self, driver: psycopg.Connection, seconds: float) -> None:
        try:
            for _ in driver.notifies(timeout=seconds, stop_after=1):
                pass
        except psycopg.Error as error:
            raise self.explain_driver(error) from error

    def compact(self) -> int:
        """Make the space of what is gone usable again, and give back what is at the end of the files."""
        with self._translated(), self._bare.connect() as connection:
            before = self._size(connection)
            connection.exec_driver_sql("VACUUM (ANALYZE)")
            return max(0, before - self._size(connection))

    @staticmethod
    def _size(connection: Connection) -> int:
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._reader.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            connection.begin()
            yield connection

    def _check(self, dbapi: Any, entry: ConnectionPoolEntry, _proxy: object) -> None:  # noqa: ANN401 - psycopg's
        """Refuse a connection that the server has ended; the pool makes another then.

        One that has nothing to read has not been ended, unless the network fell silent.
        """
        idle_since = entry.info.get(_note_the_time)
        if idle_since is None:  # new
            return
        if time.monotonic() - idle_since < _SILENCE and not readable(dbapi.pgconn.socket):
            return
        try:
            self.engine.dialect.do_ping(dbapi)
        except psycopg.Error as error:
            raise DisconnectionError from error

    def _collided(self, error: DBAPIError) -> bool:
        return getattr(error.orig, "sqlstate", None) in COLLISIONS

    def _contradicts(self, cause: BaseException) -> bool:
        return getattr(cause, "sqlstate", None) in CONTRADICTIONS

    def _may_be_shown(self, error: SQLAlchemyError) -> bool:
        cause = error.orig if isinstance(error, DBAPIError) else None
        return not (isinstance(cause, psycopg.Error) and shows_values(cause))

    def explain_driver(self, cause: BaseException) -> CatalogError:
        """See `ServerDatabase.explain_driver`."""
        if not isinstance(cause, psycopg.Error):
            return super().explain_driver(cause)
        said = f"{self.name}: {sentence(cause)}"
        if cause.sqlstate == FULL:
            return DatabaseFullError(said)
        return MayNotWriteError(said) if cause.sqlstate in READ_ONLY else CatalogError(said)


def _note_the_time(_dbapi: object, entry: ConnectionPoolEntry) -> None:
    entry.info[_note_the_time] = time.monotonic()


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the nodes of a plan."""
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)

"""Connecting to a database that is somebody else's, to read only."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, inspect
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SAWarning, SQLAlchemyError

from fileroom.errors import ConfigError, FeedError, MissingDependencyError
from fileroom_plugins.databases.urls import parse_url

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from sqlalchemy import URL, Connection, Engine, Inspector

_DRIVERS = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql", "mariadb": "mariadb+pymysql"}
"""Where a URL names no driver: those that come with Fileroom's extras."""

_EXTRAS = {"psycopg": "fileroom[postgres]", "pymysql": "fileroom[mariadb]"}

_ARGUMENTS: dict[str, dict[str, Any]] = {
    # Keep-alives notice within a minute that a server vanished. Statements are not prepared, for the sake of
    # poolers that do not know them.
    "psycopg": {
        "connect_timeout": 10,
        "keepalives_idle": 20,
        "keepalives_interval": 10,
        "keepalives_count": 4,
        "tcp_user_timeout": 60_000,
        "application_name": "fileroom",
        "prepare_threshold": None,
    },
    "pymysql": {"connect_timeout": 10, "read_timeout": 3600, "write_timeout": 600},
}

_WITHOUT_TRANSACTIONS = ("postgresql", "mysql", "mariadb", "mssql", "oracle", "sqlite")
"""Each statement stands for itself: whoever else uses the database need not wait for us, or keep old rows."""

_CONNECTIONS = 4
_WAIT = 600.0  # seconds that a thread waits for another one's connection
_LIFE = 300.0  # seconds of a connection: firewalls forget those that were quiet for long
_LONGEST_TEXT = 300
_SQLITE_DRIVER = "pysqlite"
_WAL = (2, 2)  # what stands at 18 in the file: SQLite's file format, "file format version numbers"


class Reader:
    """A database to read from. Any thread may use it.

    An SQLite file is opened for reading only, and is not made if there is none.

    Args:
        url: where it is, as SQLAlchemy writes it.

    Raises:
        ConfigError: it is no URL of a database.
        MissingDependencyError: its driver is not installed.

    Attributes:
        name: how messages call it, without user, password and parameters.
        engine: SQLAlchemy's.
    """

    def __init__(self, url: str) -> None:
        parsed = parse_url(url)
        self.name = f"database {_shown(parsed)}"
        self.engine = _engine(parsed)
        self._password = parsed.password

    @contextmanager
    def connected(self, what: str) -> Iterator[Connection]:
        """Enter a connection; ``what`` is read by it, as messages call that.

        Raises:
            FeedError: the database cannot be reached, or ``what`` cannot be read.
        """
        with self.translated(what), self.connect() as connection:
            yield connection

    def connect(self) -> Connection:
        """Return a connection, to be closed.

        Raises:
            FeedError: the database cannot be reached.
        """
        try:
            return self.engine.connect()
        except SQLAlchemyError as error:
            raise FeedError(
                f"{self.name} cannot be reached ({self._text(error)}): check the URL, and that the "
                "server runs"
            ) from error

    @contextmanager
    def translated(self, what: str) -> Iterator[None]:
        """Have errors of the driver said in our words."""
        try:
            yield
        except SQLAlchemyError as error:
            # Not the driver's text: it may repeat values.
            raise FeedError(
                f"{self.name}: {what} cannot be read ({_kind(error)}): check that the server still runs, and "
                "that the user may read it"
            ) from error

    @contextmanager
    def inspected(self, what: str) -> Iterator[Inspector]:
        """Enter what tells of tables and columns."""
        with self.connected(what) as connection, warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # of column types that SQLAlchemy does not know
            yield inspect(connection)

    def close(self) -> None:
        """Close all connections that are not in use."""
        self.engine.dispose()

    def _text(self, error: SQLAlchemyError) -> str:
        """Return what a driver says of a connection that failed, which tells of no rows."""
        text = " ".join(str(error.orig if isinstance(error, DBAPIError) else error).split())
        if not text or (self._password and self._password in text):
            return _kind(error)
        return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"


def _engine(url: URL) -> Engine:
    url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
    backend = url.get_backend_name()
    options: dict[str, Any] = {"pool_size": _CONNECTIONS, "hide_parameters": True}
    if backend in _WITHOUT_TRANSACTIONS:
        options["isolation_level"] = "AUTOCOMMIT"
    try:
        if backend == "sqlite" and url.get_driver_name() == _SQLITE_DRIVER:
            # A file that is being read keeps its connection, and connections cost little.
            engine = create_engine(_read_only(url), max_overflow=-1, **options)
            event.listen(engine, "connect", _query_only)
            return engine
        usual = _ARGUMENTS.get(url.get_driver_name(), {})
        options["connect_args"] = {key: value for key, value in usual.items() if key not in url.query}
        engine = create_engine(url, max_overflow=0, pool_timeout=_WAIT, pool_recycle=_LIFE, **options)
    except NoSuchModuleError:
        raise ConfigError(
            f"no dialect {url.drivername!r} is installed: install the package that brings it"
        ) from None
    except ImportError as error:
        package = error.name or "its driver"
        raise MissingDependencyError(
            f"{backend} databases need {package}: pip install '{_EXTRAS.get(package, package)}'",
            "sql",
            "fileroom",
        ) from error
    if backend == "oracle":
        event.listen(engine, "connect", sort_as_compared)
    return engine


def _read_only(url: URL) -> URL:
    """Return the URL of an SQLite file such that nothing is made, changed or left behind by reading it."""
    if not url.database or ":memory:" in url.database:
        raise ConfigError("an SQLite URL names a file: sqlite:////folder/name.sqlite")
    if url.database.startswith("file:"):  # in SQLite's own words
        return url.update_query_dict({"mode": "ro", "uri": "true"})
    file = Path(url.database).absolute()
    if not file.is_file():
        raise ConfigError(f"there is no file {file}")
    mode = "rw" if _would_leave_a_log(file) else "ro"
    return url.set(database=file.as_uri()).update_query_dict({"mode": mode, "uri": "true"})


def _would_leave_a_log(file: Path) -> bool:
    """Say whether opening a file for reading makes a write-ahead log, which only a writer removes again."""
    try:
        with file.open("rb") as opened:
            header = opened.read(20)
    except OSError:
        return False  # SQLite will say why
    return tuple(header[18:20]) == _WAL and not file.with_name(f"{file.name}-wal").exists()


def _query_only(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA query_only = ON")


def sort_as_compared(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's
    """Have Oracle sort texts as it compares them, whatever the language of the session."""
    cursor = connection.cursor()
    cursor.execute("ALTER SESSION SET NLS_SORT = BINARY NLS_COMP = BINARY")
    cursor.close()


def _kind(error: SQLAlchemyError) -> str:
    """Return a driver's error by its type and code."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    if code is None and cause is not None and cause.args and isinstance(cause.args[0], int):
        code = cause.args[0]
    return f"{type(cause or error).__name__}{f' {code}' if code else ''}"


def _shown(url: URL) -> str:
    host = f"{url.host or ''}{f':{url.port}' if url.port else ''}"
    return f"{url.get_backend_name()}://{host}/{url.database or ''}"

"""Opening a database by its URL, one for all that use it in a process."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from sqlalchemy.exc import NoSuchModuleError

from fileroom.errors import ConfigError, MissingDependencyError
from fileroom_plugins.databases.mysql import MySqlDatabase
from fileroom_plugins.databases.other import OtherDatabase
from fileroom_plugins.databases.settings import Settings
from fileroom_plugins.databases.sqlite import SqliteDatabase
from fileroom_plugins.databases.urls import parse_url

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from sqlalchemy import URL

    from fileroom_plugins.databases.database import Database

    Key: TypeAlias = tuple[Hashable, ...]
    D = TypeVar("D", bound=Database)

_POSTGRES = ("postgresql", "postgres")
_MYSQL = ("mysql", "mariadb")
_PACKAGES = {"MySQLdb": "mysqlclient", "pymysql": "'fileroom[mariadb]'", "mysql": "mysql-connector-python"}
_lock = threading.Lock()
_opened: dict[Key, Database] = {}
_users: dict[Key, int] = {}


def open_sqlite(
    path: Path,
    synchronous: Literal["full", "normal"] = "full",
    busy_timeout: float = 30.0,
    page_size: int | None = None,
) -> Database:
    """Open an SQLite file, which is created if there is none; its folder is not.

    Args:
        path: the file.
        synchronous: ``"full"`` or ``"normal"``, as in SQLite's pragma. Those who open one file differently do
            not share it.
        busy_timeout: seconds to wait for another writer; that of the first who opens it holds for all.
        page_size: bytes of a page, a power of two, if the file is yet to be made; None for SQLite's choice.

    Nothing is read or written yet. `Database.close` is to be called once for each call of this.
    """
    place = Path(path).absolute()
    key = ("sqlite", os.path.realpath(place), synchronous)
    return _shared(key, lambda: SqliteDatabase(place, synchronous, busy_timeout, page_size))


def open_postgres(url: str, settings: Settings | None = None) -> Database:
    """Open a PostgreSQL database; see `open_database`.

    Raises:
        ConfigError: the text is no URL of PostgreSQL's.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() not in _POSTGRES:
        raise ConfigError("not a PostgreSQL URL: expected postgresql://user:password@host/database")
    return _open(parsed, settings)


def open_database(url: str, settings: Settings | None = None, *, page_size: int | None = None) -> Database:
    """Open the database that a URL names; see `open_sqlite` for what that does and does not do.

    An index and a storage that name one database get one and the same object. The settings of the first who
    opens it hold for all. ``page_size`` is of an SQLite file, as in `open_sqlite`.

    Raises:
        ConfigError: the text is no URL, or names an SQLite database that is no file.
        MissingDependencyError: the driver is not installed.
    """
    return _open(parse_url(url), settings, page_size)


def _open(url: URL, settings: Settings | None, page_size: int | None = None) -> Database:
    settings = settings or Settings()
    backend = url.get_backend_name()
    if backend == "sqlite":
        if not url.database or url.database == ":memory:":
            raise ConfigError("an SQLite URL names a file: sqlite:////folder/name.sqlite")
        return open_sqlite(Path(url.database), page_size=page_size)
    if backend in _POSTGRES:
        plain = url.set(drivername="postgresql")
        return _shared((plain,), lambda: _postgres(plain, settings))
    kind = MySqlDatabase if backend in _MYSQL else OtherDatabase
    try:
        return _shared((url,), lambda: kind(url, settings))
    except NoSuchModuleError:
        raise ConfigError(f"SQLAlchemy knows no database {url.drivername!r}: correct the URL") from None
    except ImportError as error:
        package = _PACKAGES.get(error.name or "", error.name)
        raise MissingDependencyError(
            f"{url.drivername} needs the driver {error.name}: pip install {package}", "sql", "fileroom"
        ) from error


def _postgres(url: URL, settings: Settings) -> Database:
    try:
        from fileroom_plugins.databases.postgres import PostgresDatabase  # noqa: PLC0415 - needs the driver
    except ImportError as error:
        raise MissingDependencyError(
            "PostgreSQL needs psycopg: pip install 'fileroom[postgres]'", "postgres", "fileroom"
        ) from error
    return PostgresDatabase(url, settings)


def _shared(key: Key, make: Callable[[], D]) -> Database:
    """Return what is open under a key, or open it; closing it as often as it was returned closes it."""
    key = (os.getpid(), *key)  # connections are not to be carried across a fork
    with _lock:
        if key not in _opened:
            database = _opened[key] = make()
            database.release = lambda: _release(key)
            _users[key] = 0
        _users[key] += 1
        return _opened[key]


def _release(key: Key) -> None:
    with _lock:
        _users[key] -= 1
        if not _users[key]:
            del _users[key]
            _opened.pop(key).dispose()

"""Connecting to a database that is somebody else's, to read only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from fileroom.errors import ConfigError, MissingDependencyError

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

_DRIVERS = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql", "mariadb": "mariadb+pymysql"}
"""Where a URL names no driver: those that come with Fileroom's extras."""


def connect(url: str) -> Engine:
    """Return an engine for a URL; nothing is connected yet.

    An SQLite file is opened for reading only, and is not made if there is none.

    Raises:
        ConfigError: it is no URL of a database.
        MissingDependencyError: its driver is not installed.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        # Not chained: the error repeats the text, which may hold a password.
        raise ConfigError("not a database URL: expected dialect://user:password@host/database") from None
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise ConfigError("an SQLite URL names a file: sqlite:////folder/name.sqlite")
        if not parsed.database.startswith("file:"):
            file = f"file:{parsed.database}"
            parsed = parsed.set(database=file).update_query_dict({"mode": "ro", "uri": "true"})
    parsed = parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))
    try:
        return create_engine(parsed, pool_pre_ping=True, hide_parameters=True)
    except NoSuchModuleError:
        raise ConfigError(
            f"no dialect {parsed.drivername!r} is installed: install the package that brings it"
        ) from None
    except ImportError as error:
        package = error.name or "its driver"
        raise MissingDependencyError(
            f"databases of {parsed.get_backend_name()} need {package}: pip install {package}",
            "sql",
            "fileroom",
        ) from error


def shown(url: URL) -> str:
    """Return a URL as messages may show it: without user, password and parameters."""
    host = f"{url.host or ''}{f':{url.port}' if url.port else ''}"
    return f"{url.get_backend_name()}://{host}/{url.database or ''}"

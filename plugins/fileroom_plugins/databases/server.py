"""Databases on a server: what their engines and their names have in common."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from fileroom.errors import CatalogError, ConfigError
from fileroom_plugins.databases.database import Database
from fileroom_plugins.databases.urls import named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import URL, Dialect, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.exc import SQLAlchemyError

    from fileroom_plugins.databases.settings import Settings

_WAIT_FOR_CONNECTION = 30.0  # seconds for another thread to give one back
_UNUSABLE = (
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    FileNotFoundError,
    IsADirectoryError,
    PermissionError,
    ssl.SSLError,
)
"""What drivers raise for parameters that they do not know, or whose values they cannot use."""


class ServerDatabase(Database):
    """A database on a server.

    Args:
        url: where it is, and by which driver.
    """

    def __init__(self, url: URL) -> None:
        super().__init__()
        self.name = f"database {named(url)}"

    @staticmethod
    def make_engine(url: URL, settings: Settings, **more: Any) -> Engine:  # noqa: ANN401 - SQLAlchemy's
        """Return an engine whose pool opens no more connections than the settings allow.

        Raises:
            ConfigError: the driver does not take the URL's parameters; connecting may raise it too.
        """

        def connect(
            dialect: Dialect, _record: object, given: Sequence[Any], named_ones: Mapping[str, Any]
        ) -> DBAPIConnection:
            try:
                return dialect.connect(*given, **named_ones)
            except (*_UNUSABLE, dialect.loaded_dbapi.ProgrammingError):
                raise _not_taken(url) from None

        try:
            engine = create_engine(
                url,
                pool_size=settings.pool_size,
                max_overflow=0,
                pool_timeout=_WAIT_FOR_CONNECTION,
                pool_use_lifo=True,  # few connections, often used, rather than all of them now and then
                hide_parameters=True,  # they are patients' data, and errors get logged
                **more,
            )
        except _UNUSABLE:
            raise _not_taken(url) from None
        event.listen(engine, "do_connect", connect)
        return engine

    def explain_driver(self, cause: BaseException) -> CatalogError:
        """Return an error of the driver in our words."""
        return CatalogError(f"{self.name}: the database failed ({type(cause).__name__})")

    def _contradicts(self, cause: BaseException) -> bool:
        """Say whether a constraint was in the way: others were first, or, time and again, rows are wrong."""
        del cause
        return False

    def _explain(self, error: SQLAlchemyError) -> CatalogError:
        if isinstance(error, PoolTimeoutError):
            return CatalogError(
                f"{self.name}: other threads have used all connections for {_WAIT_FOR_CONNECTION:g} s: "
                "raise pool_size"
            )
        cause = error.orig if isinstance(error, DBAPIError) else None
        if cause is not None and self._contradicts(cause):
            return CatalogError(
                f"{self.name}: a row kept contradicting others: try again; if nobody else was writing, the "
                "tables were damaged, or changed by hand: an index is made anew by 'fileroom rebuild', in an "
                "empty database"
            )
        if isinstance(error, DBAPIError) and self._collided(error):
            return CatalogError(f"{self.name}: others kept changing the same at the same time: try again")
        return self.explain_driver(cause or error)


def _not_taken(url: URL) -> ConfigError:
    # Not chained: the driver's error may repeat a value, such as a password.
    return ConfigError(
        f"database {named(url)}: the driver {url.get_driver_name()} does not take the URL's parameters, or "
        "their values: correct what stands behind the question mark"
    )

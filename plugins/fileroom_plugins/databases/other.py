"""Any other database that SQLAlchemy reaches: what standard SQL promises, and no more. Not tested."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from fileroom_plugins.databases.server import ServerDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, ColumnElement, Connection
    from sqlalchemy.exc import SQLAlchemyError

    from fileroom_plugins.databases.settings import Settings

_ESCAPE = "!"
_SPECIAL = str.maketrans({each: _ESCAPE + each for each in (_ESCAPE, "%", "_", "[")})  # "[": SQL Server's


class OtherDatabase(ServerDatabase):
    """One database, of which nothing is known but that SQLAlchemy speaks with it.

    Args:
        url: where it is, and by which driver.
        settings: how to connect.
    """

    def __init__(self, url: URL, settings: Settings) -> None:
        super().__init__(url)
        self.engine = self.make_engine(url, settings, pool_pre_ping=True)

    def matches(self, column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
        """Return a test with LIKE."""
        return column.like(like_pattern(pattern), escape=_ESCAPE)

    def compact(self) -> int:
        """Do nothing: how to is not known."""
        return 0

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            connection.begin()
            yield connection

    def _may_be_shown(self, error: SQLAlchemyError) -> bool:
        return not isinstance(error, DBAPIError) or isinstance(error, OperationalError | InterfaceError)


def like_pattern(pattern: str) -> str:
    """Return a pattern of ``*`` and ``?`` as one of LIKE's, to be used with the escape character ``!``."""
    return pattern.translate(_SPECIAL).replace("*", "%").replace("?", "_")

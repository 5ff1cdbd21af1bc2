"""URLs of databases: read, and called in messages by what is no secret in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from fileroom.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import URL

_PORTS = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306, "mssql": 1433, "oracle": 1521}
_BEHIND_THE_PASSWORD = re.compile(r"[^:]+://(?:[^:/]*(?::[^@]*)?@)?(.*)", re.DOTALL)


def parse_url(text: str) -> URL:
    """Return the URL that a text is.

    SQLAlchemy ends a password at the first ``@``, and takes what follows for the host: so none may follow, or
    a part of the password would be shown as the server's name, and asked for of a name server.

    Raises:
        ConfigError: it is none; the message repeats nothing of it.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # Not chained: the error repeats the text, which may hold a password.
        raise ConfigError("not a database URL: expected dialect://user:password@host/database") from None
    behind = _BEHIND_THE_PASSWORD.fullmatch(text)
    if url.get_backend_name() != "sqlite" and (behind is None or "@" in behind[1]):
        raise ConfigError(
            "not a database URL: an @ in a user's name or password, or behind the server's name, is "
            "written %40"
        )
    return url


def named(url: URL) -> str:
    """Return a URL without driver, user, password and parameters."""
    backend = url.get_backend_name()
    hosts = [f"{url.host}:{url.port or _PORTS.get(backend, '')}".rstrip(":")] if url.host else []
    more = url.query.get("host", ())  # libpq's way to name several
    hosts += [more] if isinstance(more, str) else more
    return f"{backend}://{','.join(hosts)}/{url.database or ''}"

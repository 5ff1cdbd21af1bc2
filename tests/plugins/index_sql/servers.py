"""Databases on servers for tests: made once per run, emptied for each test."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy.engine import make_url

from fileroom.options import Secret
from fileroom.tags import TagSet
from fileroom_plugins.index_sql.postgres import Options, open_index
from tests.servers import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILLED = (
    "attachment, metadata, label, term, series_class, instance, series, study, patient, uid, change, arrival"
)


@contextmanager
def postgres_index(server: str) -> Iterator[str]:
    """Make a database with the tables of an index; yield its address."""
    with postgres.database(server) as url:
        open_index(Options(Secret(url)), TagSet.default()).close()
        yield url


def empty_postgres_index(url: str) -> None:
    """Make an index what it was when it was new, which is quicker than a new one."""
    address = make_url(url).render_as_string(hide_password=False)
    with psycopg.connect(address) as connection:
        for table in _FILLED.split(", "):
            connection.execute(f"DELETE FROM {table}")
        connection.execute(
            "UPDATE total SET patients = 0, studies = 0, series = 0, instances = 0, attachments = 0, "
            "bytes = 0, stored_bytes = 0"
        )
        connection.execute("UPDATE info SET value = '[]' WHERE name = 'complete'")

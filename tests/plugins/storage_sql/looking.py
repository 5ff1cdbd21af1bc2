"""Looking into the tables of a storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from fileroom_plugins.storage_sql.schema import catalog

if TYPE_CHECKING:
    from fileroom_plugins.storage_sql.storage import SqlStorage

EMPTY = {"chunk": 0, "extent": 0, "family": 0, "loose": 0, "object": 0}


def rows(storage: SqlStorage) -> dict[str, int]:
    """Return how many rows each table has, but for the one that tells the version."""
    with storage.database.read() as connection:
        return {
            table.name.removeprefix("storage_"): connection.scalar(select(func.count()).select_from(table))
            or 0
            for table in catalog.sorted_tables
            if table.name != "storage_info"
        }

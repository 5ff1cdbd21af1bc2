"""Rows as `fileroom.model.ResourceRecord`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.model import ResourceRecord
from fileroom_plugins.index_linear.computed import computed
from fileroom_plugins.index_linear.matching import Memo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom_plugins.index_linear.tables import Row, Tables


class Records:
    """Makes records of rows as they are now, with their ancestors; siblings share their parent.

    To be thrown away when the tables change.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._parents = Memo[str, ResourceRecord](lambda id_: self.of(tables.rows[id_]))

    def of(self, row: Row, names: Sequence[str] = ()) -> ResourceRecord:
        """Return the record of a row, with these computed attributes as far as its level has them."""
        return ResourceRecord(
            id=row.id,
            level=row.level,
            uid=row.uid,
            tags=row.tags,
            parent=self._parents[row.parent] if row.parent else None,
            received=row.received,
            computed=computed(self._tables, row, names) if names else {},
        )

"""The books of one writing transaction: the change log and the totals, written once at its end."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from fileroom.model import Level
from fileroom_plugins.index_sql.bulk import insert_rows
from fileroom_plugins.index_sql.schema import LAST_IDS, TOTALS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fileroom.model import AttachmentRecord, ChangeType
    from fileroom_plugins.index_sql.schema import Schema

_COUNTED = dict(zip(Level, TOTALS, strict=False))
_LAST = dict(zip(Level, LAST_IDS, strict=True))


class Ledger:
    """What a transaction adds to the change log and to the totals.

    Args:
        connection: the transaction.
        schema: the tables.
        logs: whether the change log hears of what is done; a restore brings a log of its own.

    Attributes:
        now: the time of the transaction, in milliseconds since 1970.
    """

    def __init__(self, connection: Connection, schema: Schema, *, logs: bool = True) -> None:
        self.now = time.time_ns() // 1_000_000
        self._connection = connection
        self._schema = schema
        self._logs = logs
        self._changes: list[dict[str, int | bytes]] = []
        self._added: Counter[str] = Counter()
        self._last: dict[str, int] = {}

    def log(self, change: ChangeType, level: Level, digest: bytes) -> None:
        """Note a change of a resource, of which the raw public id is given."""
        if self._logs:
            self._changes.append(
                {"type": int(change), "level": int(level), "public_id": digest, "date": self.now}
            )

    def count(self, level: Level, added: int) -> None:
        """Note that there are so many resources more, or fewer."""
        self._added[_COUNTED[level]] += added

    def count_file(self, record: AttachmentRecord, added: int) -> None:
        """Note that there is an attachment more (1) or less (-1)."""
        self._added["attachments"] += added
        self._added["bytes"] += added * record.size
        self._added["stored_bytes"] += added * record.stored_size

    def next_number(self, level: Level) -> int:
        """Return a number for a new resource; it is never given again if the transaction succeeds."""
        if not self._last:
            columns = (self._schema.total.c[name] for name in LAST_IDS)
            row = self._connection.execute(select(*columns)).one()
            self._last = dict(zip(LAST_IDS, row, strict=True))
        self._last[_LAST[level]] += 1
        return self._last[_LAST[level]]

    def write(self) -> None:
        """Write all that was noted."""
        insert_rows(self._connection, self._schema.change, self._changes)
        if self._last or any(self._added.values()):
            total = self._schema.total
            values = {name: total.c[name] + self._added[name] for name in TOTALS}
            self._connection.execute(update(total).values({**values, **self._last}))

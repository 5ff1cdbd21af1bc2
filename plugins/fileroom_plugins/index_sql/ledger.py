"""The books of one writing transaction: numbers for what is new, the change log, the totals.

Where writers take turns, the only row of ``total`` has the last numbers and the totals, and the change log is
written as it is. Where several are at work at once, each would wait there for the end of the one before. So

- numbers come from sequences, as many as are needed by one statement;
- totals are added to a row of ``total`` that nobody else is adding to, and read as the sum of all;
- changes are put down in ``arrival``, and get their sequence when somebody asks for them (`log`).
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, literal, select, union_all, update

from fileroom.model import Level
from fileroom_plugins.databases.bulk import insert_rows
from fileroom_plugins.index_sql.log import pack_change
from fileroom_plugins.index_sql.schema import LAST_IDS, TOTALS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
        self._changes: list[tuple[ChangeType, Level, bytes]] = []
        self._added: Counter[str] = Counter()
        self._last: dict[str, int] = {}
        self._reserved: dict[Level, Iterator[int]] = {}

    def log(self, change: ChangeType, level: Level, digest: bytes) -> None:
        """Note a change of a resource, of which the raw public id is given."""
        if self._logs:
            self._changes.append((change, level, digest))

    def count(self, level: Level, added: int) -> None:
        """Note that there are so many resources more, or fewer."""
        self._added[_COUNTED[level]] += added

    def count_file(self, record: AttachmentRecord, added: int) -> None:
        """Note that there is an attachment more (1) or less (-1)."""
        self._added["attachments"] += added
        self._added["bytes"] += added * record.size
        self._added["stored_bytes"] += added * record.stored_size

    def reserve(self, wanted: Mapping[Level, int]) -> None:
        """Prepare for so many calls of `next_number` for each level."""
        if not any(wanted.values()):
            return
        if not self._schema.several_writers:
            columns = (self._schema.total.c[name] for name in LAST_IDS)
            row = self._connection.execute(select(*columns)).one()
            self._last = dict(zip(LAST_IDS, row, strict=True))
            return
        parts = [
            select(literal(int(level)), sequence.next_value()).select_from(
                func.generate_series(1, wanted[level])
            )
            for level, sequence in self._schema.numbers.items()
        ]
        rows = self._connection.execute(union_all(*parts)).all()
        self._reserved = {level: iter(sorted(row[1] for row in rows if row[0] == level)) for level in Level}

    def next_number(self, level: Level) -> int:
        """Return one of the reserved numbers for a new resource.

        It is greater than those before it, and never given again if the transaction succeeds.
        """
        if self._schema.several_writers:
            return next(self._reserved[level])
        self._last[_LAST[level]] += 1
        return self._last[_LAST[level]]

    def write(self) -> None:
        """Write all that was noted."""
        self._write_changes()
        if not self._last and not any(self._added.values()):
            return
        total = self._schema.total
        added = {name: total.c[name] + self._added[name] for name in TOTALS}
        writing = update(total).values({**added, **self._last})
        if self._schema.several_writers:
            free = select(total.c.id).limit(1).with_for_update(skip_locked=True).scalar_subquery()
            if self._connection.execute(writing.where(total.c.id == free)).rowcount:
                return
            writing = writing.where(total.c.id == 1)  # all are taken: wait for the first
        self._connection.execute(writing)

    def _write_changes(self) -> None:
        if not self._changes:
            return
        if self._schema.arrival is not None:
            packed = b"".join(pack_change(*each) for each in self._changes)
            arrival = {"date": self.now, "changes": packed}
            self._connection.execute(insert(self._schema.arrival), arrival)
            return
        rows = [
            {"type": int(change), "level": int(level), "public_id": digest, "date": self.now}
            for change, level, digest in self._changes
        ]
        insert_rows(self._connection, self._schema.change, rows)

"""Numbers for UIDs that many instances share: SOP classes and transfer syntaxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select
from sqlalchemy.dialects import postgresql

from fileroom_plugins.index_sql.lookup import chunks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from fileroom_plugins.index_sql.schema import Schema


class Uids:
    """The table ``uid``, and what of it is known to be committed. Rows are added, never changed."""

    def __init__(self, schema: Schema) -> None:
        self._table = schema.uid
        self._several_writers = schema.several_writers
        self._numbers: dict[str, int] = {}
        self._texts: dict[int, str] = {}

    def numbers(self, connection: Connection, uids: Iterable[str]) -> Mapping[str, int]:
        """Return the numbers of UIDs, within a transaction that writes; new ones are added.

        They are not remembered, for the transaction may fail: `remember` them once it has succeeded.
        """
        missing = set(uids) - self._numbers.keys()
        if not missing:
            return self._numbers
        found = self._find(connection, missing)
        if added := sorted(missing - found.keys()):
            found |= self._add(connection, added)
        return self._numbers | found

    def _find(self, connection: Connection, uids: Iterable[str]) -> dict[str, int]:
        table = self._table.c
        found: dict[str, int] = {}
        for some in chunks(uids):
            rows = connection.execute(select(table.uid, table.id).where(table.uid.in_(some)))
            found |= {row[0]: row[1] for row in rows}
        return found

    def _add(self, connection: Connection, uids: Sequence[str]) -> dict[str, int]:
        if self._several_writers:
            # Whoever adds the same at the same time is waited for; then it is there.
            for uid in uids:
                added = postgresql.insert(self._table).values(uid=uid).on_conflict_do_nothing()
                connection.execute(added)
            return self._find(connection, uids)
        last = connection.execute(select(func.coalesce(func.max(self._table.c.id), 0))).scalar_one()
        numbers = {uid: number for number, uid in enumerate(uids, start=last + 1)}
        connection.execute(insert(self._table), [{"id": numbers[uid], "uid": uid} for uid in uids])
        return numbers

    def remember(self, numbers: Mapping[str, int]) -> None:
        """Keep in mind what a transaction, now committed, has looked up or added."""
        if numbers is not self._numbers:
            self._numbers |= numbers

    def texts(self, connection: Connection, numbers: Iterable[int]) -> Mapping[int, str]:
        """Return the UIDs that numbers stand for."""
        missing = set(numbers) - self._texts.keys()
        table = self._table.c
        for some in chunks(missing):
            rows = connection.execute(select(table.id, table.uid).where(table.id.in_(some)))
            self._texts |= {row[0]: row[1] for row in rows}
        return self._texts

"""What can be worked out of an entry before the transaction that commits it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fileroom.model import Level
from fileroom_plugins.index_sql.describe import describe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fileroom.index import Entry
    from fileroom_plugins.index_sql.describe import Described
    from fileroom_plugins.index_sql.schema import Schema


class Candidate(NamedTuple):
    """An entry on its way in.

    Attributes:
        entry: the entry.
        digests: the raw public ids of its four levels.
        described: the columns and terms of the instance.
    """

    entry: Entry
    digests: tuple[bytes, ...]
    described: Described

    def digest(self, level: Level) -> bytes:
        """Return the raw public id of one level."""
        return self.digests[level - 1]

    def uids(self) -> Iterator[str]:
        """Yield the UIDs that are kept as numbers."""
        header = self.entry.header
        yield header.sop_class_uid
        yield header.transfer_syntax_uid
        yield from self.described.coded.values()


def candidates(schema: Schema, entries: Iterable[Entry]) -> list[Candidate]:
    """Work out what can be worked out of entries."""
    place = schema.levels[Level.INSTANCE]
    above: dict[tuple[str, str, str], tuple[bytes, ...]] = {}
    found = []
    for entry in entries:
        identity = entry.header.identity
        series = (identity.patient_id, identity.study_instance_uid, identity.series_instance_uid)
        if series not in above:
            above[series] = tuple(identity.digest(level) for level in Level if level is not Level.INSTANCE)
        digests = (*above[series], identity.digest(Level.INSTANCE))
        found.append(Candidate(entry, digests, describe(entry.header, place)))
    return found

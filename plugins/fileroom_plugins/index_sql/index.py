"""The index in an SQL database."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import select

from fileroom.index import Held, Index, IndexCapabilities, Overwrite
from fileroom.model import Level, Statistics, digest_to_public_id
from fileroom_plugins.index_sql import state, walk
from fileroom_plugins.index_sql.age import oldest_studies
from fileroom_plugins.index_sql.candidates import candidates
from fileroom_plugins.index_sql.commit import Batch
from fileroom_plugins.index_sql.computed import computed as computed_attributes
from fileroom_plugins.index_sql.edit import edit
from fileroom_plugins.index_sql.files import DICOM, packed_external, unpack_digest
from fileroom_plugins.index_sql.find import Search
from fileroom_plugins.index_sql.hanging import hanging_on
from fileroom_plugins.index_sql.locks import take_turn
from fileroom_plugins.index_sql.log import changes
from fileroom_plugins.index_sql.lookup import chunks, digests_of, owners, places
from fileroom_plugins.index_sql.mirror import Mirroring
from fileroom_plugins.index_sql.plans import plans
from fileroom_plugins.index_sql.records import Records
from fileroom_plugins.index_sql.refresh import refresh
from fileroom_plugins.index_sql.relocate import relocate
from fileroom_plugins.index_sql.remove import remove
from fileroom_plugins.index_sql.restore import add_missing, append_changes
from fileroom_plugins.index_sql.schema import schema_of
from fileroom_plugins.index_sql.uids import Uids
from fileroom_plugins.index_sql.upgrade import prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    from fileroom.index import Committed, Details, Edit, Edited, Entry, Mirrored, Page, Relocation, Removal
    from fileroom.model import AttachmentRecord, Change, ChangePage, ChangeType, Header, ResourceRecord
    from fileroom.plugin import Storage
    from fileroom.query import Query
    from fileroom.tags import TagSet
    from fileroom_plugins.databases.database import Database
    from fileroom_plugins.index_sql.candidates import Candidate

T = TypeVar("T")

_LONGEST_WAIT = 1.0  # seconds for a signal, which may have been left out


class SqlIndex(Index):
    """What the archive knows, in tables. Threads and processes may share the database.

    Args:
        database: where the tables are, or come to be.
        tags: the tags to keep.

    Raises:
        SchemaError: a newer version wrote the tables, or they are no index.
        CatalogError: the database failed.
    """

    capabilities = IndexCapabilities(history=True, mirror=True, relocate=True)

    def __init__(self, database: Database, tags: TagSet) -> None:
        self._database = database
        self._closed = False
        self._storage_is_here = False
        self._schema = schema_of(tags, database)
        self._uids = Uids(self._schema)
        self._records = Records(self._schema, self._uids)
        try:
            prepare(database, self._schema)
        except BaseException:
            database.close()
            raise

    def use_storage(self, storage: Storage) -> None:
        """See `Index.use_storage`: a storage in the same database shares its transactions."""
        self._storage_is_here = storage.database is self._database

    def unit(self) -> AbstractContextManager[None]:
        """See `Index.unit`."""
        return self._database.unit() if self._storage_is_here else nullcontext()

    def commit(self, entries: Sequence[Entry], overwrite: Overwrite = Overwrite.NEVER) -> list[Committed]:
        """See `Index.commit`."""
        batch = candidates(self._schema, entries)
        if not batch:
            return []

        def work(connection: Connection) -> list[Committed]:
            uids = self._prepared(connection, batch)
            return Batch(connection, self._schema, uids, overwrite).commit(batch)

        return self._write(work)

    def _write(self, work: Callable[[Connection], T]) -> T:
        def in_turn(connection: Connection) -> T:
            take_turn(connection, self._schema)
            result = work(connection)
            self._database.signal(connection)
            return result

        return self._database.write(in_turn)

    def _prepared(self, connection: Connection, batch: Sequence[Candidate]) -> Mapping[str, int]:
        """Return the numbers of a batch's UIDs; what goes into an empty index has every extra tag."""
        state.be_first(connection, self._schema)
        uids = self._uids.numbers(connection, {uid for each in batch for uid in each.uids()})
        self._database.once_committed(lambda: self._uids.remember(uids))
        return uids

    def find(self, query: Query) -> Page:
        """See `Index.find`."""
        with self._database.read() as connection:
            return Search(self._database, connection, self._schema, query).page(self._records)

    def count(self, query: Query) -> int:
        """See `Index.count`."""
        with self._database.read() as connection:
            return Search(self._database, connection, self._schema, query).count()

    def get(self, ids: Sequence[str], computed: Sequence[str] = ()) -> list[ResourceRecord | None]:
        """See `Index.get`."""
        found: dict[str, ResourceRecord] = {}
        with self._database.read() as connection:
            there = places(connection, self._schema, ids).values()
            for level in {place.level for place in there}:
                numbers = [place.number for place in there if place.level is level]
                values = computed_attributes(connection, self._schema, level, numbers, computed)
                rows = self._records.rows(connection, level, numbers)
                records = self._records.of(connection, level, rows, values)
                found |= {record.id: record for record in records}
        return [found.get(each) for each in ids]

    def children(self, parent: str) -> Iterator[ResourceRecord]:
        """See `Index.children`."""
        return walk.children(self._database, self._schema, self._records, parent)

    def held(self, ids: Sequence[str]) -> dict[str, Held]:
        """See `Index.held`."""
        instance, file = self._schema.levels[Level.INSTANCE].table, self._schema.attachment
        dicom = (
            (file.c.level == int(Level.INSTANCE))
            & (file.c.resource == instance.c.id)
            & (file.c.content_type == DICOM)
        )
        held = select(instance.c.public_id, file.c.digest, instance.c.stamp, file.c.locator).join_from(
            instance, file, dicom
        )
        found: dict[str, Held] = {}
        with self._database.read() as connection:
            for some in chunks(digests_of(ids)):
                for row in connection.execute(held.where(instance.c.public_id.in_(some))).all():
                    found[digest_to_public_id(row.public_id)] = Held(
                        unpack_digest(row.digest), row.stamp, packed_external(row.locator)
                    )
        return found

    def details(self, ids: Sequence[str]) -> list[Details | None]:
        """See `Index.details`."""
        with self._database.read() as connection:
            there = owners(connection, self._schema, ids)
            hanging = hanging_on(connection, self._schema, there.values())
        return [hanging[there[each]].details() if each in there else None for each in ids]

    def edit(self, edits: Sequence[Edit]) -> list[Edited]:
        """See `Index.edit`."""
        return self._write(lambda connection: edit(connection, self._schema, edits))

    def relocate(self, moves: Sequence[Relocation]) -> list[bool]:
        """See `Index.relocate`."""
        return self._write(lambda connection: relocate(connection, self._schema, moves))

    def refresh(self, headers: Sequence[Header]) -> int:
        """See `Index.refresh`."""
        return self._write(lambda connection: refresh(connection, self._schema, self._uids, headers))

    def complete(self) -> None:
        """See `Index.complete`."""
        self._write(
            lambda connection: state.set_complete_tags(connection, self._schema, self._schema.extra_tags)
        )

    def remove(self, ids: Sequence[str]) -> Removal:
        """See `Index.remove`."""
        return self._write(lambda connection: remove(connection, self._schema, ids))

    def changes(
        self, since: int = 0, limit: int = 100, types: Sequence[ChangeType] | None = None
    ) -> ChangePage:
        """See `Index.changes`."""
        return changes(self._database, self._schema, since, limit, types)

    def wait_for_changes(self, since: int, timeout: float) -> bool:
        """See `Index.wait_for_changes`."""
        deadline = time.monotonic() + timeout
        if self.changes(since, 1).changes:
            return True
        with self._database.listening() as wait:
            while not self.changes(since, 1).changes:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                wait(min(_LONGEST_WAIT, left))
        return True

    def plans(self) -> Iterator[str]:
        """See `Index.plans`."""
        with self._database.read() as connection:
            yield from plans(self._database, connection, self._schema)

    def statistics(self) -> Statistics:
        """See `Index.statistics`."""
        with self._database.read() as connection:
            return Statistics(*state.totals(connection, self._schema))

    def attachments(self, after: str | None = None) -> Iterator[tuple[str, AttachmentRecord]]:
        """See `Index.attachments`."""
        return walk.attachments(self._database, self._schema, after)

    def restore(
        self, entries: Sequence[Entry], details: Mapping[str, Details], changes: Sequence[Change] = ()
    ) -> list[Committed]:
        """See `Index.restore`."""
        batch = candidates(self._schema, entries)

        def work(connection: Connection) -> list[Committed]:
            uids = self._prepared(connection, batch)
            outcomes = Batch(connection, self._schema, uids, Overwrite.NEVER, restoring=True).commit(batch)
            add_missing(connection, self._schema, details)
            append_changes(connection, self._schema, changes)
            return outcomes

        return self._write(work)

    def mirror(
        self,
        entries: Sequence[Entry],
        details: Mapping[str, Details],
        removed: Sequence[str] = (),
        changes: Sequence[Change] = (),
    ) -> Mirrored:
        """See `Index.mirror`."""
        batch = candidates(self._schema, entries)

        def work(connection: Connection) -> Mirrored:
            uids = self._prepared(connection, batch)
            return Mirroring(connection, self._schema, uids).mirror(batch, details, removed, changes)

        return self._write(work)

    def oldest_studies(self, limit: int) -> list[str]:
        """See `Index.oldest_studies`."""
        with self._database.read() as connection:
            return oldest_studies(connection, self._schema, limit)

    def compact(self) -> int:
        """See `Index.compact`."""
        return self._database.compact()

    def close(self) -> None:
        """See `Index.close`."""
        if not self._closed:
            self._closed = True
            self._database.close()

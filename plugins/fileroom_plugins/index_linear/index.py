"""The linear index: every method of the contract, on the tables of a `Catalog`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.index import Details, Held, Index, IndexCapabilities, Overwrite
from fileroom.model import ARCHIVE_ID, ChangePage, Level
from fileroom.plugin import is_external
from fileroom_plugins.index_linear.arrival import DICOM
from fileroom_plugins.index_linear.catalog import Catalog
from fileroom_plugins.index_linear.commit import Committing
from fileroom_plugins.index_linear.edits import edit
from fileroom_plugins.index_linear.listing import listed
from fileroom_plugins.index_linear.records import Records
from fileroom_plugins.index_linear.removal import remove
from fileroom_plugins.index_linear.search import Search

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from fileroom.index import (
        Committed,
        Edit,
        Edited,
        Entry,
        Listing,
        Page,
        Removal,
    )
    from fileroom.model import AttachmentRecord, Change, ChangeType, Header, ResourceRecord, Statistics
    from fileroom.plugin import Storage, TagSet
    from fileroom.query import Query
    from fileroom_plugins.index_linear.tables import Own, Row

_STRETCH = 500
_UNKNOWN_DIGEST = "md5"


class LinearIndex(Index):
    """An index that DCMTK reads and writes too; several processes of both may use one area at once.

    What ``index.dat`` cannot hold lies in a sidecar in the same folder, which appears with the first thing
    that needs it. All that is known is held in memory as well.

    Args:
        folder: the storage area; made if it is not there.
        tags: the tags to keep.

    Raises:
        CatalogError: ``index.dat`` cannot be used.
    """

    capabilities = IndexCapabilities(history=True)

    def __init__(self, folder: Path, tags: TagSet) -> None:
        self._tags = tags
        self._catalog = Catalog(folder, tags)

    def use_storage(self, storage: Storage) -> None:
        """Insist on local files; ask this storage from now on where they lie."""
        self._catalog.use(storage)

    def commit(self, entries: Sequence[Entry], overwrite: Overwrite = Overwrite.NEVER) -> list[Committed]:
        """See `Index.commit`."""
        with self._catalog.writing() as tables:
            committing = Committing(tables, self._tags, self._catalog.paths)
            outcomes = committing.commit(entries, overwrite)
            self._catalog.wanted = committing.wanted
        return outcomes

    def restore(
        self, entries: Sequence[Entry], details: Mapping[str, Details], changes: Sequence[Change] = ()
    ) -> list[Committed]:
        """See `Index.restore`."""
        with self._catalog.writing() as tables:
            committing = Committing(tables, self._tags, self._catalog.paths, restoring=True)
            outcomes = committing.restore(entries, details, changes)
            self._catalog.wanted = committing.wanted
        return outcomes

    def refresh(self, headers: Sequence[Header]) -> int:
        """See `Index.refresh`; what DCMTK could not see before may fit by now, and is shown to it."""
        with self._catalog.writing() as tables:
            committing = Committing(tables, self._tags, self._catalog.paths)
            count = committing.refresh(headers)
            self._catalog.wanted = committing.wanted
        return count

    def complete(self) -> None:
        """See `Index.complete`; the study table is counted anew."""
        with self._catalog.writing() as tables:
            tables.complete = self._catalog.extra
        self._catalog.recount()

    def find(self, query: Query) -> Page:
        """See `Index.find`."""
        with self._catalog.reading() as tables:
            return Search(tables, self._tags, query).page()

    def count(self, query: Query) -> int:
        """See `Index.count`."""
        with self._catalog.reading() as tables:
            return Search(tables, self._tags, query).count()

    def get(self, ids: Sequence[str], computed: Sequence[str] = ()) -> list[ResourceRecord | None]:
        """See `Index.get`."""
        with self._catalog.reading() as tables:
            records = Records(tables)
            found = [tables.rows.get(id_) for id_ in ids]
            return [None if row is None else records.of(row, computed) for row in found]

    def children(self, parent: str) -> Iterator[ResourceRecord]:
        """See `Index.children`."""
        with self._catalog.reading() as tables:
            records = Records(tables)
            return iter([records.of(row) for row in tables.below(tables.existing(parent).id)])

    def held(self, ids: Sequence[str]) -> dict[str, Held]:
        """See `Index.held`. The digest of what DCMTK stored is found out each time.

        What DCMTK stored and has lost is left out, so that it can be stored again.
        """
        with self._catalog.reading() as tables:
            rows = [tables.rows[id_] for id_ in ids if id_ in tables.rows]
        instances = [row for row in rows if row.level is Level.INSTANCE and not self._is_lost(row)]
        return {row.id: self._held(row) for row in instances}

    def _held(self, row: Row) -> Held:
        """Return what is held; a digest that is found out is not kept: nobody knows whose bytes these are."""
        file = row.attachments[DICOM]
        digest = file.digest or self._catalog.paths.digest(file.locator, _UNKNOWN_DIGEST)
        return Held(digest, row.stamp, is_external(file.locator))

    def _is_lost(self, row: Row) -> bool:
        file = row.attachments[DICOM]
        return not file.digest and self._catalog.paths.is_lost(file.locator)

    def details(self, ids: Sequence[str]) -> list[Details | None]:
        """See `Index.details`."""
        with self._catalog.reading() as tables:
            found = [tables.owner(id_) for id_ in ids]
        return [None if owner is None else _details(owner) for owner in found]

    def edit(self, edits: Sequence[Edit]) -> list[Edited]:
        """See `Index.edit`."""
        with self._catalog.writing() as tables:
            return edit(tables, edits)

    def remove(self, ids: Sequence[str]) -> Removal:
        """See `Index.remove`."""
        with self._catalog.writing() as tables:
            return remove(tables, ids)

    def changes(
        self, since: int = 0, limit: int = 100, types: Sequence[ChangeType] | None = None
    ) -> ChangePage:
        """See `Index.changes`. The log of an area that DCMTK made begins when it is first asked for.

        It has what is in the sidecar. Where none can be made, nobody keeps a log, and it is empty.
        """
        with self._catalog.noting() as tables:
            wanted = None if types is None else frozenset(types)
            page: list[Change] = []
            for position in range(tables.changes_after(since), tables.changes_after(self._catalog.noted)):
                change = tables.changes[position]
                if wanted is not None and change.type not in wanted:
                    continue
                if len(page) == limit:
                    return ChangePage(tuple(page), page[-1].sequence if page else since, done=False)
                page.append(change)
            return ChangePage(tuple(page), page[-1].sequence if page else since, done=True)

    def statistics(self) -> Statistics:
        """See `Index.statistics`."""
        with self._catalog.reading() as tables:
            return tables.statistics()

    def attachments(self, after: str | None = None) -> Iterator[tuple[str, AttachmentRecord]]:
        """See `Index.attachments`."""
        with self._catalog.reading() as tables:
            ids = [ARCHIVE_ID, *sorted(id_ for id_, row in tables.rows.items() if row.attachments)]
        if after is not None:
            ids = [id_ for id_ in ids if id_ > after]
        for start in range(0, len(ids), _STRETCH):
            stretch = ids[start : start + _STRETCH]
            for id_, details in zip(stretch, self.details(stretch), strict=True):
                yield from ((id_, file) for file in (details.attachments if details else ()))

    def oldest_studies(self, limit: int) -> list[str]:
        """See `Index.oldest_studies`."""
        with self._catalog.reading() as tables:
            newest = {
                id_: max(
                    instance.received for series in tables.below(id_) for instance in tables.below(series.id)
                )
                for id_ in tables.levels[Level.STUDY]
            }
        return sorted(newest, key=lambda id_: newest[id_])[:limit]

    def vouches(self) -> bool:
        """See `Index.vouches`: not without the sidecar, which alone knows what DCMTK has no room for."""
        with self._catalog.reading() as tables:
            return tables.vouched or not (tables.rows or self._catalog.skipped)

    def vouch(self) -> None:
        """See `Index.vouch`."""
        with self._catalog.writing() as tables:
            tables.vouched = True

    def problems(self) -> Iterator[str]:
        """See `Index.problems`: what is cut short in ``index.dat``, and the records that cannot be used."""
        with self._catalog.reading():
            skipped = sorted(self._catalog.skipped.items())
            cut = self._catalog.area.cut()
        if cut is not None:
            yield f"index.dat: {cut} at its end: the next store puts it right"
        yield from (f"index.dat, record {slot}: {one.reason}: it is passed over" for slot, one in skipped)

    def notes(self) -> Iterator[str]:
        """See `Index.notes`: how many instances DCMTK does not see."""
        with self._catalog.reading() as tables:
            unseen = len(tables.levels[Level.INSTANCE]) - len(tables.slots)
        if unseen:
            yield (
                f"DCMTK does not see {unseen} of the instances: index.dat has, or had, no room for them; "
                "'fileroom rebuild' shows it what fits by now"
            )

    def listing(self) -> Listing:
        """See `Index.listing`."""
        return listed(*self._catalog.content())

    def compact(self) -> int:
        """See `Index.compact`."""
        return self._catalog.compact()

    def close(self) -> None:
        """See `Index.close`."""
        self._catalog.close()


def _details(owner: Row | Own) -> Details:
    return Details(
        tuple(file for _, file in sorted(owner.attachments.items())),
        dict(sorted(owner.metadata.items())),
        tuple(sorted(owner.labels)),
    )

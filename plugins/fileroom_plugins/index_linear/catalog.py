"""The tables, kept in step with the two files of an area, whoever else writes to these.

Every transaction holds DCMTK's exclusive lock and goes through the same steps: look at what others did;
change the tables; append to the sidecar, durably: the commit point; write ``index.dat``, durably. Dying
before the commit point leaves nothing; dying after it leaves ``index.dat`` behind, and whoever comes next
catches up.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import TYPE_CHECKING

from fileroom.model import Level
from fileroom.plugin import CatalogError
from fileroom_plugins.index_linear.area import Area
from fileroom_plugins.index_linear.columns import marks
from fileroom_plugins.index_linear.counting import counted
from fileroom_plugins.index_linear.fields import HEADER_TAGS
from fileroom_plugins.index_linear.foreign import take_over
from fileroom_plugins.index_linear.noting import noted_of, replay, snapshot_of
from fileroom_plugins.index_linear.paths import Paths
from fileroom_plugins.index_linear.recovery import awaited, unshown
from fileroom_plugins.index_linear.showing import Showing
from fileroom_plugins.index_linear.sidecar import Sidecar, UnwrittenError
from fileroom_plugins.index_linear.slots import Slots
from fileroom_plugins.index_linear.tables import Tables
from fileroom_plugins.index_linear.transaction import Shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from fileroom.plugin import Storage, TagSet
    from fileroom_plugins.index_linear.area import Look
    from fileroom_plugins.index_linear.foreign import Skipped
    from fileroom_plugins.index_linear.showing import Wanted
    from fileroom_plugins.index_linear.study_table import Study
    from fileroom_plugins.index_linear.transaction import Transaction

_log = logging.getLogger("fileroom.index.linear")


class Catalog:
    """The tables of one area.

    Args:
        folder: the storage area.
        tags: the tags to keep.

    Attributes:
        area: ``index.dat``.
        paths: where files lie.
        tables: what is known; use it within `reading` or `writing` only.
        wanted: what ``index.dat`` is to show of the transaction under way.
        extra: the extra tags of this archive, as `Tables.complete` has them.
        noted: the last sequence of the change log that is in the sidecar.
    """

    def __init__(self, folder: Path, tags: TagSet) -> None:
        self.area = Area(folder)
        self.paths = Paths(self.area.folder)
        self.tables = Tables()
        self.wanted: dict[str, Wanted] = {}
        self._tags = tags
        self.extra = frozenset(
            (int(level), spec.keyword) for level in Level for spec in tags.levels[level] if spec.extra
        )
        self._sidecar = Sidecar(self.area.folder)
        self._mutex = threading.RLock()
        self._seen: Look | None = None
        self._slots = Slots()
        self.noted = 0
        self._new = True
        self._began_empty = True
        self._ahead = False  # the tables know what is not noted in a sidecar, and can take it back
        self._stuck = False  # there was no room to write; only who has something to write tries again
        self._kept = {level: {spec.keyword for spec in tags.levels[level]} for level in Level}
        known = set().union(*self._kept.values())
        self._header_tags = [keyword for keyword in HEADER_TAGS if keyword not in known]

    @property
    def skipped(self) -> dict[int, Skipped]:
        """Records that are passed over, by slot."""
        return self._slots.skipped

    def use(self, storage: Storage) -> None:
        """Get to know the storage before anything is put there.

        Raises:
            ConfigError: its objects are no files that DCMTK could open.
        """
        self.paths.use(storage)
        if not self._sidecar.exists():  # of what an archive has put there, perhaps nobody knows
            self._began_empty = self.area.is_empty() and not any(one.owned for one in storage.list())

    @contextlib.contextmanager
    def reading(self) -> Iterator[Tables]:
        """Give the tables as they are now; what happens meanwhile is not seen."""
        with self._mutex:
            with self.area.locked(exclusive=False):
                late = not self._is_current() or self._may_note()
                if late and not self._may_append():
                    self._catch_up(exclusive=False)
                    late = False
            if late:
                self._note()
            yield self.tables

    def _note(self) -> None:
        """Follow others, and note it; with no space to note it in, or none to let us, follow them for now."""
        try:
            with self.area.locked(exclusive=True, wait=False):
                try:
                    self._catch_up(exclusive=True)
                except UnwrittenError:
                    self._stuck = True
                    self._catch_up(exclusive=False)
        except BlockingIOError:  # dcmqrscp holds its lock for as long as it sends: a search need not wait
            with self.area.locked(exclusive=False):
                self._catch_up(exclusive=False)

    @contextlib.contextmanager
    def writing(self) -> Iterator[Tables]:
        """Give the tables to be changed; what was changed is durable at the end, or undone by an error.

        Raises:
            CatalogError: the area cannot be written to.
        """
        with self._mutex, self.area.locked(exclusive=True):
            self._stuck = False
            self._catch_up(exclusive=True)
            if not self.area.writable or (self._sidecar.exists() and not self._sidecar.is_writable()):
                raise CatalogError(
                    f"index {self.area.path}, or the sidecar beside it: you may not write to it"
                )
            if self._sidecar.pending is not None:
                raise CatalogError(
                    f"index {self.area.path}: it does not take the last change: make room for it"
                )
            if not self._sidecar.exists():
                self.tables.vouched = self._began_empty and not self.tables.rows
                self._sidecar.begin(snapshot_of(self.tables), self.area.path)
                self.noted = self.tables.sequence
                self._ahead = False
            with self._transaction():
                yield self.tables

    @contextlib.contextmanager
    def noting(self) -> Iterator[Tables]:
        """Give the tables as `reading` does, but not before there is a sidecar, if one can be made."""
        if self.area.writable and not self._sidecar.exists():
            with self.writing():
                pass
        with self.reading() as tables:
            yield tables

    def content(self) -> tuple[list[Study], list[bytes]]:
        """Return the study table and all records of ``index.dat``, as they are now."""
        with self._mutex, self.area.locked(exclusive=False):
            records = self.area.records()
            return self.area.studies(), [one.tobytes() for one in records]

    def compact(self) -> int:
        """Write the sidecar anew, without its history; return how many bytes it shrank by."""
        with self.writing():
            before = self._sidecar.size()
            self._sidecar.begin(snapshot_of(self.tables), self._sidecar.path)
            return max(0, before - self._sidecar.size())

    def recount(self) -> None:
        """Count anew the studies that ``index.dat`` shows."""
        with self._mutex, self.area.locked(exclusive=True):
            self._catch_up(exclusive=True)
            self._write(counted(self.area.records(), self.area.studies()), {})

    def close(self) -> None:
        """Close the files."""
        with self._mutex:
            self._sidecar.close()
            self.area.close()

    # Following others ----------------------------------------------------------------------------------

    def _is_current(self) -> bool:
        look = self.area.look()
        return look.settled and look == self._seen and self._sidecar.is_current()

    def _may_append(self) -> bool:
        return self.area.writable and self._sidecar.is_writable()

    def _may_note(self) -> bool:
        """Say whether there is something to note that could not be noted when it was found."""
        return self._ahead and not self._stuck and self._may_append()

    def _catch_up(self, *, exclusive: bool) -> None:
        """Follow what others wrote. With the exclusive lock it is noted in the sidecar, if there is one."""
        noted = exclusive and self._may_append()
        if self._is_current() and not (noted and self._ahead):
            return
        if self._sidecar.is_another():
            self._start_anew()
        elif self._ahead and (noted or not self._sidecar.is_read()):
            self._undo()
        try:
            for transaction in self._sidecar.read():
                replay(self.tables, transaction, self._kept)
                self.noted = transaction.sequence
        except (
            AttributeError,
            KeyError,
            TypeError,
            ValueError,
        ) as error:  # it passed its checksum all the same
            damaged = self._sidecar.damaged()
            self._start_anew()
            raise damaged from error
        look = self.area.look()
        if self._seen != look or not look.settled or self._sidecar.pending is not None:
            self._scan(noted=noted)
        self._forget_tags(noted=noted)
        self._seen = self.area.look()

    def _start_anew(self) -> None:
        """Forget what is known: the sidecar is another, or holds what the tables do not."""
        self._sidecar.close()
        self.tables = Tables()
        self._slots = Slots()
        self._seen = None
        self._ahead = False

    def _undo(self) -> None:
        """Take back what is not noted, to find it again, and perhaps otherwise."""
        complete = self.tables.complete
        self.tables.rollback()
        self._new |= self.tables.complete != complete
        self._seen = None
        self._ahead = False

    def _scan(self, *, noted: bool) -> None:
        """Compare all records with what they showed when we looked last."""
        now = marks(self.area.records())
        self._slots.measure(now)
        if self._sidecar.pending is not None and noted and not self._stuck:
            self._show(self._sidecar.pending)
            now = marks(self.area.records())
            self._slots.measure(now)
        changed = self._slots.changed(self.tables, now)
        if self._sidecar.pending is not None:
            for slot in awaited(self.tables, self.paths, self.area, self._sidecar.pending, self._slots.end):
                changed.pop(slot, None)
        if changed:
            # What was a second record may be the only one by now.
            changed = {slot: one.mark for slot, one in self.skipped.items() if one.id} | changed
            with self._transaction(noted=noted, shown=True):
                skipped = take_over(self.tables, self._tags, self.paths, changed, self.area.record)
            fresh = self._slots.skip(changed, skipped)
            if fresh:
                _log.warning(
                    "%s: records that cannot be used: %d; see 'fileroom verify'", self.area.path, fresh
                )

    def _show(self, pending: Transaction) -> None:
        """Let ``index.dat`` show a transaction whose writer died, or had no space, before it did."""
        self.tables.begin()
        noted_before = self._sidecar.end
        try:
            cleared, self.wanted = unshown(self.tables, self.paths, self.area, pending, self._slots.end)
            if cleared or self.wanted:
                self._save(cleared)
            else:
                self._write(None, {})
        except BaseException:
            self._take_back(noted_before)
            raise

    def _forget_tags(self, *, noted: bool) -> None:
        """Forget, once, that extra tags are complete which this archive does not keep."""
        complete = self.tables.complete & self.extra
        if complete != self.tables.complete and self._new:
            with self._transaction(noted=noted):
                self.tables.complete = complete
        self._new = False

    # Writing -------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _transaction(self, *, noted: bool = True, shown: bool = False) -> Iterator[None]:
        """Change the tables: all of it is kept, or nothing.

        Args:
            noted: whether to append it to the sidecar.
            shown: whether it only follows what ``index.dat`` shows already.
        """
        tables = self.tables
        if not self._ahead:
            tables.begin()
        self.wanted = {}
        noted_before = self._sidecar.end
        try:
            if not tables.levels[Level.INSTANCE]:  # of no instance, every tag is known
                tables.complete = self.extra
            yield
            if not noted:
                self._ahead |= tables.is_changed()
            elif self.wanted or (tables.is_changed() and not shown):
                self._save()
            elif tables.is_changed():
                self._append(noted_of(self.tables))
        except BaseException:
            self._take_back(noted_before)
            raise

    def _take_back(self, noted_before: int) -> None:
        """Take back a transaction, but not one that the sidecar took: that is read from there again."""
        self._undo()
        if self._sidecar.end != noted_before:
            self._start_anew()

    def _save(self, cleared: Mapping[int, int] | None = None) -> None:
        showing = Showing(self.tables, self.paths, self.area.studies(), self._slots.free, self._slots.end)
        seconds = self._second_records()
        for slot, showed in {**(cleared or {}), **seconds}.items():
            showing.clear(slot, showed)
        plan = showing.make(self.wanted)
        transaction = noted_of(self.tables)
        transaction.cleared = plan.cleared
        transaction.headers = {id_: self._shown(self.wanted[id_], was) for id_, was in plan.was.items()}
        # The commit point.
        self._append(transaction)
        for slot in seconds:
            del self.skipped[slot]
        if plan.unseen:
            _log.warning(
                "%s: instances beyond DCMTK's limits: %d; DCMTK does not see them, the archive does",
                self.area.path,
                plan.unseen,
            )
        self._write(plan.studies if cleared is None and not seconds else None, plan.records)

    def _append(self, transaction: Transaction) -> None:
        self._sidecar.append(transaction)
        self.noted = transaction.sequence

    def _shown(self, wanted: Wanted, was: int) -> Shown:
        given = wanted.header.tags
        tags = {keyword: given[keyword] for keyword in self._header_tags if keyword in given}
        return Shown(tags, was, wanted.recorded, wanted.new)

    def _second_records(self) -> dict[int, int]:
        """Return slots and marks of second records of what is removed or shown anew: none must remain."""
        changed = self.tables.changed()
        return {
            slot: one.mark
            for slot, one in self.skipped.items()
            if one.id in self.wanted or (one.id in changed and changed[one.id][1] is None)
        }

    def _write(self, studies: Mapping[int, Study] | None, records: Mapping[int, bytes]) -> None:
        """Let ``index.dat`` show it. What cannot be written now will be by whoever looks next."""
        if studies is not None and not studies and not records:
            return
        try:
            if studies is None:
                self.area.write({}, records)
                studies, records = counted(self.area.records(), self.area.studies()), {}
            self.area.write(studies, records)
        except OSError as error:
            _log.warning(
                "%s; DCMTK does not see the last change yet", self.area.failure(error, "cannot be written")
            )
            self._seen = None
            self._stuck = True
            return
        self._sidecar.shown()
        self._slots.wrote(records)
        self._seen = self.area.look()

"""What ``index.dat`` is to show of a transaction: which record in which slot, and the study table.

DCMTK knows 500 studies, 1 GiB and 10,000 images a study, and names of 256 bytes; what does not fit stays in
Fileroom, whole, and DCMTK does not see it. Nothing is ever cut to fit or dropped.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from fileroom.model import Level
from fileroom_plugins.index_linear.arrival import DICOM
from fileroom_plugins.index_linear.columns import marks_of
from fileroom_plugins.index_linear.fields import (
    FILE_NAME_FIELD,
    STUDY_BYTES,
    STUDY_IMAGES,
    STUDY_UID,
)
from fileroom_plugins.index_linear.record import FREE, encode
from fileroom_plugins.index_linear.study_table import Study
from fileroom_plugins.index_linear.text import record_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fileroom.model import Header
    from fileroom_plugins.index_linear.paths import Paths
    from fileroom_plugins.index_linear.tables import Row, Tables

_LONGEST_NAME = FILE_NAME_FIELD[1] - 1
_LONGEST_UID = STUDY_UID[1] - 1
_LONGEST_ID = 255  # one that fills its field may have been cut, for all who read it


class Wanted(NamedTuple):
    """An instance that ``index.dat`` is to show: its header, when it arrived, whether it was reviewed."""

    header: Header
    recorded: float
    new: bool


@dataclass(slots=True)
class Plan:
    """What to write.

    Attributes:
        studies: descriptors by their place in the table.
        records: records by slot.
        cleared: slots that become free, with the mark of what they showed.
        was: by id of an instance that is shown, the mark of what its slot showed before; 0 for nothing.
        unseen: how many instances do not fit.
    """

    studies: dict[int, Study] = field(default_factory=dict)
    records: dict[int, bytes] = field(default_factory=dict)
    cleared: list[list[int]] = field(default_factory=list)
    was: dict[str, int] = field(default_factory=dict)
    unseen: int = 0


class Showing:
    """Makes the plan of one transaction, and gives its rows their slots.

    Args:
        tables: the tables, within the transaction.
        paths: where files lie.
        table: the study descriptors as they are.
        free: the free slots within the file, the lowest last; those used are taken from it.
        end: how many records the file holds.
    """

    def __init__(
        self, tables: Tables, paths: Paths, table: Sequence[Study], free: list[int], end: int
    ) -> None:
        self._tables = tables
        self._paths = paths
        self._free = free
        self._end = end
        self._studies = {study.uid: place for place, study in enumerate(table) if study.images}
        self._unused = [place for place, study in enumerate(table) if not study.images][::-1]
        self._table = list(table)
        self._shown: list[tuple[Row, bytes]] = []
        self._cleared: dict[int, int] = {}
        self.plan = Plan()

    def make(self, wanted: Mapping[str, Wanted]) -> Plan:
        """Plan what the transaction's changes and these wishes mean for ``index.dat``."""
        changed = self._tables.changed()
        for before, now in changed.values():
            if before is not None and before.slot is not None and now is None:
                self._clear(before.slot, before.mark, *self._place(before))
        for id_, one in wanted.items():
            row = self._tables.rows.get(id_)
            if row is not None:
                before = changed[id_][0] if id_ in changed else row
                self._show(before, row, one)
        found = marks_of([data for _, data in self._shown])
        for (row, data), mark in zip(self._shown, found, strict=True):
            assert row.slot is not None
            self.plan.records[row.slot] = data
            self._tables.put(row._replace(mark=mark))
        return self.plan

    def clear(self, slot: int, showed: int) -> None:
        """Let a slot become free whose study is counted anew afterwards."""
        self._clear(slot, showed, b"", 0)

    def _clear(self, slot: int, showed: int, study: bytes, size: int) -> None:
        self.plan.records[slot] = FREE
        self.plan.cleared.append([slot, showed])
        self._cleared[slot] = showed
        self._free.append(slot)
        self._count(study, -1, -size, 0.0)

    def _show(self, before: Row | None, row: Row, wanted: Wanted) -> None:
        path = self._paths.of(row.attachments[DICOM].locator)
        name = os.fsencode(path) if path is not None else b""
        size = row.attachments[DICOM].size
        study, old = self._place(before or row)
        slot = row.slot
        if slot is not None:  # what it showed makes room
            self._count(study, -1, -old, 0.0)
        if not self._fits(row, name, size):
            self.plan.unseen += 1
            if slot is not None:
                self._clear(slot, row.mark, b"", 0)
                self._tables.put(row._replace(slot=None, mark=0))
            return
        record = record_of(wanted.header, file_name=name, size=size, recorded=wanted.recorded, new=wanted.new)
        was = row.mark
        if slot is None:
            slot = self._slot()
            was = self._cleared.get(slot, 0)
        self.plan.was[row.id] = was
        self._count(study, 1, size, wanted.recorded)
        self._shown.append((row._replace(slot=slot), encode(record)))

    def _slot(self) -> int:
        if self._free:
            return self._free.pop()
        self._end += 1
        return self._end - 1

    def _place(self, row: Row) -> tuple[bytes, int]:
        """Return an instance's study UID and the size of its file, as a study is counted by them."""
        assert row.parent is not None
        series = self._tables.last(row.parent)
        assert series.parent is not None
        return self._tables.last(series.parent).uid.encode(), row.attachments[DICOM].size

    def _fits(self, row: Row, name: bytes, size: int) -> bool:
        line = list(self._tables.line(row))
        if not 0 < len(name) <= _LONGEST_NAME or size > STUDY_BYTES:
            return False
        if any(
            not 0 < len(one.uid.encode()) <= _LONGEST_UID for one in line if one.level is not Level.PATIENT
        ):
            return False
        if len(line[-1].uid.encode()) > _LONGEST_ID:
            return False
        place = self._studies.get(line[-2].uid.encode())
        if place is None:
            return bool(self._unused)
        study = self._table[place]
        return study.images < STUDY_IMAGES and study.size + size <= STUDY_BYTES

    def _count(self, uid: bytes, images: int, size: int, recorded: float) -> None:
        """Let a study have so many images and bytes more, or less."""
        place = self._studies.get(uid)
        if place is None:
            if images < 0:
                return
            place = self._studies[uid] = self._unused.pop()
            study = Study(uid, 0, 0.0, 0)
        else:
            study = self._table[place]
        count = max(0, study.images + images)
        study = Study(
            uid,
            max(0, study.size + size) if count else 0,
            max(study.recorded, recorded),
            count,
        )
        self._table[place] = self.plan.studies[place] = study
        if not count:
            del self._studies[uid]
            self._unused.append(place)
            self._unused.sort(reverse=True)

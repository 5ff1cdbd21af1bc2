"""What ``index.dat`` does not show of the last transaction, whose writer died or had no space left."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fileroom.model import Header, Identity
from fileroom_plugins.index_linear.arrival import DICOM
from fileroom_plugins.index_linear.columns import mark
from fileroom_plugins.index_linear.record import decode
from fileroom_plugins.index_linear.showing import Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fileroom.model import TagValue
    from fileroom_plugins.index_linear.area import Area
    from fileroom_plugins.index_linear.paths import Paths
    from fileroom_plugins.index_linear.tables import Row, Tables
    from fileroom_plugins.index_linear.transaction import Shown, Transaction


def unshown(
    tables: Tables, paths: Paths, area: Area, pending: Transaction, end: int
) -> tuple[dict[int, int], dict[str, Wanted]]:
    """Find what is still to be written. Instances that are to be shown lose their slots, to get others.

    A slot may have been taken by another program since: its record stays, be it another instance or a newer
    version of ours, which is taken over like any other.

    Args:
        tables: the tables, within a transaction.
        paths: where files lie.
        area: ``index.dat``.
        pending: the transaction.
        end: how many records ``index.dat`` holds.

    Returns:
        The slots to clear, with the marks of what they hold, and what to show, by id.
    """
    slots = _Slots(area, paths, end)
    cleared = slots.uncleared(tables, pending)
    wanted = {}
    for id_, shown in pending.headers.items():
        row = tables.rows.get(id_)
        if row is None or row.slot is None or slots.mark(row.slot) == row.mark:
            continue
        tables.put(row._replace(slot=None, mark=0))
        if slots.is_waiting(row.slot, row, shown):
            if held := slots.mark(row.slot):
                cleared[row.slot] = held
        elif slots.is_of(row.slot, row):
            continue
        wanted[id_] = Wanted(_header(tables, row, shown.tags), shown.recorded, shown.new)
    return cleared, wanted


def awaited(tables: Tables, paths: Paths, area: Area, pending: Transaction, end: int) -> set[int]:
    """Return the slots that do not show yet what they are to show; arguments as for `unshown`.

    What they hold is no news of another program's.
    """
    slots = _Slots(area, paths, end)
    waiting = set(slots.uncleared(tables, pending))
    for id_, shown in pending.headers.items():
        row = tables.rows.get(id_)
        if row is None or row.slot is None or slots.mark(row.slot) == row.mark:
            continue
        if slots.is_waiting(row.slot, row, shown):
            waiting.add(row.slot)
    return waiting


class _Slots:
    """What the slots of ``index.dat`` hold."""

    def __init__(self, area: Area, paths: Paths, end: int) -> None:
        self._area = area
        self._paths = paths
        self._end = end

    def _data(self, slot: int) -> bytes:
        return self._area.record(slot) if slot < self._end else b""

    def mark(self, slot: int) -> int:
        """Return the mark of a slot; 0 for a free one, and for one that the file ends before."""
        data = self._data(slot)
        return mark(data) if data else 0

    def uncleared(self, tables: Tables, pending: Transaction) -> dict[int, int]:
        """Return the slots that a transaction was to clear and that still show the same, with its mark."""
        return {
            slot: showed
            for slot, showed in pending.cleared
            if slot not in tables.slots and self.mark(slot) == showed
        }

    def is_waiting(self, slot: int, row: Row, shown: Shown) -> bool:
        """Say whether a slot is as it was before an instance was to be shown there, or was cut short."""
        data = self._data(slot)
        if self.mark(slot) in (0, shown.was):
            return True
        path = self._paths.of(row.attachments[DICOM].locator)
        return path is not None and data.startswith(os.fsencode(path) + b"\0")

    def is_of(self, slot: int, row: Row) -> bool:
        """Say whether a record is of an instance, by its SOP Instance UID."""
        data = self._data(slot)
        try:
            record = decode(data) if data else None
        except ValueError:
            return False
        return record is not None and record.values.get("SOPInstanceUID") == row.uid.encode()


def _header(tables: Tables, row: Row, tags: Mapping[str, TagValue]) -> Header:
    instance, series, study, patient = tables.line(row)
    merged = {**patient.tags, **study.tags, **series.tags, **instance.tags, **tags}
    return Header(Identity(patient.uid, study.uid, series.uid, instance.uid), row.sop_class_uid, "", merged)

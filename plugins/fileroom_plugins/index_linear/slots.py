"""The slots of ``index.dat``: which are free, which are passed over, and which hold something new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from fileroom_plugins.index_linear.foreign import Skipped
    from fileroom_plugins.index_linear.tables import Tables

Marks: TypeAlias = "np.ndarray[Any, np.dtype[np.uint64]]"


class Slots:
    """What was seen of the slots when all of them were looked at last.

    Attributes:
        free: those within the file that hold nothing, the lowest last.
        end: how many there are in the file.
        skipped: those whose records are passed over.
    """

    def __init__(self) -> None:
        self.free: list[int] = []
        self.end = 0
        self.skipped: dict[int, Skipped] = {}

    def measure(self, marks: Marks) -> None:
        """Note how many there are, and which are free."""
        self.end = len(marks)
        self.free = np.flatnonzero(marks == 0)[::-1].tolist()

    def changed(self, tables: Tables, marks: Marks) -> dict[int, int]:
        """Return those that hold something else than we know, with the marks of what they hold."""
        known = np.zeros(len(marks), np.uint64)
        showed = tables.marks | {slot: one.mark for slot, one in self.skipped.items()}
        slots = np.fromiter(showed, np.int64, len(showed))
        there = slots < len(marks)
        known[slots[there]] = np.fromiter(showed.values(), np.uint64, len(showed))[there]
        different = np.flatnonzero(known != marks)
        lost = dict.fromkeys(slots[~there].tolist(), 0)
        return lost | dict(zip(different.tolist(), marks[different].tolist(), strict=True))

    def skip(self, looked_at: Collection[int], skipped: Mapping[int, Skipped]) -> int:
        """Note which of those that were looked at are passed over; return how many were not before."""
        fresh = skipped.keys() - self.skipped.keys()
        kept = {slot: one for slot, one in self.skipped.items() if slot not in looked_at}
        self.skipped = {**kept, **skipped}
        return len(fresh)

    def wrote(self, slots: Collection[int]) -> None:
        """Note that these were written to."""
        self.free.sort(reverse=True)
        self.end = max((self.end, *(slot + 1 for slot in slots)))

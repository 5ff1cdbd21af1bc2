"""Where the files of instances lie that were found together: who reads one after the other looks several up.

What was looked up ahead may be replaced or deleted by the time it is asked for, and then the index is asked
again: where that was done through this archive, where the bytes are gone, and a second later in any case.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from fileroom.content_types import DICOM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom.archive import Archive
    from fileroom.model import AttachmentRecord, ResourceRecord

LONGEST = 64
"""Instances that are looked up together."""

FRESH = 1.0
"""Seconds for which it counts what was looked up."""

_GROWTH = 4


class _Look(NamedTuple):
    """One look into the index: when it was, and what was the latest thing done through the archive."""

    moment: float
    latest: object


class Together:
    """Instances that were found together. Any thread may call any method.

    Args:
        archive: the archive.
        records: the instances.
    """

    def __init__(self, archive: Archive, records: Sequence[ResourceRecord]) -> None:
        self._archive = archive
        self._records = records
        self._places: dict[str, int] = {}
        self._files: dict[str, tuple[_Look, AttachmentRecord]] = {}
        self._stretch = 1
        self._end = -1
        self._lock = threading.Lock()

    def file(self, id_: str) -> AttachmentRecord | None:
        """Return the DICOM file of one of the instances, once for each look; None where there is none.

        Raises:
            CatalogError: the index failed.
        """
        with self._lock:
            look, file = self._files.pop(id_, (None, None))
            if look is None or self._is_old(look):
                self._look_up(id_)
                _, file = self._files.pop(id_, (None, None))
            return file

    def _is_old(self, look: _Look) -> bool:
        return self._archive.plugins.latest is not look.latest or time.monotonic() - look.moment > FRESH

    def _look_up(self, id_: str) -> None:
        """Look one up, and some that follow: more than the last time, if it follows on what was looked up."""
        if not self._places:
            self._places = {one.id: place for place, one in enumerate(self._records)}
        place = self._places[id_]
        self._stretch = min(_GROWTH * self._stretch, LONGEST) if place == self._end else 1
        self._end = place + self._stretch
        ids = [one.id for one in self._records[place : self._end]]
        look = _Look(time.monotonic(), self._archive.plugins.latest)
        for each, details in zip(ids, self._archive.index.details(ids), strict=True):
            for file in details.attachments if details else ():
                if file.content_type == DICOM.number:
                    self._files[each] = (look, file)

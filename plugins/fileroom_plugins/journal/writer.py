"""Appending lines that other processes append to as well."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fileroom.model import Level
from fileroom.plugin import StorageError, StorageFullError, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from fileroom.plugin import RemovedBatch, StoredBatch

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)


class Journal:
    """Writes one line for each instance that was stored or replaced, and each resource that was removed.

    A line is a JSON object with ``event`` (``stored`` or ``removed``), ``time`` (UTC, ISO 8601), ``level``
    and ``id``; what was stored also has ``status``, ``size`` in bytes and ``digest``. It holds no values of a
    patient. The lines of one batch are written at once and synced: they stand together, and last.

    After a loss of power, or where the disk is full, the archive may hold what the journal does not tell of;
    the archive's own change log is complete.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @hookimpl
    def fileroom_stored(self, batch: StoredBatch) -> None:
        """Write what was stored.

        Raises:
            StorageError: the file cannot be written.
        """
        self._append(
            "stored",
            (
                {
                    "level": Level.INSTANCE.label,
                    "id": one.id,
                    "status": str(one.status),
                    "size": one.size,
                    "digest": one.digest,
                }
                for one in batch.stored
            ),
        )

    @hookimpl
    def fileroom_removed(self, batch: RemovedBatch) -> None:
        """Write what was removed; raises as `fileroom_stored` does."""
        self._append("removed", ({"level": Level(level).label, "id": id_} for level, id_ in batch.removed))

    def _append(self, event: str, entries: Iterable[Mapping[str, object]]) -> None:
        start = {"event": event, "time": datetime.now(UTC).isoformat(timespec="milliseconds")}
        data = "".join(f"{json.dumps({**start, **entry})}\n" for entry in entries).encode()
        try:
            handle = os.open(self._path, _FLAGS, 0o600)
            try:
                _write_at_once(handle, data)
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            kind = StorageFullError if error.errno == errno.ENOSPC else StorageError
            raise kind(f"journal: cannot append to the file: {error.strerror}") from error


def _write_at_once(handle: int, data: bytes) -> None:
    """Append in one call, which other processes' calls cannot come between."""
    written = os.write(handle, data)
    if written < len(data):
        # End the torn line, so that what others write after it can be read.
        with contextlib.suppress(OSError):
            os.write(handle, b"\n")
        raise OSError(errno.ENOSPC, "only a part could be written")

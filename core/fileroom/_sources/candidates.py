"""One thing that may be a DICOM object, and one that certainly is none."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from fileroom._files import open_regular

_MAX_NAME = 512
_REASONS = {
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ENOENT: "vanished while the folder was read",
    errno.ELOOP: "symbolic links in a loop",
    errno.ENAMETOOLONG: "path too long",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something to read that may be a DICOM object; nothing of it has been looked at but its first bytes.

    It can be pickled, and opened by another process, where ``path`` is set.

    Attributes:
        name: how reports name it: a path, or ``outer.zip!inner/name.dcm`` for a member of a ZIP file.
            Characters that do not print are escaped; never open a file by it.
        path: the file, for a plain file on disk.
        size: size in bytes, None where that is not known; for a member, what the ZIP file claims.
        stamp: fingerprint of real path, size and time of change, 1..2**63-1; 0 for what is no plain file.
        modified: time of change of a plain file in nanoseconds, as ``st_mtime_ns``.
        labels: what the instance is to be labelled with.
    """

    name: str
    path: Path | None
    size: int | None
    stamp: int
    modified: int | None = None
    _opener: Callable[[], BinaryIO] | None = field(default=None, repr=False, compare=False)
    labels: tuple[str, ...] = ()

    def open(self) -> BinaryIO:
        """Open it for reading, seekable, from its start; any number of times, by any thread.

        Raises:
            OSError: it cannot be read; for a member of a ZIP file also: damaged, or too large to inflate.
        """
        if self._opener is not None:
            return self._opener()
        assert self.path is not None
        return open_regular(self.path)

    def changed(self, file: BinaryIO) -> bool:
        """Say whether a plain file, opened by `open`, has changed since it was found.

        Raises:
            OSError: the file system could not tell.
        """
        if self.path is None:
            return False
        now = os.fstat(file.fileno())
        return (now.st_size, now.st_mtime_ns) != (self.size, self.modified)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was found and will not be read.

    Attributes:
        name: as in `Candidate`.
        status: ``ignored`` for what is no file with bytes in it, ``rejected`` for what could not be read.
        reason: why, in a few words.
    """

    name: str
    status: Literal["ignored", "rejected"]
    reason: str


def reason(error: OSError | ValueError) -> str:
    """Say in a few words, without any file's name, why something could not be read."""
    if isinstance(error, OSError):
        return _REASONS.get(error.errno or 0) or error.strerror or type(error).__name__
    return "not a path or file that can be read"


def printable(name: str) -> str:
    """Return a name that does no harm on a terminal or in a log, cut to 512 characters."""
    if not name.isprintable():
        # Control characters, line ends, changes of direction, bytes that were no text (surrogates).
        name = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in name[:_MAX_NAME])
    return name if len(name) <= _MAX_NAME else f"{name[: _MAX_NAME - 1]}…"

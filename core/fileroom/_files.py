"""Files that appear whole or not at all, and locks between processes: what pathlib lacks."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from typing import TYPE_CHECKING, BinaryIO

from fileroom.errors import StorageError, StorageFullError
from fileroom.storage import buffers

if TYPE_CHECKING:
    from _hashlib import HASH
    from collections.abc import Iterator
    from pathlib import Path

    from _typeshed import SupportsWrite

    from fileroom.storage import Source

_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_NO_SYNC = {errno.EINVAL, errno.ENOTSUP}
# Opening a FIFO waits for its other end for ever; with this flag it does not.
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)


def storage_error(error: OSError, doing: str) -> StorageError:
    """Return the error to raise for a failed file operation, without any file's name in it."""
    error.filename = error.filename2 = None  # tracebacks get logged, and names may tell of patients
    if error.errno in _FULL:
        return StorageFullError(f"{doing}: no space left; free some space and try again")
    return StorageError(f"{doing}: {error.strerror or type(error).__name__}")


class ReadFailedError(Exception):
    """What was to be copied could not be read; its target is not to blame.

    Attributes:
        error: what reading raised.
    """

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


def copy(source: Source, target: SupportsWrite[bytes | memoryview] | None, hasher: HASH) -> int:
    """Copy a source in pieces (or, without a target, read it) and hash it; return how many bytes it has.

    Raises:
        ReadFailedError: the source could not be read.
        OSError: the target could not be written.
    """
    pieces = buffers(source)
    size = 0
    while True:
        try:
            piece = next(pieces, None)
        except OSError as error:
            raise ReadFailedError(error) from error
        if piece is None:
            return size
        hasher.update(piece)
        if target is not None:
            target.write(piece)
        size += len(piece)


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a regular file for reading; refuse FIFOs, sockets and devices without waiting for them.

    Raises:
        OSError: it is not there, not readable or not a regular file.
    """
    file = open(path, "rb", opener=_open_at_once)  # noqa: SIM115 - the caller closes it
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "not a regular file")
    return file


def read_head(path: str, count: int) -> bytes:
    """Return the first bytes of a file, fewer where it is shorter; as quick as it gets.

    Raises:
        OSError: it is not there or not readable.
    """
    handle = os.open(path, os.O_RDONLY | _NONBLOCK | getattr(os, "O_BINARY", 0))
    try:
        return os.read(handle, count)
    finally:
        os.close(handle)


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | _NONBLOCK)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system can sync a folder; Windows cannot."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some network file systems have no such call, and make names durable at once.
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, with durable names."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # patients' data will lie in it
    for one in missing:
        sync_folder(one.parent)


def publish(written: Path, final: Path) -> None:
    """Give a finished temporary file of the same folder its name, unless that name is taken.

    Raises:
        FileExistsError: the name is taken; the temporary file is left as it was.
        OSError: anything else.
    """
    try:
        os.link(written, final)
    except FileExistsError:
        raise
    except OSError:
        # No hard links here (FAT, some network shares): a rename replaces on POSIX, so look first.
        if final.exists():
            raise FileExistsError(errno.EEXIST, "file exists") from None
        written.replace(final)
    else:
        written.unlink()


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file, made on first use, against other threads and processes.

    Raises:
        OSError: the lock file could not be opened.
    """
    with path.open("ab") as file:
        _lock(file)
        # Closing the file releases it, as does the end of the process.
        yield


def _lock(file: BinaryIO) -> None:
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - Windows only

        while True:
            try:
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            except OSError as error:
                # It gives up after ten seconds; whoever holds the lock may need longer.
                if error.errno != errno.EDEADLK:
                    raise
            else:
                return
    else:
        import fcntl  # noqa: PLC0415 - POSIX only

        fcntl.flock(file, fcntl.LOCK_EX)

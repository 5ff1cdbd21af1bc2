"""``index.dat`` as a file: opened, locked as DCMTK locks it, mapped, and written."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fileroom.plugin import CatalogError, NotSupportedError
from fileroom_plugins.index_linear.columns import RECORD
from fileroom_plugins.index_linear.fields import (
    FILE_NAME,
    MAGIC,
    RECORD_SIZE,
    RECORDS_OFFSET,
    STUDY_SIZE,
    TABLE_OFFSET,
    TABLE_SIZE,
)
from fileroom_plugins.index_linear.study_table import decode_table, encode_study

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from fileroom_plugins.index_linear.study_table import Study

# Without O_NONBLOCK, opening a FIFO in the file's place would wait for its other end.
_FLAGS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
_MODE = 0o666
_TICK = 20_000_000  # ns: within such a time, two writes may leave the same time of change behind
_COARSE = 2_000_000_000  # ns: the same, on file systems that count seconds
_NO_RECORDS = np.empty(0, RECORD)


class Look(NamedTuple):
    """What a glance at ``index.dat`` tells: whether it is the file that was read, and was not written since.

    ``settled`` is False while a write that follows could leave the same times behind.
    """

    inode: int
    size: int
    changed: int
    touched: int
    settled: bool


class Area:
    """``index.dat`` in its folder.

    Args:
        folder: the storage area; it is made if it is not there.

    Attributes:
        path: of ``index.dat``.
        writable: whether it may be written to.

    Raises:
        CatalogError: the file cannot be opened, or is none of DCMTK's.
        NotSupportedError: this system has no locks as DCMTK takes them.
    """

    def __init__(self, folder: Path) -> None:
        if fcntl is None:
            raise NotSupportedError("index 'linear' needs BSD file locks (flock), which this system has not")
        self.folder = folder.absolute()
        self.path = self.folder / FILE_NAME
        self.writable = True
        self._handle = -1
        self._process = 0
        self._bumped: Look | None = None
        self._records: np.ndarray[Any, Any] = _NO_RECORDS
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self.failure(error, "its folder cannot be made") from error
        self._reopen(create=True)

    def failure(self, error: OSError, what: str) -> CatalogError:
        """Return the error to raise for a failed operation on the file."""
        return CatalogError(f"index {self.path}: {what}: {error.strerror or type(error).__name__}")

    @contextlib.contextmanager
    def locked(self, *, exclusive: bool, wait: bool = True) -> Iterator[None]:
        """Hold the lock that DCMTK takes: shared to read, exclusive to write.

        Raises:
            BlockingIOError: others hold it, and it was not to be waited for.
            CatalogError: ``index.dat`` is not there any more, or is none of DCMTK's.
        """
        try:
            self._lock((fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | (0 if wait else fcntl.LOCK_NB))
            yield
        finally:
            if self._handle >= 0:
                with contextlib.suppress(OSError):
                    fcntl.flock(self._handle, fcntl.LOCK_UN)

    def _lock(self, how: int) -> None:
        while True:
            if self._handle < 0 or self._process != os.getpid():  # a child must not share its parent's lock
                self._reopen()
            try:
                fcntl.flock(self._handle, how)
            except BlockingIOError:
                raise
            except OSError as error:
                raise self.failure(error, "cannot be locked") from error
            if self._is_in_place():
                return
            self._reopen()

    def _is_in_place(self) -> bool:
        """Say whether the open file is still the one of that name."""
        try:
            return os.path.samestat(self.path.stat(), os.fstat(self._handle))
        except FileNotFoundError as error:
            raise CatalogError(
                f"index {self.path} is gone: bring it back, or open the archive again to begin a new one"
            ) from error
        except OSError as error:
            raise self.failure(error, "cannot be reached") from error

    def look(self) -> Look:
        """Return what the file looks like now; hold the lock."""
        status = os.fstat(self._handle)
        changed = status.st_mtime_ns
        look = Look(status.st_ino, status.st_size, changed, status.st_ctime_ns, settled=True)
        if look == self._bumped:
            return look
        age = time.time_ns() - max(changed, status.st_ctime_ns)
        coarse = changed % 1_000_000 == 0
        return look._replace(settled=age > (_COARSE if coarse else _TICK))

    def is_empty(self) -> bool:
        """Say whether there is no record, not even a free one."""
        return os.fstat(self._handle).st_size < RECORDS_OFFSET + RECORD_SIZE

    def records(self) -> np.ndarray[Any, Any]:
        """Return all whole records, mapped from the file; hold the lock for as long as they are looked at."""
        count = max(0, os.fstat(self._handle).st_size - RECORDS_OFFSET) // RECORD_SIZE
        if count != len(self._records):  # a new map costs a page fault for every other record
            with os.fdopen(os.dup(self._handle), "rb") as file:
                self._records = (
                    np.memmap(file, RECORD, "r", RECORDS_OFFSET, (count,)) if count else _NO_RECORDS
                )
        return self._records

    def cut(self) -> str | None:
        """Return what is cut short at the end of the file, None if nothing is."""
        size = os.fstat(self._handle).st_size
        if TABLE_OFFSET < size < RECORDS_OFFSET:
            return "the table of studies is cut short"
        torn = size >= RECORDS_OFFSET and (size - RECORDS_OFFSET) % RECORD_SIZE
        return "a record is cut short" if torn else None

    def studies(self) -> list[Study]:
        """Return the study descriptors, used and free; hold the lock."""
        return decode_table(os.pread(self._handle, TABLE_SIZE, TABLE_OFFSET))

    def record(self, slot: int) -> bytes:
        """Return one record's bytes; hold the lock."""
        return os.pread(self._handle, RECORD_SIZE, RECORDS_OFFSET + slot * RECORD_SIZE)

    def write(self, studies: Mapping[int, Study], records: Mapping[int, bytes]) -> None:
        """Write study descriptors and records, durably; hold the exclusive lock.

        Raises:
            OSError: not all could be written.
        """
        if os.fstat(self._handle).st_size < RECORDS_OFFSET:
            write_all(self._handle, b"".join(map(encode_study, self.studies())), TABLE_OFFSET)
        for position, study in studies.items():
            write_all(self._handle, encode_study(study), TABLE_OFFSET + position * STUDY_SIZE)
        for start, data in _runs(records):
            write_all(self._handle, data, RECORDS_OFFSET + start * RECORD_SIZE)
        os.fsync(self._handle)
        self._bump()

    def _bump(self) -> None:
        """Set a time of change that no other program's write can leave, so that any that follows is seen."""
        status = os.fstat(self._handle)
        changed = status.st_mtime_ns - status.st_mtime_ns % 1000 + 1 + time.perf_counter_ns() % 997
        changed += changed == status.st_mtime_ns
        with contextlib.suppress(OSError):  # only the file's owner may
            os.utime(self._handle, ns=(status.st_atime_ns, changed))
        status = os.fstat(self._handle)
        if status.st_mtime_ns == changed:
            self._bumped = Look(status.st_ino, status.st_size, changed, status.st_ctime_ns, settled=True)

    def _reopen(self, *, create: bool = False) -> None:
        self.close()
        try:
            self._handle, self.writable = self._opened(create=create)
            self._process = os.getpid()
            self._check_kind()
            if create and self.writable:
                fcntl.flock(self._handle, fcntl.LOCK_EX)
                if os.fstat(self._handle).st_size == 0:
                    self._begin()
            self._check()
        except OSError as error:
            self.close()
            raise self.failure(error, "cannot be opened") from error
        except BaseException:
            self.close()
            raise
        fcntl.flock(self._handle, fcntl.LOCK_UN)

    def _opened(self, *, create: bool) -> tuple[int, bool]:
        """Open the file, to write if that is allowed."""
        try:
            return os.open(self.path, os.O_RDWR | (os.O_CREAT if create else 0) | _FLAGS, _MODE), True
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS) or not self.path.exists():
                raise
            return os.open(self.path, os.O_RDONLY | _FLAGS), False

    def _begin(self) -> None:
        """Make a new index of an empty file, as DCMTK does: the study table comes with the first record."""
        write_all(self._handle, MAGIC, 0)
        os.fsync(self._handle)
        sync_folder(self.folder)

    def _check_kind(self) -> None:
        if not stat.S_ISREG(os.fstat(self._handle).st_mode):
            raise CatalogError(f"index {self.path} is not a file: move it away")

    def _check(self) -> None:
        found = os.pread(self._handle, len(MAGIC), 0)
        if found != MAGIC:
            what = "of another version of DCMTK" if found.startswith(MAGIC[:4]) else "no index of DCMTK's"
            raise CatalogError(
                f"index {self.path} is {what} (it does not begin with {MAGIC.decode()}): move it away; "
                "'fileroom rebuild', or for a bare folder 'fileroom register FOLDER FOLDER', makes a new one "
                "of the files"
            )

    def close(self) -> None:
        """Close the file."""
        self._records = _NO_RECORDS
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _runs(records: Mapping[int, bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield stretches of neighbouring records, to be written at once."""
    start, parts = -1, list[bytes]()
    for slot in sorted(records):
        if start + len(parts) != slot:
            if parts:
                yield start, b"".join(parts)
            start, parts = slot, []
        parts.append(records[slot])
    if parts:
        yield start, b"".join(parts)


def write_all(handle: int, data: bytes, offset: int) -> None:
    """Write all of it, though the system may take it in parts; `OSError` if it does not take it."""
    view = memoryview(data)
    while view:
        done = os.pwrite(handle, view, offset)
        view, offset = view[done:], offset + done

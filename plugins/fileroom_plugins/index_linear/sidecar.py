"""The file beside ``index.dat`` that remembers what that cannot hold: a log of transactions.

Each line is a CRC-32 in eight hex digits, a space, and a JSON object in ASCII. The first line tells what the
file is; each of the others is a `Transaction`, or says that ``index.dat`` shows the one before it. A line
that was cut short by a crash at the end of the file counts for nothing.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import zlib
from typing import TYPE_CHECKING, Any

from fileroom.plugin import CatalogError, Window
from fileroom_plugins.index_linear.area import sync_folder, write_all
from fileroom_plugins.index_linear.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_NAME = "fileroom.sidecar"
_VERSION = 1
_FIRST = {"fileroom": "sidecar", "version": _VERSION}
_SHOWN = {"shown": True}
_PREFIX = 9
_FLAGS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)


class UnwrittenError(CatalogError):
    """The sidecar did not take a transaction: no space, or no permission; nothing of it remains."""


class Sidecar:
    """The sidecar of an area. All methods are called under the lock of ``index.dat``.

    Args:
        folder: the storage area.

    Attributes:
        path: where it is, or would be.
        pending: the last transaction that ``index.dat`` is to show, while it is not known that it does.
        end: up to where it has been read, or written, in bytes.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME
        self.pending: Transaction | None = None
        self._handle = -1
        self.end = 0
        self._seen = (0, 0)
        self._last = (0, b"")

    def exists(self) -> bool:
        """Say whether there is one."""
        return self.path.exists()

    def is_writable(self) -> bool:
        """Say whether there is one that may be written to."""
        return os.access(self.path, os.W_OK)

    def is_current(self) -> bool:
        """Say whether all of it has been read, and nothing awaits its effect."""
        return self.pending is None and self.is_read()

    def is_read(self) -> bool:
        """Say whether all of it has been read."""
        return self._status() == self._seen

    def _status(self) -> tuple[int, int]:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return 0, 0
        except OSError as error:
            raise self._failure(error, "cannot be reached") from error
        return status.st_ino, status.st_size

    def is_another(self) -> bool:
        """Say whether it is not the file that was read: made, compacted, brought back, or taken away."""
        inode, size = self._status()
        if inode != self._seen[0] or size < self.end:
            return True
        start, line = self._last
        return self._handle >= 0 and os.pread(self._handle, len(line), start) != line

    def read(self) -> Iterator[Transaction]:
        """Yield what was appended since it was last read, or all if it is another file than it was.

        Raises:
            CatalogError: it is damaged, or cannot be read.
        """
        try:
            if self.is_another():
                self._open()
            if self._handle >= 0:
                yield from self._read()
            self._seen = self._status()
        except OSError as error:
            raise self._failure(error, "cannot be read") from error

    def _open(self) -> None:
        self.close()
        if self.exists():
            try:
                self._handle = os.open(self.path, os.O_RDWR | _FLAGS)
            except PermissionError:
                self._handle = os.open(self.path, os.O_RDONLY | _FLAGS)

    def _read(self) -> Iterator[Transaction]:
        size = os.fstat(self._handle).st_size
        # A child process that was forked shares the handle's position, so that it must play no part.
        with io.BufferedReader(Window(os.dup(self._handle), self.end, size, self._unread)) as file:
            for line in file:
                content = _content(line)
                if content is None:
                    if any(_content(later) is not None for later in file):
                        raise self.damaged()
                    break
                if self.end == 0:
                    self._check(content)
                elif content == _SHOWN:
                    self.pending = None
                else:
                    try:
                        transaction = Transaction.of(content)
                    except (TypeError, AttributeError) as error:
                        raise self.damaged() from error
                    self.pending = transaction if transaction.shows else self.pending
                    yield transaction
                self._last = (self.end, line[:_PREFIX])
                self.end += len(line)
        if not self.end:
            raise self.damaged()

    def _check(self, content: dict[str, Any]) -> None:
        if content.get("fileroom") != "sidecar":
            raise self.damaged()
        if content.get("version") != _VERSION:
            raise CatalogError(f"index {self.path} was written by a newer Fileroom: upgrade fileroom")

    def append(self, transaction: Transaction) -> None:
        """Add a transaction, durably.

        Raises:
            UnwrittenError: it could not be written; nothing of it remains.
        """
        content = {key: value for key in transaction.__slots__ if (value := getattr(transaction, key))}
        try:
            self._append(_line(content), durable=True)
        except BaseException as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._handle, self.end)
            if not isinstance(error, OSError):
                raise
            raise UnwrittenError(
                f"index {self.path}: cannot be written; nothing was changed: {error.strerror}"
            ) from error
        self.pending = transaction if transaction.shows else self.pending

    def shown(self) -> None:
        """Note that ``index.dat`` shows, durably, what the last transaction changed."""
        self.pending = None
        with contextlib.suppress(OSError):  # if it is not there, the next reader compares once more
            self._append(_line(_SHOWN), durable=False)

    def _append(self, data: bytes, *, durable: bool) -> None:
        if os.fstat(self._handle).st_size > self.end:
            os.ftruncate(self._handle, self.end)  # what a crash left behind
        write_all(self._handle, data, self.end)
        if durable:
            os.fsync(self._handle)
        self._last = (self.end, data[:_PREFIX])
        self.end += len(data)
        self._seen = self._status()

    def begin(self, transaction: Transaction, like: Path) -> None:
        """Make a new sidecar that holds this transaction, in place of the one that may be there.

        Args:
            transaction: all there is.
            like: the file whose owner and permissions it is to have, lest it shut out who shares the area.

        Raises:
            CatalogError: it could not be made; the old one is as it was.
        """
        part = self.path.with_name(f".{FILE_NAME}.part")
        content = {key: value for key in transaction.__slots__ if (value := getattr(transaction, key))}
        try:
            with part.open("wb") as file:
                _share_like(file.fileno(), like)
                file.write(_line(_FIRST) + _line(content))
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path)
            sync_folder(self.path.parent)
            self._open()
            self.end = os.fstat(self._handle).st_size
            self._last = (0, _line(_FIRST)[:_PREFIX])
        except OSError as error:
            part.unlink(missing_ok=True)
            raise self._failure(error, "cannot be written; nothing was changed") from error
        self._seen = self._status()
        self.pending = None

    def size(self) -> int:
        """Return its size in bytes."""
        return self._status()[1]

    def close(self) -> None:
        """Close the file, and forget what was read."""
        if self._handle >= 0:
            os.close(self._handle)
        self._handle, self.end, self._seen, self.pending = -1, 0, (0, 0), None
        self._last = (0, b"")

    def _unread(self, error: OSError) -> CatalogError:
        return self._failure(error, "cannot be read")

    def _failure(self, error: OSError, what: str) -> CatalogError:
        return CatalogError(f"index {self.path}: {what}: {error.strerror or type(error).__name__}")

    def damaged(self) -> CatalogError:
        """Return the error for a sidecar that does not hold what it should."""
        return CatalogError(
            f"index {self.path} is damaged at byte {self.end}: bring back a copy of it, or move it away: "
            "the archive then opens without metadata, labels, and what else index.dat cannot hold"
        )


def _share_like(handle: int, path: Path) -> None:
    """Give a file the owner, group and permissions of another, as far as that is allowed."""
    status = path.stat()
    with contextlib.suppress(OSError):
        os.fchown(handle, status.st_uid, status.st_gid)
    os.fchmod(handle, status.st_mode & 0o777)


def _line(content: dict[str, Any]) -> bytes:
    data = json.dumps(content, separators=(",", ":")).encode()
    return b"%08x %b\n" % (zlib.crc32(data), data)


def _content(line: bytes) -> dict[str, Any] | None:
    """Return what a line holds; None if it is cut short or damaged."""
    data = line[_PREFIX:-1]
    if not line.endswith(b"\n") or line[:_PREFIX] != b"%08x " % zlib.crc32(data):
        return None
    try:
        content = json.loads(data)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None

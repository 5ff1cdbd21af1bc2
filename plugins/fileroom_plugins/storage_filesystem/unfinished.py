"""A file that no reader can see, until it is complete and gets its name."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import uuid
from typing import TYPE_CHECKING, Self

from fileroom_plugins.storage_filesystem.durability import sync_file

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

SUFFIX = ".part"

_UNNAMED: int = getattr(os, "O_TMPFILE", 0)
_NO_LINKS = {errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP}
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_MODE = 0o666


def is_unfinished(name: str) -> bool:
    """Tell whether a file name is that of an unfinished file."""
    return name.startswith(".") and name.endswith(SUFFIX)


def unnamed_files_work(folder: Path) -> bool:
    """Tell whether files can be written here without a name, and get one later.

    Linux can, on most file systems and outside some sandboxes. It leaves nothing behind when the process
    dies, and takes one operation on the folder instead of three: on ext4, 8,000 durable small files a second
    from eight threads instead of 3,300.
    """
    if not _UNNAMED:
        return False
    probe = folder / f".{uuid.uuid4()}{SUFFIX}"
    try:
        handle = os.open(folder, _UNNAMED | os.O_WRONLY, _MODE)
        try:
            _link_unnamed(handle, probe)
        finally:
            os.close(handle)
        probe.unlink()
    except OSError:
        return False
    return True


class Unfinished:
    """One file on its way; a context manager that removes it unless it was published.

    Args:
        folder: an existing folder of the file system on which it is to be published.
        key: the object's key. While the file has a name, nobody else can begin one with the same key.
        unnamed: the answer of `unnamed_files_work`.

    Raises:
        FileExistsError: one with that key was begun already.
        OSError: it could not be made.
    """

    def __init__(self, folder: Path, key: str, *, unnamed: bool) -> None:
        self._key = key
        self._path = None if unnamed else folder / f".{key}{SUFFIX}"
        if self._path is None:
            self._handle = os.open(folder, _UNNAMED | os.O_WRONLY, _MODE)
        else:
            self._handle = os.open(self._path, _NEW, _MODE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
        if self._path:
            with contextlib.suppress(OSError):
                self._path.unlink()

    def write(self, piece: bytes | memoryview) -> int:
        """Append a piece, all of it; return its size in bytes."""
        done = os.write(self._handle, piece)
        view = memoryview(piece)
        if done < view.nbytes:
            rest = view.cast("B")
            while done < view.nbytes:
                done += os.write(self._handle, rest[done:])
        return done

    def sync(self) -> None:
        """Make the bytes durable. Call it before `publish`."""
        sync_file(self._handle)

    def publish(self, path: Path) -> None:
        """Give the file its name, in one step that never replaces another file.

        Raises:
            FileExistsError: the name is taken; another may be tried.
            FileNotFoundError: the folder is not there (any more); it may be made and this tried again.
            OSError: anything else.
        """
        if self._path is None:
            _link_unnamed(self._handle, path)
        elif sys.platform == "win32":
            self._close()  # an open file cannot be renamed
            self._path.rename(path)  # fails if the name is taken
            self._path = None
        else:
            try:
                os.link(self._path, path)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                self._rename(self._path, path)

    def _rename(self, source: Path, path: Path) -> None:
        """Publish where the file system has no hard links (FAT, some network shares).

        A rename would replace, so look first. Nobody else can take the name in between if it holds the
        key, since our unfinished file keeps others from beginning that; any other name counts as taken.
        """
        if self._key.replace("-", "") not in path.name.replace("-", "") or path.exists():
            raise FileExistsError(errno.EEXIST, "name taken")
        source.rename(path)
        self._path = None

    def _close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def _link_unnamed(handle: int, path: Path) -> None:
    # With an absolute path the folder's handle plays no part, but asks Python for the call that can do this.
    os.link(f"/proc/self/fd/{handle}", path, src_dir_fd=handle, follow_symlinks=True)

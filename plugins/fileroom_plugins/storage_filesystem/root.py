"""The folder that holds everything: made once, and missed when it goes away.

A marker tells that it is there. A folder with an ``index.dat`` is somebody else's, and gets none before
something is put into it: opening must leave no trace in what turns out to be no storage area.
"""

from __future__ import annotations

import contextlib
import errno
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from fileroom.plugin import StorageError
from fileroom_plugins.storage_filesystem.area import INDEX, is_area
from fileroom_plugins.storage_filesystem.durability import sync_folder
from fileroom_plugins.storage_filesystem.failures import hide_names, storage_error

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

_FEW = 4  # folders, for which no threads are started

MARKER = ".fileroom-storage"
_MARKER_TEXT = """\
This folder is a Fileroom storage: files here belong to the archive's index. The file you are reading tells
that the folder is really there, and not merely the empty place where its disk would be mounted.
"""


class Root:
    """The storage's folder.

    Args:
        path: where it is; made if it is not there.

    Raises:
        StorageError: it cannot be made, or is no folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._settled: set[Path] = set()
        self._marked = False
        try:
            if not (self._marker.exists() or os.path.lexists(self.path / INDEX)):
                self._make()
        except OSError as error:
            if not is_area(self.path):  # one that others keep can be read without a marker
                raise self.failure(error, "cannot make the folder") from error

    @property
    def _marker(self) -> Path:
        return self.path / MARKER

    def _make(self) -> None:
        parents = [parent for parent in self.path.parents if not parent.exists()]
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._mark()
        for folder in [self.path, self.path.parent, *(parent.parent for parent in parents)]:
            sync_folder(folder)

    def _mark(self) -> None:
        with contextlib.suppress(FileExistsError), self._marker.open("x", encoding="ascii") as file:
            file.write(_MARKER_TEXT)

    def claim(self) -> None:
        """Make sure that the folder is there, before something is put into it; mark that of others, too.

        Raises:
            StorageError: it is not, or cannot be reached.
        """
        self.check()
        if not self._marked:
            with contextlib.suppress(OSError):  # an area is recognised without it
                self._mark()
            self._marked = True

    def failure(self, error: OSError, doing: str) -> StorageError:
        """Return the error to raise for a failed operation in this folder."""
        return storage_error(error, f"storage {self.path}: {doing}")

    def check(self) -> None:
        """Make sure that the folder is still there: without it nothing is "not found", and nothing made anew.

        Raises:
            StorageError: it is not, or cannot be reached.
        """
        try:
            self._marker.stat()
        except (FileNotFoundError, NotADirectoryError) as error:
            if is_area(self.path):
                return
            hide_names(error)
            raise StorageError(
                f"storage {self.path}: the folder is gone, or its disk is not mounted "
                f"({MARKER} is not there): bring it back, then open the archive again"
            ) from error
        except OSError as error:
            raise self.failure(error, "cannot reach the folder") from error

    def make(self, folder: Path) -> None:
        """Make a folder beneath the root, and those between; they may be there.

        Raises:
            StorageError: the root is gone.
            FileNotFoundError: a folder between was removed meanwhile; try again.
            OSError: it cannot be made.
        """
        self.check()
        path = self.path
        for part in folder.relative_to(self.path).parts:
            path /= part
            try:
                path.mkdir()
            except FileExistsError:
                if not path.is_dir():
                    raise NotADirectoryError(errno.ENOTDIR, "not a folder") from None
            else:
                self._settled.discard(path)

    def sync(self, folders: Collection[Path], lasting: Callable[[Path], bool], threads: int) -> None:
        """Make the names in folders durable, and the folders' own names up to the root.

        Threads share the work: a disk that is busy makes each sync wait about as long as all at once.

        A folder that was found may have been made a moment ago by somebody who has not made its name durable
        yet, so that is done here too; once is enough for a folder that is ``lasting``.

        Raises:
            OSError: it could not be done.
        """
        todo = dict.fromkeys(folders)
        for folder in folders:
            if folder not in self._settled:
                todo.update(dict.fromkeys(self._above(folder)))
        if len(todo) < _FEW:
            for folder in todo:
                sync_folder(folder)
        else:
            with ThreadPoolExecutor(min(threads, len(todo)), "fileroom-sync") as pool:
                for _ in pool.map(sync_folder, todo):
                    pass
        self._settled.update(filter(lasting, folders))

    def _above(self, folder: Path) -> list[Path]:
        return [above for above in folder.parents if above.is_relative_to(self.path)]

"""Whose cache a folder is: that of one storage, which a file in it tells.

Objects that wait there must not go into another storage, and copies must not be taken for another's. The file
has a digest of the storage's place as it is configured, and one of the way there from the folder: so an
archive that is moved as a whole keeps its cache.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from fileroom.plugin import ConfigError
from fileroom_plugins.storage_cache.locking import FolderLock

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOK = 0.01


class Owner:
    """The storage that a folder is the cache of.

    Args:
        folder: of the cache.
        place: tells that storage from others (`fileroom.plugin.InnerStorage.place`); None where nobody knows.
    """

    def __init__(self, folder: Path, place: object) -> None:
        self._folder = folder
        self._file = folder / "owner"
        self._ours = set() if place is None else {_digest(place, None), _digest(place, folder)}

    def claim(self, copies: Path, objects_wait: Callable[[], bool]) -> None:
        """Make sure that the folder is this storage's, or nobody's and so this one's from now on.

        A folder that does not tell is nobody's if nothing waits in it. The copies of who had it before are
        removed. One whose file is empty was given to this storage by an operator, with all that is in it.

        Args:
            copies: the folder of the copies.
            objects_wait: says whether objects wait in the folder.

        Raises:
            ConfigError: it is another one's.
            OSError: that cannot be told, or not be written down.
        """
        told = self._told()
        if not self._ours and not told:
            return
        lock = FolderLock(self._folder / "owner.lock")
        while not told or not told & self._ours:
            if told or (told is None and objects_wait()):
                raise self._refusal()
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if lock.acquire():
                try:
                    if self._told() == told:  # nobody was faster
                        self._take(copies if told is None else None)
                finally:
                    lock.release()
            else:
                time.sleep(_LOOK)
            told = self._told()

    def _told(self) -> set[str] | None:
        """Return what the file tells, None if there is none."""
        try:
            return set(self._file.read_text(encoding="ascii", errors="replace").split())
        except FileNotFoundError:
            return None

    def _take(self, copies: Path | None) -> None:
        if copies is not None and copies.exists():
            shutil.rmtree(copies)
        written = self._file.with_suffix(".new")
        written.write_text("".join(f"{one}\n" for one in sorted(self._ours)), encoding="ascii")
        written.replace(self._file)

    def _refusal(self) -> ConfigError:
        return ConfigError(
            f"the folder {self._folder} is the cache of another storage: give each archive a folder of its "
            f"own, or, if it is the same storage at another address, empty the file {self._file}",
            "storage.path",
        )


def _digest(place: object, base: Path | None) -> str:
    return hashlib.blake2b(repr(_plain(place, base)).encode(), digest_size=16).hexdigest()


def _plain(place: object, base: Path | None) -> object:
    if isinstance(place, tuple):
        return tuple(_plain(one, base) for one in place)
    if not isinstance(place, Path):
        return place
    try:
        return Path(place if base is None else os.path.relpath(place, base)).as_posix()
    except ValueError:  # another drive of Windows
        return place.as_posix()

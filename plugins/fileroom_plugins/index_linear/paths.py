"""From file names in ``index.dat`` to locators, and back."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from fileroom.plugin import (
    ConfigError,
    FileroomError,
    InvalidValueError,
    NotFoundError,
    external_locator,
    external_path,
)
from fileroom_plugins.index_linear import sidecar
from fileroom_plugins.index_linear.fields import FILE_NAME

if TYPE_CHECKING:
    from fileroom.plugin import Storage

_OURS = {FILE_NAME, sidecar.FILE_NAME}
_PIECE = 1 << 20
_GONE = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP}


class Paths:
    """Where files lie, as DCMTK names them and as the storage does.

    Args:
        folder: the storage area, absolute.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._storage: Storage | None = None

    def use(self, storage: Storage) -> None:
        """Take the storage's word for what a locator means.

        Raises:
            ConfigError: its objects are no files that DCMTK could open.
        """
        if not storage.capabilities.local_path:
            raise ConfigError(
                "the index 'linear' needs a storage of local files, for DCMTK opens them by their names: use "
                f'backend = "filesystem" with root = "{self._folder}"',
                "storage.backend",
            )
        self._storage = storage

    def of(self, locator: str) -> Path | None:
        """Return where the file of a locator lies, or None if there is no such file."""
        if self._storage is None:
            return external_path(locator) or self._folder / locator
        try:
            return self._storage.local_path(locator)
        except NotFoundError:
            return None

    def is_lost(self, locator: str) -> bool:
        """Say whether the file of a locator is surely not there.

        It is not if its disk cannot be reached, or if the folder of an external file is not there either, as
        when a disk is not mounted.
        """
        try:
            path = self.of(locator)
        except FileroomError:
            return False
        outside = external_path(locator)
        if path is None and outside is not None:
            return _is_there(outside.parent) is True
        return path is None or _is_there(path) is False

    def locator(self, name: bytes) -> str:
        """Return the locator of a file that ``index.dat`` names.

        A relative name starts at the area, or at the folder that the area lies in, as dcmqrscp's do when it
        was told the area by a relative path. Where nothing lies under a name, but the area has a file of its
        own that is called so, the area was moved: it is that.

        Raises:
            InvalidValueError: it is not a name under which an object could lie.
        """
        try:
            text = name.decode()
        except UnicodeDecodeError as error:
            raise InvalidValueError("its file name is no text in UTF-8") from error
        path = _plain(self._absolute(Path(text)))
        here = self._folder / path.name
        # By whatever way a name leads into the area, it is the area's own file: a sweep must not miss it.
        inside = path.parent == self._folder or _is_same(path.parent, self._folder)
        if inside and path.name in _OURS:
            raise InvalidValueError("its file name is that of the index itself")
        if inside or (not _is_there(path) and _is_there(here)):
            return self._own(here) or external_locator(here if inside else path)
        return self._own(path) or external_locator(path)

    def _own(self, path: Path) -> str | None:
        """Return the storage's locator for a path."""
        if self._storage is not None:
            return self._storage.locator_of(path)
        return path.name if path.parent == self._folder else None

    def _absolute(self, path: Path) -> Path:
        if path.is_absolute():
            return path
        if len(path.parts) > 1 and path.parts[-2] == self._folder.name:
            return self._folder / path.name
        return self._folder / path

    def digest(self, locator: str, algorithm: str) -> str:
        """Return the digest of a file's bytes, ``"<algorithm>:<hex>"``; without hex if it cannot be read."""
        path = self.of(locator)
        try:
            hasher = hashlib.new(algorithm, usedforsecurity=False)
            if path is None:
                return f"{algorithm}:"
            with path.open("rb", buffering=0) as file:
                while piece := file.read(_PIECE):
                    hasher.update(piece)
        except (OSError, ValueError):
            return f"{algorithm}:"
        return f"{algorithm}:{hasher.hexdigest()}"


def _plain(path: Path) -> Path:
    """Return a path without ``..``, which after a symbolic link leads elsewhere than it reads."""
    if ".." not in path.parts:
        return path
    try:
        return path.parent.resolve() / path.name
    except (OSError, RuntimeError) as error:
        raise InvalidValueError("its file name leads nowhere") from error


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _is_there(path: Path) -> bool | None:
    """Say whether something lies at a path; None if that cannot be told."""
    try:
        path.stat()
    except OSError as error:
        return False if error.errno in _GONE else None
    return True

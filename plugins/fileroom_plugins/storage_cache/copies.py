"""Copies of objects in a folder, which alone tells what is there; any file of it may go at any time."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import time
from typing import TYPE_CHECKING

from fileroom_plugins.storage_cache.checked import NAME_LENGTH, CheckedFile, DamagedError
from fileroom_plugins.storage_cache.making import Making
from fileroom_plugins.storage_cache.room import Room

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_KEY = re.compile(r"(?:[^/]*:)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # that of a tier's object, too
_STALE = 60.0  # seconds after which a use is noted anew

_log = logging.getLogger("fileroom.cache")


class Copies:
    """Copies by locator. Several processes may share a folder; nothing here ever raises for its sake.

    Args:
        folder: where they lie; made when the first one is.
        max_bytes: how many bytes they may take up,
        others: and how many of those are taken up by others at the moment.

    Attributes:
        room: the space for them.
        largest: how many bytes a copy may take up at most: one object must not displace all others.
        trouble: why the last copy could not be made, None if it could.
    """

    def __init__(self, folder: Path, max_bytes: int, others: Callable[[], int] = int) -> None:
        self.folder = folder
        self.room = Room(folder, max_bytes, others)
        self.largest = max_bytes // 2
        self.trouble: str | None = None
        self._given_up = False

    def give_up(self, error: OSError) -> None:
        """Keep no copies from now on, and find none: nobody can tell whose they are."""
        self._given_up = True
        self.failed(error)

    def may_keep(self, locator: str) -> bool:
        """Say whether a locator will never mean another object: it is a key, which is never used twice.

        Readable names may be given again once their object was deleted, by anybody; so these are not copied.
        """
        return not self._given_up and _KEY.fullmatch(locator) is not None

    def find(self, locator: str) -> CheckedFile | None:
        """Return the copy of an object, open; None if there is none that is whole."""
        if not self.may_keep(locator):
            return None
        path, name = self._place(locator)
        try:
            copy = CheckedFile(path, name, on_damage=lambda: self._drop_damaged(path))
        except DamagedError:
            self._drop_damaged(path)
            return None
        except OSError:
            return None
        if time.time() - copy.used > _STALE:
            with contextlib.suppress(OSError):
                os.utime(path)
        return copy

    def has(self, locator: str) -> bool:
        """Say whether there is a copy of an object, which may be damaged."""
        return self.may_keep(locator) and self._place(locator)[0].exists()

    def begin(self) -> Making:
        """Begin a copy."""
        return Making(self)

    def remove(self, locator: str) -> OSError | None:
        """Remove a copy, if there is one; return why that did not work, or None."""
        return self._unlink(self._place(locator)[0])

    def publish(self, written: Path, locator: str) -> None:
        """Give a complete file its name.

        Raises:
            OSError: it could not be done.
        """
        path, _ = self._place(locator)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        written.replace(path)
        self.trouble = None

    def failed(self, error: OSError) -> None:
        """Note why a copy could not be made."""
        said = error.strerror or type(error).__name__
        if self.trouble != said:
            _log.warning("cache %s: cannot keep copies (%s); reading goes on without", self.folder, said)
        self.trouble = said

    def name(self, locator: str) -> bytes:
        """Return by what the file of an object is known: locators may hold patients' values."""
        return hashlib.blake2b(locator.encode("utf-8", "surrogatepass"), digest_size=NAME_LENGTH).digest()

    def _place(self, locator: str) -> tuple[Path, bytes]:
        name = self.name(locator)
        digits = name.hex()
        return self.folder / digits[:2] / digits, name

    def _drop_damaged(self, path: Path) -> None:
        _log.warning("cache %s: a damaged copy was found and removed", self.folder)
        self._unlink(path)

    def _unlink(self, path: Path) -> OSError | None:
        try:
            size = path.stat().st_size
            path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            return error
        self.room.give_back(size)
        return None

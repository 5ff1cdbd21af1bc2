"""From keys to locators to paths, and what is no locator of ours."""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING

from fileroom.plugin import NotFoundError, clean_component
from fileroom_plugins.storage_filesystem import area

if TYPE_CHECKING:
    from pathlib import Path

    from fileroom.plugin import PutItem
    from fileroom_plugins.storage_filesystem.layout import Layout

NAMED = "named"
"""The folder of readably named objects, with which their locators begin. Not two hex digits."""

# Where a key has the version of its UUID, and which the archive uses for what is no instance.
_VERSION, _ATTACHED = 14, "8"
_KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Longest path in bytes: that of macOS everywhere, so that a tree can be copied, but less on Windows.
_LONGEST_PATH = 259 if os.name == "nt" else 1_023


class Places:
    """Where objects lie beneath a root.

    An object without a name has its key for a locator, and lies in a folder within a folder, called
    after the key's first four hex digits: the keys of one batch share them (docs/decisions/0002). One with a
    readable name has its path from the root for a locator, ``named/…``. In a storage area of DCMTK, instances
    lie in the root itself, and have their file's name for a locator, unless the operator chose a layout.

    Args:
        root: absolute path.
        layout: how to make readable names, None for not at all. What can be read does not depend on it.
    """

    def __init__(self, root: Path, layout: Layout | None) -> None:
        self._root = root
        self._layout = layout
        self._named = root / NAMED
        self._roots = tuple(dict.fromkeys((root, root.resolve())))
        self._is_area = False

    @property
    def naming(self) -> bool:
        """Whether names depend on what an object is: an operator's layout, or that of a storage area."""
        return self._layout is not None or self._in_area()

    def candidates(self, item: PutItem) -> tuple[str, ...]:
        """Return the locators under which to put an object: the first that is not taken."""
        if item.naming and self._layout:
            locators = tuple(f"{NAMED}/{name}" for name in self._layout.names(item.key, item.naming))
            if locators and all(map(self._is_usable, locators)):
                return locators
        elif item.naming and item.key[_VERSION] != _ATTACHED and self._in_area():
            return (area.flat_name(item.key, item.naming),)
        return (item.key,)

    def path(self, locator: str) -> Path:
        """Return where the object of a locator lies, if there is one.

        Raises:
            NotFoundError: no object can have that locator.
        """
        if _KEY.fullmatch(locator):
            return self._root / locator[:2] / locator[2:4] / locator
        if area.is_flat(locator) or is_named(locator):
            return self._root / locator
        raise not_found(locator)

    def locator_of(self, path: Path) -> str | None:
        """Return the locator of the object that lies at an absolute path, if one can lie there.

        The path is taken as it is written, the root also with its symbolic links followed.
        """
        for root in self._roots:
            with contextlib.suppress(ValueError):
                below = path.relative_to(root)
                for locator in (path.name, below.as_posix()):
                    with contextlib.suppress(NotFoundError):
                        if self.path(locator) == self._root / below:
                            return locator
        return None

    def lasts(self, folder: Path) -> bool:
        """Tell whether a folder stays when it is empty: only those with patients' values go."""
        return self._named not in folder.parents

    def prune(self, folder: Path) -> None:
        """Remove a folder that may not last, and those above it, as far as they are empty."""
        with contextlib.suppress(OSError):
            while not self.lasts(folder):
                folder.rmdir()
                folder = folder.parent

    def _in_area(self) -> bool:
        # An index makes its file when it is opened, which is after the storage.
        self._is_area = self._is_area or area.is_area(self._root)
        return self._is_area

    def _is_usable(self, locator: str) -> bool:
        return is_named(locator) and len(os.fsencode(self._root / locator)) <= _LONGEST_PATH


def is_key(name: str) -> bool:
    """Tell whether a file name is that of an object in a key's folder, and so its locator."""
    return _KEY.fullmatch(name) is not None


def is_named(locator: str) -> bool:
    """Tell whether a text is the locator of a readably named object: no component needs cleaning."""
    first, _, rest = locator.partition("/")
    return first == NAMED and all(map(is_clean, rest.split("/")))


def is_clean(component: str) -> bool:
    """Tell whether a folder or file name is one that a layout makes; hidden ones are not."""
    return clean_component(component) == component


def not_found(locator: str) -> NotFoundError:
    """Return the error for an object that is not there; only keys are shown, since names tell of patients."""
    which = "the object (its locator is no key, and is not shown)"
    if is_key(locator):
        which = f"object {locator}"
    elif area.is_flat(locator):
        which = f"object *{locator[locator.index('_') :]}"
    return NotFoundError(f"storage: {which} is not there: `fileroom verify` finds what else is missing")

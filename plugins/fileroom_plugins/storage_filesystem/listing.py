"""Walking the folders of a storage."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from fileroom_plugins.storage_filesystem.area import is_flat
from fileroom_plugins.storage_filesystem.places import NAMED, is_clean, is_key
from fileroom_plugins.storage_filesystem.unfinished import is_unfinished

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DIGITS = re.compile(r"[0-9a-f]{2}")


def objects(root: Path, prefix: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield locator and file of every object whose locator starts with a prefix.

    Folders that cannot hold any such object are not opened.

    Raises:
        OSError: a folder could not be read.
    """
    for entry in _entries(root):
        if is_flat(entry.name) and entry.name.startswith(prefix) and entry.is_file():
            yield entry.name, entry
    for folder in _key_folders(root, prefix):
        for entry in _entries(folder):
            if is_key(entry.name) and entry.name.startswith(prefix) and entry.is_file():
                yield entry.name, entry
    for locator, entry in _named_files(root / NAMED, NAMED, prefix):
        if locator.startswith(prefix) and is_clean(entry.name):
            yield locator, entry


def unfinished(root: Path) -> Iterator[os.DirEntry[str]]:
    """Yield every unfinished file.

    Raises:
        OSError: a folder could not be read.
    """
    for folder in (str(root), *_key_folders(root, "")):
        yield from (entry for entry in _entries(folder) if is_unfinished(entry.name))
    for _, entry in _named_files(root / NAMED, NAMED, ""):
        if is_unfinished(entry.name):
            yield entry


def _key_folders(root: Path, prefix: str) -> Iterator[str]:
    for outer in _digit_folders(root, prefix[:2]):
        yield from (inner.path for inner in _digit_folders(outer.path, prefix[2:4]))


def _digit_folders(folder: str | Path, digits: str) -> Iterator[os.DirEntry[str]]:
    for entry in _entries(folder):
        if _DIGITS.fullmatch(entry.name) and entry.name.startswith(digits) and entry.is_dir():
            yield entry


def _named_files(folder: str | Path, locator: str, prefix: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    if not (prefix.startswith(locator) or locator.startswith(prefix)):
        return
    for entry in _entries(folder):
        below = f"{locator}/{entry.name}"
        if entry.is_dir(follow_symlinks=False) and is_clean(entry.name):
            yield from _named_files(entry.path, below, prefix)
        elif entry.is_file():
            yield below, entry


def _entries(folder: str | Path) -> Iterator[os.DirEntry[str]]:
    """Yield what is in a folder; nothing if it was removed meanwhile."""
    try:
        entries = os.scandir(folder)
    except FileNotFoundError:
        return
    with entries:
        yield from entries

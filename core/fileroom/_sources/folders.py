"""Every regular file beneath a path, each folder once, in a stable order."""

from __future__ import annotations

import contextlib
import operator
import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from fileroom._sources.candidates import Skipped, printable, reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path


_EXCLUDED = "folder that is not to be read"


class FoundFile(NamedTuple):
    """A regular file: its path as found, the real one (without links), size, and time of change in ns."""

    path: str
    real: str
    size: int
    modified: int


class Folders:
    """Walks paths, and remembers the folders it has been to.

    Args:
        on_skip: is told what is not yielded.
        exclude: folders not to go into.
    """

    def __init__(self, on_skip: Callable[[Skipped], object], exclude: Iterable[Path]) -> None:
        self._on_skip = on_skip
        self._seen: dict[tuple[int, int], str] = {}
        for folder in exclude:
            with contextlib.suppress(OSError):
                info = folder.stat()
                self._seen[info.st_dev, info.st_ino] = _EXCLUDED

    def files(self, top: str, *, even_excluded: bool = False) -> Iterator[FoundFile]:
        """Yield the regular files at or beneath a path, by name within each folder; nothing is opened.

        Args:
            top: the path.
            even_excluded: go into an excluded folder if it is this very path.
        """
        try:
            info = os.stat(top)  # noqa: PTH116 - paths stay text here: a Path costs as much as the rest
            real = os.path.realpath(top)
        except FileNotFoundError:
            self._on_skip(Skipped(printable(top), "rejected", "no such file or folder"))
        except (OSError, ValueError) as error:
            self._on_skip(Skipped(printable(top), "rejected", reason(error)))
        else:
            if stat.S_ISDIR(info.st_mode):
                if even_excluded and self._seen.get((info.st_dev, info.st_ino)) == _EXCLUDED:
                    del self._seen[info.st_dev, info.st_ino]
                yield from self._beneath(top, real)
            elif stat.S_ISREG(info.st_mode):
                yield FoundFile(top, real, info.st_size, info.st_mtime_ns)
            else:
                self._on_skip(Skipped(printable(top), "ignored", "not a regular file"))

    def _beneath(self, top: str, real_top: str) -> Iterator[FoundFile]:
        # A stack of our own: folders may be nested deeper than Python recurses.
        open_folders = [self._entries(top, real_top)]
        while open_folders:
            entry, folder = next(open_folders[-1], (None, ""))
            if entry is None:
                open_folders.pop()
                continue
            try:
                info = entry.stat()
                is_link = entry.is_symlink()
            except OSError as error:
                why = "broken symbolic link" if _is_broken_link(entry, error) else reason(error)
                self._on_skip(Skipped(printable(entry.path), "rejected", why))
                continue
            real = os.path.realpath(entry.path) if is_link else f"{folder}{os.sep}{entry.name}"
            if stat.S_ISREG(info.st_mode):
                yield FoundFile(entry.path, real, info.st_size, info.st_mtime_ns)
            elif stat.S_ISDIR(info.st_mode):
                open_folders.append(self._entries(entry.path, real))
            else:
                self._on_skip(Skipped(printable(entry.path), "ignored", "not a regular file"))

    def _entries(self, folder: str, real: str) -> Iterator[tuple[os.DirEntry[str], str]]:
        """Yield a folder's entries by name, each with the folder's real path; nothing the second time."""
        try:
            # DirEntry.stat knows no inode on Windows.
            info = os.stat(folder)  # noqa: PTH116
            if why := self._seen.get((info.st_dev, info.st_ino)):
                self._on_skip(Skipped(printable(folder), "ignored", why))
                return
            self._seen[info.st_dev, info.st_ino] = "folder that was read already"
            with os.scandir(folder) as entries:
                found = sorted(entries, key=operator.attrgetter("name"))
        except OSError as error:
            self._on_skip(Skipped(printable(folder), "rejected", reason(error)))
            return
        for entry in found:
            yield entry, real


def _is_broken_link(entry: os.DirEntry[str], error: OSError) -> bool:
    try:
        return isinstance(error, FileNotFoundError) and entry.is_symlink()
    except OSError:
        return False

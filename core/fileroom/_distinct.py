"""Paths that stay apart on file systems that do not tell upper from lower case."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import PurePosixPath

_ENDING = re.compile(r"\.[A-Za-z]\w{0,7}$", re.ASCII)


class DistinctPaths:
    """Gives every path a spelling of its own: ``~2``, ``~3``… where two differ in case only, or not at all.

    The answers depend on the questions and their order alone, so that a second run over the same objects
    finds the same names, on every platform. About 300 bytes are kept per file.
    """

    def __init__(self) -> None:
        self._folders: dict[PurePosixPath, PurePosixPath] = {PurePosixPath(): PurePosixPath()}
        self._files: dict[bytes, int] = {}
        # Key of a path that is taken to the last number given to paths that wanted it.
        self._taken: dict[bytes, int] = {}

    def file(self, path: PurePosixPath, content: str) -> PurePosixPath:
        """Return the path for a file; the same one again for the same path and content."""
        wanted = self._folder(path.parent) / path.name
        question = _short(f"{wanted}\0{content}")
        number = self._files.get(question)
        if number is None:
            number = self._files[question] = self._free_number(wanted)
        return _numbered(wanted, number)

    def _folder(self, path: PurePosixPath) -> PurePosixPath:
        known = self._folders.get(path)
        if known is None:
            wanted = self._folder(path.parent) / path.name
            known = self._folders[path] = _numbered(wanted, self._free_number(wanted))
        return known

    def _free_number(self, wanted: PurePosixPath) -> int:
        key = _key(wanted)
        number = self._taken.get(key, 0) + 1
        while number > 1 and _key(_numbered(wanted, number)) in self._taken:
            number += 1
        self._taken[key] = number
        if number > 1:
            self._taken[_key(_numbered(wanted, number))] = 1
        return number


def _numbered(path: PurePosixPath, number: int) -> PurePosixPath:
    if number == 1:
        return path
    ending = _ENDING.search(path.name)
    cut = ending.start() if ending else len(path.name)
    return path.with_name(f"{path.name[:cut]}~{number}{path.name[cut:]}")


def _key(path: PurePosixPath) -> bytes:
    return _short(unicodedata.normalize("NFD", unicodedata.normalize("NFD", str(path)).casefold()))


def _short(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).digest()

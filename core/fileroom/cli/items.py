"""From what people type for objects, ids, a search or paths, to the objects."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fileroom._executing.products import Item
from fileroom.cli.executing import LOCAL
from fileroom.cli.failures import CommandError, UsageProblem, say
from fileroom.cli.selecting import is_search, selected
from fileroom.model import Level, public_id_to_digest
from fileroom.standalone import plain_config

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.archive import Archive
    from fileroom.cli.command import Settings
    from fileroom.config import Config
    from fileroom.resources import Resource
    from fileroom.results import Results

WORDS = "ID... | LEVEL [KEY=VALUE]... | PATH..."
"""What commands show for words that `chosen` takes."""

_PREAMBLE = 128
_MAGIC = b"DICM"
_STARTS = (b"\x08\x00", b"\x02\x00", b"\x00\x08")  # the groups that objects without a preamble begin with


@dataclass(frozen=True, slots=True)
class Chosen:
    """The objects that a command is to work on.

    Attributes:
        config: the archive's configuration, or where there is none that of the environment.
        archive: the archive, None where there is none.
        jobs: processes that are to work; with one it is this.
        paths: files and folders.
        resources: what identifiers mean, or what a search found.
        unreadable: paths that could not be looked into, as they are iterated over.
    """

    config: Config
    archive: Archive | None = None
    jobs: int = 1
    paths: tuple[Path, ...] = ()
    resources: list[Resource] | Results[Resource] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    @property
    def single(self) -> bool:
        """Whether one object was named, and not several, a folder or a search."""
        if not isinstance(self.resources, list):
            return False
        return len(self.resources) + len(self.paths) == 1 and not any(path.is_dir() for path in self.paths)

    def items(self, *, each: bool) -> Iterator[Item]:
        """Yield the objects.

        Args:
            each: of a patient, study or series yield every instance, and not the resource itself.
        """
        for path in self.paths:
            yield from self._files(path)
        for resource in self.resources:
            if not each or resource.level is Level.INSTANCE:
                yield Item(resource.id, resource.id)
            elif self.archive is not None:
                yield from (Item(one.id, one.id) for one in self.archive.within(resource.id, Level.INSTANCE))

    def count(self, *, each: bool) -> int | None:
        """Return how many objects there are; None where that cannot be told without going through them."""
        if self.paths and any(path.is_dir() for path in self.paths):
            return None
        if not isinstance(self.resources, list):
            level = self.resources.level
            return None if each and level is not Level.INSTANCE else self.resources.count()
        if each and any(one.level is not Level.INSTANCE for one in self.resources):
            return None
        return len(self.paths) + len(self.resources)

    def report_unreadable(self) -> int:
        """Name the paths that could not be looked into, and return how many they are."""
        for name in self.unreadable:
            say(f"{name}: cannot be looked into")
        return len(self.unreadable)

    def _files(self, path: Path) -> Iterator[Item]:
        """Yield a file whatever it is, and of a folder the files that begin as DICOM does."""
        from fileroom.sources import plain_files  # noqa: PLC0415 - not needed for --help

        if not path.is_dir():
            yield Item(str(path))
            return
        for one in plain_files([path], lambda skipped: self.unreadable.append(skipped.name)):
            if one.path is not None and _may_be_dicom(one.path):
                yield Item(str(one.path))


@contextmanager
def chosen(settings: Settings, words: Sequence[str], jobs: int = 1) -> Iterator[Chosen]:
    """Yield the objects that words mean: public ids and other identifiers, a search, or paths.

    What is there as a file or folder is a path, unless it is written like a public id. The archive is opened
    where there is one, since its documents and its configuration count for files too.

    Args:
        settings: the common options.
        words: what was typed.
        jobs: processes that are to work.

    Raises:
        UsageProblem: they make no sense, or are identifiers and there is no archive.
        CommandError: an identifier is unknown, or may mean several resources.
    """
    tables = {} if jobs == 1 else {"plugins": {LOCAL: {"jobs": jobs}}}
    if is_search(words):
        with settings.open(**tables) as archive:
            yield Chosen(archive.config, archive, jobs, resources=selected(archive, words))
        return
    paths = tuple(Path(word).expanduser() for word in words if is_path(word))
    identifiers = [word for word in words if not is_path(word)]
    if not identifiers and not settings.exists():
        yield Chosen(plain_config(**tables), None, jobs, paths)
        return
    for word in identifiers:
        if os.sep in word or word.lower().endswith(".dcm"):
            raise CommandError("no file of this name is there")
    with settings.open(**tables) as archive:
        named = selected(archive, identifiers) if identifiers else []
        yield Chosen(archive.config, archive, jobs, paths, named)


def is_path(word: str) -> bool:
    """Say whether a word is the path of a file or folder that is there, and not a public id.

    Raises:
        UsageProblem: it is empty.
    """
    if not word.strip():
        raise UsageProblem("a word is empty: expected an id, a search or a path")
    if is_public_id(word):
        return False
    try:
        return Path(word).expanduser().exists()
    except (OSError, ValueError, RuntimeError):
        return False


def is_public_id(word: str) -> bool:
    """Say whether a word is written like a public id."""
    try:
        public_id_to_digest(word)
    except ValueError:
        return False
    return True


def _may_be_dicom(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            start = file.read(_PREAMBLE + len(_MAGIC))
    except OSError:
        return True  # reading it will tell
    return start[_PREAMBLE:] == _MAGIC or start.startswith(_STARTS)

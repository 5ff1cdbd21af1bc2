"""From what people type for objects, ids, a search or paths, to the objects."""

from __future__ import annotations

import functools
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fileroom._executing.products import Item
from fileroom.cli.executing import LOCAL
from fileroom.cli.failures import CommandError, UsageProblem, say
from fileroom.cli.identify import resolve
from fileroom.cli.selecting import is_search, selected
from fileroom.model import Level, is_public_id
from fileroom.standalone import plain_config

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.archive import Archive
    from fileroom.cli.command import Settings
    from fileroom.config import Config
    from fileroom.resources import Resource
    from fileroom.results import Results

WORDS = "ID... | LEVEL [KEY=VALUE]... | PATH..."
"""How the help shows the words that `chosen` takes."""

BATCH = 16
"""Objects for one task of a worker."""

_PREAMBLE = 128
_MAGIC = b"DICM"
_LISTS_FILES = b"\x02\x00\x02\x00UI\x14\x001.2.840.10008.1.3.10"  # as its Media Storage SOP Class UID
_START = 512  # bytes, within which that stands: only the version stands before it (PS3.10 section 7.1)
_STARTS = (b"\x08\x00", b"\x02\x00", b"\x00\x08")  # the groups that objects without a preamble begin with


@dataclass(frozen=True, slots=True)
class Chosen:
    """The objects that a command is to work on.

    Attributes:
        config: the archive's configuration, or where there is none that of the environment.
        archive: the archive, None where there is none.
        apart: whether other processes do the work: several were asked for, or there is a limit of time.
        batch: objects that one of them is given at a time.
        unknown: words that mean nothing, and why; only where there are others.
        paths: files and folders.
        resources: what identifiers mean, or what a search found.
        unreadable: paths that could not be looked into, and why, as they are iterated over.
        notes: what there was nothing in, and what was passed over, a sentence each, as it is iterated over.
    """

    config: Config
    archive: Archive | None = None
    apart: bool = False
    batch: int = BATCH
    unknown: tuple[tuple[str, str], ...] = ()
    paths: tuple[Path, ...] = ()
    resources: list[Resource] | Results[Resource] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def single(self) -> bool:
        """Whether one object was named, and not several, a folder or a search."""
        if not isinstance(self.resources, list):
            return False
        return len(self.resources) + len(self.paths) + len(self.unknown) == 1 and not any(
            path.is_dir() for path in self.paths
        )

    def items(self, *, each: bool) -> Iterator[Item]:
        """Yield the objects.

        Args:
            each: of a patient, study or series yield every instance, and not the resource itself.
        """
        for path in self.paths:
            yield from self._files(path)
        found = False
        for resource in self.resources:
            found = True
            if not each or resource.level is Level.INSTANCE:
                yield Item(resource.id, resource.id)
            elif self.archive is not None:
                yield from (Item(one.id, one.id) for one in self.archive.within(resource.id, Level.INSTANCE))
        if not found and not isinstance(self.resources, list):
            self.notes.append("the search found nothing")

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
        """Name the paths that could not be looked into, and return how many they are; say the notes."""
        for name, why in self.unreadable:
            say(f"{name}: cannot be looked into: {why}")
        for sentence in self.notes:
            say(sentence)
        return len(self.unreadable)

    def _files(self, path: Path) -> Iterator[Item]:
        """Yield a file whatever it is, and of a folder what begins as DICOM does and is no DICOMDIR."""
        from fileroom.sources import plain_files  # noqa: PLC0415 - not needed for --help

        if not path.is_dir():
            yield Item(str(path))
            return
        left_out = len(self.unreadable)
        found = False
        for one in plain_files([path], lambda some: self.unreadable.append((some.name, some.reason))):
            start = _start_of(one.path) if one.path is not None else b""
            if _LISTS_FILES in start:
                self.notes.append(f"{one.path}: passed over, since it lists objects and is none (DICOMDIR)")
            elif start[_PREAMBLE:].startswith(_MAGIC) or start.startswith(_STARTS):
                found = True
                yield Item(str(one.path))
        if not found and len(self.unreadable) == left_out:
            self.notes.append(f"{path}: there is no DICOM file in this folder")


@contextmanager
def chosen(settings: Settings, words: Sequence[str], jobs: int = 1, timeout: float = 0.0) -> Iterator[Chosen]:
    """Yield the objects that words mean: public ids and other identifiers, a search, or paths.

    What is there as a file or folder is a path, unless it is written like a public id. The archive is opened
    where there is one, since its documents and its configuration count for files too.

    Args:
        settings: the common options.
        words: what was typed.
        jobs: processes that are to work; one is this process, unless there is a limit of time.
        timeout: seconds that one object may take, after which its process is ended; 0 is no limit.

    Raises:
        UsageProblem: they make no sense, or are identifiers and there is no archive.
        CommandError: the only word is an identifier that is unknown, or may mean several resources.
    """
    apart = jobs > 1 or timeout > 0
    tables = {"plugins": {LOCAL: {"jobs": jobs, "timeout": timeout}}} if apart else {}
    choose = functools.partial(Chosen, apart=apart, batch=1 if timeout else BATCH)
    if is_search(words):
        with settings.open(**tables) as archive:
            yield choose(archive.config, archive, resources=selected(archive, words))
        return
    paths = tuple(Path(word).expanduser() for word in words if is_path(word))
    others = [(number, word) for number, word in enumerate(words, start=1) if not is_path(word)]
    unknown = [(word, _missing(word)) for _, word in others if is_like_a_path(word)]
    others = [(number, word) for number, word in others if not is_like_a_path(word)]
    if unknown and len(words) == 1:
        raise CommandError(": ".join(unknown[0]))
    if not others and not settings.exists():
        yield choose(plain_config(**tables), None, unknown=tuple(unknown), paths=paths)
        return
    with settings.open(**tables) as archive:
        found: list[Resource] = []
        for number, word in others:
            try:
                found += resolve(archive, [word])
            except CommandError as error:
                if len(words) == 1:
                    raise
                unknown.append((f"word {number}", str(error)))  # which may be a patient's
        yield choose(archive.config, archive, unknown=tuple(unknown), paths=paths, resources=found)


def is_like_a_path(word: str) -> bool:
    """Say whether a word that is the path of nothing was meant to be one."""
    return os.sep in word or word.lower().endswith(".dcm") or _is_link(word)


def _missing(word: str) -> str:
    return "a symbolic link that leads nowhere" if _is_link(word) else "no such file is there"


def _is_link(word: str) -> bool:
    try:
        return Path(word).expanduser().is_symlink()
    except (OSError, ValueError, RuntimeError):
        return False


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


def _start_of(path: Path) -> bytes:
    """Return a file's first bytes; of one that cannot be read, such as DICOM has: who reads it will tell."""
    try:
        with path.open("rb") as file:
            return file.read(_START)
    except OSError:
        return _STARTS[0]

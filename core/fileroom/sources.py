"""What a user passes to an import, as a stream of candidates.

A source is a path (of a file, a folder or a ZIP file), a buffer, an open binary file, a feed
(`fileroom.feeding`), or an iterable of sources. Folders are read one at a time, as the caller goes on;
nothing but the first bytes of a file is looked at, and what is no regular file is never opened.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, cast, overload

from fileroom._files import open_regular, read_head
from fileroom._sources.candidates import Candidate, Skipped, printable, reason
from fileroom._sources.folders import Folders
from fileroom._sources.shared_file import SharedFile
from fileroom._sources.zip_source import HEAD, IN_MEMORY, is_zip, members
from fileroom.feeding import Feed, FeedItem

if TYPE_CHECKING:
    from fileroom._sources.folders import FoundFile
    from fileroom._sources.zip_source import Opener

__all__ = ["Candidate", "OnSkip", "Skipped", "Sources", "estimate", "plain_files", "walk"]

Sources: TypeAlias = (
    "str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | Feed | FeedItem | Iterable[Sources]"
)
"""What can be imported. A path may start with ``~``; an open file is read from where it stands."""

OnSkip: TypeAlias = Callable[[Skipped], object]

_Leaf: TypeAlias = "str | memoryview | BinaryIO | FeedItem"


def walk(sources: Sources, on_skip: OnSkip, *, exclude: Iterable[Path] = ()) -> Iterator[Candidate]:
    """Yield what may be DICOM objects, in the order of the sources, and within a folder by name.

    A folder is walked once, however many links lead to it; a link to a file is taken as that file. A file
    that starts as a ZIP file is replaced by its members (`fileroom._sources.zip_source`). Only names of one
    folder, and of those above it, are held at a time.

    Args:
        sources: see `Sources`.
        on_skip: is told what is not yielded: *ignored* are empty files, FIFOs, sockets, devices, and
            folders that were walked already or are excluded; *rejected* is what could not be read.
        exclude: folders not to go into, for example an archive's own.

    Raises:
        TypeError: one of the sources is of no kind that can be imported.
    """
    folders = Folders(on_skip, exclude)
    for number, leaf in enumerate(_leaves(sources), start=1):
        if isinstance(leaf, str):
            for found in folders.files(leaf):
                yield from _from_path(found, on_skip)
        elif isinstance(leaf, memoryview):
            opener = functools.partial(io.BytesIO, leaf)
            yield from _from_opener(f"<bytes {number}>", opener, leaf.nbytes, on_skip)
        elif isinstance(leaf, FeedItem):
            yield from _from_opener(printable(leaf.name), leaf.open, leaf.size, on_skip)
        else:
            yield from _from_file(leaf, number, on_skip)


def plain_files(
    sources: Sources,
    on_skip: OnSkip,
    *,
    exclude: Iterable[Path] = (),
    even_excluded: bool = False,
    pathless: str = "not a file on this machine: import it instead",
) -> Iterator[Candidate]:
    """Yield the files that may be DICOM objects, each by its absolute path; nothing is opened.

    A path keeps the symbolic links in it. For the rest see `walk`.

    Args:
        sources: see `Sources`.
        on_skip: as for `walk`; what is no path is *rejected*, too.
        exclude: folders not to go into.
        even_excluded: go into an excluded folder if it is a source itself.
        pathless: why what is no path is rejected.

    Raises:
        TypeError: as `walk`.
    """
    folders = Folders(on_skip, exclude)
    for number, leaf in enumerate(_leaves(sources), start=1):
        if not isinstance(leaf, str):
            on_skip(Skipped(f"<source {number}>", "rejected", pathless))
            continue
        for found in folders.files(_absolute(leaf), even_excluded=even_excluded):
            name = printable(found.path)
            if found.size:
                yield Candidate(name, Path(found.path), found.size, _stamp(found), found.modified)
            else:
                on_skip(Skipped(name, "ignored", "empty file"))


def estimate(sources: Sources, *, exclude: Iterable[Path] = ()) -> tuple[int, int]:
    """Return about how many files `walk` will find, and how many bytes they have, for a progress bar.

    A ZIP file counts as one file of its own size, an open file as one without bytes, a feed as many as it
    says, and a generator, which could not be read twice, not at all.

    Raises:
        TypeError: as `walk`.
    """
    folders = Folders(lambda _: None, exclude)
    count = size = 0
    for leaf in _leaves(sources, once=False):
        if isinstance(leaf, Feed):
            count += leaf.count() or 0
        elif isinstance(leaf, str):
            for found in folders.files(leaf):
                count, size = count + 1, size + found.size
        else:
            count, size = count + 1, size + (leaf.nbytes if isinstance(leaf, memoryview) else 0)
    return count, size


@overload
def _leaves(sources: Sources) -> Iterator[_Leaf]: ...
@overload
def _leaves(sources: Sources, *, once: bool) -> Iterator[_Leaf | Feed]: ...


def _leaves(sources: Sources, *, once: bool = True) -> Iterator[_Leaf | Feed]:
    """Flatten; paths become text.

    Unless ``once``, iterators, which can be read once only, are left out, and feeds stay whole.
    """
    if isinstance(sources, FeedItem) or (isinstance(sources, Feed) and not once):
        yield sources
    elif isinstance(sources, str | os.PathLike):
        path = os.fspath(sources)
        yield os.path.expanduser(path)  # noqa: PTH111 - unlike Path, keeps what it cannot expand
    elif isinstance(sources, bytes | bytearray | memoryview):
        yield memoryview(sources)
    elif hasattr(sources, "read"):
        yield cast("BinaryIO", sources)
    elif not isinstance(cast("object", sources), Iterable):
        kinds = "a path, bytes, a binary file, or an iterable of these"
        raise TypeError(f"cannot import a {type(sources).__name__}: expected {kinds}")
    elif once or not isinstance(sources, Iterator):
        for source in sources:
            yield from _leaves(source, once=once)


def _absolute(path: str) -> str:
    """Make a path absolute; ``..`` goes where that changes nothing, which past a symbolic link it may."""
    with contextlib.suppress(OSError, ValueError):
        plain = os.path.abspath(path)  # noqa: PTH100 - Path.absolute keeps all ``..``
        if os.pardir not in Path(path).parts or os.path.samefile(path, plain):  # noqa: PTH121
            return plain
        return os.path.join(os.getcwd(), path)  # noqa: PTH109, PTH118
    return path


def _from_path(found: FoundFile, on_skip: OnSkip) -> Iterator[Candidate]:
    name = printable(found.path)
    if found.size == 0:
        on_skip(Skipped(name, "ignored", "empty file"))
        return
    try:
        head = read_head(found.path, HEAD)
    except OSError as error:
        on_skip(Skipped(name, "rejected", reason(error)))
        return
    if is_zip(head):
        yield from _from_zip(name, functools.partial(open_regular, found.path), found.size, on_skip)
    else:
        yield Candidate(name, Path(found.path), found.size, _stamp(found), found.modified)


def _from_file(file: BinaryIO, number: int, on_skip: OnSkip) -> Iterator[Candidate]:
    if isinstance(cast("object", file), io.TextIOBase):
        raise TypeError("cannot import a file that is open as text: open it in binary mode")
    path = getattr(file, "name", None)
    name = printable(path) if isinstance(path, str) else f"<file {number}>"
    try:
        seekable = file.seekable()
        shared = SharedFile(file if seekable else _spooled(file), owned=not seekable)
    except (OSError, ValueError) as error:
        on_skip(Skipped(name, "rejected", reason(error)))
        return
    yield from _from_opener(name, shared.open, shared.size, on_skip)


def _from_opener(name: str, opener: Opener, size: int, on_skip: OnSkip) -> Iterator[Candidate]:
    if size == 0:
        on_skip(Skipped(name, "ignored", "empty file"))
        return
    try:
        with opener() as file:
            head = file.read(HEAD)
    except OSError as error:
        on_skip(Skipped(name, "rejected", reason(error)))
        return
    if is_zip(head):
        yield from _from_zip(name, opener, size, on_skip)
    else:
        yield Candidate(name, None, size, 0, None, opener)


def _from_zip(name: str, opener: Opener, size: int, on_skip: OnSkip) -> Iterator[Candidate]:
    for member in members(name, opener, size, on_skip):
        yield Candidate(member.name, None, member.size, 0, None, member.open)


def _spooled(file: BinaryIO) -> BinaryIO:
    """Copy what cannot be read twice, into memory or, where it is larger, a temporary file."""
    copy = cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 - returned
    shutil.copyfileobj(file, copy)
    copy.seek(0)
    return copy


def _stamp(found: FoundFile) -> int:
    """Return a fingerprint in 1..2**63-1, so that an index can keep it in a signed column."""
    text = f"{found.real}\0{found.size}\0{found.modified}"
    digest = hashlib.blake2b(os.fsencode(text), digest_size=8).digest()
    return int.from_bytes(digest) >> 1 or 1

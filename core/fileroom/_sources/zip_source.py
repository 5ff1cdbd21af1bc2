"""ZIP files as sources: their members, one by one, never unpacked to disk under their own names.

What holds whatever a ZIP file says of itself: no member inflates beyond the size it claims; all members
together, those of nested ZIP files included, not beyond `MAX_RATIO` times the outermost file (or `FREE`,
where that is more); no directory fills the memory. Only *stored* and *deflated* members are read: tools
write no others unless told to, and the standard library does not bound what one read of those inflates to.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from fileroom._sources.candidates import Skipped, printable, reason
from fileroom._sources.shared_file import SharedFile
from fileroom._sources.zip_file import IN_MEMORY, Budget, Entry, ZipFile

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator

MAX_DEPTH = 3
"""How deep ZIP files may lie within each other, counting the outermost."""
MAX_RATIO = 200
"""How many times its own size a ZIP file may inflate to; real images reach 2 to 50."""
FREE = 1 << 30
"""How many bytes any ZIP file may inflate to, whatever the ratio: series of empty images compress well."""
HEAD = 132
"""How much of the start of a file `is_zip` wants to see."""

__all__ = ["FREE", "HEAD", "IN_MEMORY", "MAX_DEPTH", "MAX_RATIO", "Member", "Opener", "is_zip", "members"]

_UNIX = 3

OnSkip: TypeAlias = Callable[[Skipped], object]
Opener: TypeAlias = Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a ZIP file: its name in reports, the size it claims, and how to inflate it."""

    name: str
    size: int
    open: Opener


def is_zip(head: bytes) -> bool:
    """Say by its first `HEAD` bytes whether a file is a ZIP file, and not a DICOM file in disguise."""
    # A DICOM preamble may hold anything, the signature of another format included (PS3.10 section 7.1).
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06")) and head[128:132] != b"DICM"


def members(name: str, opener: Opener, size: int, on_skip: OnSkip) -> Iterator[Member]:
    """Yield the members of a ZIP file in the order of its directory, those of nested ones included.

    A member can be opened for as long as it is kept, by any thread, as often as wanted; the ZIP file itself
    is held open only during the walk and while a member is inflated.

    Args:
        name: the ZIP file's name in reports.
        opener: opens it anew, independently of other readers.
        size: its size in bytes.
        on_skip: is told of members, and whole ZIP files, that are not read.
    """
    refusal = f"ZIP file that inflates to more than {MAX_RATIO} times its size"
    budget = Budget(max(FREE, MAX_RATIO * size), refusal)
    return _walk(name, opener, size, on_skip, budget=budget, depth=1)


def _walk(
    name: str, opener: Opener, size: int, on_skip: OnSkip, *, budget: Budget, depth: int
) -> Iterator[Member]:
    if depth > MAX_DEPTH:
        on_skip(Skipped(name, "rejected", f"ZIP files nested deeper than {MAX_DEPTH}: unpack it first"))
        return
    try:
        archive = ZipFile(opener, size, budget)
    except OSError as error:
        on_skip(Skipped(name, "rejected", reason(error)))
        return
    if not archive.infos:
        on_skip(Skipped(name, "ignored", "ZIP file without members"))
    try:
        for info in archive.infos:
            if budget.spent:
                on_skip(Skipped(name, "rejected", f"{budget.refusal}: the rest of it was not read"))
                return
            if not info.filename.endswith("/"):  # ZipInfo.is_dir of Python 3.11 fails on an empty name
                yield from _member(archive, info, printable(f"{name}!{info.filename}"), on_skip, depth)
    finally:
        archive.let_go()


def _member(
    archive: ZipFile, info: zipfile.ZipInfo, name: str, on_skip: OnSkip, depth: int
) -> Iterator[Member]:
    if info.create_system == _UNIX and stat.S_IFMT(info.external_attr >> 16) not in {0, stat.S_IFREG}:
        on_skip(Skipped(name, "ignored", "not a regular file"))
        return
    if info.file_size == 0:
        on_skip(Skipped(name, "ignored", "empty file"))
        return
    entry = Entry(archive, info)
    try:
        inner = SharedFile(entry.open(), owned=True) if is_zip(entry.head(HEAD)) else None
    except OSError as error:
        on_skip(Skipped(name, "rejected", reason(error)))
        return
    if inner is None:
        yield Member(name, info.file_size, entry.open)
    else:
        yield from _walk(name, inner.open, inner.size, on_skip, budget=archive.budget, depth=depth + 1)

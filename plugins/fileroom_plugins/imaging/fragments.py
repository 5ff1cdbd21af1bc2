"""The items of encapsulated pixel data: PS3.5 section A.4."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from fileroom.plugin import InvalidDatasetError, NotSupportedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom_plugins.imaging.header import Header

Fragment: TypeAlias = tuple[int, int]
"""The position and the length of an item's value."""

ITEM_HEAD = 8
"""The bytes of an item's tag and length."""

_ITEM = b"\xfe\xff\x00\xe0"
_END = b"\xfe\xff\xdd\xe0"


def first_item(header: Header) -> int:
    """Return where the first fragment's item starts: after that of the basic offset table.

    Raises:
        NotSupportedError: the transfer syntax is not known, and may mean anything.
        InvalidDatasetError: the pixel data is not encapsulated, or does not start with that table.
    """
    start = header.pixels.start
    if header.pixels.length is not None:
        if not header.syntax.is_transfer_syntax:
            raise NotSupportedError("the transfer syntax is none that is known")
        raise InvalidDatasetError("the transfer syntax is encapsulated, and the pixel data is not")
    return start + ITEM_HEAD + _length(header.read(start, ITEM_HEAD))


def items(header: Header, start: int, end: int) -> Iterator[Fragment]:
    """Walk over items, of which only the heads are read.

    Args:
        header: the image.
        start: where the first item starts.
        end: where the last one ends: an item that goes on beyond is an error. At the end of the source
            there may be a sequence delimiter, or nothing.

    Raises:
        InvalidDatasetError: an item is cut off, or there is something else.
    """
    while start < end:
        head = header.read(start, min(ITEM_HEAD, header.size - start))
        if head[:4] == _END:
            return
        length = _length(head)
        if start + ITEM_HEAD + length > end:
            raise InvalidDatasetError("the pixel data is cut off within a fragment, or an offset is wrong")
        yield start + ITEM_HEAD, length
        start += ITEM_HEAD + length


def joined(header: Header, fragments: Sequence[Fragment]) -> bytes:
    """Return the bytes of fragments that follow on one another, with one read.

    Raises:
        InvalidDatasetError: there are none, or they are not where they are said to be.
    """
    if not fragments:
        raise InvalidDatasetError("a frame is missing in the pixel data")
    start = fragments[0][0] - ITEM_HEAD
    whole = header.read(start, sum(fragments[-1]) - start)
    parts = []
    for at, length in fragments:
        begin = at - start
        if _length(whole[begin - ITEM_HEAD : begin]) != length:
            raise InvalidDatasetError("a fragment is not where it is said to be")
        parts.append(whole[begin : begin + length])
    return parts[0] if len(parts) == 1 else b"".join(parts)


def offset_tables(header: Header, frames: int) -> list[int] | None:
    """Return where frames start, counted from the first fragment's item; None unless a table says so.

    The extended offset table (PS3.3 section C.7.6.3.1.8) goes before the basic one.
    """
    extended = header.dataset.get("ExtendedOffsetTable")
    if isinstance(extended, bytes) and len(extended) == 8 * frames:
        return _numbers(extended, 8)
    start = header.pixels.start
    length = first_item(header) - start - ITEM_HEAD
    if length != 4 * frames:
        return None
    return _numbers(header.read(start + ITEM_HEAD, length), 4)


def _numbers(data: bytes, size: int) -> list[int]:
    return [int.from_bytes(data[at : at + size], "little") for at in range(0, len(data), size)]


def _length(head: bytes) -> int:
    if head[:4] != _ITEM or len(head) < ITEM_HEAD:
        raise InvalidDatasetError("the pixel data is no sequence of fragments")
    return int.from_bytes(head[4:], "little")

"""Compressed pixels as they lie in a file: fragments, and where each frame begins (PS3.5 annex A.4)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from fileroom.plugin import InvalidDatasetError
from fileroom_plugins.deidentify.elements import IMPLICIT_HEAD, ITEM, SEQUENCE_END, Fragments
from fileroom_plugins.deidentify.pixels.comments import in_jpeg, in_jpeg_2000

if TYPE_CHECKING:
    from collections.abc import Iterator

_RLE = "1.2.840.10008.1.2.5"
_VIDEO = "1.2.840.10008.1.2.4.10"
"""What transfer syntaxes of MPEG and HEVC begin with: all fragments are one stream."""

_JPEG = (b"\xff\xd8",)
_JPEG_2000 = (b"\xff\x4f", b"\0\0\0\x0cjP")
_BEGINNINGS = {
    **{f"1.2.840.10008.1.2.4.{number}": _JPEG for number in (*range(50, 71), 80, 81)},
    **{f"1.2.840.10008.1.2.4.{number}": _JPEG_2000 for number in (*range(90, 94), *range(201, 204))},
}
_END = b"\xff\xd9"
_MOST_SEGMENTS = 15
_HEAD = 8
_LONGEST_OFFSET = 0xFFFF_FFFF


class Fragment(NamedTuple):
    """One fragment.

    Attributes:
        offset: of its item, from the first fragment's.
        data: its bytes.
    """

    offset: int
    data: memoryview


class Encapsulated(NamedTuple):
    """Compressed pixels of which every byte belongs to a frame, or says where one begins.

    Attributes:
        value: as they are written.
        frames: the fragments of every frame.
    """

    value: Fragments
    frames: list[list[Fragment]]


def explained(value: Fragments, frames: int, syntax: str) -> Encapsulated:
    """Return compressed pixels whose Basic Offset Table says where frames begin, or nothing.

    Frames are not decoded. What JPEG and JPEG 2000 streams carry beside their picture becomes zeros; what
    streams of other kinds carry stays.

    Args:
        value: as they are in the file.
        frames: how many there should be.
        syntax: the transfer syntax.

    Raises:
        InvalidDatasetError: there are fragments that belong to no frame.
    """
    table, fragments, start = _read(value.data)
    offsets = [offset for (offset,) in struct.iter_unpack("<I", table[: len(table) // 4 * 4])]
    if syntax.startswith(_VIDEO):
        grouped, begins = [fragments], [0]
    else:
        grouped = _grouped(fragments, offsets, frames, syntax)
        begins = [group[0].offset for group in grouped]
        for group in grouped:
            _check_frame(group, syntax)
    if len(table) and not (len(table) % 4 == 0 and offsets == begins):
        fitting = [begin for begin in begins if begin <= _LONGEST_OFFSET]
        new = struct.pack(f"<{len(begins)}I", *begins) if fitting == begins and len(begins) == frames else b""
        head = IMPLICIT_HEAD["<"].pack(ITEM >> 16, ITEM & 0xFFFF, len(new))
        value = Fragments(memoryview(b"".join((head, new, value.data[start:]))))
        start = _HEAD + len(new)
    if spots := list(_beside(grouped, syntax, several=len(grouped) < frames)):
        data = bytearray(value.data)
        for at, length in spots:
            data[start + at : start + at + length] = bytes(length)
        value = Fragments(memoryview(bytes(data)))
    return Encapsulated(value, grouped)


def _beside(grouped: list[list[Fragment]], syntax: str, *, several: bool) -> Iterator[tuple[int, int]]:
    """Yield where fragments have what is no part of a picture, and is not zero already: offset and length."""
    beginnings = _BEGINNINGS.get(syntax)
    for group in grouped if beginnings else ():
        stream = group[0].data if len(group) == 1 else memoryview(b"".join(one.data for one in group))
        found = in_jpeg(stream, several=several) if beginnings is _JPEG else in_jpeg_2000(stream)
        for spot in found:
            if any(stream[spot]):
                yield from _in_fragments(group, spot)


def _in_fragments(group: list[Fragment], spot: slice) -> Iterator[tuple[int, int]]:
    """Yield the pieces of a part of a frame, as they lie in its fragments: offset and length."""
    begin = 0
    for one in group:
        first, last = max(spot.start, begin), min(spot.stop, begin + len(one.data))
        if first < last:
            yield one.offset + _HEAD + first - begin, last - first
        begin += len(one.data)


def _read(data: memoryview) -> tuple[memoryview, list[Fragment], int]:
    """Return the Basic Offset Table, the fragments, and where the first of these begins."""
    at, found = 0, []
    while at < len(data):
        group, element, length = IMPLICIT_HEAD["<"].unpack_from(data, at)
        if group << 16 | element == SEQUENCE_END:
            break
        found.append(Fragment(at, data[at + _HEAD : at + _HEAD + length]))
        at += _HEAD + length
    if not found:
        return data[:0], [], 0
    table, start = found[0].data, _HEAD + len(found[0].data)
    return table, [Fragment(one.offset - start, one.data) for one in found[1:]], start


def _grouped(fragments: list[Fragment], offsets: list[int], frames: int, syntax: str) -> list[list[Fragment]]:
    """Return the fragments of every frame."""
    fragments = [one for one in fragments if one.data]
    places = {one.offset: index for index, one in enumerate(fragments)}
    if len(fragments) <= frames:
        return [[one] for one in fragments]
    if syntax == _RLE:
        _refuse(len(fragments), frames)  # PS3.5 section A.4.2: a frame is one fragment
    if frames == 1:
        starts = [0]
    elif len(offsets) == frames and offsets[0] == 0 and all(offset in places for offset in offsets):
        starts = [places[offset] for offset in offsets]
    else:
        beginnings = _BEGINNINGS.get(syntax, ())
        starts = [index for index, one in enumerate(fragments) if _begins(one, beginnings)]
    if len(starts) != frames or starts != sorted(set(starts)) or starts[0]:
        _refuse(len(fragments), frames)
    return [fragments[start:stop] for start, stop in zip(starts, [*starts[1:], len(fragments)], strict=True)]


def _check_frame(group: list[Fragment], syntax: str) -> None:
    """Refuse what is no frame of a transfer syntax, and what stands behind the end of one."""
    first, last = group[0], group[-1]
    if syntax == _RLE:
        segments = int.from_bytes(first.data[:4], "little")
        if not 0 < segments <= _MOST_SEGMENTS:
            _fail("a fragment of its compressed pixels is no frame")
    beginnings = _BEGINNINGS.get(syntax)
    if beginnings is None:
        return
    if not _begins(first, beginnings):
        _fail("a fragment of its compressed pixels is no frame")
    if last is not first and not bytes(last.data[-_HEAD:]).rstrip(b"\0\xff").endswith(_END):
        _fail("a frame of its compressed pixels does not end with its last fragment")


def _begins(fragment: Fragment, beginnings: tuple[bytes, ...]) -> bool:
    return bytes(fragment.data[:6]).startswith(beginnings)


def _refuse(fragments: int, frames: int) -> NoReturn:
    _fail(f"{frames} frames do not explain {fragments} fragments of compressed pixels")


def _fail(what: str) -> NoReturn:
    raise InvalidDatasetError(f"damaged: {what}; nothing of this object was passed on")

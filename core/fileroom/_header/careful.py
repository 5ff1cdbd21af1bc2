"""The careful reader: whatever the quick one is not sure of, element by element as pydicom sees it.

pydicom knows how real files depart from the standard: VRs that do not exist, implicit elements within
explicit data, sequences disguised as unknown. It is asked for one element after the other, never for a
whole data set: that would hold all it has read, recurse with the nesting, warn through `warnings`, which
threads share, and at some bad ends return what there is without a word. Here memory, depth and number of
elements are bounded, and a value that is not all there is an error.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from fileroom._header.elements import (
    ITEM,
    MAX_DEPTH,
    MAX_VALUE,
    PIXEL_DATA,
    SEQUENCE_END,
    UNDEFINED,
    has_implicit_vr,
    swapped,
)
from fileroom._header.pixels import is_whole
from fileroom._header.values import CHARACTER_SET
from fileroom.errors import FileroomError, InvalidDatasetError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pydicom.dataelem import RawDataElement

    from fileroom._header.values import RawElement
    from fileroom._header.window import Window

MAX_READS = 500_000
"""So many pieces are read of a header: more elements are refused, as pydicom takes its time for each."""

_PIXEL_DATA = frozenset(map(swapped, PIXEL_DATA))
_ITEM = swapped(ITEM)
_SEQUENCE_END = swapped(SEQUENCE_END)


class CarefulResult(NamedTuple):
    """What the careful reader found.

    Attributes:
        elements: the wanted ones but for sequences, in the order of the file.
        sequences: the wanted sequences' items, by tag.
        pixel_data: the offset of the pixel data element's tag, or None where there is none.
    """

    elements: list[RawElement]
    sequences: dict[int, list[list[RawElement]]]
    pixel_data: int | None


def read_carefully(
    window: Window,
    position: int,
    *,
    implicit: bool,
    little_endian: bool,
    wanted: Collection[int],
    sequences: Collection[int],
) -> CarefulResult:
    """Read a data set up to its pixel data or its end.

    Args:
        window: is moved as needed.
        position: offset of the first element.
        implicit: whether VRs are left out; the data is believed where it differs.
        little_endian: the order of bytes.
        wanted: the tags to return.
        sequences: those of them whose items are to be returned.

    Raises:
        InvalidDatasetError: the data is damaged, or not all there.
        OSError: the source could not be read.
    """
    reader = _Reader(window, wanted, sequences, little_endian=little_endian)
    try:
        return reader.data_set(position, implicit=implicit)
    except (FileroomError, OSError):
        raise
    except struct.error as error:
        raise _cut_short() from error
    except Exception as error:
        # Hostile bytes can make pydicom raise nearly anything.
        reason = f"damaged: pydicom cannot parse the header ({type(error).__name__})"
        raise InvalidDatasetError(reason) from error


class _Stretch:
    """Bytes of a window up to an end, as the file object that pydicom reads.

    Attributes:
        end: the offset behind its last byte.
        rest: what was left when more was to be read than there is; None as long as that was not so.
    """

    def __init__(self, reader: _Reader, position: int, end: int) -> None:
        self._reader = reader
        self._position = position
        self.end = end
        self.rest: bytes | None = None

    def read(self, length: int) -> bytes:
        piece = self._reader.take(self._position, min(length, self.end - self._position))
        self._position += len(piece)
        if len(piece) < length:
            self.rest = piece
        return piece

    def seek(self, position: int) -> None:
        if position > self.end:
            raise _cut_short()
        self._position = position

    def tell(self) -> int:
        return self._position


class _Halt(NamedTuple):
    """An element that pydicom must not read by itself: what its header says, where its value starts."""

    tag: int
    vr: str
    length: int
    start: int


class _Reader:
    def __init__(
        self, window: Window, wanted: Collection[int], sequences: Collection[int], *, little_endian: bool
    ) -> None:
        self._window = window
        self._wanted = list(wanted)
        self._sequences = sequences
        self._halting = {*sequences, *_PIXEL_DATA}
        self._little_endian = little_endian
        self._item_header = struct.Struct("<HHI" if little_endian else ">HHI")
        self._reads = 0
        self._kept: dict[int, list[list[RawElement]]] = {}
        self._pixel_data: int | None = None

    def take(self, position: int, length: int) -> bytes:
        """Return bytes of the window, and keep count."""
        self._reads += 1
        if self._reads > MAX_READS:
            raise InvalidDatasetError(f"refused: the header has more than {MAX_READS} elements")
        return self._window.take(position, length)

    def data_set(self, position: int, *, implicit: bool) -> CarefulResult:
        implicit = has_implicit_vr(self.take(position, 6), assumed=implicit)
        stretch = _Stretch(self, position, self._window.size)
        elements = self._elements(stretch, self._wanted, implicit=implicit, depth=0)
        if self._pixel_data is None:
            at_end = stretch.tell() == stretch.end
            if stretch.rest is None and not at_end:
                raise InvalidDatasetError("damaged: an item ends where none has begun")
            if not at_end or any(stretch.rest or b""):  # a few zeros at the end are padding
                raise _cut_short()
        return CarefulResult(elements, self._kept, self._pixel_data)

    def _elements(
        self, stretch: _Stretch, tags: list[int] | None, *, implicit: bool, depth: int
    ) -> list[RawElement]:
        """Return elements up to the pixel data, an item's delimiter, or the end of the stretch.

        Args:
            stretch: where to read; it is left where reading ended.
            tags: those to return, None for all.
            implicit: whether VRs are left out.
            depth: the number of sequences around.
        """
        from pydicom.filereader import data_element_generator  # noqa: PLC0415 - slow, seldom needed

        found: list[RawElement] = []
        halt: list[_Halt] = []

        def is_ours(tag: int, vr: str | None, length: int) -> bool:
            ours = length == UNDEFINED or tag == CHARACTER_SET or (depth == 0 and tag in self._halting)
            if ours:
                halt.append(_Halt(int(tag), vr or "", length, stretch.tell()))
            return ours

        while True:
            elements = data_element_generator(
                cast("BinaryIO", stretch),
                implicit,
                self._little_endian,
                is_ours,
                MAX_VALUE,
                specific_tags=tags,
            )
            found += map(_whole, cast("Iterator[RawDataElement]", elements))
            if not halt:
                return found
            tag, vr, length, start = halt.pop()
            if depth == 0 and tag in _PIXEL_DATA:
                if not is_whole(self._window, start, length):
                    raise InvalidDatasetError("truncated: the pixel data is cut short")
                self._pixel_data = stretch.tell()
                return found
            if tag in self._sequences and depth == 0:
                self._kept[tag], after = self._items(
                    start, length, stretch.end, implicit=implicit, keep=True, depth=1
                )
                if after - start > MAX_VALUE:
                    self._kept[tag] = []
            elif length == UNDEFINED:
                _, after = self._items(
                    start, length, stretch.end, implicit=implicit, keep=False, depth=depth + 1
                )
            else:
                after = _within(start + length, stretch.end)
                found.append((tag, vr, self.take(start, length) if length <= MAX_VALUE else b""))
            stretch.seek(after)

    def _items(
        self, position: int, length: int, end: int, *, implicit: bool, keep: bool, depth: int
    ) -> tuple[list[list[RawElement]], int]:
        """Return a sequence's items, if they are to be kept, and where what follows it begins."""
        if depth > MAX_DEPTH:
            raise InvalidDatasetError(f"damaged: sequences are nested more than {MAX_DEPTH} deep")
        if length != UNDEFINED:
            end = _within(position + length, end)
        items: list[list[RawElement]] = []
        while position < end:
            header = self.take(position, _within(position + 8, end) - position)
            group, element, size = self._item_header.unpack(header)
            tag = group << 16 | element
            position += 8
            if tag == _SEQUENCE_END:
                return items, position if length == UNDEFINED else end
            if tag != _ITEM:
                raise InvalidDatasetError("damaged: a sequence holds something else than items")
            if size != UNDEFINED and not keep:
                position = _within(position + size, end)
                continue
            stretch = _Stretch(self, position, end if size == UNDEFINED else _within(position + size, end))
            vr_less = implicit or has_implicit_vr(self.take(position, 6), assumed=False)
            tags = None if keep else [CHARACTER_SET]
            items.append(self._elements(stretch, tags, implicit=vr_less, depth=depth))
            if stretch.rest if size != UNDEFINED else stretch.rest is not None:
                raise _cut_short()
            position = stretch.tell() if size == UNDEFINED else stretch.end
        if length == UNDEFINED:
            raise _cut_short()
        return items, position


def _whole(raw: RawDataElement) -> RawElement:
    """Return an element as we hold it, without its value if that was too long to be read."""
    value = raw.value or b""
    if raw.value is not None and len(value) < raw.length:
        raise _cut_short()
    return int(raw.tag), raw.VR or "", value


def _within(position: int, end: int) -> int:
    if position > end:
        raise _cut_short()
    return position


def _cut_short() -> InvalidDatasetError:
    return InvalidDatasetError("truncated: a value reaches beyond the end of what holds it")

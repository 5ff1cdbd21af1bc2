"""Pixels without the bytes behind them and the bits beside them, of which no frame tells anything."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from fileroom.plugin import InvalidDatasetError, NotSupportedError
from fileroom_plugins.deidentify.elements import Element, Fragments
from fileroom_plugins.deidentify.pixels.fragments import explained
from fileroom_plugins.deidentify.pixels.unused_bits import Bits, cleared

if TYPE_CHECKING:
    from fileroom_plugins.deidentify.elements import Items

PIXEL_DATA, _FLOAT, _DOUBLE = 0x7FE0_0010, 0x7FE0_0008, 0x7FE0_0009
PIXELS = (PIXEL_DATA, _FLOAT, _DOUBLE)
"""Attributes that frames lie in."""

OFFSETS, LENGTHS = 0x7FE0_0001, 0x7FE0_0002
"""Extended Offset Table, and its lengths."""

_BIG_PIXELS = "1.2.840.113619.5.2"
"""GE's transfer syntax whose pixels alone are big endian."""

_SHARED = {"YBR_FULL_422", "YBR_PARTIAL_422"}
_GROUP = 0xFFFF_0000
_OVERLAY_POSITION, _OVERLAY_DATA = 0x0102, 0x3000
_DESCRIBED = frozenset(group << 16 | 0x0100 for group in range(0x6000, 0x6100, 2))
"""Overlay Bits Allocated of every overlay."""

_FRAMES = re.compile(rb"[ \0]*+\+?+([0-9]{1,9})[ \0]*+")


class Image:
    """What an image, or an item with one, says of its pixels.

    Args:
        items: its attributes as they were.
        order: their byte order as `struct` has it.
        syntax: the transfer syntax UID.
    """

    def __init__(self, items: Items, order: str, syntax: str) -> None:
        self._items = items
        self._order = order
        self._syntax = syntax

    def exact(self, tag: int, *, planes_stay: bool) -> Element:
        """Return an attribute of pixels without what no frame explains; the same one if there is nothing.

        Args:
            tag: one of `PIXELS`.
            planes_stay: overlays in unused bits are kept, and with them these bits.

        Raises:
            InvalidDatasetError: it cannot be told what belongs to frames, or fragments do not.
            NotSupportedError: overlays that are to go lie where they cannot be cleared.
            MissingDependencyError: bits are to be cleared, and numpy is not installed.
        """
        element = self._items[tag]
        value = element.value
        if isinstance(value, Fragments):
            if not planes_stay:
                self._refuse_planes(~0, "compressed pixels, which would have to be decompressed first")
            new = explained(value, self.frames, self._syntax).value
            return element if new is value else Element(element.vr, new)
        if not value:
            return element
        data = self._cut(tag, element)
        if tag == PIXEL_DATA and not planes_stay:
            bits = self._bits()
            self._refuse_planes(bits.own, "bits that the image says are its own")
            data = cleared(data, bits, self._pixel_order(), self._padding(bits)) or data
        return element if data is value else Element(element.vr, data)

    @property
    def frames(self) -> int:
        """How many frames there should be.

        Raises:
            InvalidDatasetError: Number of Frames is no number.
        """
        number = self._items.get(0x0028_0008)
        if number is None or not number.data.strip(b" \0"):
            return 1
        match = _FRAMES.fullmatch(number.data)
        if match is None:
            raise _damaged("its Number of Frames is no number")
        return max(1, int(match[1]))

    def offsets_fit(self, made: Items) -> bool:
        """Say whether an Extended Offset Table and its lengths tell of frames, and of nothing else."""
        element = made.get(PIXEL_DATA)
        if element is None or not isinstance(element.value, Fragments):
            return False
        frames = explained(element.value, self.frames, self._syntax).frames
        lengths = made.get(LENGTHS)
        said = _longs(made[OFFSETS], self._order)
        counted = _longs(lengths, self._order) if lengths else None
        sizes = [len(frame[0].data) for frame in frames]
        return (
            all(len(frame) == 1 for frame in frames)
            and said == [frame[0].offset for frame in frames]
            and (
                counted is None
                or (
                    len(counted) == len(sizes)
                    and all(size - one in {0, 1} for one, size in zip(counted, sizes, strict=True))
                )
            )
        )

    def _cut(self, tag: int, element: Element) -> bytes | memoryview:
        """Return a value without what is longer than its frames, but for a byte of padding."""
        value = element.value
        assert isinstance(value, bytes | memoryview)
        rows, columns = self._number(0x0028_0010), self._number(0x0028_0011)
        bits = {_FLOAT: 32, _DOUBLE: 64}.get(tag) or self._number(0x0028_0100)
        if not (rows and columns and bits):
            raise _damaged("it has pixels, and does not say how many")
        samples = self._number(0x0028_0002) or 1
        pixels = self.frames * rows * columns
        length = (pixels * samples * bits + 7) // 8
        photometric = self._items.get(0x0028_0004)
        if photometric and photometric.data.strip(b" \0").decode("latin-1") in _SHARED:
            shared = (pixels * 2 * bits + 7) // 8
            # Writers are known that name it so, and share nothing.
            length = length if len(value) in {length, length + length % 2} else shared
        if length % 2 and self._pixel_order() == ">" and element.vr == "OW":
            # Two bytes are one word, so the padding stands before the last pixel (PS3.5 section 8.1.1).
            if len(value) <= length:
                return value
            return bytes(value[: length - 1]) + b"\0" + bytes(value[length : length + 1])
        if len(value) <= length or (len(value) == length + length % 2 and not value[-1]):
            return value
        return value[:length]

    def _bits(self) -> Bits:
        allocated = self._number(0x0028_0100)
        stored = self._number(0x0028_0101) or allocated
        high = self._items.get(0x0028_0102)
        return Bits(
            allocated,
            stored,
            self._number(0x0028_0102) if high else stored - 1,
            self._number(0x0028_0103) == 1,
        )

    def _padding(self, bits: Bits) -> int | None:
        padding = self._items.get(0x0028_0120)
        found = padding.data if padding else b""
        if not found or len(found) * 8 != bits.allocated:
            return None
        return int.from_bytes(found, "little" if self._order == "<" else "big")

    def _pixel_order(self) -> str:
        return ">" if self._syntax == _BIG_PIXELS else self._order

    def _refuse_planes(self, own: int, where: str) -> None:
        """Refuse planes of overlays, without data of their own, that lie in some bits of the pixels."""
        for group in embedded_planes(self._items):
            position = self._number(group << 16 | _OVERLAY_POSITION)
            # Position 0 is that of overlays that lie in no pixels.
            if position and own >> position & 1:
                raise NotSupportedError(f"an overlay that is to go lies in {where}; it was not passed on")

    def _number(self, tag: int) -> int:
        """Return a whole number; 0 where there is none."""
        element = self._items.get(tag)
        if element is None or len(element.data) not in {2, 4}:
            return 0
        return int.from_bytes(element.data, "little" if self._order == "<" else "big")


def embedded_planes(items: Items) -> list[int]:
    """Return the groups of overlays that have their data in bits of the pixels (retired)."""
    if _DESCRIBED.isdisjoint(items):
        return []
    return [
        tag >> 16 for tag in sorted(_DESCRIBED & items.keys()) if tag & _GROUP | _OVERLAY_DATA not in items
    ]


def _longs(element: Element, order: str) -> list[int]:
    data = element.data
    return [number for (number,) in struct.iter_unpack(f"{order}Q", data[: len(data) // 8 * 8])]


def _damaged(what: str) -> InvalidDatasetError:
    return InvalidDatasetError(f"damaged: {what}; nothing of this object was passed on")

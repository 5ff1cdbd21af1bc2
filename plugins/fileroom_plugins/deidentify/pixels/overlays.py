"""Overlay planes, which may hold text as well as pixels do (PS3.3 C.9.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.plugin import NotSupportedError
from fileroom_plugins.deidentify.pixels.native import layout_of
from fileroom_plugins.deidentify.pixels.unused_bits import Bits, cleared

if TYPE_CHECKING:
    from pydicom import Dataset

_GROUPS = range(0x6000, 0x6020, 2)
_POSITION, _TYPE, _DATA = 0x0102, 0x0040, 0x3000
_SAFE = "R"
"""The type of overlays that mark a region of interest; those of type G hold graphics, and text."""


def drop_text(dataset: Dataset) -> bool:
    """Take out the planes that may hold text: graphics, and whatever lies in unused bits of the pixels.

    Planes in unused bits are retired, but old objects have them, and taking their attributes out would leave
    them where they are.

    Returns:
        Whether there were any.

    Raises:
        InvalidDatasetError: the pixels cannot be made out.
        NotSupportedError: likewise, or a plane lies where it cannot be cleared.
    """
    dropped = False
    for group in _GROUPS:
        elements = dataset.group_dataset(group)
        if not len(elements):
            continue
        in_pixels = (group, _DATA) not in elements
        if in_pixels:
            _clear(dataset, _number(elements, group, _POSITION))
        elif str(elements.get((group, _TYPE), _NONE).value).strip() == _SAFE:
            continue
        for element in elements:
            del dataset[element.tag]
        dropped = True
    return dropped


class _NONE:
    value = ""


def _number(elements: Dataset, group: int, element: int) -> int:
    value = elements.get((group, element), _NONE).value
    return value if isinstance(value, int) else 0


def _clear(dataset: Dataset, position: int) -> None:
    """Zero the bits of every pixel that are none of the image's own. A plane at position 0 lies in none."""
    if "PixelData" not in dataset:
        return
    if dataset.file_meta.TransferSyntaxUID.is_compressed:
        if position:
            raise NotSupportedError(
                "an overlay that is to go lies in compressed pixels: decompress them first"
            )
        return
    layout = layout_of(dataset)
    stored, high = int(dataset.BitsStored), int(dataset.HighBit)
    bits = Bits(layout.bits, stored, high, dataset.get("PixelRepresentation") == 1)
    if position and bits.own >> position & 1:
        raise NotSupportedError("an overlay that is to go lies in bits that the image says are its own")
    order = "<" if dataset.file_meta.TransferSyntaxUID.is_little_endian else ">"
    padding = dataset.get("PixelPaddingValue")
    number = padding & (1 << layout.bits) - 1 if isinstance(padding, int) else None
    made = cleared(dataset["PixelData"].value, bits, order, number)
    if made is not None:
        dataset["PixelData"].value = made

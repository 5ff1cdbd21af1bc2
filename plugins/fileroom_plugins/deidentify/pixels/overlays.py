"""Overlay planes, which may hold text as well as pixels do (PS3.3 C.9.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fileroom_plugins.deidentify.pixels.native import layout_of

if TYPE_CHECKING:
    from pydicom import Dataset

_GROUPS = range(0x6000, 0x6020, 2)
_ALLOCATED, _POSITION, _TYPE, _DATA = 0x0100, 0x0102, 0x0040, 0x3000
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
        NotSupportedError: likewise.
    """
    dropped = False
    for group in _GROUPS:
        elements = dataset.group_dataset(group)
        if not len(elements):
            continue
        in_pixels = (group, _DATA) not in elements
        if in_pixels:
            _clear_bit(dataset, _number(elements, group, _ALLOCATED), _number(elements, group, _POSITION))
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


def _clear_bit(dataset: Dataset, allocated: int, position: int) -> None:
    """Zero one bit of every pixel, if it is none of the image's own."""
    if "PixelData" not in dataset or dataset.file_meta.TransferSyntaxUID.is_compressed:
        return  # PS3.5 section 8.1.2: no such planes where pixels are compressed
    layout = layout_of(dataset)
    lowest = int(dataset.HighBit) + 1 - int(dataset.BitsStored)
    own = lowest <= position <= int(dataset.HighBit)
    if own or allocated != layout.bits or not 0 < position < layout.bits:
        return
    little = dataset.file_meta.TransferSyntaxUID.is_little_endian
    data = bytearray(dataset["PixelData"].value)
    dtype = np.dtype(f"{'<' if little else '>'}u{layout.bits // 8}")
    numbers = np.frombuffer(data, dtype, count=len(data) // dtype.itemsize)
    numbers &= dtype.type((1 << layout.bits) - 1 - (1 << position))
    dataset["PixelData"].value = bytes(data)

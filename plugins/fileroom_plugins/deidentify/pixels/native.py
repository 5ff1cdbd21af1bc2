"""Blackening pixels that are not compressed, where they lie."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fileroom.plugin import InvalidDatasetError, NotSupportedError
from fileroom_plugins.deidentify.pixels.masks import Black, mask_of

if TYPE_CHECKING:
    from pydicom import Dataset

    from fileroom_plugins.deidentify.pixels.masks import Pixels
    from fileroom_plugins.deidentify.pixels.places import Places

KEYWORDS = {"PixelData": "u", "FloatPixelData": "f", "DoubleFloatPixelData": "f"}
"""The attributes that pixels lie in, with the kind of their numbers."""

_BITS = (1, 8, 16, 32, 64)
_PAIRED = "YBR_FULL_422"


@dataclass(frozen=True, slots=True)
class Layout:
    """How an image's frames lie in its pixel data (PS3.5 section 8).

    Attributes:
        frames: how many.
        shape: of a frame: rows and columns, samples before or behind them, if there are several; pairs of
            columns by 4 where colours are shared by two pixels.
        bits: of one number.
    """

    frames: int
    rows: int
    columns: int
    shape: tuple[int, ...]
    bits: int

    @property
    def numbers(self) -> int:
        """How many numbers a frame has."""
        return math.prod(self.shape)

    @property
    def length(self) -> int:
        """Bytes of all frames; those of single bits are not padded in between."""
        return (self.frames * self.numbers * self.bits + 7) // 8


def layout_of(dataset: Dataset) -> Layout:
    """Return how the frames of an image that is not compressed lie.

    Raises:
        InvalidDatasetError: what it says of itself is no image.
        NotSupportedError: its pixels lie in a way that is not known here.
    """
    try:
        frames = int(dataset.get("NumberOfFrames") or 1)
        rows, columns = int(dataset.Rows), int(dataset.Columns)
        samples, bits = int(dataset.get("SamplesPerPixel") or 1), int(dataset.BitsAllocated)
    except (AttributeError, TypeError, ValueError) as error:
        raise InvalidDatasetError("the pixels cannot be cleaned: the image does not say its size") from error
    if frames < 1 or rows < 1 or columns < 1 or samples < 1:
        raise InvalidDatasetError("the pixels cannot be cleaned: the image says that it has none")
    if bits not in _BITS or (bits == 1 and samples > 1):
        raise NotSupportedError(f"pixels of {samples} samples of {bits} bits cannot be cleaned")
    shape: tuple[int, ...] = (rows, columns)
    if dataset.get("PhotometricInterpretation") == _PAIRED:
        shape = (rows, columns // 2, 4)
    elif samples > 1:
        shape = (samples, rows, columns) if dataset.get("PlanarConfiguration") else (rows, columns, samples)
    return Layout(frames, rows, columns, shape, bits)


def blacken_native(dataset: Dataset, places: Places, *, little_endian: bool) -> bool:
    """Blacken an image's pixels; say whether any lay there.

    Raises:
        InvalidDatasetError: there are fewer bytes than the frames have.
        NotSupportedError: see `layout_of`.
    """
    keyword = next((each for each in KEYWORDS if each in dataset), None)
    layout = layout_of(dataset)
    element = dataset[keyword] if keyword else None
    if element is None or keyword is None or len(element.value) < layout.length:
        raise InvalidDatasetError("the pixels cannot be cleaned: there are fewer than the image says")
    mask = mask_of(places, layout.rows, layout.columns)
    if mask is None:
        return False
    black = Black(dataset, str(dataset.get("PhotometricInterpretation") or "MONOCHROME2"))
    data = bytearray(element.value)
    if layout.bits == 1:
        _blacken_bits(data, layout, mask, bright=dataset.PhotometricInterpretation == "MONOCHROME1")
    else:
        swapped = not little_endian and layout.bits == 8 and element.VR == "OW" and len(data) % 2 == 0  # noqa: PLR2004
        if swapped:  # PS3.5 section 8.1.1: two bytes are one word, whose order is that of the syntax
            np.frombuffer(data, dtype="u2").byteswap(inplace=True)
        signed = KEYWORDS[keyword] == "u" and dataset.get("PixelRepresentation") == 1
        kind = "i" if signed else KEYWORDS[keyword]
        dtype = np.dtype(f"{'<' if little_endian else '>'}{kind}{layout.bits // 8}")
        numbers = np.frombuffer(data, dtype, count=layout.frames * layout.numbers)
        for frame in numbers.reshape(layout.frames, *layout.shape):
            _blacken_frame(frame, mask, black, layout)
        if swapped:
            np.frombuffer(data, dtype="u2").byteswap(inplace=True)
    element.value = bytes(data)
    return True


def _blacken_frame(frame: Pixels, mask: Pixels, black: Black, layout: Layout) -> None:
    if layout.shape == (layout.rows, layout.columns // 2, 4):
        black.paint_pairs(frame, mask[:, : layout.columns // 2 * 2])
    elif frame.ndim > mask.ndim and layout.shape[1:] == mask.shape:
        black.paint(np.moveaxis(frame, 0, -1), mask)
    else:
        black.paint(frame, mask)


def _blacken_bits(data: bytearray, layout: Layout, mask: Pixels, *, bright: bool) -> None:
    """Blacken single bits: they follow each other from frame to frame, the lowest of a byte first."""
    flat = mask.reshape(-1)
    view = np.frombuffer(data, dtype=np.uint8)
    for index in range(layout.frames):
        start = index * layout.numbers
        first, stop = start // 8, (start + layout.numbers + 7) // 8
        bits = np.unpackbits(view[first:stop], bitorder="little")
        bits[start - first * 8 :][: layout.numbers][flat] = bright
        view[first:stop] = np.packbits(bits, bitorder="little")

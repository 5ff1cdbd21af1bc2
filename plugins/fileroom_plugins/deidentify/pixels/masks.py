"""What is black, and which pixels become so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from fileroom.plugin import InvalidDatasetError, NotSupportedError

if TYPE_CHECKING:
    from pydicom import Dataset

    from fileroom_plugins.deidentify.pixels.places import Places

Pixels: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

_CHROMA = ("YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_420", "YBR_PARTIAL_422")


def mask_of(places: Places, rows: int, columns: int) -> Pixels | None:
    """Return which pixels of a frame become black, rows by columns; None for none of them."""
    mask = np.zeros((rows, columns), dtype=bool)
    if places.shown:
        mask[:] = True
        for each in places.shown:
            mask[each.rows, each.columns] = False
    for each in places.covered:
        mask[each.rows, each.columns] = True
    return mask if mask.any() else None


class Black:
    """Paints the pixels of one image's frames black.

    Black is the darkest value that the frame has, so that the grey values that it is shown with stay as they
    are; of colours it is black.

    Args:
        dataset: the image.
        photometric: how its frames are interpreted now, after decoding.

    Raises:
        NotSupportedError: its photometric interpretation is none that black is known of.
        InvalidDatasetError: it has a palette that cannot be read.
    """

    def __init__(self, dataset: Dataset, photometric: str) -> None:
        self._bright = photometric == "MONOCHROME1"
        self._value: int | tuple[int, ...] | None = None
        if photometric in {"MONOCHROME1", "MONOCHROME2"}:
            return
        if photometric == "PALETTE COLOR":
            self._value = _darkest_entry(dataset)
        elif photometric in {"RGB", "YBR_RCT", "YBR_ICT"}:
            self._value = (0, 0, 0)
        elif photometric in _CHROMA:
            middle = 1 << (int(dataset.BitsStored) - 1)
            self._value = (middle >> 3 if "PARTIAL" in photometric else 0, middle, middle)
        else:
            raise NotSupportedError("pixels of its photometric interpretation cannot be blackened")

    def paint(self, frame: Pixels, mask: Pixels) -> None:
        """Blacken a frame in place.

        Args:
            frame: rows by columns, or rows by columns by samples.
            mask: which pixels.
        """
        if self._value is not None:
            frame[mask] = self._value
        elif frame.dtype.kind == "f":
            frame[mask] = np.nanmax(frame) if self._bright else np.nanmin(frame)
        else:
            frame[mask] = frame.max() if self._bright else frame.min()

    def paint_pairs(self, frame: Pixels, mask: Pixels) -> None:
        """Blacken a frame of YBR_FULL_422 in place: pairs of pixels, two greys and one colour.

        Args:
            frame: rows by pairs by 4.
            mask: which pixels; of a pair that has one of them, both become black.
        """
        assert isinstance(self._value, tuple)
        luminance, blue, red = self._value
        frame[mask[:, ::2] | mask[:, 1::2]] = (luminance, luminance, blue, red)


def _darkest_entry(dataset: Dataset) -> int:
    from pydicom.pixels.processing import apply_color_lut  # noqa: PLC0415 - slow to import, and seldom needed

    try:
        first = int(dataset.RedPaletteColorLookupTableDescriptor[1])
        entries = int(dataset.RedPaletteColorLookupTableDescriptor[0]) or 1 << 16
        values = np.arange(first, first + entries)
        return first + int(apply_color_lut(values, dataset)[..., :3].sum(axis=-1).argmin())
    except Exception as error:
        raise InvalidDatasetError("the pixels cannot be blackened: their palette cannot be read") from error

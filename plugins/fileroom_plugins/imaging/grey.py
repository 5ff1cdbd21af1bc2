"""From stored grey values to what is seen: the grayscale transformations of PS3.3 section C.11."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fileroom.plugin import InvalidDatasetError
from fileroom_plugins.imaging.blocks import blocks, in_blocks
from fileroom_plugins.imaging.lookup import Table, read_table
from fileroom_plugins.imaging.windows import choose

if TYPE_CHECKING:
    from pydicom import Dataset

    from fileroom_plugins.imaging.native import Pixels
    from fileroom_plugins.imaging.view import WindowChoice

_MOST_DISTINCT = 1 << 16
_WHITE = 255


@dataclass(frozen=True, slots=True)
class Shades:
    """How stored values become shades of grey.

    Attributes:
        modality: attributes with the Modality LUT or rescale.
        voi: attributes with the windows and VOI LUTs.
        window: which of these is meant; see `fileroom_plugins.imaging.view.View.window`.
        little: whether lookup tables are in little-endian order.
        stored: the least and the greatest value that can be stored.
        inverse: whether the least value is white.
        table: a Presentation LUT that goes before it (PS3.3 section C.11.6), or None.
    """

    modality: Dataset
    voi: Dataset
    window: WindowChoice
    little: bool
    stored: tuple[float, float]
    inverse: bool = False
    table: Table | None = None

    def of(self, stored: Pixels, padding: tuple[float, float] | None) -> Pixels:
        """Return shades from 0 (black) to 255 (white).

        Args:
            stored: values of one frame.
            padding: the least and the greatest value of pixels that only fill up the rectangle (PS3.3
                section C.7.5.1.1.2), which are shown black; or None.

        Raises:
            InvalidDatasetError: a rescale or a lookup table is wrong.
            InvalidValueError, NotSupportedError: there is no such window.
        """
        values, places = _distinct(stored)
        counted = np.isfinite(values) if values.dtype.kind == "f" else np.ones(values.shape, bool)
        padded = None
        if padding is not None:
            padded = (values >= padding[0]) & (values <= padding[1])
            counted &= ~padded
        known = modality_values(values, self.modality, little=self.little, signed=self.stored[0] < 0)
        shades = self._scaled(known, counted, places)
        if self.table is not None:
            shades = self.table.scaled(
                np.clip(shades, 0, 1) * (len(self.table.entries) - 1) + self.table.first
            )
        if self.inverse:
            shades = 1 - shades
        shown: Pixels = np.rint(np.clip(np.nan_to_num(shades), 0, 1) * _WHITE).astype(np.uint8)
        if padded is not None:
            shown[padded] = 0
        return shown if places is None else in_blocks(shown.take, places)

    def _scaled(self, values: Pixels, counted: Pixels, places: Pixels | None) -> Pixels:
        negative = can_be_negative(self.modality, self.stored)
        seen_through = choose(self.window, self.voi, little=self.little, negative=negative)
        if seen_through is not None:
            return seen_through.scaled(values)
        if places is not None:
            met = np.zeros(values.size, bool)
            for rows in blocks(places):
                met[places[rows]] = True
            counted = counted & met
        present = values[counted]
        if not present.size:
            return np.zeros(values.shape)
        low, high = float(present.min()), float(present.max())
        return (values - low) / (high - low) if high > low else np.zeros(values.shape)


def modality_values(stored: Pixels, attributes: Dataset, *, little: bool, signed: bool) -> Pixels:
    """Apply the Modality LUT or the rescale (PS3.3 section C.11.1).

    Returns:
        64-bit floating-point numbers where there is a rescale, the table's entries where there is a table,
        and otherwise the stored values.

    Raises:
        InvalidDatasetError: the rescale is no finite number, or the table is wrong.
    """
    if "ModalityLUTSequence" in attributes:
        sequence = attributes["ModalityLUTSequence"].value
        table = read_table(sequence, "ModalityLUTSequence", little=little, negative=signed)
        return table.look_up(stored)
    slope, intercept = attributes.get("RescaleSlope"), attributes.get("RescaleIntercept")
    if slope in {None, ""} or intercept in {None, ""}:
        return stored
    if not (math.isfinite(slope) and math.isfinite(intercept)):
        raise InvalidDatasetError("RescaleSlope or RescaleIntercept is no finite number")
    with np.errstate(over="ignore", invalid="ignore"):
        values: Pixels = stored * np.float64(slope) + np.float64(intercept)
    if stored.dtype.kind != "f" and not np.isfinite(values).all():
        raise InvalidDatasetError("RescaleSlope and RescaleIntercept make values that are no finite numbers")
    return values


def can_be_negative(attributes: Dataset, stored: tuple[float, float]) -> bool:
    """Say whether the modality transformation can make negative values of an object's, in whichever frame.

    It is on this that the sign of a VOI LUT's first value depends (PS3.3 section C.11.2.1.1), and not on the
    values that there are.

    Args:
        attributes: with the Modality LUT or rescale.
        stored: the least and the greatest value that can be stored.
    """
    if "ModalityLUTSequence" in attributes:
        return False
    slope, intercept = attributes.get("RescaleSlope"), attributes.get("RescaleIntercept")
    if slope in {None, ""} or intercept in {None, ""}:
        return stored[0] < 0
    return any(one * float(slope) + float(intercept) < 0 for one in stored)


def padding_range(attributes: Dataset, *, signed: bool, bits: int) -> tuple[float, float] | None:
    """Return the least and the greatest value of padding (PS3.3 section C.7.5.1.1.2); None without any.

    Args:
        attributes: the image's.
        signed: whether stored values are signed: a value that was written as if they were not is put right.
        bits: of a stored value in memory.
    """
    ends = [
        attributes.get(f"{kind}PixelPadding{end}")
        for end in ("Value", "RangeLimit")
        for kind in ("", "Float", "DoubleFloat")
        if f"{kind}PixelPadding{end}" in attributes
    ]
    numbers = [float(one) for one in ends if isinstance(one, int | float)]
    if signed:
        numbers = [one - 2.0**bits if one >= 2.0 ** (bits - 1) else one for one in numbers]
    return (min(numbers), max(numbers)) if numbers else None


def _distinct(stored: Pixels) -> tuple[Pixels, Pixels | None]:
    """Return the values there can be, and which of them each pixel has; a frame's own if these are too many.

    A transformation of the few thousand values that integers of a frame have takes less time than one of
    all its pixels.
    """
    if stored.dtype.kind not in "iu" or not stored.size:
        return stored, None
    low, high = int(stored.min()), int(stored.max())
    if high - low >= min(_MOST_DISTINCT, stored.size):
        return stored, None
    unsigned = np.dtype(f"u{stored.dtype.itemsize}")
    offset = np.array(low, np.int64).astype(unsigned) if low < 0 else unsigned.type(low)
    places = stored.view(unsigned) - offset
    return np.arange(low, high + 1, dtype=np.int64), places

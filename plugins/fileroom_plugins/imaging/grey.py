"""From stored grey values to what is seen: the grayscale transformations of PS3.3 section C.11."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.multival import MultiValue

if TYPE_CHECKING:
    from pydicom import Dataset

    from fileroom_plugins.imaging.frames import Pixels


def brightness(pixels: Pixels, dataset: Dataset) -> Pixels:
    """Return the brightness of each pixel, from 0 (black) to 1 (white).

    Modality LUT or rescale (C.11.1), then the first window or, without one, the first VOI LUT (C.11.2). An
    image with neither is stretched from its least to its greatest value, padding aside.
    """
    values = _modality_values(pixels, dataset)
    shown = _windowed(values, dataset)
    if shown is None:
        shown = _looked_up_voi(values, dataset)
    if shown is None:
        shown = _stretched(values, _is_padding(pixels, dataset))
    if dataset.get("PhotometricInterpretation") == "MONOCHROME1":
        shown = 1 - shown
    clipped: Pixels = np.clip(np.nan_to_num(shown), 0, 1)
    return clipped


def _modality_values(pixels: Pixels, dataset: Dataset) -> Pixels:
    if luts := dataset.get("ModalityLUTSequence"):
        return _look_up(pixels, luts[0], dataset).astype(np.float64)
    slope, intercept = dataset.get("RescaleSlope"), dataset.get("RescaleIntercept")
    values = pixels.astype(np.float64)
    return values if slope is None or intercept is None else values * float(slope) + float(intercept)


def _windowed(values: Pixels, dataset: Dataset) -> Pixels | None:
    """Apply the first window (C.11.2.1.2 and C.11.2.1.3); None without one that is valid."""
    center, width = _first(dataset.get("WindowCenter")), _first(dataset.get("WindowWidth"))
    function = dataset.get("VOILUTFunction") or "LINEAR"
    if center is None or width is None or not np.isfinite([center, width]).all():
        return None
    if function == "SIGMOID" and width > 0:
        return 1 / (1 + np.exp(np.clip(-4 * (values - center) / width, -50, 50)))
    if function == "LINEAR_EXACT" and width > 0:
        return (values - center) / width + 0.5
    if width < 1:
        return None
    if width == 1:
        return (values > center - 0.5).astype(np.float64)
    return (values - (center - 0.5)) / (width - 1) + 0.5


def _first(value: Any) -> float | None:  # noqa: ANN401 - whatever pydicom makes of a DS
    values = list(value) if isinstance(value, MultiValue) else [value]
    return float(values[0]) if values and values[0] not in {None, ""} else None


def _looked_up_voi(values: Pixels, dataset: Dataset) -> Pixels | None:
    luts = dataset.get("VOILUTSequence")
    if not luts:
        return None
    bits = int(luts[0].LUTDescriptor[2])
    return _look_up(values, luts[0], dataset) / ((1 << bits) - 1)


def _look_up(values: Pixels, lut: Dataset, dataset: Dataset) -> Pixels:
    """Apply a lookup table (C.11.1.1.1): what lies outside takes its first or last entry."""
    first = int(lut.LUTDescriptor[1])
    entries = lut.LUTData
    if isinstance(entries, bytes):
        entries = np.frombuffer(entries, "<u2" if dataset.original_encoding[1] else ">u2")
    table = np.atleast_1d(np.asarray(entries))
    return table[np.clip(values.astype(np.int64) - first, 0, len(table) - 1)]


def _is_padding(pixels: Pixels, dataset: Dataset) -> Pixels | None:
    """Say where a pixel only fills up the rectangle (C.7.5.1.1.2); None where there is no such value."""
    padding = dataset.get("PixelPaddingValue")
    return None if padding is None else pixels == padding


def _stretched(values: Pixels, padding: Pixels | None) -> Pixels:
    known = np.isfinite(values)
    if padding is not None and (known & ~padding).any():
        known &= ~padding
    if not known.any():
        return np.zeros_like(values)
    low, high = values[known].min(), values[known].max()
    return (values - low) / (high - low) if high > low else np.zeros_like(values)

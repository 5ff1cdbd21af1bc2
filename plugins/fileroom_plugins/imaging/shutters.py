"""Display shutters: what is not to be seen is covered (PS3.3 sections C.7.6.11 and C.7.6.15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from fileroom.plugin import InvalidDatasetError

if TYPE_CHECKING:
    from pydicom import Dataset

    from fileroom_plugins.imaging.native import Pixels

_MOST_VERTICES = 10_000


def draw_shutter(shown: Pixels, attributes: Dataset, rows: int, columns: int) -> Pixels:
    """Return a picture with its shutters closed; itself where there are none.

    Args:
        shown: the picture; it may have less detail than the image.
        attributes: with the Display Shutter module, whose positions count pixels from 1.
        rows: of the image.
        columns: of the image.

    Raises:
        InvalidDatasetError: a shutter has no sound edges.
    """
    shapes = attributes.get("ShutterShape")
    if not shapes:
        return shown
    height, width = shown.shape[:2]
    down = ((np.arange(height) + 0.5) * rows / height + 0.5)[:, np.newaxis]
    across = ((np.arange(width) + 0.5) * columns / width + 0.5)[np.newaxis, :]
    visible = np.ones((height, width), bool)
    for shape in [shapes] if isinstance(shapes, str) else shapes:
        if shape == "RECTANGULAR":
            left, right = (_number(attributes, f"Shutter{one}VerticalEdge") for one in ("Left", "Right"))
            upper, lower = (_number(attributes, f"Shutter{one}HorizontalEdge") for one in ("Upper", "Lower"))
            visible &= (across >= left) & (across <= right) & (down >= upper) & (down <= lower)
        elif shape == "CIRCULAR":
            row, column = _numbers(attributes, "CenterOfCircularShutter", 2)
            radius = _number(attributes, "RadiusOfCircularShutter")
            visible &= (down - row) ** 2 + (across - column) ** 2 <= radius**2
        elif shape == "POLYGONAL":
            visible &= _polygon(attributes, (height, width), (rows, columns))
    covered = shown.copy()
    covered[~visible] = _value(attributes)
    return covered


def draw_bitmap_shutter(shown: Pixels, attributes: Dataset, plane: Pixels) -> Pixels:
    """Return a picture with the pixels covered at which a plane of the image's size is true.

    Args:
        shown: the picture; it may have less detail than the image.
        attributes: with the Bitmap Display Shutter module.
        plane: the overlay that is the shutter.
    """
    height, width = shown.shape[:2]
    rows, columns = plane.shape
    down, across = np.arange(height) * rows // height, np.arange(width) * columns // width
    covered = shown.copy()
    covered[plane[down[:, np.newaxis], across]] = _value(attributes)
    return covered


def _polygon(attributes: Dataset, size: tuple[int, int], full: tuple[int, int]) -> Pixels:
    points = _numbers(attributes, "VerticesOfThePolygonalShutter")
    if len(points) < 6 or len(points) % 2 or len(points) > 2 * _MOST_VERTICES:  # noqa: PLR2004 - a triangle
        raise InvalidDatasetError("VerticesOfThePolygonalShutter are no polygon")
    mask = Pillow.new("1", (size[1], size[0]))
    down, across = size[0] / full[0], size[1] / full[1]
    corners = [
        ((column - 0.5) * across - 0.5, (row - 0.5) * down - 0.5)
        for row, column in zip(points[::2], points[1::2], strict=True)
    ]
    ImageDraw.Draw(mask).polygon(corners, fill=1, outline=1)
    return np.asarray(mask)


def _value(attributes: Dataset) -> int:
    """Return the shade of what is covered: a 16-bit P-Value, of which eight bits are shown."""
    value = attributes.get("ShutterPresentationValue")
    return int(value) >> 8 if isinstance(value, int) else 0


def _number(attributes: Dataset, keyword: str) -> float:
    return _numbers(attributes, keyword, 1)[0]


def _numbers(attributes: Dataset, keyword: str, count: int | None = None) -> list[float]:
    value = attributes.get(keyword)
    numbers = [float(one) for one in np.atleast_1d(np.asarray(value, dtype=np.float64))]
    if (count is not None and len(numbers) != count) or not np.isfinite(numbers).all():
        raise InvalidDatasetError(f"{keyword} of the display shutter is missing or wrong")
    return numbers

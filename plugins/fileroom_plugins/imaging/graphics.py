"""Graphics and text of a presentation state (PS3.3 section C.10.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from fileroom.plugin import InvalidDatasetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeAlias

    from pydicom import Dataset

    from fileroom_plugins.imaging.native import Pixels

    Point: TypeAlias = tuple[float, float]
    """Across and down, where 0, 0 is the upper left corner of the upper left pixel."""

PIXEL, DISPLAY = "PIXEL", "DISPLAY"
"""What coordinates count: pixels of the image, or parts of what is displayed."""

_MOST_POINTS = 100_000
_LONGEST_TEXT = 1024
_FAR = 1e6


def draw_graphics(shown: Pixels, annotations: Iterable[Dataset], units: str) -> Pixels:
    """Return a picture with the graphics of these units drawn in white; itself where there are none.

    Raises:
        InvalidDatasetError: a graphic has no sound points.
    """
    scale = _scale(shown, units)
    graphics = [
        one
        for annotation in annotations
        for one in annotation.get("GraphicObjectSequence") or []
        if one.get("GraphicAnnotationUnits") == units
    ]
    if not graphics:
        return shown
    canvas = Pillow.fromarray(np.ascontiguousarray(shown))
    for graphic in graphics:
        _draw(ImageDraw.Draw(canvas), graphic, scale)
    return np.array(canvas)


def write_texts(
    shown: Pixels, annotations: Iterable[Dataset], placed: Callable[[Point], Point] = lambda point: point
) -> Pixels:
    """Return a picture with the texts written in white, upright; itself where there are none.

    Args:
        shown: the picture, as it is displayed.
        annotations: with the texts.
        placed: where a point of the image is in the picture, which may be cut out and turned.

    Raises:
        InvalidDatasetError: a text has no sound place.
    """
    texts = [one for annotation in annotations for one in annotation.get("TextObjectSequence") or []]
    if not texts:
        return shown
    canvas = Pillow.fromarray(np.ascontiguousarray(shown))
    for text in texts:
        keyword = f"{_placed_by(text)}AnnotationUnits"
        if text.get(keyword) == PIXEL:
            _write(ImageDraw.Draw(canvas), text, placed(_place(text, (1.0, 1.0))))
        elif text.get(keyword) == DISPLAY:
            _write(ImageDraw.Draw(canvas), text, _place(text, _scale(shown, DISPLAY)))
    return np.array(canvas)


def _scale(shown: Pixels, units: str) -> Point:
    height, width = shown.shape[:2]
    return (1.0, 1.0) if units == PIXEL else (float(width), float(height))


def _draw(draw: ImageDraw.ImageDraw, graphic: Dataset, scale: Point) -> None:
    points = _points(graphic, "GraphicData", scale)
    colour = "white"
    filled = colour if graphic.get("GraphicFilled") == "Y" else None
    kind = graphic.get("GraphicType")
    if kind == "POINT":
        draw.point(points, fill=colour)
    elif kind == "CIRCLE" and len(points) >= 2:  # noqa: PLR2004 - the centre, and one on it
        radius = float(np.hypot(points[1][0] - points[0][0], points[1][1] - points[0][1]))
        (x, y), r = points[0], radius
        draw.ellipse([x - r, y - r, x + r, y + r], fill=filled, outline=colour)
    elif kind == "ELLIPSE" and len(points) >= 4:  # noqa: PLR2004 - the ends of both axes
        around = _ellipse(points)
        draw.polygon(around, fill=filled, outline=colour)
    elif kind in {"POLYLINE", "INTERPOLATED"}:
        if filled and points[0] == points[-1] and len(points) > 2:  # noqa: PLR2004 - closed
            draw.polygon(points, fill=filled, outline=colour)
        else:
            draw.line(points, fill=colour)


def _ellipse(points: list[Point]) -> list[Point]:
    """Return points around an ellipse, of which the ends of the major and of the minor axis are given."""
    ends = np.array(points[:4])
    centre = ends[:2].mean(axis=0)
    major, minor = (ends[1] - ends[0]) / 2, (ends[3] - ends[2]) / 2
    angles = np.linspace(0, 2 * np.pi, 180, endpoint=False)[:, np.newaxis]
    around = centre + np.cos(angles) * major + np.sin(angles) * minor
    return [(float(x), float(y)) for x, y in around]


def _write(draw: ImageDraw.ImageDraw, text: Dataset, at: Point) -> None:
    words = str(text.get("UnformattedTextValue") or "")[:_LONGEST_TEXT]
    draw.text(at, words.replace("\r\n", "\n"), fill="white")


def _place(text: Dataset, scale: Point) -> Point:
    """Return where a text begins."""
    keyword = "AnchorPoint" if _placed_by(text) == "AnchorPoint" else "BoundingBoxTopLeftHandCorner"
    return _points(text, keyword, scale)[0]


def _placed_by(text: Dataset) -> str:
    return "BoundingBox" if "BoundingBoxTopLeftHandCorner" in text else "AnchorPoint"


def _points(item: Dataset, keyword: str, scale: Point) -> list[Point]:
    """Return points across and down, where 0, 0 is the upper left corner of the picture."""
    value = item.get(keyword)
    numbers = np.atleast_1d(np.asarray([] if value is None else value, dtype=np.float64))
    sound = np.isfinite(numbers).all() and (abs(numbers) < _FAR).all()
    if not numbers.size or numbers.size % 2 or numbers.size > 2 * _MOST_POINTS or not sound:
        raise InvalidDatasetError(f"a graphic of the presentation state has no sound {keyword}")
    return [(float(x) * scale[0], float(y) * scale[1]) for x, y in numbers.reshape(-1, 2)]

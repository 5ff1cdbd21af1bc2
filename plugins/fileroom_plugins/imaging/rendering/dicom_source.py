"""DICOM images as what pictures are made of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from pydicom.multival import MultiValue

from fileroom.plugin import InvalidValueError, NotSupportedError
from fileroom_plugins.imaging.faults import damage
from fileroom_plugins.imaging.grey import can_be_negative
from fileroom_plugins.imaging.image import open_image
from fileroom_plugins.imaging.overlays import overlay_planes
from fileroom_plugins.imaging.presentation import refers_to, view_by
from fileroom_plugins.imaging.rendering.canvas import canvas_of
from fileroom_plugins.imaging.rendering.colours import colour
from fileroom_plugins.imaging.rendering.profiles import colour_profile
from fileroom_plugins.imaging.rendering.sources import PictureSource
from fileroom_plugins.imaging.rendering.tones import colormap
from fileroom_plugins.imaging.windows import choose

if TYPE_CHECKING:
    from typing import BinaryIO

    from pydicom import Dataset

    from fileroom_plugins.imaging.commands import Command
    from fileroom_plugins.imaging.image import Image
    from fileroom_plugins.imaging.native import Pixels
    from fileroom_plugins.imaging.rendering.canvas import Canvas
    from fileroom_plugins.imaging.view import WindowChoice

_DEEP = "16BITGRAYSCALE"
_MOST_BITS = 16


class DicomSource(PictureSource):
    """An image in a DICOM object."""

    format = "DICM"

    def __init__(self, source: BinaryIO | Dataset, state: Dataset | None = None) -> None:
        """Open it; a file stays open.

        Args:
            source: the object.
            state: a presentation state, which is applied to the frames that it refers to.

        Attributes:
            image: the image.
            source: what it was opened from.

        Raises:
            FileroomError: see `fileroom_plugins.imaging.image.open_image`.
        """
        self.source = source
        self._state = state
        self.image = image = open_image(source)
        self.frames = image.frames
        self.fps = _frames_a_second(image) or PictureSource.fps

    def canvas(self, index: int, command: Command) -> Canvas:
        """See `PictureSource.canvas`: the window, the colour map and the overlay are applied."""
        image = self.image
        view = view_by(self._state, image, index)
        if command.word("contentFormat") == _DEEP and not image.coloured:
            if view.presentation is not None:
                raise InvalidValueError("contentFormat: 16BITGRAYSCALE is without a presentation state")
            shown = _deep(image, index, command)
        else:
            drawn = view.presentation is not None and "overlay" in command
            shown = image.shown(index, replace(view, window=window_of(command), overlays=drawn))
        canvas = canvas_of(shown, image.aspect(index, view), colour_profile(image, view.presentation))
        canvas = colormap(canvas, command)
        if view.presentation is None and "overlay" in command:
            canvas = self._with_overlays(canvas, index, command)
        return canvas

    @property
    def presented(self) -> bool:
        """Whether a presentation state changes how some frame is seen."""
        return self._state is not None and refers_to(self._state, self.image)

    def close(self) -> None:
        """Close the image."""
        self.image.close()

    def _with_overlays(self, canvas: Canvas, index: int, command: Command) -> Canvas:
        ink = colour(command.word("overlay") or "white")
        values = canvas.values()
        if len(set(ink)) > 1 and values.shape[-1] == 1:
            if canvas.deep:
                raise NotSupportedError("overlay: in colours only where there are not 16 bits of grey")
            values = np.repeat(values, 3, axis=2)
        with damage("drawing the overlays"):
            for plane, top, left in overlay_planes(self.image, index):
                _draw(values, plane, (top, left), ink[: values.shape[-1]], canvas.white / 255)
        return canvas.having_values(values)


def window_of(command: Command) -> WindowChoice:
    """Return what ``window=`` asks for: centre and width, a number, a name; None where it is not given."""
    values = command.values.get("window")
    if not values:
        return None
    if len(values) == 2:  # noqa: PLR2004 - centre and width
        centre, width = command.numbers("window")
        return centre, width
    (value,) = values
    return value if isinstance(value, str) else int(value)


def _deep(image: Image, index: int, command: Command) -> Pixels:
    """Return 16 bits of grey: through the window that is given, or else the stored values as they are.

    Signed values are raised so that the least there can be is 0; those of MONOCHROME1 are inverted within the
    bits that are stored, since a picture's least value is black.
    """
    choice = window_of(command)
    layout = image.layout
    if choice is None:
        if layout.floating or layout.stored > _MOST_BITS:
            raise InvalidValueError(
                "contentFormat: 16BITGRAYSCALE of such pixels needs a window, for example window=full"
            )
        least = -(1 << layout.stored - 1) if layout.signed else 0
        values: Pixels = image.stored(index).astype(np.int64) - least
        if layout.photometric == "MONOCHROME1":
            values = np.maximum((1 << layout.stored) - 1 - values, 0)
        return values.astype(np.uint16)
    attributes = image.attributes_of(index)
    values = image.modality(index).astype(np.float64)
    negative = can_be_negative(attributes, layout.stored_range)
    seen_through = choose(choice, attributes, little=image.little_endian, negative=negative)
    if seen_through is None:
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        shades = (values - low) / (high - low) if high > low else np.zeros(values.shape)
    else:
        shades = seen_through.scaled(values)
    if layout.photometric == "MONOCHROME1":
        shades = 1 - shades
    return np.rint(np.clip(np.nan_to_num(shades), 0, 1) * 65535).astype(np.uint16)


def _draw(values: Pixels, plane: Pixels, corner: tuple[int, int], ink: tuple[int, ...], unit: float) -> None:
    top, left = corner
    rows, columns = plane.shape
    above, before = max(0, -top), max(0, -left)
    part = values[max(0, top) : max(0, top + rows), max(0, left) : max(0, left + columns)]
    height, width = part.shape[:2]
    part[plane[above : above + height, before : before + width]] = np.array(ink) * unit


def _frames_a_second(image: Image) -> float | None:
    """Return how fast frames follow each other (PS3.3 sections C.7.6.5 and C.7.6.8)."""
    attributes = image.attributes
    vector = attributes.get("FrameTimeVector")
    times = [float(one) for one in vector[1:]] if isinstance(vector, MultiValue) else []
    candidates = [
        _inverse(attributes.get("FrameTime")),
        _inverse(sum(times) / len(times) if times else None),
        *(_number(attributes.get(name)) for name in ("CineRate", "RecommendedDisplayFrameRate")),
    ]
    return next((one for one in candidates if one), None)


def _inverse(milliseconds: object) -> float | None:
    number = _number(milliseconds)
    return 1000 / number if number else None


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]  # anything else is none
    except (TypeError, ValueError):
        return None
    return number if 0.01 < number < 1e6 else None  # noqa: PLR2004 - what can be a rate or a time

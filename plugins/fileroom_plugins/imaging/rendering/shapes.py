"""Operators that change a picture's shape: cut, the scales, flip, mirror, rotate."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PIL import Image

from fileroom.plugin import InvalidValueError

if TYPE_CHECKING:
    from fileroom_plugins.imaging.commands import Command
    from fileroom_plugins.imaging.rendering.canvas import Canvas

LARGEST = 128 << 20
"""A picture may have so many pixels."""

_LONGEST = 65535
_SQUARE = 0.005


def cut(canvas: Canvas, command: Command) -> Canvas:
    """Keep a rectangle of the source's pixels.

    Raises:
        InvalidValueError: it is not within the picture.
    """
    if not (numbers := command.whole("cut")):
        return canvas
    left, top, width, height = numbers
    whole = canvas.image
    if left + width > whole.width or top + height > whole.height:
        raise InvalidValueError(f"cut: the rectangle is not within {whole.width} by {whole.height} pixels")
    return canvas.having(whole.crop((left, top, left + width, top + height)))


def scale(canvas: Canvas, command: Command) -> Canvas:
    """Make the picture larger or smaller, and its pixels square.

    Raises:
        InvalidValueError: it would become too large.
    """
    size = _size(canvas, command)
    if size == canvas.image.size:
        return canvas.having(canvas.image, 1.0)
    return canvas.having(canvas.image.resize(size, Image.Resampling.LANCZOS), 1.0)


def turn(canvas: Canvas, command: Command) -> Canvas:
    """Flip, mirror, and then rotate; what a rotation leaves empty is black, or transparent."""
    image = canvas.image
    if "flip" in command:
        image = image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    if "mirror" in command:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    for degrees in command.numbers("rotate"):
        image = _rotated(image, degrees)
    return canvas.having(image)


def _rotated(image: Image.Image, degrees: float) -> Image.Image:
    quarters = {90.0: Image.Transpose.ROTATE_270, 180.0: Image.Transpose.ROTATE_180}
    quarters[270.0] = Image.Transpose.ROTATE_90
    clockwise = degrees % 360
    if clockwise == 0:
        return image
    if (exact := quarters.get(clockwise)) is not None:
        return image.transpose(exact)
    sine, cosine = abs(math.sin(math.radians(degrees))), abs(math.cos(math.radians(degrees)))
    _check(image.width * cosine + image.height * sine, image.width * sine + image.height * cosine)
    return image.rotate(-degrees, Image.Resampling.BICUBIC, expand=True)


def _size(canvas: Canvas, command: Command) -> tuple[int, int]:
    width, height = _with_square_pixels(canvas)
    if fixed := command.whole("fixedScale"):
        return _check(*fixed)
    if box := command.whole("maxScale"):
        factor = min(box[0] / width, box[1] / height)
        return _check(width * factor, height * factor)
    across = [*command.numbers("scale"), *command.numbers("xScale"), 1.0][0]
    down = [*command.numbers("scale"), *command.numbers("yScale"), 1.0][0]
    return _check(width * across, height * down)


def _with_square_pixels(canvas: Canvas) -> tuple[float, float]:
    width, height = canvas.image.size
    if abs(canvas.aspect - 1) < _SQUARE:
        return width, height
    return width / min(canvas.aspect, 1), height * max(canvas.aspect, 1)


def _check(width: float, height: float) -> tuple[int, int]:
    size = max(1, round(width)), max(1, round(height))
    if max(size) > _LONGEST or size[0] * size[1] > LARGEST:
        raise InvalidValueError(f"the picture would have {size[0]} by {size[1]} pixels, which is too large")
    return size

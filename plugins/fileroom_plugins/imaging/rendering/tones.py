"""Operators that change a picture's brightness and colours: contrast, gamma, sharpen, colormap."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from PIL import Image

from fileroom.plugin import NotSupportedError
from fileroom_plugins.imaging.colour_maps import colour_map

if TYPE_CHECKING:
    from collections.abc import Callable

    from fileroom_plugins.imaging.commands import Command
    from fileroom_plugins.imaging.native import Pixels
    from fileroom_plugins.imaging.rendering.canvas import Canvas

Curve: TypeAlias = "Callable[[Pixels], Pixels]"
"""Levels to levels."""

_COLOURS = 3
_PAIR = 2


def colormap(canvas: Canvas, command: Command) -> Canvas:
    """Give grey values colours.

    Raises:
        NotSupportedError: the picture has colours already.
    """
    name = command.word("colormap")
    if name is None:
        return canvas
    if canvas.image.mode not in {"L", "F"}:
        raise NotSupportedError("colormap: the picture has colours already")
    grey = np.asarray(canvas.image)
    if canvas.deep:
        grey = (grey / 257).astype(np.uint8)
    return canvas.having(Image.fromarray(np.array(colour_map(name), np.uint8)[grey]))


def contrast(canvas: Canvas, command: Command) -> Canvas:
    """Stretch levels to black and white.

    One number is how many percent of the pixels become black or white, half of them at either end; two are
    the levels (0 to 255) that do. Three or six are as many for red, green and blue; grey takes the first.
    """
    numbers = command.numbers("contrast")
    if not numbers:
        return canvas
    size = 1 if len(numbers) in {1, _COLOURS} else _PAIR
    planes = _planes(canvas)

    def stretch(plane: Pixels, given: tuple[float, ...]) -> Curve:
        low, high = _levels(plane, given, canvas.white)
        width = high - low or 1
        return lambda levels: (levels - low) / width * canvas.white

    each = _for_channels(numbers, size, len(planes))
    return _bent(canvas, [stretch(plane, given) for plane, given in zip(planes, each, strict=True)])


def gamma(canvas: Canvas, command: Command) -> Canvas:
    """Raise brightness (from 0 to 1) to the power of 1 / gamma; one for all channels, or one for each.

    Grey takes the first of three.
    """
    numbers = command.numbers("gamma")
    if not numbers:
        return canvas

    def bend(power: float) -> Curve:
        return lambda levels: (levels / canvas.white) ** power * canvas.white

    each = _for_channels(numbers, 1, len(_planes(canvas)))
    return _bent(canvas, [bend(1 / one) for (one,) in each])


def sharpen(canvas: Canvas, command: Command) -> Canvas:
    """Add a Laplacian: of the four nearest pixels (kernel 0) or of all eight (kernel 1), times the gain."""
    numbers = command.numbers("sharpen")
    if not numbers:
        return canvas
    kernel, gain = numbers
    values = canvas.values()
    channels = min(values.shape[-1], _COLOURS)
    padded = np.pad(values[..., :channels], ((1, 1), (1, 1), (0, 0)), "edge")
    steps = [(-1, 0), (1, 0), (0, -1), (0, 1)]
    if kernel:
        steps += [(-1, -1), (-1, 1), (1, -1), (1, 1)]
    rows, columns = values.shape[:2]
    around = sum(padded[1 + y : 1 + y + rows, 1 + x : 1 + x + columns] for y, x in steps) / len(steps)
    values[..., :channels] += gain * (values[..., :channels] - around)
    return canvas.having_values(values)


def _levels(plane: Pixels, given: tuple[float, ...], white: int) -> tuple[float, float]:
    if len(given) == _PAIR:
        return given[0] * white / 255, given[1] * white / 255
    low, high = np.percentile(plane, (given[0] / 2, 100 - given[0] / 2))
    return float(low), float(high)


def _for_channels(numbers: tuple[float, ...], each: int, channels: int) -> list[tuple[float, ...]]:
    """Return the numbers for each channel that is a colour or grey; transparency has none."""
    if len(numbers) == each:
        return [numbers] * channels
    if channels == 1:
        return [numbers[:each]]  # as Oracle's scripts expect, which are written once for all modalities
    return [numbers[start : start + each] for start in range(0, len(numbers), each)]


def _planes(canvas: Canvas) -> list[Pixels]:
    """Return grey, or red, green and blue."""
    samples = np.asarray(canvas.image)
    return [samples] if samples.ndim == _PAIR else [samples[..., one] for one in range(_COLOURS)]


def _bent(canvas: Canvas, curves: list[Curve]) -> Canvas:
    """Apply a curve to each channel: by a table where there are 256 levels."""
    if canvas.deep:
        (curve,) = curves
        return canvas.having_values(curve(canvas.values()))
    levels = np.arange(256, dtype=np.float64)
    tables = [np.clip(np.rint(curve(levels)), 0, canvas.white).astype(np.uint8) for curve in curves]
    if len(curves) < len(canvas.image.getbands()):
        tables += [levels.astype(np.uint8)] * (len(canvas.image.getbands()) - len(curves))
    return canvas.having(canvas.image.point(np.concatenate(tables).tolist()))

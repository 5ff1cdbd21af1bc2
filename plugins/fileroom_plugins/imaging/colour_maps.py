"""Colour maps for ``colormap=``: those of the standard, and some that are computed here."""

from __future__ import annotations

import colorsys
import functools
from types import MappingProxyType
from typing import TypeAlias

ColourMap: TypeAlias = "tuple[tuple[int, int, int], ...]"
"""256 colours, of black first; each of red, green and blue from 0 to 255."""

_ENTRIES = 256

_STANDARD = {
    "hot-iron": "HOT_IRON",
    "pet": "PET",
    "hot-metal-blue": "HOT_METAL_BLUE",
    "pet-20-step": "PET_20_STEP",
    "spring": "SPRING",
    "summer": "SUMMER",
    "fall": "FALL",
    "winter": "WINTER",
}
"""Name to that in `fileroom_plugins.imaging.palettes` (PS3.6 annex B)."""

_STOPS = {
    "hot": ((0.0, 0x000000), (0.375, 0xFF0000), (0.75, 0xFFFF00), (1.0, 0xFFFFFF)),
    "cool": ((0.0, 0x00FFFF), (1.0, 0xFF00FF)),
    "bone": ((0.0, 0x000000), (0.375, 0x545474), (0.75, 0xA9C8C8), (1.0, 0xFFFFFF)),
    "copper": ((0.0, 0x000000), (0.8, 0xFF9F65), (1.0, 0xFFC77F)),
    "dusk": ((0.0, 0x2B0A3D), (0.25, 0x3B528B), (0.5, 0x21908C), (0.75, 0x5DC963), (1.0, 0xFDE725)),
    "gray": ((0.0, 0x000000), (1.0, 0xFFFFFF)),
    "inverse": ((0.0, 0xFFFFFF), (1.0, 0x000000)),
}
"""Name to colours between which lines are drawn; ``dusk`` becomes evenly brighter, as viridis does."""

_HUES = {"spectrum": (0.75, 0.0), "rainbow": (2 / 3, 0.0)}
"""Name to the hues of black and of white, of pure colours all between."""

COLOUR_MAP_NAMES = MappingProxyType(
    {
        **{name: name for name in (*_STANDARD, *_STOPS, *_HUES)},
        **{name.replace("-", ""): name for name in _STANDARD},
        **{name.replace("-", "_"): name for name in _STANDARD},
        "grey": "gray",
        "viridis-like": "dusk",
        "inverted": "inverse",
    }
)
"""Case-folded name or alias to name."""


@functools.cache
def colour_map(name: str) -> ColourMap:
    """Return the colours of a map that is in `COLOUR_MAP_NAMES`."""
    known = COLOUR_MAP_NAMES[name.casefold()]
    if known in _STANDARD:
        from fileroom_plugins.imaging.palettes import colormap  # noqa: PLC0415 - needs numpy, this does not

        return tuple((int(red), int(green), int(blue)) for red, green, blue in colormap(_STANDARD[known]))
    if known in _HUES:
        return tuple(_hue(*_HUES[known], position / (_ENTRIES - 1)) for position in range(_ENTRIES))
    return tuple(_between(_STOPS[known], position / (_ENTRIES - 1)) for position in range(_ENTRIES))


def _hue(first: float, last: float, position: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(first + (last - first) * position, 1, 1)
    return round(red * 255), round(green * 255), round(blue * 255)


def _between(stops: tuple[tuple[float, int], ...], position: float) -> tuple[int, int, int]:
    number = next(one for one in range(1, len(stops)) if position <= stops[one][0])
    (start, low), (end, high) = stops[number - 1 : number + 1]
    share = (position - start) / (end - start)
    red, green, blue = (
        round((low >> bits & 0xFF) * (1 - share) + (high >> bits & 0xFF) * share) for bits in (16, 8, 0)
    )
    return red, green, blue

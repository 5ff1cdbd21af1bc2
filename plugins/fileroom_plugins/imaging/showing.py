"""From stored values to displayed ones: the pipeline of PS3.4 section N.2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fileroom.plugin import NotSupportedError
from fileroom_plugins.imaging.blocks import in_blocks
from fileroom_plugins.imaging.colour import rgb
from fileroom_plugins.imaging.faults import damage
from fileroom_plugins.imaging.grey import Shades, padding_range
from fileroom_plugins.imaging.layout import PALETTE
from fileroom_plugins.imaging.overlays import draw_overlays
from fileroom_plugins.imaging.palettes import colormap, colours_of_indices
from fileroom_plugins.imaging.presentation import Presentation
from fileroom_plugins.imaging.shutters import draw_shutter

if TYPE_CHECKING:
    from pydicom import Dataset

    from fileroom_plugins.imaging.decoding import Decoded
    from fileroom_plugins.imaging.image import Image
    from fileroom_plugins.imaging.native import Pixels
    from fileroom_plugins.imaging.view import View

LARGEST_SHOWN = 128 << 20
"""How many bytes a decoded frame may have that is displayed: on its way it takes several times as many."""


def show(image: Image, decoded: Decoded, index: int, view: View) -> Pixels:
    """Return a decoded frame as it is to be displayed; see `fileroom_plugins.imaging.image.Image.shown`."""
    if decoded.pixels.nbytes > LARGEST_SHOWN:
        raise NotSupportedError(
            f"a frame of {image.columns} by {image.rows} pixels has more than {LARGEST_SHOWN >> 20} MiB, "
            "and is not displayed: its stored values and a thumbnail can be had"
        )
    with damage("displaying a frame"):
        attributes = image.attributes_of(index)
        state = Presentation(view.presentation, image, index) if view.presentation is not None else None
        if image.coloured:
            shown = _coloured(image, decoded, attributes, view)
        else:
            shown = _grey(image, decoded.pixels, attributes, view, state)
        if view.invert:
            shown = 255 - shown
        if view.colormap is not None:
            if image.coloured:
                raise NotSupportedError("a colormap is for grey images, and this one has colours")
            shown = colormap(view.colormap)[shown]
        if state is not None:
            return state.finished(shown, view)
        if view.overlays:
            shown = draw_overlays(shown, image, index)
        return draw_shutter(shown, attributes, image.rows, image.columns)


def _grey(
    image: Image, stored: Pixels, attributes: Dataset, view: View, state: Presentation | None
) -> Pixels:
    layout = image.layout
    padding = padding_range(attributes, signed=layout.signed, bits=8 * stored.dtype.itemsize)
    shades = Shades(
        attributes if state is None else state.modality(),
        attributes if state is None else state.voi(),
        view.window,
        little=image.little_endian,
        stored=layout.stored_range,
        inverse=layout.photometric == "MONOCHROME1" if state is None else state.inverse,
        table=None if state is None else state.table,
    )
    return shades.of(stored, padding)


def _coloured(image: Image, decoded: Decoded, attributes: Dataset, view: View) -> Pixels:
    if view.window is not None:
        raise NotSupportedError("a window is for grey images, and this one has colours")
    if image.layout.photometric == PALETTE:
        return colours_of_indices(decoded.pixels, attributes, little=image.little_endian)
    stored = min(image.layout.stored, 8 * decoded.pixels.dtype.itemsize)
    converted = in_blocks(lambda part: rgb(part, decoded.photometric, stored), decoded.pixels)
    return np.ascontiguousarray(converted)

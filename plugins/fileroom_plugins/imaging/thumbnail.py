"""The processor: a DICOM image in, a small JPEG out."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, ClassVar

import numpy as np
from PIL import Image as Pillow

from fileroom.plugin import Processor, Product
from fileroom_plugins.imaging.faults import damage
from fileroom_plugins.imaging.image import open_image
from fileroom_plugins.imaging.mosaic import mosaic
from fileroom_plugins.imaging.presentation import quarter_turns, view_by
from fileroom_plugins.imaging.shape import picture_size
from fileroom_plugins.imaging.showing import show
from fileroom_plugins.imaging.states import named_state

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydicom import Dataset

    from fileroom_plugins.imaging import Options
    from fileroom_plugins.imaging.image import Image

_OVERSAMPLING = 4


class Thumbnail(Processor):
    """Makes one product, ``thumbnail``: a JPEG.

    Of an instance it shows the middle frame, of a series the middle instance, of a study or patient a mosaic
    of its series. Colours are shown as they are, grey values through the first window or VOI LUT, or
    stretched from the least to the greatest where there is none; pixels that are not square are made so.
    A presentation state is applied to the frames that it refers to. Graphics, overlays and colour profiles
    play no part: this is a picture to find things by, not one to read.
    """

    uses: ClassVar[tuple[str, ...]] = ("frame-offsets",)

    def __init__(self, options: Options) -> None:
        self._size = options.size
        self._quality = options.quality
        self._state = named_state(options.presentation)

    def process(self, source: BinaryIO) -> Sequence[Product]:
        """Return the picture; see `fileroom.processing.Processor.process`."""
        return self.process_with(source, {})

    def process_with(self, source: BinaryIO, kept: Mapping[str, bytes]) -> Sequence[Product]:
        """Return the picture; the attachment ``frame-offsets`` saves the walk to its frame."""
        with open_image(source, frame_offsets=kept.get("frame-offsets")) as image, damage("making a picture"):
            index = image.frames // 2
            view = view_by(self._state, image, index)
            size = picture_size(image.rows, image.columns, image.aspect(index), self._size)
            decoded = image.decoded(index, smallest=2 * self._size)
            # More detail than the picture can show would only cost time.
            rows, columns = decoded.pixels.shape[:2]
            step = max(1, min(rows // size.height, columns // size.width) // _OVERSAMPLING)
            shown = show(image, decoded._replace(pixels=decoded.pixels[::step, ::step]), index, view)
            if view.presentation is not None:  # which may turn it, and say what shape pixels have
                size = picture_size(*_shape(image, view.presentation), image.aspect(index, view), self._size)
            picture = _reduced(Pillow.fromarray(np.ascontiguousarray(shown)), size)
        return [self._product(picture)]

    def combine(self, parts: Sequence[Sequence[Product]]) -> Sequence[Product]:
        """Return a mosaic of the series' pictures; the picture itself where there is one series."""
        if len(parts) == 1:
            return parts[0]
        return [self._product(mosaic([products[0].data for products in parts], self._size))]

    def _product(self, picture: Pillow.Image) -> Product:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=self._quality)
        return Product("thumbnail", buffer.getvalue(), "image/jpeg", ".jpg")


def _shape(image: Image, state: Dataset) -> tuple[int, int]:
    """Return an image's rows and columns as a presentation state turns it."""
    shape = image.rows, image.columns
    return shape[::-1] if quarter_turns(state) % 2 else shape


def _reduced(picture: Pillow.Image, size: tuple[int, int]) -> Pillow.Image:
    """Return a picture of this size, by averaging where that is exact, which is much faster."""
    across, rest_across = divmod(picture.width, size[0])
    down, rest_down = divmod(picture.height, size[1])
    if not rest_across and not rest_down:
        return picture.reduce((across, down))
    return picture.resize(size, Pillow.Resampling.LANCZOS, reducing_gap=3.0)

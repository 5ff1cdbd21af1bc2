"""The processor: a DICOM image in, a small JPEG out."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from PIL import Image

from fileroom.plugin import FileroomError, InvalidDatasetError, Processor, Product
from fileroom_plugins.imaging.colour import is_coloured, rgb
from fileroom_plugins.imaging.frames import Frame, middle_frame
from fileroom_plugins.imaging.grey import brightness
from fileroom_plugins.imaging.shape import picture_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom_plugins.imaging import Options

_OVERSAMPLING = 4


class Thumbnail(Processor):
    """Makes one product, ``thumbnail``: a JPEG of the middle frame.

    Colours are shown as they are, grey values through the first window or VOI LUT, or stretched from the
    least to the greatest where there is none; pixels that are not square are made so. Presentation states,
    overlays and colour profiles play no part: this is a picture to find things by, not one to read.
    """

    def __init__(self, options: Options) -> None:
        self._size = options.size
        self._quality = options.quality

    def process(self, source: BinaryIO) -> Sequence[Product]:
        """Return the picture; see `fileroom.processing.Processor.process`."""
        try:
            data = self._picture(source)
        except FileroomError:
            raise
        except Exception as error:
            # pydicom, numpy and the decoders raise whatever the damage leads to.
            raise InvalidDatasetError(f"no picture: decoding failed with {type(error).__name__}") from error
        return [Product("thumbnail", data, "image/jpeg")]

    def _picture(self, source: BinaryIO) -> bytes:
        frame = middle_frame(source)
        rows, columns = frame.pixels.shape[:2]
        size = picture_size(rows, columns, frame.dataset, self._size)
        # More detail than the picture can show would only cost time.
        step = max(1, min(rows // size.height, columns // size.width) // _OVERSAMPLING)
        frame = Frame(frame.pixels[::step, ::step], frame.dataset)
        if is_coloured(frame):
            shown = rgb(frame)
        else:
            shown = np.rint(brightness(frame.pixels, frame.dataset) * 255).astype(np.uint8)
        image = Image.fromarray(np.ascontiguousarray(shown))
        buffer = io.BytesIO()
        image.resize(size, Image.Resampling.LANCZOS).save(buffer, "JPEG", quality=self._quality)
        return buffer.getvalue()

"""Films: MP4 with H.264, by PyAV, which the extra ``video`` installs."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from fileroom.plugin import MissingDependencyError, NotSupportedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PIL import Image

_WORST = 51
_BEST = 12
_CODECS = ("libx264", "h264", "libopenh264", "mpeg4")


def mp4(images: Iterable[Image.Image], fps: float, quality: int) -> bytes:
    """Return a film of images of equal size; a side that is odd loses its last pixel.

    Args:
        images: in mode RGB.
        fps: frames a second.
        quality: 0 to 100.

    Raises:
        MissingDependencyError: PyAV is not installed.
        NotSupportedError: its FFmpeg cannot write H.264 or MPEG-4, or the images are too small.
    """
    try:
        import av  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        message = "films need PyAV: pip install 'fileroom[video]'"
        raise MissingDependencyError(message, "picture", "fileroom") from error
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream: Any = None
        for image in images:
            width, height = image.width // 2 * 2, image.height // 2 * 2
            if not width or not height:
                raise NotSupportedError("a film needs two pixels in each direction at least")
            if stream is None:
                codec = next((one for one in _CODECS if one in av.codecs_available), None)
                if codec is None:
                    raise NotSupportedError("this FFmpeg can write neither H.264 nor MPEG-4")
                stream = container.add_stream(codec, rate=Fraction(fps).limit_denominator(1000))
                stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
                stream.options = {"crf": str(round(_WORST - (_WORST - _BEST) * quality / 100))}
                stream.thread_count = 1
            pixels = np.asarray(image.crop((0, 0, width, height)))
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return buffer.getvalue()

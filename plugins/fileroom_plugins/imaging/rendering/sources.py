"""What pictures are made of: DICOM images, ordinary ones, and raw pixels."""

from __future__ import annotations

import abc
import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, UnidentifiedImageError

from fileroom.plugin import InvalidDatasetError, InvalidValueError, NotSupportedError
from fileroom_plugins.imaging.rendering import raw_pixels
from fileroom_plugins.imaging.rendering.canvas import Canvas, canvas_of

if TYPE_CHECKING:
    from typing import BinaryIO

    from fileroom_plugins.imaging.commands import Command

_DEFAULT_FPS = 10.0
_SIXTEEN = {"I;16", "I;16B", "I;16L", "I"}
_FORMAT_NAMES = {
    "JPEG": "JFIF",
    "MPO": "JFIF",
    "PNG": "PNGF",
    "TIFF": "TIFF",
    "BMP": "BMPF",
    "DIB": "BMPF",
    "GIF": "GIFF",
    "PCX": "PCXF",
    "TGA": "TGAF",
    "SGI": "SGIF",
    "SUN": "RASF",
    "WEBP": "WEBP",
    "JPEG2000": "JP2",
    "AVIF": "AVIF",
}
"""Pillow's names of formats that are read to those of `formats.FORMATS`."""


class PictureSource(abc.ABC):
    """An image of one or more frames.

    Attributes:
        frames: how many.
        format: the name of its format, which is a picture's unless the command says otherwise.
        fps: frames a second.
    """

    frames: int = 1
    format: str = ""
    fps: float = _DEFAULT_FPS

    @abc.abstractmethod
    def canvas(self, index: int, command: Command) -> Canvas:
        """Return a frame, numbered from 0, as it is to be seen.

        Raises:
            FileroomError: it is damaged, or cannot be shown in this way.
        """

    def close(self) -> None:  # noqa: B027 - most have nothing open
        """Release what is held."""


class RasterSource(PictureSource):
    """A file that Pillow reads."""

    def __init__(self, file: BinaryIO) -> None:
        """Open it.

        Raises:
            NotSupportedError: it is of no known format, or so large that it may be a trap.
            InvalidDatasetError: it is damaged.
        """
        try:
            self._image = Image.open(file)
            self.frames = int(getattr(self._image, "n_frames", 1))
        except UnidentifiedImageError as error:
            raise NotSupportedError(
                "this is neither a DICOM object nor an image of a known format"
            ) from error
        except Image.DecompressionBombError as error:
            raise NotSupportedError("the image claims more pixels than are taken into memory") from error
        except Exception as error:
            raise InvalidDatasetError("the image is damaged or cut off") from error
        self.format = _FORMAT_NAMES.get(str(self._image.format), "PNGF")
        if self._image.format == "PPM":
            self.format = "PNMF"
        duration = self._image.info.get("duration")
        if isinstance(duration, int | float) and duration > 0:
            self.fps = 1000 / duration

    def canvas(self, index: int, command: Command) -> Canvas:
        """See `PictureSource.canvas`."""
        del command
        try:
            if self.frames > 1:
                self._image.seek(index)
            self._image.load()
            return Canvas(
                _plain(self._image), info={str(name): one for name, one in self._image.info.items()}
            )
        except Image.DecompressionBombError as error:
            raise NotSupportedError("the image claims more pixels than are taken into memory") from error
        except (OSError, ValueError, SyntaxError, EOFError, TypeError, IndexError, KeyError) as error:
            raise InvalidDatasetError("the image is damaged or cut off") from error

    def close(self) -> None:
        """Close what Pillow opened; the file stays open."""
        self._image.close()


class RawSource(PictureSource):
    """A raw pixel image."""

    format = "RPIX"

    def __init__(self, data: bytes) -> None:
        """Read it.

        Raises:
            FileroomError: it is damaged, compressed or too large.
        """
        self._pixels = raw_pixels.read(data)

    def canvas(self, index: int, command: Command) -> Canvas:
        """See `PictureSource.canvas`."""
        del index
        return canvas_of(self._pixels.shown(command))


def open_raster(file: BinaryIO) -> PictureSource:
    """Open what is no DICOM object; the file stays open.

    Raises:
        FileroomError: it is of no known format, damaged, or too large.
    """
    file.seek(0)
    if file.read(4) == raw_pixels.MAGIC:
        file.seek(0)
        return RawSource(file.read())
    file.seek(0)
    return RasterSource(_Unclosed(file))  # type: ignore[arg-type]  # Pillow needs read, seek and tell


def frame_number(source: PictureSource, command: Command) -> int:
    """Return which frame is meant, from 0.

    Raises:
        InvalidValueError: there is no such frame or page.
    """
    for name, first in (("frame", 1), ("page", 0)):
        for number in command.whole(name):
            if not 0 <= number - first < source.frames:
                last = source.frames - 1 + first
                raise InvalidValueError(f"{name}: there is no {number}: they go from {first} to {last}")
            return number - first
    return 0


class _Unclosed(io.RawIOBase):
    """A file that Pillow may close without closing the caller's."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def _plain(image: Image.Image) -> Image.Image:
    """Return the image in a mode of `Canvas`, without what writers would take out of its ``info``."""
    plain = _in_canvas_mode(image)
    plain.info = {}
    return plain


def _in_canvas_mode(image: Image.Image) -> Image.Image:
    if image.mode in _SIXTEEN:
        return Image.fromarray(np.clip(np.asarray(image), 0, 65535).astype(np.float32))
    if image.mode == "F":
        return Image.fromarray(np.clip(np.nan_to_num(np.asarray(image)), 0, 65535).astype(np.float32))
    if image.mode == "P":
        transparent = "transparency" in image.info
        return image.convert("RGBA" if transparent else "RGB")
    if image.mode in {"LA", "PA", "La", "RGBa", "RGBA"}:
        return image.convert("RGBA")
    if image.mode in {"1", "L"}:
        return image.convert("L")
    return image.convert("RGB")

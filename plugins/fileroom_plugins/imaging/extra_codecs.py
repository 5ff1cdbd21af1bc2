"""JPEG XL, and JPEG of twelve bits or without loss, by imagecodecs."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from fileroom.plugin import InvalidDatasetError, MissingDependencyError
from fileroom_plugins.imaging.codestream import Claim, check_claim
from fileroom_plugins.imaging.faults import damage
from fileroom_plugins.imaging.native import stored_type

if TYPE_CHECKING:
    from types import ModuleType

    from fileroom_plugins.imaging.layout import Layout
    from fileroom_plugins.imaging.native import Pixels

JPEG_XL = frozenset(f"1.2.840.10008.1.2.4.{last}" for last in (110, 111, 112))
"""JPEG XL lossless, JPEG recompression, and JPEG XL (PS3.5 section A.4.12)."""

_COLOURS = 3
_END_OF_IMAGE = b"\xff\xd9"
_SIGNATURE = b"\xff\x0a"
_CONTAINER = b"\0\0\0\x0cJXL \r\n\x87\n"
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_SIZES = (9, 13, 18, 30)


def has_imagecodecs() -> bool:
    """Say whether imagecodecs is installed."""
    return find_spec("imagecodecs") is not None


def decode_twelve_bits(data: bytes, layout: Layout) -> Pixels:
    """Decode a JPEG image of twelve bits, whose head was checked.

    Raises:
        InvalidDatasetError: it is damaged.
        MissingDependencyError: imagecodecs is not installed.
    """
    codecs = _imagecodecs("JPEG Extended of twelve bits")
    check_end(data)
    with damage("decoding a JPEG frame"):
        pixels = codecs.jpeg8_decode(data)
    return _as_stored(pixels, layout)


def decode_lossless_jpeg(data: bytes, layout: Layout) -> Pixels:
    """Decode a lossless JPEG image, whose head was checked; no colours are converted.

    GDCM can do so too, but ends the whole process over some that are damaged.

    Raises:
        InvalidDatasetError: it is damaged.
        MissingDependencyError: imagecodecs is not installed.
    """
    codecs = _imagecodecs("lossless JPEG")
    check_end(data)
    colours = "RGB" if layout.samples == _COLOURS else None
    with damage("decoding a JPEG frame"):
        pixels = codecs.jpeg8_decode(data, colorspace=colours, outcolorspace=colours)
    return _as_stored(pixels, layout)


def decode_jpeg_xl(data: bytes, layout: Layout) -> tuple[Pixels, str]:
    """Decode a JPEG XL image; return it with its photometric interpretation.

    Raises:
        InvalidDatasetError: it is damaged, or has another size than the attributes say.
        MissingDependencyError: imagecodecs is not installed.
    """
    codecs = _imagecodecs("JPEG XL")
    rows, columns = _jpeg_xl_size(data)
    check_claim(Claim(rows, columns, layout.samples, 0), layout)
    with damage("decoding a JPEG XL frame"):
        pixels = codecs.jpegxl_decode(data, numthreads=1)
    return _as_stored(pixels, layout), "RGB" if layout.samples == _COLOURS else layout.photometric


def check_end(data: bytes) -> None:
    """Refuse a JPEG image that is cut off, of which the decoder would make up the rest."""
    if _END_OF_IMAGE not in data:
        raise InvalidDatasetError("a JPEG frame is cut off: its end is missing")


def _imagecodecs(what: str) -> ModuleType:
    try:
        import imagecodecs  # noqa: PLC0415 - an extra
    except ImportError as error:
        message = f"decoding {what} needs imagecodecs: pip install 'fileroom[imaging]'"
        raise MissingDependencyError(message, "imaging", "fileroom") from error
    module: ModuleType = imagecodecs
    return module


def _as_stored(pixels: Pixels, layout: Layout) -> Pixels:
    """Return decoded values, which know no sign, as the attributes say that they are stored."""
    expected = (layout.rows, layout.columns, layout.samples)[: pixels.ndim]
    if pixels.shape != expected or pixels.dtype.kind != "u" or pixels.dtype.itemsize > layout.allocated // 8:
        raise InvalidDatasetError("a compressed frame has other pixels than the attributes say")
    if layout.signed:
        unused = 8 * pixels.dtype.itemsize - layout.stored
        pixels = (pixels << unused).view(f"i{pixels.dtype.itemsize}") >> unused
    return pixels.astype(stored_type(layout), copy=False)


def _jpeg_xl_size(data: bytes) -> tuple[int, int]:
    """Return rows and columns: the SizeHeader of ISO/IEC 18181-1 section D.3.2."""
    head = _codestream(data)
    if head[:2] != _SIGNATURE or len(head) < 12:  # noqa: PLR2004 - the longest SizeHeader
        raise InvalidDatasetError("a frame is no JPEG XL codestream, or its head is cut off")
    bits = int.from_bytes(head[2:12], "little")

    def take(count: int) -> int:
        nonlocal bits
        value = bits & ((1 << count) - 1)
        bits >>= count
        return value

    small = take(1)

    def side() -> int:
        return 8 * (1 + take(5)) if small else 1 + take(_SIZES[take(2)])

    rows = side()
    if not (ratio := take(3)):
        return rows, side()
    across, down = _RATIOS[ratio - 1]
    return rows, rows * across // down


def _codestream(data: bytes) -> bytes:
    """Return the start of the codestream, which may lie in the boxes of a file."""
    if not data.startswith(_CONTAINER):
        return data[:12]
    position = len(_CONTAINER)
    while position + 8 <= len(data):
        length, kind = int.from_bytes(data[position : position + 4], "big"), data[position + 4 : position + 8]
        if kind in {b"jxlc", b"jxlp"}:
            start = position + (8 if kind == b"jxlc" else 12)
            return data[start : start + 12]
        if length < 8:  # noqa: PLR2004 - a box's head
            break
        position += length
    return b""

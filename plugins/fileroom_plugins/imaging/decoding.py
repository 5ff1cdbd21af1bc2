"""Frames that are compressed: bytes to numbers, by whichever decoder is installed."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from pydicom import uid
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder

from fileroom.plugin import InvalidDatasetError, MissingDependencyError, NotSupportedError
from fileroom_plugins.imaging import extra_codecs
from fileroom_plugins.imaging.codestream import check_claim, jpeg2000_claim, jpeg_head
from fileroom_plugins.imaging.jpeg import colours_of, decode_jpeg
from fileroom_plugins.imaging.native import native_frame, stored_type
from fileroom_plugins.imaging.rle import check_rle, decode_rle

if TYPE_CHECKING:
    from fileroom_plugins.imaging.layout import Layout
    from fileroom_plugins.imaging.native import Pixels

DEFLATED_FRAMES = "1.2.840.10008.1.2.8.1"
"""Deflated Image Frame Compression (PS3.5 section A.4.13)."""

_JPEG = {
    *(uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEGLossless, uid.JPEGLosslessSV1),
    *("1.2.840.10008.1.2.4.53", "1.2.840.10008.1.2.4.55"),  # progressive, retired
}
_HARMLESS = 32 << 20
_MOST_GAIN = 1000
"""A frame of more bytes than are harmless may not have more than so many times those that it is packed in."""

_PILLOW_KINDS = {0xC0, 0xC1, 0xC2}
_LOSSLESS_KIND = 0xC3
_EIGHT_BITS = 8
_PREFERRED = (
    (uid.JPEG2000TransferSyntaxes, ("pylibjpeg", "pillow", "gdcm")),
    (uid.JPEGLSTransferSyntaxes, ("pyjpegls", "gdcm", "pylibjpeg")),
    (_JPEG, ("pylibjpeg",)),
)
"""pydicom's plugins, of which the first that is installed decodes: others take what it finds damaged.

GDCM is none for JPEG, since it ends the whole process over some that is damaged or of fewer than eight bits.
"""


class Decoded(NamedTuple):
    """A frame's stored values, and the photometric interpretation that they have now."""

    pixels: Pixels
    photometric: str


def decode(data: bytes, layout: Layout, syntax: uid.UID, *, smallest: int | None = None) -> Decoded:
    """Decode one compressed frame, once its own head was found to say what the attributes say.

    Args:
        data: the frame's fragments, joined.
        layout: what the attributes say.
        syntax: the transfer syntax.
        smallest: where given, a frame may come at a half, a quarter or an eighth of its size, as long as both
            sides keep so many pixels.

    Raises:
        InvalidDatasetError: the frame is damaged, or not what the attributes say.
        NotSupportedError: there is no decoder for the transfer syntax, or a frame of many bytes is compressed
            into next to none.
        MissingDependencyError: there is one, and it is not installed; the message names the extra.
    """
    if syntax == DEFLATED_FRAMES:
        return Decoded(_inflated(data, layout), layout.photometric)
    if syntax == uid.RLELossless:
        return Decoded(decode_rle(data, layout), layout.photometric)
    if layout.decoded_size > max(_HARMLESS, _MOST_GAIN * len(data)):
        raise NotSupportedError(
            f"a frame of {layout.decoded_size >> 20} MiB is compressed into {len(data)} bytes, which no "
            "picture is: it is refused"
        )
    if syntax in extra_codecs.JPEG_XL:
        return Decoded(*extra_codecs.decode_jpeg_xl(data, layout))
    if syntax in _JPEG or syntax in uid.JPEGLSTransferSyntaxes:
        if (decoded := _decode_jpeg(data, layout, syntax, smallest)) is not None:
            return decoded
    elif syntax in uid.JPEG2000TransferSyntaxes:
        check_claim(jpeg2000_claim(data), layout)
    # The samples of a codestream have no bits below them.
    return _decode_with_pydicom(data, replace(layout, lowest_bit=0), syntax)


def check_frame(data: bytes, layout: Layout, syntax: uid.UID) -> None:
    """Compare what a compressed frame says of itself with the attributes, without decoding it.

    Args:
        data: the frame's fragments, joined.
        layout: what the attributes say.
        syntax: the transfer syntax; of those whose frames tell nothing, none is refused.

    Raises:
        InvalidDatasetError: the frame has another size than the attributes say, or is cut off.
        NotSupportedError: its samples have bits below those that count.
    """
    if syntax == uid.RLELossless:
        check_rle(data, layout)
    elif syntax in _JPEG or syntax in uid.JPEGLSTransferSyntaxes:
        check_claim(jpeg_head(data).claim, layout)
        extra_codecs.check_end(data)
    elif syntax in uid.JPEG2000TransferSyntaxes:
        check_claim(jpeg2000_claim(data), layout)


def _decode_jpeg(data: bytes, layout: Layout, syntax: uid.UID, smallest: int | None) -> Decoded | None:
    """Decode JPEG and JPEG-LS whose head is what the attributes say; None where that is left to pydicom."""
    head = jpeg_head(data)
    check_claim(head.claim, layout)
    if syntax not in _JPEG:
        return None
    if head.kind in _PILLOW_KINDS and head.claim.precision == _EIGHT_BITS:
        pixels = decode_jpeg(data, head, smallest).astype(stored_type(layout), copy=False)
        return Decoded(pixels, colours_of(head, layout.photometric))
    if head.kind not in {*_PILLOW_KINDS, _LOSSLESS_KIND}:
        raise NotSupportedError(
            "a frame is JPEG of a process that cannot be decoded: a hierarchical or arithmetic one"
        )
    if _libjpeg_only(syntax):
        return None
    lossless = head.kind == _LOSSLESS_KIND
    decode_it = extra_codecs.decode_lossless_jpeg if lossless else extra_codecs.decode_twelve_bits
    return Decoded(decode_it(data, layout), layout.photometric)


def _decode_with_pydicom(data: bytes, layout: Layout, syntax: uid.UID) -> Decoded:
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError:
        raise NotSupportedError(f"the transfer syntax {syntax.name} cannot be decoded") from None
    if not decoder.is_available:
        message = f"decoding {syntax.name} needs more packages: pip install 'fileroom[imaging]'"
        raise MissingDependencyError(message, "imaging", "fileroom")
    options: dict[str, Any] = {
        "number_of_frames": 1,
        "rows": layout.rows,
        "columns": layout.columns,
        "samples_per_pixel": layout.samples,
        "photometric_interpretation": layout.photometric,
        "bits_allocated": layout.allocated,
        "bits_stored": layout.stored,
        "pixel_representation": int(layout.signed),
        "planar_configuration": int(layout.planar),
        "pixel_keyword": "PixelData",
    }
    plugin = next(
        one
        for syntaxes, plugins in _PREFERRED
        if syntax in syntaxes
        for one in plugins
        if one in decoder.available_plugins
    )
    source = encapsulate([data])
    pixels, properties = decoder.as_array(source, raw=True, index=0, decoding_plugin=plugin, **options)
    return Decoded(pixels, str(properties["photometric_interpretation"]))


def _libjpeg_only(syntax: uid.UID) -> bool:
    """Say whether JPEG is left to pylibjpeg-libjpeg, which the user may have installed."""
    if extra_codecs.has_imagecodecs():
        return False
    try:
        return "pylibjpeg" in get_decoder(syntax).available_plugins
    except NotImplementedError:
        return False


def _inflated(data: bytes, layout: Layout) -> Pixels:
    expected = -(-layout.frame_bits // 8)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    plain = inflater.decompress(data, expected + 2)
    if len(plain) not in {expected, expected + expected % 2}:
        raise InvalidDatasetError("a deflated frame is shorter or longer than Rows and Columns say")
    return native_frame(plain[:expected], layout)

"""What the head of a compressed frame claims about it, to be compared with the object's attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fileroom.plugin import InvalidDatasetError, NotSupportedError

if TYPE_CHECKING:
    from fileroom_plugins.imaging.layout import Layout

_FRAME_HEADS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
_JFIF, _ADOBE = 0xE0, 0xEE
_WITHOUT_LENGTH = {0x01, 0xD8, *range(0xD0, 0xD8)}
_CODESTREAM = b"\xff\x4f\xff\x51"


class Claim(NamedTuple):
    """What a codestream says about its image.

    Attributes:
        rows: its height.
        columns: its width.
        components: 1, or 3 for colours.
        precision: bits a sample; 0 where that is not said.
    """

    rows: int
    columns: int
    components: int
    precision: int


class JpegHead(NamedTuple):
    """The head of a JPEG or JPEG-LS image (ISO/IEC 10918-1 annex B).

    Attributes:
        claim: its size.
        kind: the code of the marker that starts the frame, 0xC0 for baseline.
        identifiers: of its components.
        jfif: whether it is a JFIF file, whose colours are YCbCr.
        transform: what an Adobe marker says about colours (0 none, 1 YCbCr); None without one.
    """

    claim: Claim
    kind: int
    identifiers: bytes
    jfif: bool
    transform: int | None


def check_claim(claim: Claim, layout: Layout) -> None:
    """Make sure that a codestream is what the object's attributes say.

    Raises:
        InvalidDatasetError: its size, its number of colours or its precision differs.
        NotSupportedError: its samples have bits below those that count.
    """
    if (claim.rows, claim.columns) != (layout.rows, layout.columns):
        raise InvalidDatasetError(
            f"a frame is compressed as {claim.columns} by {claim.rows} pixels; Columns and Rows say "
            f"{layout.columns} by {layout.rows}"
        )
    if claim.components != layout.samples:
        raise InvalidDatasetError(
            f"a frame is compressed with {claim.components} components; SamplesPerPixel is {layout.samples}"
        )
    if claim.precision > layout.allocated:
        raise InvalidDatasetError(
            f"a frame is compressed with {claim.precision} bits a sample; BitsAllocated is {layout.allocated}"
        )
    if layout.lowest_bit and claim.precision > layout.stored:
        raise NotSupportedError(
            "a frame is compressed with samples that are shifted: HighBit is not one less than BitsStored"
        )


def jpeg_head(data: bytes) -> JpegHead:
    """Read the markers of a JPEG or JPEG-LS image up to the start of its frame.

    Raises:
        InvalidDatasetError: there is no such image, or it is cut off.
    """
    jfif, transform, position = False, None, 2
    if data[:2] == b"\xff\xd8":
        while position + 4 <= len(data) and data[position] == 0xFF:  # noqa: PLR2004 - a marker's first byte
            marker = data[position + 1]
            if marker == 0xFF:  # noqa: PLR2004 - fill bytes may precede a marker
                position += 1
                continue
            if marker in _WITHOUT_LENGTH:
                position += 2
                continue
            length = int.from_bytes(data[position + 2 : position + 4], "big")
            body = data[position + 4 : position + 2 + length]
            if marker in _FRAME_HEADS:
                return _frame_head(marker, body, jfif=jfif, transform=transform)
            if marker == _JFIF and body.startswith(b"JFIF\0"):
                jfif = True
            elif marker == _ADOBE and body.startswith(b"Adobe") and len(body) >= 12:  # noqa: PLR2004
                transform = body[11]
            position += 2 + length
    raise InvalidDatasetError("a frame is no JPEG image, or its head is cut off")


def jpeg2000_claim(data: bytes) -> Claim:
    """Read the SIZ marker of a JPEG 2000 or HTJ2K codestream (ISO/IEC 15444-1 section A.5.1).

    Raises:
        InvalidDatasetError: there is no such codestream, or it is cut off.
    """
    start = data.find(_CODESTREAM)
    siz = data[start + 4 : start + 45]
    if start < 0 or len(siz) < 41 or (start and data[4:8] != b"jP  "):  # noqa: PLR2004 - up to the first Ssiz
        raise InvalidDatasetError("a frame is no JPEG 2000 codestream, or its head is cut off")
    right, bottom, left, top = (int.from_bytes(siz[at : at + 4], "big") for at in (4, 8, 12, 16))
    components = int.from_bytes(siz[36:38], "big")
    return Claim(bottom - top, right - left, components, (siz[38] & 0x7F) + 1)


def _frame_head(kind: int, body: bytes, *, jfif: bool, transform: int | None) -> JpegHead:
    if len(body) < 6 or len(body) < 6 + 3 * body[5]:  # noqa: PLR2004 - precision, height, width, components
        raise InvalidDatasetError("the head of a JPEG image is cut off")
    claim = Claim(int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big"), body[5], body[0])
    return JpegHead(claim, kind, body[6 : 6 + 3 * body[5] : 3], jfif, transform)

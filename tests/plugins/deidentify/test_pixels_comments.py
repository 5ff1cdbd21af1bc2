"""What compressed frames carry beside their pictures."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imagecodecs import jpeg2k_encode, jpegls_encode
from PIL import Image
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless

from fileroom_plugins.deidentify import deidentify
from fileroom_plugins.deidentify.pixels.comments import in_jpeg, in_jpeg_2000

from .samples import dataset as image

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydicom import Dataset
    from pydicom.uid import UID

SECRET = b"Testarossa 19420815"
PIXELS = np.arange(256, dtype=np.uint8).reshape(16, 16)


def jpeg() -> bytes:
    """Return a JPEG with a comment, Exif, a preview in JFIF's part, an unknown part, and a tail."""
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x013B] = SECRET.decode()
    Image.fromarray(PIXELS).save(
        file, "jpeg", quality=100, comment=SECRET, exif=exif, icc_profile=b"profile" * 9
    )
    data = file.getvalue()
    return data[:2] + segment(0xED, b"Photoshop 3.0\0" + SECRET) + data[2:] + b"tail " + SECRET


def segment(code: int, content: bytes) -> bytes:
    return bytes([0xFF, code]) + (len(content) + 2).to_bytes(2, "big") + content


def jpeg_ls() -> bytes:
    data = bytes(jpegls_encode(PIXELS))
    return data[:2] + segment(0xFE, SECRET) + data[2:]


def jpeg_2000(*, wrapped: bool = False) -> bytes:
    data = bytes(jpeg2k_encode(PIXELS, level=0, reversible=True, codecformat="jp2" if wrapped else "j2k"))
    at = data.index(b"\xff\x52")  # what every main header has (COD)
    comment = b"\xff\x64" + (len(SECRET) + 4).to_bytes(2, "big") + b"\0\1" + SECRET
    if not wrapped:
        return data[:at] + comment + data[at:]
    box = (len(SECRET) + 8).to_bytes(4, "big") + b"xml " + SECRET
    at = data.index(b"jp2h") - 4
    return data[:at] + box + data[at:]


def coded(pixels: bytes, syntax: UID) -> Dataset:
    made = image(Rows=16, Columns=16, BitsAllocated=8, BitsStored=8, HighBit=7, PixelRepresentation=0)
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = syntax
    made.PixelData = pixels
    made["PixelData"].VR, made["PixelData"].is_undefined_length = "OB", True
    return made


STREAMS = [
    (jpeg, JPEGBaseline8Bit),
    (jpeg_ls, JPEGLSLossless),
    (jpeg_2000, JPEG2000Lossless),
    (lambda: jpeg_2000(wrapped=True), JPEG2000Lossless),
]


@pytest.mark.parametrize("fragments", [1, 3])
@pytest.mark.parametrize(("stream", "syntax"), STREAMS)
def test_comments_of_compressed_frames_go_and_their_pictures_stay(
    stream: Callable[[], bytes], syntax: UID, fragments: int
) -> None:
    frame = stream().removesuffix(b"tail " + SECRET) if fragments > 1 else stream()
    dataset = coded(encapsulate([frame], fragments_per_frame=fragments), syntax)
    before = dataset.PixelData
    assert b"Testarossa" in before
    result = deidentify(dataset)
    assert b"Testarossa" not in result.data
    after = result.dataset
    assert len(after.PixelData) == len(before)
    assert "7FE00010" in {one.path for one in result.report.touched}
    (made,) = generate_frames(after.PixelData, number_of_frames=1)
    if syntax == JPEGBaseline8Bit:
        assert np.array_equal(
            np.asarray(Image.open(io.BytesIO(made))), np.asarray(Image.open(io.BytesIO(frame)))
        )
        assert b"profile" * 9 in made
    else:
        assert np.array_equal(after.pixel_array, PIXELS)


def test_frames_without_comments_are_left_as_they_are() -> None:
    dataset = coded(encapsulate([bytes(jpegls_encode(PIXELS))]), JPEGLSLossless)
    result = deidentify(dataset)
    assert result.dataset.PixelData == dataset.PixelData
    assert "7FE00010" not in {one.path for one in result.report.touched}


def test_of_frames_that_share_a_fragment_each_stays() -> None:
    one = jpeg().removesuffix(b"tail " + SECRET)
    both = memoryview(one + one)
    spots = list(in_jpeg(both, several=True))
    assert sum(SECRET in bytes(both[spot]) for spot in spots) == 6
    assert not any(spot.stop - spot.start > len(one) // 2 for spot in spots)


@given(
    st.binary(max_size=80),
    st.sampled_from([b"", b"\xff\xd8", b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  \r\n\x87\n"]),
)
def test_damaged_streams_are_gone_through_to_an_end(data: bytes, beginning: bytes) -> None:
    stream = memoryview(beginning + data)
    for spots in (in_jpeg(stream), in_jpeg(stream, several=True), in_jpeg_2000(stream)):
        assert all(spot.start >= 0 for spot in spots)

from __future__ import annotations

import io
import logging
import tracemalloc
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from fileroom.plugin import FileroomError, InvalidDatasetError, NotSupportedError
from fileroom.testing.datasets import make_instance
from fileroom_plugins.imaging import header
from fileroom_plugins.imaging.image import open_image
from tests.plugins.imaging.images import TEST_FILES, compressed, made, saved

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.filterwarnings("ignore")

GREY = np.arange(64 * 64, dtype="uint16").reshape(64, 64)
COMPRESSED = [
    *("JPEG2000", "MR_small_jp2klossless", "GDCMJ2K_TextGBR", "JPEGLSNearLossless_16"),
    *("MR_small_jpeg_ls_lossless", "SC_rgb_jls_lossy_line", "SC_rgb_jpeg_gdcm", "SC_rgb_jpeg_dcmtk"),
    *("SC_rgb_rle_16bit", "rtdose_rle", "MR_small_RLE", "JPGExtended", "SC_rgb_jpeg_app14_dcmd"),
]


def dataset_of(data: bytes) -> pydicom.Dataset:
    return pydicom.dcmread(io.BytesIO(data))


def start_of_pixels(data: bytes) -> int:
    return data.rfind(b"\xe0\x7f\x10\x00")


@pytest.mark.parametrize("length", [0, 2, 8190, 8194, 8320, 16384])
def test_pixel_data_of_another_length_than_declared_are_one_clear_error(length: int) -> None:
    dataset = dataset_of(made(GREY))
    dataset.PixelData = (dataset.PixelData * 2)[:length]
    with pytest.raises(InvalidDatasetError, match=f"has {length} bytes; .* need 8192"):
        open_image(saved(dataset))
    with pytest.raises(InvalidDatasetError, match=f"has {length} bytes; .* need 8192"):
        open_image(dataset)


def test_pixel_data_that_are_cut_off_are_one_clear_error() -> None:
    data = made(GREY)
    for length in (len(data) - 1, len(data) - 8000, start_of_pixels(data) + 12):
        with pytest.raises(InvalidDatasetError, match="cut off"):
            open_image(data[:length])


def test_a_frame_that_is_missing_is_one_clear_error() -> None:
    dataset = dataset_of(made(np.stack([GREY, GREY])))
    dataset.NumberOfFrames = 3
    with pytest.raises(InvalidDatasetError, match="need 24576"):
        open_image(saved(dataset))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"PhotometricInterpretation": "RGB"}, "needs 3 samples"),
        ({"PhotometricInterpretation": "YBR_FULL"}, "needs 3 samples"),
        ({"PhotometricInterpretation": "NONSENSE"}, "none that the standard knows"),
        ({"PhotometricInterpretation": None}, "is missing"),
        ({"PhotometricInterpretation": ["RGB", "RGB"]}, "is missing"),
        ({"SamplesPerPixel": 3}, "needs 1 samples"),
        ({"SamplesPerPixel": 0}, "SamplesPerPixel is 0"),
        ({"BitsStored": 17}, "more than BitsAllocated"),
        ({"BitsStored": 0}, "BitsStored is 0"),
        ({"Rows": 0}, "Rows is 0"),
        ({"Columns": None}, "Columns is missing"),
        ({"Rows": [64, 64]}, "Rows is not one whole number"),
        ({"NumberOfFrames": 0}, "NumberOfFrames is 0"),
        ({"NumberOfFrames": -1}, "NumberOfFrames is -1"),
        ({"PixelRepresentation": 2}, "PixelRepresentation is 2"),
        ({"BitsAllocated": None}, "BitsAllocated is missing"),
    ],
)
def test_attributes_that_contradict_each_other_are_one_clear_error(
    change: dict[str, object], message: str
) -> None:
    dataset = dataset_of(made(GREY))
    for keyword, value in change.items():
        setattr(dataset, keyword, value)
    with pytest.raises(InvalidDatasetError, match=message):
        open_image(dataset)


@pytest.mark.parametrize(
    "change",
    [
        {"BitsAllocated": 12, "BitsStored": 12},
        {"PhotometricInterpretation": "CMYK", "SamplesPerPixel": 4},
        {"PhotometricInterpretation": "HSV", "SamplesPerPixel": 3},
    ],
)
def test_kinds_of_pixels_that_are_long_retired_are_not_supported(change: dict[str, object]) -> None:
    dataset = dataset_of(made(GREY))
    for keyword, value in change.items():
        setattr(dataset, keyword, value)
    with pytest.raises(NotSupportedError):
        open_image(dataset)


def peak(call: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("sides", [(65535, 65535), (20000, 20000)])
def test_huge_claims_of_a_small_file_are_refused_before_memory_is_taken(sides: tuple[int, int]) -> None:
    native = make_instance(tags={"Rows": sides[0], "Columns": sides[1]})

    def refused() -> None:
        with pytest.raises((NotSupportedError, InvalidDatasetError), match=r"MiB|bytes"):
            open_image(native).stored()

    assert peak(refused) < 4 << 20


@pytest.mark.parametrize("name", COMPRESSED)
@pytest.mark.parametrize("sides", [(65535, 65535), (8000, 8000), (63, 64)])
def test_claims_that_a_compressed_frame_does_not_bear_out_are_refused_before_memory_is_taken(
    name: str, sides: tuple[int, int]
) -> None:
    dataset = pydicom.dcmread(TEST_FILES / f"{name}.dcm")
    dataset.Rows, dataset.Columns = sides
    if "NumberOfFrames" in dataset:
        del dataset.NumberOfFrames
    buffer = io.BytesIO()
    dataset.save_as(buffer)

    def refused() -> None:
        with pytest.raises((NotSupportedError, InvalidDatasetError)):
            open_image(buffer.getvalue()).stored()

    refused()  # so that what is only loaded once is not counted
    assert peak(refused) < (4 << 20)


def test_a_frame_whose_own_head_claims_more_than_the_attributes_is_not_decoded() -> None:
    buffer = io.BytesIO()
    Pillow.new("L", (64, 64)).save(buffer, "JPEG")
    frame = bytearray(buffer.getvalue())
    at = frame.index(b"\xff\xc0") + 5
    frame[at : at + 4] = b"\xff\xff\xff\xff"
    data = compressed([bytes(frame)], np.zeros((64, 64), "uint8"), "1.2.840.10008.1.2.4.50")
    with pytest.raises(InvalidDatasetError, match="compressed as 65535 by 65535 pixels"):
        open_image(data).stored()


def test_a_frame_of_other_colours_or_bits_than_declared_is_not_decoded() -> None:
    colours, deep = io.BytesIO(), io.BytesIO()
    Pillow.new("RGB", (64, 64)).save(colours, "JPEG")
    Pillow.fromarray(GREY).save(deep, "JPEG2000", irreversible=False, no_jp2=True)
    small = np.zeros((64, 64), "uint8")
    with pytest.raises(InvalidDatasetError, match="3 components; SamplesPerPixel is 1"):
        open_image(compressed([colours.getvalue()], small, "1.2.840.10008.1.2.4.50")).stored()
    with pytest.raises(InvalidDatasetError, match="16 bits a sample; BitsAllocated is 8"):
        open_image(compressed([deep.getvalue()], small, "1.2.840.10008.1.2.4.90")).stored()


def test_what_inflates_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(header, "LARGEST", 1 << 16)
    data = made(np.zeros((500, 500), "uint16"))
    deflated = io.BytesIO()
    dataset = dataset_of(data)
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian
    dataset.save_as(deflated)
    with pytest.raises(NotSupportedError, match="inflates to more"):
        open_image(deflated.getvalue())


@pytest.mark.parametrize("name", COMPRESSED)
@given(st.data())
def test_a_damaged_stream_is_one_clear_error_or_a_picture(name: str, data: st.DataObject) -> None:
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    whole = (TEST_FILES / f"{name}.dcm").read_bytes()
    start = start_of_pixels(whole) + 20
    damaged = bytearray(whole)
    for _ in range(data.draw(st.sampled_from([0, 1, 10]))):
        damaged[data.draw(st.integers(start, len(whole) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(start, len(whole)))
    with suppress(FileroomError):
        image = open_image(bytes(damaged[:end]))
        assert image.shown().shape[:2] == (image.rows, image.columns)


@pytest.mark.parametrize("name", COMPRESSED)
def test_a_stream_that_is_cut_off_in_its_head_is_one_clear_error(name: str) -> None:
    dataset = pydicom.dcmread(TEST_FILES / f"{name}.dcm")
    frame = next(pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=1))[:30]
    dataset.PixelData = pydicom.encaps.encapsulate([frame])
    dataset.NumberOfFrames = 1
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    with pytest.raises(InvalidDatasetError):
        open_image(buffer.getvalue()).stored()


def test_encapsulated_and_native_pixels_are_told_apart() -> None:
    native = made(GREY).replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.5\0")
    with pytest.raises(InvalidDatasetError, match="the pixel data is not"):
        open_image(native).stored()
    frame = bytes(64) + b"\0"
    data = compressed([frame], GREY, "1.2.840.10008.1.2.5").replace(
        b"1.2.840.10008.1.2.5\0", b"1.2.840.10008.1.2.1\0"
    )
    with pytest.raises(InvalidDatasetError, match="its transfer syntax is not"):
        open_image(data)

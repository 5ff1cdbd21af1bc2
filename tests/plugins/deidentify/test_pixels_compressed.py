"""Frames that are not what they are said to be, and lossless JPEG."""

from __future__ import annotations

import copy
import tracemalloc
from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
import pytest
from pydicom import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEGLosslessSV1, RLELossless

from fileroom.plugin import FileroomError, InvalidDatasetError, NotSupportedError
from fileroom_plugins.deidentify.pixels.cleaner import CleanPixels
from fileroom_plugins.deidentify.pixels.rectangles import Rectangle
from tests.plugins.deidentify.test_pixels_cleaning import BLACKENED, HERE, native, shipped, written

CLEAN = CleanPixels([HERE], unknown="report")
COMPRESSED = [
    "SC_rgb_jpeg_gdcm.dcm",  # lossless JPEG
    "SC_rgb_jpeg_dcmtk.dcm",
    "JPGExtended.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "MR_small_jp2klossless.dcm",
    "MR_small_RLE.dcm",
]


def with_frames(dataset: Dataset, frames: list[bytes], syntax: str) -> Dataset:
    dataset.PixelData = encapsulate(frames)
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    return dataset


def lossless_ct() -> tuple[Dataset, Any]:
    """Return a CT in lossless JPEG, and its pixels."""
    dataset = shipped("CT_small.dcm")
    pixels = dataset.pixel_array
    frame = imagecodecs.jpeg8_encode(pixels.view("u2"), lossless=True, predictor=1, bitspersample=16)
    return with_frames(dataset, [bytes(frame)], JPEGLosslessSV1), pixels


def refusal(dataset: Dataset) -> tuple[FileroomError, int]:
    """Return the error that cleaning ends in, and the most memory that was taken until then."""
    with pytest.raises(FileroomError):
        CLEAN(copy.deepcopy(dataset))  # what is loaded once is not to be counted
    tracemalloc.start()
    try:
        with pytest.raises(FileroomError) as caught:
            CLEAN(dataset)
        return caught.value, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_lossless_jpeg_is_cleaned_without_any_plugin_of_pydicoms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_decoder(JPEGLosslessSV1), "_available", {})
    dataset, before = lossless_ct()
    assert CLEAN(dataset)
    after = written(dataset)
    assert after.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert "LossyImageCompression" not in after
    pixels = after.pixel_array
    assert (pixels[BLACKENED] == before.min()).all()
    pixels[BLACKENED] = before[BLACKENED]
    assert np.array_equal(before, pixels)


def changed_tables(frame: bytes) -> bytes:
    at = frame.index(b"\xff\xc4") + 5
    return frame[:at] + b"\xff" * 16 + frame[at + 16 :]


@pytest.mark.parametrize(
    "damage",
    [lambda frame: frame[:30], lambda frame: frame[:200], lambda frame: frame[:-2], changed_tables],
    ids=["head", "start", "end", "tables"],
)
def test_damaged_lossless_jpeg_is_one_clear_error(damage: Callable[[bytes], bytes]) -> None:
    dataset, _ = lossless_ct()
    (frame,) = generate_frames(dataset.PixelData, number_of_frames=1)
    before = dataset.file_meta.TransferSyntaxUID
    with pytest.raises(InvalidDatasetError):
        CLEAN(with_frames(dataset, [damage(frame)], JPEGLosslessSV1))
    assert dataset.file_meta.TransferSyntaxUID == before


@pytest.mark.parametrize("name", COMPRESSED)
@pytest.mark.parametrize("sides", [(65535, 65535), (14000, 12000)])
def test_huge_claims_of_small_files_are_refused_before_memory_is_taken(
    name: str, sides: tuple[int, int]
) -> None:
    dataset = shipped(name)
    dataset.Rows, dataset.Columns = sides
    error, memory = refusal(dataset)
    assert isinstance(error, NotSupportedError | InvalidDatasetError)
    assert memory < 4 << 20


@pytest.mark.parametrize("name", COMPRESSED)
def test_frames_of_another_size_than_rows_and_columns_say_are_one_clear_error(name: str) -> None:
    dataset = shipped(name)
    dataset.Rows += 1
    error, memory = refusal(dataset)
    assert isinstance(error, InvalidDatasetError)
    assert "Rows" in str(error)
    assert memory < 4 << 20


def test_a_frame_whose_own_head_claims_more_than_the_attributes_is_not_decoded() -> None:
    dataset, _ = lossless_ct()
    (frame,) = generate_frames(dataset.PixelData, number_of_frames=1)
    at = frame.index(b"\xff\xc3") + 5
    claims = frame[:at] + b"\xff\xff\xff\xff" + frame[at + 4 :]
    error, memory = refusal(with_frames(dataset, [claims], JPEGLosslessSV1))
    assert "compressed as 65535 by 65535 pixels" in str(error)
    assert memory < 4 << 20


def test_samples_that_lie_in_the_upper_bits_are_refused_and_not_cut() -> None:
    dataset = shipped("MR_small_RLE.dcm")
    dataset.BitsStored, dataset.HighBit = 12, 15
    with pytest.raises(NotSupportedError, match="HighBit"):
        CLEAN(dataset)


def test_few_bits_in_many_stay_in_rle() -> None:
    pixels = np.arange(100, dtype=np.uint16).reshape(1, 10, 10)
    dataset = native(pixels)
    dataset.compress(RLELossless, generate_instance_uid=False)
    dataset.BitsStored, dataset.HighBit = 7, 6
    assert CLEAN(dataset)
    after = written(dataset)
    assert after.file_meta.TransferSyntaxUID == RLELossless
    expected = pixels[0].copy()
    expected[BLACKENED] = 0
    assert np.array_equal(after.pixel_array, expected)


def test_video_is_refused_unless_there_is_nothing_to_hide() -> None:
    dataset = with_frames(native(np.zeros((1, 8, 8), dtype=np.uint8)), [b"\0\0"], "1.2.840.10008.1.2.4.102")
    with pytest.raises(NotSupportedError, match="video"):
        CLEAN(dataset)
    dataset.BurnedInAnnotation = "NO"
    assert not CleanPixels([Rectangle(100, 100, 9, 9)])(dataset)

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.data import get_testdata_file
from pydicom.encaps import encapsulate
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from fileroom.plugin import InvalidDatasetError, NotSupportedError
from fileroom_plugins.deidentify.pixels.cleaner import CleanPixels
from fileroom_plugins.deidentify.pixels.places import UnknownTextError
from fileroom_plugins.deidentify.pixels.rectangles import Rectangle
from fileroom_plugins.imaging import open_image

HERE = Rectangle(2, 3, 5, 4)
BLACKENED = (slice(3, 7), slice(2, 7))


def shipped(name: str) -> Dataset:
    path = get_testdata_file(name)
    assert isinstance(path, str)
    return pydicom.dcmread(path)


def written(dataset: Dataset) -> Dataset:
    """Return a dataset as whoever reads the file has it."""
    for _ in dataset.iterall():
        pass  # implicit VRs are resolved, lest they be lost when the syntax is another one
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    file.seek(0)
    return pydicom.dcmread(file)


def frames(dataset: Dataset) -> Any:
    pixels = dataset.pixel_array
    return pixels if int(dataset.get("NumberOfFrames") or 1) > 1 else pixels[None]


def native(pixels: Any, photometric: str = "MONOCHROME2", **attributes: object) -> Dataset:
    """Return an image of frames by rows by columns (by samples)."""
    dataset = Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7.4"
    dataset.SOPInstanceUID = "1.2.3"
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = pixels.shape[:3]
    dataset.SamplesPerPixel = pixels.shape[3] if pixels.ndim > 3 else 1
    dataset.BitsAllocated = dataset.BitsStored = pixels.dtype.itemsize * 8
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    dataset.PhotometricInterpretation = photometric
    if dataset.SamplesPerPixel > 1:
        dataset.PlanarConfiguration = 0
    dataset.PixelData = pixels.tobytes()
    dataset["PixelData"].VR = "OW" if dataset.BitsAllocated > 8 else "OB"
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


@pytest.mark.parametrize(
    "name",
    [
        "CT_small.dcm",
        "MR_small_bigendian.dcm",
        "MR_small_RLE.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
        "SC_rgb_rle_2frame.dcm",
        "SC_rgb_rle_16bit_2frame.dcm",
        "GDCMJ2K_TextGBR.dcm",
        "SC_rgb_rle_32bit_2frame.dcm",
    ],
)
def test_without_loss_every_frame_is_black_where_it_is_to_be_and_as_it_was_elsewhere(name: str) -> None:
    dataset = shipped(name)
    before = frames(dataset)
    assert CleanPixels([HERE], unknown="report")(dataset)
    after = frames(written(dataset))
    for old, new in zip(before, after, strict=True):
        assert len(np.unique(new[BLACKENED].reshape(-1, *new.shape[2:]), axis=0)) == 1
        assert not np.array_equal(old, new)
        new[BLACKENED] = old[BLACKENED]
        assert np.array_equal(old, new)


@pytest.mark.parametrize(
    ("name", "syntax"),
    [
        ("MR_small_RLE.dcm", RLELossless),
        ("MR_small_jp2klossless.dcm", JPEG2000Lossless),
        ("examples_jpeg2k.dcm", JPEG2000Lossless),
        ("SC_rgb_jpeg_gdcm.dcm", ExplicitVRLittleEndian),  # lossless JPEG: there is no encoder
        ("MR_small_bigendian.dcm", ExplicitVRBigEndian),
    ],
)
def test_lossless_syntaxes_stay_where_there_is_an_encoder(name: str, syntax: str) -> None:
    dataset = shipped(name)
    CleanPixels([HERE], unknown="report")(dataset)
    assert dataset.file_meta.TransferSyntaxUID == syntax


@pytest.mark.parametrize("name", ["SC_rgb_jpeg_dcmtk.dcm", "JPGExtended.dcm", "JPEGLSNearLossless_16.dcm"])
def test_lossy_pixels_lose_no_more_and_still_say_that_they_were(name: str) -> None:
    dataset = shipped(name)
    # pydicom has no decoder for twelve bits.
    before = open_image(dataset).stored(0)[None] if name == "JPGExtended.dcm" else frames(dataset)
    assert CleanPixels([HERE], unknown="report")(dataset)
    after = written(dataset)
    assert after.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert after.LossyImageCompression == "01"
    pixels = frames(after)
    pixels[:, *BLACKENED] = before[:, *BLACKENED]
    assert (before == pixels).all()


def test_black_is_the_brightest_value_where_bright_means_black() -> None:
    pixels = np.arange(100, dtype=np.uint16).reshape(1, 10, 10)
    dataset = native(pixels, "MONOCHROME1")
    CleanPixels([HERE])(dataset)
    assert (frames(dataset)[0][BLACKENED] == 99).all()


def test_black_of_a_palette_is_its_darkest_entry() -> None:
    dataset = native(np.zeros((1, 10, 10), dtype=np.uint8), "PALETTE COLOR")
    for colour in ("Red", "Green", "Blue"):
        setattr(dataset, f"{colour}PaletteColorLookupTableDescriptor", [4, 0, 8])
        setattr(dataset, f"{colour}PaletteColorLookupTableData", bytes([200, 100, 7, 255]))
    CleanPixels([HERE])(dataset)
    assert (frames(dataset)[0][BLACKENED] == 2).all()


def test_shared_colours_are_black_for_both_of_their_pixels() -> None:
    dataset = shipped("SC_ybr_full_422_uncompressed.dcm")
    CleanPixels([Rectangle(3, 0, 1, 2)], unknown="report")(dataset)
    row = int(dataset.Columns) * 2
    for start in (0, row):
        pair = dataset.PixelData[start + 4 : start + 8]  # two luminances, blue and red of columns 2 and 3
        assert pair == bytes([0, 0, 128, 128])


def test_planes_of_colours_are_blackened_each() -> None:
    pixels = np.full((2, 3, 10, 10), 9, dtype=np.uint8)
    dataset = native(np.moveaxis(pixels, 1, -1), "RGB")
    dataset.PlanarConfiguration = 1
    dataset.PixelData = pixels.tobytes()
    CleanPixels([HERE])(dataset)
    after = frames(dataset)
    assert not after[:, *BLACKENED].any()
    assert (after == 0).sum() == 2 * 20 * 3


@given(columns=st.integers(1, 13), rows=st.integers(1, 9), count=st.integers(1, 3), place=st.integers(0, 6))
def test_single_bits_are_blackened_though_frames_begin_within_bytes(
    columns: int, rows: int, count: int, place: int
) -> None:
    bits = np.ones((count, rows, columns), dtype=np.uint8)
    dataset = native(bits)
    dataset.BitsAllocated = dataset.BitsStored = 1
    dataset.HighBit = 0
    packed = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
    dataset.PixelData = packed + b"\0" * (len(packed) % 2)
    dataset.BurnedInAnnotation = "NO"  # or it would be refused where the rectangle lies outside
    CleanPixels([Rectangle(place, place, 2, 2)])(dataset)
    bits[:, place : place + 2, place : place + 2] = 0
    after = np.unpackbits(np.frombuffer(dataset.PixelData, dtype=np.uint8), bitorder="little")
    assert np.array_equal(after[: bits.size], bits.reshape(-1))


def test_rectangles_reach_beyond_the_image_without_harm() -> None:
    dataset = native(np.full((1, 4, 4), 5, dtype=np.uint8))
    pixels = frames(dataset).copy()
    pixels[0, 0, 0] = 1
    dataset.PixelData = pixels.tobytes()
    CleanPixels([Rectangle(2, 2, 1 << 30, 1 << 30)])(dataset)
    assert (frames(dataset)[0] == 1).sum() == 5


@pytest.mark.parametrize("corner", [3, 5000])
def test_regions_of_the_whole_image_tell_nothing_of_where_its_text_is(corner: int) -> None:
    item = Dataset()
    item.RegionLocationMinX0 = item.RegionLocationMinY0 = 0
    item.RegionLocationMaxX1 = item.RegionLocationMaxY1 = corner
    dataset = native(np.full((1, 4, 4), 5, dtype=np.uint8), SequenceOfUltrasoundRegions=[item])
    for said in ("YES", ""):
        dataset.BurnedInAnnotation = said
        with pytest.raises(UnknownTextError):
            CleanPixels()(dataset)
        assert not CleanPixels(unknown="report")(dataset)
        assert dataset.BurnedInAnnotation == said


def test_rectangles_outside_of_the_image_tell_nothing_of_its_text() -> None:
    dataset = native(np.full((1, 4, 4), 5, dtype=np.uint8))
    with pytest.raises(UnknownTextError):
        CleanPixels([Rectangle(4, 4, 9, 9)])(dataset)
    assert "BurnedInAnnotation" not in dataset


def test_nothing_is_touched_where_nothing_is_to_be_hidden() -> None:
    dataset = shipped("CT_small.dcm")
    before = dataset.PixelData
    assert not CleanPixels()(dataset)
    assert dataset.PixelData == before
    assert dataset.BurnedInAnnotation == "NO"


def test_images_apt_to_have_text_are_refused_unless_they_are_only_to_be_reported() -> None:
    with pytest.raises(NotSupportedError, match="unknown_pixels"):
        CleanPixels()(shipped("SC_rgb_rle.dcm"))
    dataset = shipped("SC_rgb_rle.dcm")
    assert not CleanPixels(unknown="report")(dataset)
    assert dataset.get("BurnedInAnnotation") != "NO"


def test_objects_without_pixels_are_nothing_to_clean() -> None:
    assert not CleanPixels([HERE])(shipped("rtplan.dcm"))


def test_overlays_in_unused_bits_are_taken_out_of_the_pixels() -> None:
    pixels = np.full((1, 10, 10), 0x8123, dtype=np.uint16)
    dataset = native(pixels, BurnedInAnnotation="NO")
    dataset.BitsStored, dataset.HighBit = 12, 11
    dataset.add_new(0x60000010, "US", 10)
    dataset.add_new(0x60000100, "US", 16)
    dataset.add_new(0x60000102, "US", 15)
    assert CleanPixels()(dataset)
    assert (np.frombuffer(dataset.PixelData, dtype=np.uint16) == 0x0123).all()
    assert not dataset.group_dataset(0x6000)


def test_overlays_of_graphics_go_and_those_of_regions_stay() -> None:
    dataset = native(np.zeros((1, 8, 8), dtype=np.uint8), BurnedInAnnotation="NO")
    for group, kind in ((0x6000, "G"), (0x6002, "R")):
        dataset.add_new(group << 16 | 0x0040, "CS", kind)
        dataset.add_new(group << 16 | 0x3000, "OW", bytes(8))
    assert CleanPixels()(dataset)
    assert not dataset.group_dataset(0x6000)
    assert len(dataset.group_dataset(0x6002)) == 2


def test_fewer_bytes_than_pixels_are_damage() -> None:
    dataset = native(np.zeros((2, 8, 8), dtype=np.uint8))
    dataset.PixelData = bytes(100)
    with pytest.raises(InvalidDatasetError):
        CleanPixels([HERE])(dataset)


def test_missing_frames_of_compressed_pixels_are_damage() -> None:
    dataset = shipped("SC_rgb_rle_2frame.dcm")
    dataset.NumberOfFrames = 3
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(InvalidDatasetError):
            CleanPixels([HERE], unknown="report")(dataset)


def test_claims_beyond_all_bounds_are_refused_before_memory_is_taken() -> None:
    dataset = shipped("SC_rgb_jpeg_dcmtk.dcm")
    dataset.Rows = dataset.Columns = 65535
    with pytest.raises(NotSupportedError, match="more than 256 MiB"):
        CleanPixels([HERE], unknown="report")(dataset)


def test_bytes_that_are_no_jpeg_are_damage() -> None:
    dataset = native(np.zeros((1, 8, 8), dtype=np.uint8))
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    dataset.PixelData = encapsulate([b"\xff\xd8no picture\xff\xd9"])
    dataset["PixelData"].VR = "OB"
    with pytest.raises(InvalidDatasetError):
        CleanPixels([HERE])(dataset)

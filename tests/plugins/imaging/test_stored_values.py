from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image as Pillow
from pydicom.pixels.utils import pixel_array

from fileroom.plugin import InvalidValueError
from fileroom_plugins.imaging.decoding import DEFLATED_FRAMES
from fileroom_plugins.imaging.image import open_image
from tests.plugins.imaging.images import TEST_FILES, Pixels, compressed, made, patches, saved

IMAGES = [
    *("693_J2KI", "CT_small", "ExplVR_BigEnd", "GDCMJ2K_TextGBR", "J2K_pixelrep_mismatch", "JPEG2000"),
    *("JPEGLSNearLossless_08", "JPEGLSNearLossless_16", "MR_small", "MR_small_RLE", "MR_small_bigendian"),
    *("MR_small_expb", "MR_small_implicit", "MR_small_jp2klossless", "MR_small_jpeg_ls_lossless"),
    *("SC_jpeg_no_color_transform", "SC_jpeg_no_color_transform_2", "SC_rgb_dcmtk_+eb+cr"),
    *("SC_rgb_dcmtk_+eb+cy+n1", "SC_rgb_dcmtk_+eb+cy+np", "SC_rgb_dcmtk_+eb+cy+s4", "SC_rgb_gdcm_KY"),
    *("SC_rgb_jls_lossy_line", "SC_rgb_jls_lossy_sample", "SC_rgb_jpeg", "SC_rgb_jpeg_dcmd"),
    *("SC_rgb_jpeg_gdcm", "SC_rgb_jpeg_lossy_gdcm", "SC_rgb_rle", "SC_rgb_rle_16bit_2frame"),
    *("SC_rgb_rle_32bit_2frame", "SC_rgb_small_odd", "SC_rgb_small_odd_big_endian", "SC_rgb_small_odd_jpeg"),
    *("SC_ybr_full_422_uncompressed", "examples_jpeg2k", "examples_overlay", "examples_palette"),
    *("examples_rgb_color", "examples_ybr_color", "image_dfl", "liver_1frame", "liver_expb_1frame"),
    *("rtdose", "rtdose_expb", "rtdose_rle", "rtdose_1frame"),
]
GREY = np.arange(64 * 48, dtype="uint16").reshape(64, 48)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", IMAGES)
def test_stored_values_are_those_that_pydicom_reads(name: str) -> None:
    path = TEST_FILES / f"{name}.dcm"
    dataset = pydicom.dcmread(path)
    with open_image(path) as image:
        for index in {0, image.frames // 2, image.frames - 1}:
            expected = pixel_array(dataset, index=index, raw=True)
            found = image.stored(index)
            assert found.dtype == expected.dtype.newbyteorder("=")
            assert np.array_equal(found, expected)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["CT_small", "MR_small_RLE", "SC_rgb_small_odd_big_endian", "rtdose"])
def test_a_file_bytes_a_path_and_a_dataset_give_the_same(name: str) -> None:
    path = TEST_FILES / f"{name}.dcm"
    data = path.read_bytes()
    expected = open_image(data).stored()
    assert np.array_equal(open_image(io.BytesIO(data)).stored(), expected)
    assert np.array_equal(open_image(pydicom.dcmread(path)).stored(), expected)
    with open_image(str(path)) as image:
        assert np.array_equal(image.stored(), expected)


def test_a_dataset_that_was_made_in_memory_can_be_opened() -> None:
    dataset = pydicom.dcmread(io.BytesIO(made(GREY)))
    dataset.PixelData = (GREY + 1).tobytes()
    assert np.array_equal(open_image(dataset).stored(), GREY + 1)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32"])
@pytest.mark.parametrize("samples", [1, 3])
def test_integers_of_every_width_are_read(dtype: str, samples: int) -> None:
    chance = np.random.default_rng(1)
    info = np.iinfo(dtype)
    shape = (2, 5, 7) if samples == 1 else (2, 5, 7, 3)
    pixels = chance.integers(info.min, info.max, shape, dtype, endpoint=True)
    if samples == 3 and info.min < 0:
        pytest.skip("colours have no sign")
    image = open_image(made(pixels, photometric="MONOCHROME2" if samples == 1 else "RGB"))
    assert image.frames == 2
    for index in range(2):
        assert np.array_equal(image.stored(index), pixels[index])
        assert image.stored(index).dtype == dtype


@pytest.mark.parametrize(("keyword", "dtype"), [("FloatPixelData", "<f4"), ("DoubleFloatPixelData", "<f8")])
def test_floating_point_pixels_are_read_and_shown(keyword: str, dtype: str) -> None:
    values = np.array([[0.0, 0.5, 1.0, np.nan]] * 2, dtype)
    dataset = pydicom.dcmread(io.BytesIO(made(np.zeros((2, 4), "uint8"))))
    del dataset.PixelData
    setattr(dataset, keyword, values.tobytes())
    dataset.BitsAllocated = dataset.BitsStored = values.dtype.itemsize * 8
    image = open_image(saved(dataset))
    assert np.array_equal(image.stored(), values, equal_nan=True)
    assert image.shown().tolist() == [[0, 128, 255, 0]] * 2


def test_frames_of_single_bits_need_not_start_with_a_byte() -> None:
    chance = np.random.default_rng(2)
    bits = chance.integers(0, 2, (5, 3, 3), "uint8")
    dataset = pydicom.dcmread(io.BytesIO(made(np.zeros((5, 3, 3), "uint8"))))
    dataset.BitsAllocated = dataset.BitsStored = 1
    dataset.HighBit = 0
    data = np.packbits(bits.ravel(), bitorder="little").tobytes()
    dataset.PixelData = data + bytes(len(data) % 2)
    image = open_image(saved(dataset))
    assert all(np.array_equal(image.stored(index), bits[index]) for index in range(5))
    assert set(image.shown(0).ravel().tolist()) <= {0, 255}


def test_bits_above_those_stored_do_not_count() -> None:
    for dtype, expected in (("uint16", [0x0FFF, 0x0001]), ("int16", [-1, 1])):
        dataset = pydicom.dcmread(io.BytesIO(made(np.zeros((1, 2), dtype))))
        dataset.BitsStored, dataset.HighBit = 12, 11
        dataset.PixelData = np.array([0xFFFF, 0xF001], "uint16").tobytes()
        assert open_image(saved(dataset)).stored().tolist() == [expected]


def test_colours_may_lie_plane_by_plane() -> None:
    pixels = np.random.default_rng(3).integers(0, 255, (6, 4, 3), "uint8")
    dataset = pydicom.dcmread(io.BytesIO(made(pixels, photometric="RGB")))
    dataset.PlanarConfiguration = 1
    dataset.PixelData = pixels.transpose(2, 0, 1).tobytes()
    assert np.array_equal(open_image(saved(dataset)).stored(), pixels)


@pytest.mark.parametrize("order", ["basic", "none"])
def test_frames_that_are_deflated_one_by_one_are_read(order: str) -> None:
    import zlib

    frames = [GREY, GREY[::-1].copy()]
    deflated = []
    for frame in frames:
        packer = zlib.compressobj(wbits=-15)
        deflated.append(packer.compress(frame.tobytes()) + packer.flush())
    image = open_image(compressed(deflated, GREY, DEFLATED_FRAMES, table=order))
    assert all(np.array_equal(image.stored(index), frame) for index, frame in enumerate(frames))


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.203"])
def test_high_throughput_jpeg_2000_is_decoded(syntax: str) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    try:
        data = imagecodecs.htj2k_encode(GREY, reversible=True)
    except Exception:  # noqa: BLE001 - not every build of the library encodes it
        pytest.skip("imagecodecs was built without OpenJPH")
    image = open_image(compressed([bytes(data)], GREY, syntax))
    assert np.array_equal(image.stored(), GREY)


@pytest.mark.parametrize("container", [True, False])
@pytest.mark.parametrize("shape", [(64, 48), (64, 64), (37, 99)])
def test_jpeg_xl_is_decoded(shape: tuple[int, int], *, container: bool) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    grey = np.random.default_rng(4).integers(0, 4096, shape, "uint16")
    data = imagecodecs.jpegxl_encode(grey, lossless=True, usecontainer=container)
    image = open_image(compressed([bytes(data)], grey, "1.2.840.10008.1.2.4.110"))
    assert np.array_equal(image.stored(), grey)


def test_jpeg_of_twelve_bits_is_decoded() -> None:
    pytest.importorskip("imagecodecs")
    with open_image(TEST_FILES / "JPGExtended.dcm") as image:
        stored = image.stored()
    assert (stored.shape, stored.dtype) == ((1024, 256), np.dtype("uint16"))
    assert 255 < stored.max() < 4096


def jpeg(pixels: Pixels, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Pillow.fromarray(pixels).save(buffer, "JPEG", quality=95, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("photometric", ["YBR_FULL_422", "RGB"])
def test_colours_of_a_jpeg_are_what_it_says_itself(photometric: str) -> None:
    red = np.zeros((32, 32, 3), "uint8")
    red[..., 0] = 255
    image = open_image(compressed([jpeg(red)], red, "1.2.840.10008.1.2.4.50", photometric=photometric))
    assert image.shown()[16, 16].tolist() == pytest.approx([255, 0, 0], abs=3)


@pytest.mark.parametrize("fragments", [1, 3])
@pytest.mark.parametrize("table", ["basic", "none", "extended"])
def test_each_of_several_compressed_frames_is_found(table: str, fragments: int) -> None:
    if table == "extended" and fragments > 1:
        pytest.skip("an extended offset table has one fragment a frame")
    frames = [np.full((32, 32), shade, "uint8") for shade in (10, 100, 200)]
    data = compressed(
        [jpeg(frame) for frame in frames],
        frames[0],
        "1.2.840.10008.1.2.4.50",
        table=table,
        fragments=fragments,
    )
    image = open_image(data)
    assert [int(image.stored(index)[16, 16]) for index in (2, 0, 1)] == [200, 10, 100]


def test_only_the_wanted_frame_is_read() -> None:
    class Counted(io.BytesIO):
        count = 0

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            self.count += len(data)
            return data

    frames = np.zeros((200, 64, 64), "uint16")
    frames[150] = 7
    source = Counted(made(frames))
    assert (open_image(source).stored(150) == 7).all()
    assert source.count < 20_000


@pytest.mark.parametrize("index", [-1, 1, 10**9])
def test_a_frame_that_is_not_there_is_an_error(index: int) -> None:
    with pytest.raises(InvalidValueError, match="the object has 1"):
        open_image(made(patches([1]))).stored(index)


def test_what_was_opened_by_its_path_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "image.dcm"
    path.write_bytes(made(patches([1])))
    with open_image(path) as image:
        image.stored()
    image.close()
    with pytest.raises(ValueError, match="closed"):
        image._header.source.read()

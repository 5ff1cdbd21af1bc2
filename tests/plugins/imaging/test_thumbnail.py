from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pydicom
import pydicom.data
import pytest
from PIL import Image
from pydicom.pixels.decoders.base import get_decoder

from fileroom.plugin import (
    InvalidDatasetError,
    MissingDependencyError,
    NotSupportedError,
)
from fileroom.testing.datasets import make_instance
from fileroom_plugins import imaging
from fileroom_plugins.imaging import Options, fileroom_processor, open_image
from tests.plugins.imaging.images import TEST_FILES, compressed, made, patches

if TYPE_CHECKING:
    from fileroom.plugin import Processor

Pixels: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

NO_IMAGES = {
    *(
        "ExplVR_BigEndNoMeta.dcm",
        "ExplVR_LitEndNoMeta.dcm",
        "reportsi.dcm",
        "test-SR.dcm",
        "waveform_ecg.dcm",
    ),
    *("reportsi_with_empty_number_tags.dcm", "rtplan.dcm", "rtstruct.dcm"),
}
DAMAGED = {
    # Pixel data that are cut off, and that are longer than Rows and Columns say.
    *("JPEG2000-embedded-sequence-delimiter.dcm", "MR_truncated.dcm", "MR_small_padded.dcm", "badVR.dcm"),
    "rtplan_truncated.dcm",
    # Without SOPClassUID: snippets of objects.
    *("UN_sequence.dcm", "empty_charset_LEI.dcm", "meta_missing_tsyntax.dcm", "nested_priv_SQ.dcm"),
    *("no_meta.dcm", "no_meta_group_length.dcm", "priv_SQ.dcm"),
}


def thumbnail(data: bytes, **options: Any) -> Image.Image:
    processor: Processor = fileroom_processor().open(Options(**options))
    (product,) = processor.process(io.BytesIO(data))
    assert (product.content_type, product.media_type) == ("thumbnail", "image/jpeg")
    image = Image.open(io.BytesIO(product.data))
    image.load()
    assert image.format == "JPEG"
    return image


def seen(data: bytes) -> list[int]:
    """Return the brightness in the middle of each patch."""
    image = thumbnail(data, size=1024, quality=95)
    return [image.convert("L").getpixel((x, 16)) for x in range(16, image.width, 32)]  # type: ignore[misc]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", sorted(TEST_FILES.glob("*.dcm")), ids=lambda path: path.name)
def test_every_image_that_pydicom_ships_becomes_a_picture_or_a_documented_error(path: Path) -> None:
    data = path.read_bytes()
    if path.name in NO_IMAGES:
        with pytest.raises(NotSupportedError):
            thumbnail(data)
    elif path.name in DAMAGED:
        with pytest.raises(InvalidDatasetError):
            thumbnail(data)
    else:
        dataset = pydicom.dcmread(path)
        image = thumbnail(data)
        assert max(image.size) == min(256, max(dataset.Rows, dataset.Columns))
        assert image.size[0] / image.size[1] == pytest.approx(dataset.Columns / dataset.Rows, rel=0.02)
        colour = dataset.SamplesPerPixel == 3 or dataset.PhotometricInterpretation == "PALETTE COLOR"
        assert image.mode == ("RGB" if colour else "L")
        assert len(set(image.convert("L").tobytes())) > 1


def test_encodings_of_one_image_look_alike() -> None:
    names = ("MR_small", "MR_small_RLE", "MR_small_bigendian", "MR_small_implicit", "MR_small_jp2klossless")
    pictures = {thumbnail((TEST_FILES / f"{name}.dcm").read_bytes()).tobytes() for name in names}
    assert len(pictures) == 1


@pytest.mark.parametrize(("implicit", "little"), [(True, True), (False, True), (False, False)])
def test_an_object_without_file_meta_information_can_be_shown(*, implicit: bool, little: bool) -> None:
    data = made(patches([100, 600, 1100]))
    dataset = pydicom.Dataset(pydicom.dcmread(io.BytesIO(data)))
    if not little:
        dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset, implicit_vr=implicit, little_endian=little)
    assert seen(buffer.getvalue()) == pytest.approx([0, 128, 255], abs=3)


def test_without_a_window_the_picture_reaches_from_black_to_white() -> None:
    assert seen(made(patches([100, 600, 1100]))) == pytest.approx([0, 128, 255], abs=3)
    assert seen(made(patches([-500, 0, 500], "int16"))) == pytest.approx([0, 128, 255], abs=3)


def test_padding_does_not_count_as_the_least_value() -> None:
    data = made(patches([-2000, 0, 100, 200], "int16"), {"PixelPaddingValue": -2000})
    assert seen(data) == pytest.approx([0, 0, 128, 255], abs=3)


def test_an_image_of_one_value_is_black() -> None:
    assert seen(made(patches([7, 7]))) == [0, 0]
    assert seen(made(patches([7, 7]), {"PixelPaddingValue": 7})) == [0, 0]


def test_the_first_window_is_applied_after_the_rescale() -> None:
    tags = {
        "RescaleSlope": 2,
        "RescaleIntercept": -1000,
        "WindowCenter": [0, 5000],
        "WindowWidth": [401, 9],
    }
    assert seen(made(patches([0, 400, 500, 600, 4000]), tags)) == pytest.approx([0, 0, 128, 255, 255], abs=3)


@pytest.mark.parametrize(
    ("function", "width", "expected"),
    [
        ("LINEAR", 1, [0, 255, 255]),
        ("LINEAR_EXACT", 200, [0, 128, 255]),
        ("SIGMOID", 200, [30, 128, 225]),
    ],
)
def test_every_window_function_is_known(function: str, width: int, expected: list[int]) -> None:
    tags = {"WindowCenter": 1000, "WindowWidth": width, "VOILUTFunction": function}
    assert seen(made(patches([900, 1000, 1100]), tags)) == pytest.approx(expected, abs=4)


@pytest.mark.parametrize(
    "tags",
    [
        {"WindowCenter": 5, "WindowWidth": 0},
        {"WindowCenter": 5, "WindowWidth": None},
        {"RescaleSlope": None, "RescaleIntercept": 7},
    ],
)
def test_a_window_or_rescale_without_meaning_is_left_out(tags: dict[str, object]) -> None:
    assert seen(made(patches([100, 600, 1100]), tags)) == pytest.approx([0, 128, 255], abs=3)


@pytest.mark.parametrize("values", [[0, 100, 1023], np.array([0, 100, 1023], "<u2").tobytes()])
def test_a_voi_lookup_table_is_applied_where_there_is_no_window(values: object) -> None:
    item = pydicom.Dataset()
    item.LUTDescriptor = [3, 10, 10]
    item.add_new("LUTData", "OW" if isinstance(values, bytes) else "US", values)
    data = made(patches([0, 10, 11, 12, 500]), {"VOILUTSequence": [item]})
    assert seen(data) == pytest.approx([0, 0, 25, 255, 255], abs=4)


def test_a_modality_lookup_table_is_applied_before_the_window() -> None:
    item = pydicom.Dataset()
    item.LUTDescriptor = [3, 0, 16]
    item.add_new("LUTData", "US", [2000, 1000, 0])
    tags = {"ModalityLUTSequence": [item], "WindowCenter": 1000, "WindowWidth": 2001}
    assert seen(made(patches([0, 1, 2]), tags)) == pytest.approx([255, 128, 0], abs=3)


def test_monochrome1_is_shown_with_white_for_the_least_value() -> None:
    data = made(patches([0, 500, 1000]), photometric="MONOCHROME1")
    assert seen(data) == pytest.approx([255, 128, 0], abs=3)


def test_one_bit_images_are_black_and_white() -> None:
    image = thumbnail((TEST_FILES / "liver_1frame.dcm").read_bytes(), quality=95)
    shades = sorted(image.tobytes())
    assert shades[0] == 0
    assert shades[-1] == 255


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_colours_are_shown_as_they_are(dtype: str) -> None:
    full = np.iinfo(dtype).max
    pixels = np.zeros((32, 64, 3), dtype)
    pixels[:, :32, 0] = full
    pixels[:, 32:, 2] = full
    image = thumbnail(made(pixels, photometric="RGB"), quality=95)
    assert image.getpixel((8, 8)) == pytest.approx((255, 0, 0), abs=6)
    assert image.getpixel((56, 8)) == pytest.approx((0, 0, 255), abs=6)


@pytest.mark.parametrize("bits", [8, 16])
def test_palettes_are_looked_up(bits: int) -> None:
    red, blue = ([0, 255], [255, 0]) if bits == 8 else ([0, 0xFFFF], [0xFFFF, 0])
    tags: dict[str, object] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for name, table in (("Red", red), ("Green", [0, 0]), ("Blue", blue)):
        tags[f"{name}PaletteColorLookupTableDescriptor"] = [2, 0, bits]
        tags[f"{name}PaletteColorLookupTableData"] = np.array(table, f"<u{bits // 8}").tobytes()
    image = thumbnail(made(patches([0, 1], "uint8"), tags), quality=95)
    assert image.getpixel((8, 8)) == pytest.approx((0, 0, 255), abs=6)
    assert image.getpixel((56, 8)) == pytest.approx((255, 0, 0), abs=6)


def test_of_several_frames_the_middle_one_is_shown() -> None:
    frames_of = np.stack([patches([0, value]) for value in (10, 20, 30, 40, 50)])
    tags = {"WindowCenter": 30, "WindowWidth": 61}
    assert seen(made(frames_of, tags))[1] == pytest.approx(128, abs=4)


@pytest.mark.parametrize(
    ("tags", "size"),
    [
        ({}, (100, 50)),
        ({"PixelSpacing": [2, 1]}, (100, 100)),
        ({"PixelSpacing": [1, 2]}, (200, 50)),
        ({"ImagerPixelSpacing": [0.5, 0.25]}, (100, 100)),
        ({"PixelAspectRatio": [4, 3]}, (100, 67)),
        ({"PixelAspectRatio": [2, 1], "PixelSpacing": [1, 2]}, (100, 100)),
        ({"PixelSpacing": [0, 0]}, (100, 50)),
        ({"PixelSpacing": [1, 1e-9]}, (100, 50)),
        ({"PixelSpacing": 2}, (100, 50)),
    ],
)
def test_pixels_that_are_not_square_are_made_so(tags: dict[str, object], size: tuple[int, int]) -> None:
    pixels = np.zeros((50, 100), "uint8")
    assert thumbnail(made(pixels, tags)).size == size


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((3000, 2000), (85, 128)), ((1, 5000), (128, 1)), ((5000, 1), (1, 128)), ((128, 128), (128, 128))],
)
def test_the_longer_side_has_the_configured_length(shape: tuple[int, int], expected: tuple[int, int]) -> None:
    assert thumbnail(made(np.zeros(shape, "uint8")), size=128).size == expected


def test_detail_of_a_large_image_is_averaged() -> None:
    stripes = np.zeros((2048, 2048), "uint8")
    stripes[:, ::3] = 255
    image = thumbnail(made(stripes), size=64)
    assert np.asarray(image).std() < 60


def test_quality_decides_about_the_size_in_bytes() -> None:
    data = (TEST_FILES / "CT_small.dcm").read_bytes()
    processors = [fileroom_processor().open(Options(quality=quality)) for quality in (20, 90)]
    small, large = (processor.process(io.BytesIO(data))[0].data for processor in processors)
    assert len(small) < len(large) / 2


def test_an_image_without_pixel_data_is_not_supported() -> None:
    for syntax in ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"):
        data = make_instance(rows=0, tags={"Rows": 10, "Columns": 10}, transfer_syntax=syntax)
        with pytest.raises(NotSupportedError, match="no pixel data"):
            thumbnail(data)


def test_an_image_that_cannot_be_decoded_at_all_is_not_supported() -> None:
    data = make_instance().replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.9\0")
    with pytest.raises(NotSupportedError, match="transfer syntax"):
        thumbnail(data)


def test_other_than_three_colours_are_not_supported() -> None:
    data = made(np.zeros((8, 8, 3), "uint8"), photometric="RGB")
    dataset = pydicom.dcmread(io.BytesIO(data))
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 4, "CMYK"
    dataset.PixelData = bytes(8 * 8 * 4)
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    with pytest.raises((NotSupportedError, InvalidDatasetError)):
        thumbnail(buffer.getvalue())


@pytest.mark.parametrize("coloured", [False, True])
def test_a_large_jpeg_is_decoded_at_the_size_that_is_needed(*, coloured: bool) -> None:
    across = np.linspace(0, 255, 2048).astype("uint8")
    pixels = np.broadcast_to(across, (2048, 2048)).copy()
    if coloured:
        pixels = np.stack([pixels, 255 - pixels, np.zeros_like(pixels)], axis=-1)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95)
    syntax, photometric = "1.2.840.10008.1.2.4.50", "YBR_FULL_422" if coloured else "MONOCHROME2"
    data = compressed([buffer.getvalue()], pixels, syntax, photometric=photometric)
    small = open_image(data).decoded(0, smallest=512).pixels
    assert small.shape[:2] == (512, 512)
    picture = np.asarray(thumbnail(data, size=256, quality=95)).astype(int)
    expected = np.asarray(Image.fromarray(pixels).resize((256, 256), Image.Resampling.BOX)).astype(int)
    assert np.abs(picture - expected).mean() < 3


def test_what_the_package_offers_is_loaded_when_it_is_asked_for() -> None:
    assert imaging.open_image is open_image
    assert imaging.View().window is None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        imaging.nothing  # noqa: B018 - asking is what is tried


def test_a_picture_is_the_same_each_time() -> None:
    data = (TEST_FILES / "examples_rgb_color.dcm").read_bytes()
    processors = [fileroom_processor().open(Options()) for _ in range(2)]
    assert processors[0].process(io.BytesIO(data)) == processors[1].process(io.BytesIO(data))


def test_a_missing_package_is_named_with_the_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.delitem(sys.modules, "fileroom_plugins.imaging.thumbnail", raising=False)
    with pytest.raises(
        MissingDependencyError, match=r"need PIL: pip install 'fileroom\[imaging\]'"
    ) as caught:
        fileroom_processor().open(Options())
    assert (caught.value.plugin, caught.value.distribution) == ("imaging", "fileroom")


def test_a_missing_decoder_is_named_with_the_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = get_decoder(pydicom.uid.JPEG2000)
    monkeypatch.setattr(decoder, "_available", {})
    with pytest.raises(MissingDependencyError, match=r"JPEG 2000.*fileroom\[imaging\]"):
        thumbnail((TEST_FILES / "693_J2KI.dcm").read_bytes())


@pytest.mark.parametrize("options", [{"size": 15}, {"size": 4097}, {"quality": 0}, {"quality": 96}])
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected a number from"):
        Options(**options)

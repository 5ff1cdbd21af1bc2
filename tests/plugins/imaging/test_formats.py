from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from fileroom.plugin import (
    FileroomError,
    InvalidDatasetError,
    InvalidValueError,
    NotFoundError,
    NotSupportedError,
)
from fileroom_plugins.imaging import render
from fileroom_plugins.imaging.formats import FORMATS, WITHOUT_WRITER
from tests.plugins.imaging.rasters import colours, decoded, encoded, grey_object, same, shipped

READ_BY_PILLOW = sorted(set(FORMATS) - {"WBMP", "RPIX", "MP4", "DICM"})
LOSSLESS_COLOURS = ["PNGF", "TIFF", "BMPF", "PCXF", "PPMF", "PNMF", "TGAF", "SGIF", "RASF", "JP2"]


def shown(command: str, source: bytes | None = None) -> Image.Image:
    return decoded(render(source or encoded(colours(), "PNG"), command).data)


def test_the_tutorials_thumbnail_is_a_jpeg_of_that_size() -> None:
    picture = render(shipped("CT_small.dcm"), "fileformat=jfif fixedscale=75 100")
    image = decoded(picture.data)
    assert (image.format, image.size) == ("JPEG", (75, 100))
    assert (picture.media_type, picture.suffix) == ("image/jpeg", ".jpg")


@pytest.mark.parametrize("name", READ_BY_PILLOW)
@pytest.mark.parametrize("source", ["CT_small.dcm", "examples_rgb_color.dcm"])
def test_every_format_is_written(name: str, source: str) -> None:
    data = shipped(source)
    with pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True) as dataset:
        size = dataset.Columns, dataset.Rows
    assert shown(f"fileFormat={name}", data).size == size


@pytest.mark.parametrize("name", LOSSLESS_COLOURS)
def test_formats_without_loss_keep_each_colour(name: str) -> None:
    assert same(shown(f"fileFormat={name}"), colours())


def test_a_wireless_bitmap_has_a_bit_for_each_pixel() -> None:
    dots = np.zeros((3, 200), np.uint8)
    dots[1, 7:] = 255
    data = render(encoded(dots, "PNG"), "fileFormat=WBMP quantize=threshold 128").data
    assert data[:5] == bytes([0, 0, 0x81, 200 & 0x7F, 3])
    assert same(np.unpackbits(np.frombuffer(data[5:], np.uint8)).reshape(3, 200), dots // 255)


@pytest.mark.parametrize("name", WITHOUT_WRITER)
def test_formats_without_a_writer_are_told(name: str) -> None:
    with pytest.raises(InvalidValueError, match=f"{name}.*JFIF"):
        render(shipped("CT_small.dcm"), f"fileFormat={name}")


def test_without_a_format_an_image_stays_what_it_is() -> None:
    for form in ("PNG", "BMP", "JPEG", "TIFF", "GIF"):
        assert shown("scale=0.5", encoded(colours(), form)).format == form


def test_sources_may_be_paths_files_bytes_and_datasets(tmp_path: Path) -> None:
    data = shipped("CT_small.dcm")
    path = tmp_path / "image.dcm"
    path.write_bytes(data)
    expected = render(data)
    assert render(path) == render(str(path)) == render(pydicom.dcmread(path)) == expected
    with path.open("rb") as file:
        assert render(file) == expected
        assert not file.closed
    with pytest.raises(NotFoundError, match="cannot be read"):
        render(tmp_path / "none.dcm")


@pytest.mark.parametrize(
    ("command", "size"),
    [
        ("cut=10 5 20 30", (20, 30)),
        ("scale=0.5", (30, 20)),
        ("xScale=2", (120, 40)),
        ("yScale=2", (60, 80)),
        ("xScale=0.5 yScale=2", (30, 80)),
        ("fixedScale=7 9", (7, 9)),
        ("maxScale=30 30", (30, 20)),
        ("maxScale=600 90", (135, 90)),
        ("rotate=90", (40, 60)),
        ("scale=0.5 cut=0 0 20 20", (10, 10)),
    ],
)
def test_shapes(command: str, size: tuple[int, int]) -> None:
    assert shown(command).size == size


def test_cut_flip_mirror_and_rotate_move_pixels_and_change_none() -> None:
    whole = colours()
    assert same(shown("cut=10 5 20 30"), whole[5:35, 10:30])
    assert same(shown("flip"), whole[::-1])
    assert same(shown("mirror"), whole[:, ::-1])
    assert same(shown("rotate=90"), np.rot90(whole, -1))
    assert same(shown("rotate=-90"), np.rot90(whole))
    assert same(shown("rotate=180"), whole[::-1, ::-1])


def test_a_rotation_by_any_angle_loses_no_corner() -> None:
    image = shown("rotate=45", encoded(np.full((40, 40, 3), 255, np.uint8), "PNG"))
    assert image.size == (58, 58)
    corners = [image.getpixel(one) for one in ((0, 0), (57, 0), (0, 57), (57, 57))]
    assert corners == [(0, 0, 0)] * 4
    assert image.getpixel((28, 28)) == (255, 255, 255)


def test_pixels_that_are_not_square_become_so() -> None:
    data = grey_object(np.zeros((20, 30), np.uint8), PixelSpacing=[2, 1])
    assert shown("fileFormat=PNGF", data).size == (30, 40)
    assert shown("fileFormat=PNGF maxScale=15 100", data).size == (15, 20)
    assert shown("fileFormat=PNGF fixedScale=30 20", data).size == (30, 20)


def test_gamma_and_contrast_are_what_they_are_documented_to_be() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (4, 1))
    data = encoded(ramp, "PNG")
    assert same(shown("gamma=2", data), np.rint((ramp / 255.0) ** 0.5 * 255).astype(np.uint8))
    stretched = np.asarray(shown("contrast=64 192", data))
    assert same(stretched, np.rint(np.clip((ramp - 64.0) / 128, 0, 1) * 255).astype(np.uint8))
    saturated = np.asarray(shown("contrast=20", data))
    assert 0.18 < np.isin(saturated, (0, 255)).mean() < 0.22


def test_three_numbers_are_for_red_green_and_blue() -> None:
    plain, changed = np.asarray(shown("")), np.asarray(shown("gamma=2 1 1"))
    assert same(plain[..., 1:], changed[..., 1:])
    assert not same(plain[..., 0], changed[..., 0])


def test_of_three_numbers_grey_takes_the_first() -> None:
    grey = shipped("CT_small.dcm")
    for three, one in (('gamma="2.5""0.1""0.1"', "gamma=2.5"), ("contrast=9 1 1", "contrast=9")):
        for form in ("fileFormat=PNGF ", "fileFormat=PNGF contentFormat=16BITGRAYSCALE "):
            assert render(grey, form + three) == render(grey, form + one) != render(grey, form)
    assert render(grey, "contrast=9 99 1 2 3 4") == render(grey, "contrast=9 99")


def test_transparency_stays_what_it_is_when_colours_change() -> None:
    veiled = np.dstack((colours(), np.tile(np.arange(60, dtype=np.uint8), (40, 1))))
    for command in ("gamma=2", "contrast=10 200", "sharpen=0 1", "flip"):
        changed = np.asarray(shown(command, encoded(veiled, "PNG")))
        assert same(np.sort(changed[..., 3], axis=None), np.sort(veiled[..., 3], axis=None))


def test_sixteen_bits_take_part_in_every_operator() -> None:
    values = np.arange(64 * 48, dtype=np.uint16).reshape(48, 64) * 21
    for command in ("gamma=1.1", "contrast=0 255", "sharpen=1 0", "rotate=90", "scale=2", "cut=0 0 9 9"):
        image = shown(f"{command} fileFormat=PNGF", encoded(values, "PNG"))
        assert image.mode == "I;16"
        assert len(np.unique(np.asarray(image))) > 80


@pytest.mark.parametrize("kernel", [0, 1])
def test_sharpening_makes_edges_steeper_and_leaves_what_is_even(kernel: int) -> None:
    edge = np.repeat(np.array([[50, 50, 50, 200, 200, 200]], np.uint8), 5, axis=0)
    sharper = np.asarray(shown(f"sharpen={kernel} 1", encoded(edge, "PNG"))).astype(int)
    assert (sharper[:, 2] < 50).all()
    assert (sharper[:, 3] > 200).all()
    assert (sharper[:, [0, 5]] == edge[:, [0, 5]]).all()


@pytest.mark.parametrize(
    ("content", "form", "mode"),
    [
        ("monochrome", "PNGF", "1"),
        ("8bitGreyscale", "PNGF", "L"),
        ("24bitRGB", "PNGF", "RGB"),
        ("32bitRGBA", "PNGF", "RGBA"),
        ("8bitLUT", "PNGF", "P"),
        ("16bitGrayscale", "TIFF", "I;16"),
        ("32bitCMYK", "JFIF", "CMYK"),
    ],
)
def test_content_formats(content: str, form: str, mode: str) -> None:
    assert shown(f"contentFormat={content} fileFormat={form}").mode == mode


def test_a_content_format_that_a_format_cannot_hold_is_an_error_that_lists_what_it_can() -> None:
    with pytest.raises(InvalidValueError, match=r"JFIF cannot hold MONOCHROME.*8BITGRAYSCALE"):
        shown("contentFormat=MONOCHROME fileFormat=JFIF")


def test_sixteen_bits_of_grey_stay_as_they_are() -> None:
    values = np.arange(64 * 48, dtype=np.uint16).reshape(48, 64) * 21
    for data in (grey_object(values), encoded(values, "PNG")):
        for form in ("PNGF", "TIFF", "JP2"):
            assert same(shown(f"contentFormat=16bitGrayscale fileFormat={form}", data), values)
    signed = grey_object((values.astype(int) - 32768).astype(np.int16))
    assert same(shown("contentFormat=16bitGrayscale fileFormat=PNGF", signed), values)


def test_a_window_with_sixteen_bits_has_more_than_256_shades() -> None:
    values = np.arange(64 * 48, dtype=np.uint16).reshape(48, 64)
    image = shown("contentFormat=16bitGrayscale fileFormat=PNGF window=1536 3072", grey_object(values))
    found = np.asarray(image).astype(int)
    assert len(np.unique(found)) > 3000
    assert (np.diff(found.ravel()) >= 0).all()
    assert (found[0, 0], found[-1, -1]) == (0, 65535)


@pytest.mark.parametrize("method", ["ERRORDIFFUSION", "ORDEREDDITHER", "MEDIANCUT", "MEDIANCUT 4"])
def test_fewer_colours_are_still_much_the_same(method: str) -> None:
    for content, most in (("4BITLUT", 16), ("8BITLUT", 256)):
        image = shown(f"contentFormat={content} quantize={method}").convert("RGB")
        found = np.asarray(image)
        assert len(np.unique(found.reshape(-1, 3), axis=0)) <= most
        assert np.abs(found.astype(float).mean(axis=(0, 1)) - colours().mean(axis=(0, 1))).max() < 12


@pytest.mark.parametrize("method", ["ERRORDIFFUSION", "ORDEREDDITHER"])
def test_dots_are_as_bright_as_what_they_stand_for(method: str) -> None:
    grey = np.full((64, 64), 64, np.uint8)
    image = shown(f"contentFormat=MONOCHROME quantize={method}", encoded(grey, "PNG"))
    assert abs(np.asarray(image).mean() - 0.25) < 0.03


def test_quantize_where_no_colours_are_lost_is_an_error() -> None:
    with pytest.raises(NotSupportedError, match="quantize"):
        shown("quantize=MEDIANCUT fileFormat=JFIF")


@pytest.mark.parametrize("method", ["ERRORDIFFUSION", "ORDEREDDITHER", "THRESHOLD 100", "MEDIANCUT 4"])
@pytest.mark.parametrize("operator", ["quantize", "dither"])
def test_grey_gets_a_palette_where_the_format_has_one_and_else_stays_as_it_is(
    method: str, operator: str
) -> None:
    grey = np.tile(np.arange(256, dtype=np.uint8), (8, 1))
    data = encoded(grey, "PNG")
    for form in ("JFIF", "PGMF"):
        assert render(data, f"fileFormat={form} {operator}={method}") == render(data, f"fileFormat={form}")
    found = np.asarray(shown(f"fileFormat=GIFF {operator}={method}", data).convert("L"))
    assert same(found, np.where(grey >= 100, 255, 0) if method.startswith("THRESHOLD") else grey)


def test_transparency_is_filled_with_the_colour_that_is_named() -> None:
    see_through = np.zeros((4, 4, 4), np.uint8)
    data = encoded(see_through, "PNG")
    assert shown("fileFormat=PNGF", data).mode == "RGBA"
    assert shown("fileFormat=BMPF", data).getpixel((0, 0)) == (255, 255, 255)
    assert shown("fileFormat=PNGF transparencyFillColor=red", data).getpixel((0, 0)) == (255, 0, 0)
    assert shown("fileFormat=PNGF transparencyFillColor=1 2 3", data).getpixel((0, 0)) == (1, 2, 3)
    with pytest.raises(InvalidValueError, match="nocolour"):
        shown("transparencyFillColor=nocolour", data)


def test_quality_makes_files_smaller() -> None:
    for form in ("JFIF", "WEBP", "AVIF", "JP2"):
        sizes = [
            len(render(shipped("examples_rgb_color.dcm"), f"fileFormat={form} compressionQuality={one}").data)
            for one in ("MAXINTEGRITY", "LOWCOMP", "MEDCOMP", "HIGHCOMP", "MAXCOMPRATIO")
        ]
        assert sizes == sorted(sizes, reverse=True)
        assert sizes[-1] < sizes[0] / 3


@pytest.mark.parametrize("compression", ["NONE", "LZW", "DEFLATE", "PACKBITS", "JPEG"])
def test_compressions_of_tiff(compression: str) -> None:
    found = np.asarray(shown(f"fileFormat=TIFF compressionFormat={compression}")).astype(int)
    assert np.abs(found - colours()).max() < (12 if compression == "JPEG" else 1)


@pytest.mark.parametrize("compression", ["FAX3", "FAX4", "HUFFMAN3"])
def test_facsimile_is_for_two_colours(compression: str) -> None:
    assert shown(f"fileFormat=TIFF compressionFormat={compression} contentFormat=MONOCHROME").mode == "1"
    with pytest.raises(InvalidValueError, match="MONOCHROME"):
        shown(f"fileFormat=TIFF compressionFormat={compression}")


def test_a_compression_that_a_format_has_not_is_an_error_that_lists_those_it_has() -> None:
    with pytest.raises(InvalidValueError, match=r"BMPF has no BMPRLE.*NONE"):
        shown("fileFormat=BMPF compressionFormat=BMPRLE")


@pytest.mark.parametrize("compression", ["NONE", "DEFLATE"])
@pytest.mark.parametrize("size", [(300, 600), (256, 256), (5, 7)])
def test_tiled_tiff_is_read_by_others(compression: str, size: tuple[int, int]) -> None:
    for pixels in (colours(*size), colours(*size)[..., 0], colours(*size)[..., 0].astype(np.uint16) * 256):
        command = f"fileFormat=TIFF tiled compressionFormat={compression}"
        image = shown(command, encoded(pixels, "PNG"))
        assert 322 in image.tag_v2  # type: ignore[attr-defined]
        assert same(image, pixels)


@pytest.mark.parametrize("interleaving", ["BIP", "BIL", "BSQ"])
@pytest.mark.parametrize("order", ["RGB", "BGR", "GBR"])
@pytest.mark.parametrize("directions", ["", "pixelOrder=reverse scanlineOrder=inverse"])
def test_raw_pixels_come_back(interleaving: str, order: str, directions: str) -> None:
    command = f"fileFormat=RPIX interleaving={interleaving} channelOrder={order} {directions}"
    data = render(encoded(colours(), "PNG"), command).data
    assert data.startswith(b"RPIX")
    assert same(shown("fileFormat=PNGF", data), colours())
    assert same(shown("fileFormat=PNGF inputChannels=2", data), colours()[..., "RGB".index(order[1])])


def test_pages_of_tiff_are_numbered_from_zero() -> None:
    pages = [Image.fromarray(colours() // (number + 1)) for number in range(3)]
    buffer = io.BytesIO()
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:])
    for number, page in enumerate(pages):
        assert same(shown(f"page={number} fileFormat=PNGF", buffer.getvalue()), page)
    with pytest.raises(InvalidValueError, match="page: there is no 3: they go from 0 to 2"):
        shown("page=3", buffer.getvalue())


def test_profiles_and_resolution_are_kept_unless_they_are_not_wanted() -> None:
    data = encoded(colours(), "PNG", dpi=(300, 300), icc_profile=b"profile")
    assert shown("scale=1", data).info["icc_profile"] == b"profile"
    assert round(shown("fileFormat=TIFF", data).info["dpi"][0]) == 300
    assert not {"icc_profile", "dpi"} & set(shown("nometadata", data).info)


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("window=40 400", "window: only where the source is a DICOM image"),
        ("overlay", "overlay: only"),
        ("compressionQuality=50 fileFormat=BMPF", "compressionQuality: only"),
        ("tiled fileFormat=PNGF", "tiled: only for TIFF"),
        ("channelOrder=BGR", "channelOrder: only"),
        ("fps=3", "fps: only"),
        ("inputChannels=1", "inputChannels: only"),
        ("frame=all fileFormat=JFIF", "frame: JFIF holds one"),
        ("frame=2", "frame: there is no 2"),
        ("cut=0 0 61 10", "cut: the rectangle is not within 60 by 40"),
        ("scale=1000 fileFormat=PNGF", None),
        ("scale=1000 cut=0 0 60 40 xScale=2", "xScale: excludes scale"),
    ],
)
def test_operators_where_they_mean_nothing_are_errors(command: str, named: str | None) -> None:
    if named is None:
        with pytest.raises(InvalidValueError, match="too large"):
            shown(command)
        return
    with pytest.raises(InvalidValueError) as caught:
        shown(command)
    assert str(caught.value).startswith(named)


def test_damaged_and_hostile_files_are_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for data in (b"", b"no image", b"\x89PNG\r\n\x1a\n", b"RPIX", shipped("rtplan.dcm")):
        with pytest.raises(FileroomError):
            render(data, "fileFormat=JFIF")
    png = encoded(colours(600, 400), "PNG")
    for length in range(0, len(png) - 20, len(png) // 9):
        with pytest.raises(FileroomError):
            render(png[:length], "fileFormat=JFIF")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(NotSupportedError, match="more pixels"):
        render(png, "fileFormat=JFIF")


def test_raw_pixels_with_a_wrong_head_are_refused() -> None:
    data = bytearray(render(encoded(colours(), "PNG"), "fileFormat=RPIX").data)
    for position, value in ((18, 2), (21, 4), (22, 0), (23, 9), (10, 255)):
        wrong = bytearray(data)
        wrong[position] = value
        with pytest.raises((InvalidDatasetError, NotSupportedError)):
            render(bytes(wrong), "fileFormat=PNGF")

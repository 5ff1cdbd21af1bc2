from __future__ import annotations

import io
import warnings

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.data import get_palette_files
from pydicom.pixels.processing import apply_color_lut, convert_color_space

from fileroom.plugin import InvalidDatasetError, InvalidValueError, NotSupportedError
from fileroom_plugins.imaging.image import open_image
from fileroom_plugins.imaging.palettes import COLORMAPS, expand_segments
from fileroom_plugins.imaging.view import View
from tests.plugins.imaging.images import TEST_FILES, Pixels, made, patches, saved

COLOURS = ("Red", "Green", "Blue")


def palette_image(
    indices: Pixels, tables: list[Pixels], *, first: int = 0, bits: int = 16, segmented: bool = False
) -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(made(indices)))
    dataset.PhotometricInterpretation = "PALETTE COLOR"
    prefix = "Segmented" if segmented else ""
    for colour, table in zip(COLOURS, tables, strict=True):
        count = 4 if segmented else len(table)
        name = f"{colour}PaletteColorLookupTable"
        descriptor = pydicom.tag.Tag(f"{name}Descriptor")
        dataset.add_new(descriptor, "US" if first >= 1 << 15 else "SS", [count, first, bits])
        data = table.tobytes()
        setattr(dataset, f"{prefix}{name}Data", data + bytes(len(data) % 2))
    return saved(dataset)


@pytest.mark.parametrize("first", [40000, 40000 - 65536])
def test_a_palette_of_unsigned_indices_may_start_above_the_signed_ones(first: int) -> None:
    indices = np.array([[40000, 40001, 40100, 40255, 0, 65535]], "uint16")
    ramp = np.arange(256, dtype="uint8")
    found = open_image(palette_image(indices, [ramp] * 3, first=first)).shown()
    assert found[..., 0].ravel().tolist() == [0, 1, 100, 255, 0, 255]


def test_a_palette_of_signed_indices_may_start_below_zero() -> None:
    indices = np.array([[-100, -99, 0, 155, -32768, 32767]], "int16")
    found = open_image(palette_image(indices, [np.arange(256, dtype="uint8")] * 3, first=-100)).shown()
    assert found[..., 0].ravel().tolist() == [0, 1, 100, 255, 0, 255]


def test_ybr_full_becomes_rgb_as_pydicom_converts_it() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (40, 50, 3), "uint8")
    found = open_image(made(pixels, photometric="YBR_FULL")).shown()
    expected = convert_color_space(pixels, "YBR_FULL", "RGB")
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_colours_of_the_standards_equations() -> None:
    """PS3.3 section C.7.6.3.1.2: red, green, blue, white and black as YBR_FULL."""
    ybr = np.array([[[76, 85, 255], [150, 44, 21], [29, 255, 107], [255, 128, 128], [0, 128, 128]]], "uint8")
    found = open_image(made(ybr, photometric="YBR_FULL")).shown()
    expected = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [0, 0, 0]]
    assert np.abs(found[0].astype(int) - expected).max() <= 2


def test_partial_range_is_stretched() -> None:
    dataset = pydicom.dcmread(io.BytesIO(made(np.zeros((1, 4, 3), "uint8"), photometric="RGB")))
    dataset.PhotometricInterpretation = "YBR_PARTIAL_422"
    # Two white pixels, and two of red as ITU-R BT.601 has it.
    dataset.PixelData = bytes([235, 235, 128, 128, 81, 81, 90, 240])
    found = open_image(saved(dataset)).shown()[0].astype(int)
    assert np.abs(found[:2] - 255).max() <= 1
    assert np.abs(found[2:] - [255, 0, 0]).max() <= 3


def test_of_sixteen_bits_the_upper_eight_are_shown() -> None:
    pixels = np.array([[[0, 0x80FF, 0xFFFF]]], "uint16")
    assert open_image(made(pixels, photometric="RGB")).shown().tolist() == [[[0, 0x80, 0xFF]]]


@pytest.mark.parametrize("first", [-3, 0, 5])
@pytest.mark.parametrize("bits", [8, 16])
def test_palettes_are_looked_up_as_pydicom_does(first: int, bits: int) -> None:
    chance = np.random.default_rng(bits)
    tables = [chance.integers(0, 2**bits, 10, f"uint{bits}") for _ in COLOURS]
    indices = np.arange(-6, 20, dtype="int16").reshape(2, 13)
    data = palette_image(indices, tables, first=first, bits=bits)
    found = open_image(data).shown()
    expected = apply_color_lut(indices, pydicom.dcmread(io.BytesIO(data))) >> (bits - 8)
    assert np.array_equal(found, expected)


@pytest.mark.filterwarnings("ignore")
def test_the_palette_that_pydicom_ships_is_looked_up() -> None:
    path = TEST_FILES / "examples_palette.dcm"
    dataset = pydicom.dcmread(path)
    expected = apply_color_lut(dataset.pixel_array, dataset) >> 8
    assert np.array_equal(open_image(path.read_bytes()).shown(), expected)


def test_a_palette_of_sixteen_bits_that_holds_eight_is_not_black() -> None:
    tables = [np.array([0, 255], "uint16")] * 3
    assert open_image(palette_image(patches([0, 1], "uint8"), tables)).shown().max() == 255


def test_segmented_palettes_are_expanded() -> None:
    """PS3.3 section C.7.9.2: discrete, linear and indirect segments."""
    assert expand_segments([0, 2, 10, 20, 1, 4, 60], 16, 6) == [10, 20, 30, 40, 50, 60]
    assert expand_segments([0, 1, 7, 1, 2, 9, 2, 1, 0, 0], 16, 4) == [7, 8, 9, 7]
    indirect_of_eight_bits = [0, 1, 7, 1, 2, 9, 2, 2, 0, 0, 0, 0]
    assert expand_segments(indirect_of_eight_bits, 8, 6) == [7, 8, 9, 7, 8, 9]
    tables = [np.array([0, 1, 0, 1, 3, 0xFFFF], "uint16")] * 3
    found = open_image(palette_image(np.array([[0, 1, 2, 3]], "uint8"), tables, segmented=True)).shown()
    assert found[0, :, 0].tolist() == [0, 0x55, 0xAA, 0xFF]


@given(st.lists(st.integers(0, 65535), max_size=30), st.sampled_from([8, 16]), st.integers(1, 1000))
def test_whatever_a_segmented_palette_holds_it_ends(numbers: list[int], bits: int, count: int) -> None:
    try:
        entries = expand_segments([one % (1 << bits) for one in numbers], bits, count)
    except InvalidDatasetError:
        return
    assert len(entries) == count


@pytest.mark.parametrize(
    "change",
    [
        {"RedPaletteColorLookupTableDescriptor": None},
        {"RedPaletteColorLookupTableDescriptor": [2, 0, 12]},
        {"RedPaletteColorLookupTableDescriptor": [300, 0, 16]},
        {"BluePaletteColorLookupTableData": None},
        {"BluePaletteColorLookupTableData": b"\0\0"},
    ],
)
def test_a_palette_that_does_not_fit_is_one_clear_error(change: dict[str, object]) -> None:
    data = palette_image(patches([0, 1], "uint8"), [np.array([0, 9, 9, 9], "uint16")] * 3)
    dataset = pydicom.dcmread(io.BytesIO(data))
    for keyword, value in change.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    with pytest.raises(InvalidDatasetError, match="palette"):
        open_image(saved(dataset)).shown()


@pytest.mark.parametrize("name", COLORMAPS)
def test_grey_images_can_be_shown_in_the_standards_palettes(name: str) -> None:
    ramp = np.arange(256, dtype="uint8").reshape(16, 16)
    found = open_image(made(ramp)).shown(0, View(colormap=name.lower()))
    (path,) = get_palette_files(f"{COLORMAPS[name]}.dcm")
    dataset = pydicom.dcmread(path)
    label = dataset.ContentLabel.removesuffix("LUT").replace("_", "").strip()
    assert label == name.replace("_", "")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = apply_color_lut(ramp, dataset)[..., :3]
    assert np.array_equal(found, expected)


def test_an_unknown_colormap_is_an_error_that_lists_those_known() -> None:
    with pytest.raises(InvalidValueError, match="HOT_IRON"):
        open_image(made(patches([1]))).shown(0, View(colormap="plaid"))
    coloured = open_image(made(np.zeros((2, 2, 3), "uint8"), photometric="RGB"))
    with pytest.raises(NotSupportedError, match="grey"):
        coloured.shown(0, View(colormap="PET"))

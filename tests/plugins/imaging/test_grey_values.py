from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut, apply_windowing

from fileroom.plugin import InvalidDatasetError, InvalidValueError, NotSupportedError
from fileroom_plugins.imaging.image import open_image
from fileroom_plugins.imaging.view import View
from fileroom_plugins.imaging.windows import PRESETS, Window
from tests.plugins.imaging.images import TEST_FILES, made

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fileroom_plugins.imaging.view import WindowChoice

RAMP = np.arange(-2000, 2000, dtype="int16").reshape(40, 100)


def shown(
    tags: Mapping[str, object], view: View | None = None, photometric: str = "MONOCHROME2"
) -> list[int]:
    """Return what a ramp from -2000 to 1999 looks like."""
    image = open_image(made(RAMP, tags, photometric))
    return [int(one) for one in image.shown(0, view or View()).ravel()]


def at(values: list[int], stored: int) -> int:
    return values[stored + 2000]


def linear(x: float, centre: float, width: float) -> int:
    """PS3.3 section C.11.2.1.2.1, for an output from 0 to 255."""
    if x <= centre - 0.5 - (width - 1) / 2:
        return 0
    if x > centre - 0.5 + (width - 1) / 2:
        return 255
    return round(((x - (centre - 0.5)) / (width - 1) + 0.5) * 255)


@pytest.mark.parametrize(
    ("centre", "width"), [(2048, 4096), (40, 400), (0, 100), (0, 1), (-600, 1500), (7.5, 3)]
)
def test_a_window_is_the_standards_formula(centre: float, width: float) -> None:
    found = shown({"WindowCenter": centre, "WindowWidth": width})
    assert found == [linear(x, centre, width) for x in range(-2000, 2000)]


def test_the_examples_of_the_standard() -> None:
    """PS3.3 section C.11.2.1.2.1: centre 2048, width 4096; 2048, 1; 0, 100; 0, 1."""
    assert Window(2048, 4096).scaled(np.array([0.0, 4095.0])).tolist() == [0, 1]
    assert Window(2048, 1).scaled(np.array([2047.0, 2048.0])).tolist() == [0, 1]
    assert Window(0, 100).scaled(np.array([-50.0, 49.0])).tolist() == [0, 1]
    assert Window(0, 1).scaled(np.array([-1.0, 0.0])).tolist() == [0, 1]


def test_linear_exact_is_the_standards_formula() -> None:
    found = shown({"WindowCenter": 10, "WindowWidth": 100, "VOILUTFunction": "LINEAR_EXACT"})
    for x in range(-2000, 2000):
        expected = 0 if x <= -40 else 255 if x > 60 else round(((x - 10) / 100 + 0.5) * 255)
        assert at(found, x) == expected


def test_sigmoid_is_the_standards_formula() -> None:
    found = shown({"WindowCenter": 10, "WindowWidth": 100, "VOILUTFunction": "SIGMOID"})
    for x in range(-500, 500):
        assert at(found, x) == round(255 / (1 + math.exp(-4 * (x - 10) / 100)))


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@given(
    centre=st.floats(-1500, 1500),
    width=st.floats(1.5, 3000),
    slope=st.floats(-3, 3).filter(lambda one: abs(one) > 0.1),
    intercept=st.integers(-1000, 1000),
)
def test_windows_are_those_of_pydicom(
    function: str, centre: float, width: float, slope: float, intercept: int
) -> None:
    dataset = pydicom.Dataset()
    dataset.PhotometricInterpretation, dataset.BitsStored, dataset.PixelRepresentation = "MONOCHROME2", 16, 1
    dataset.WindowCenter, dataset.WindowWidth, dataset.VOILUTFunction = (
        f"{centre:.6g}",
        f"{width:.6g}",
        function,
    )
    dataset.RescaleSlope, dataset.RescaleIntercept = f"{slope:.6g}", intercept
    values = apply_modality_lut(RAMP[:, ::10], dataset)
    # pydicom's output goes from the least to the greatest value that the stored bits can have.
    ends = -(2**15) * dataset.RescaleSlope + intercept, (2**15 - 1) * dataset.RescaleSlope + intercept
    with np.errstate(over="ignore"):
        expected = (apply_windowing(values, dataset) - ends[0]) / (ends[1] - ends[0])
    window = Window(float(dataset.WindowCenter), float(dataset.WindowWidth), function)
    assert np.allclose(np.clip(window.scaled(values), 0, 1), expected, atol=1e-6)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["CT_small", "MR_small", "rtdose", "examples_overlay", "693_J2KI"])
def test_modality_values_are_those_of_pydicom(name: str) -> None:
    path = TEST_FILES / f"{name}.dcm"
    dataset = pydicom.dcmread(path)
    expected = apply_modality_lut(dataset.pixel_array, dataset)
    found = open_image(path.read_bytes()).modality()
    assert np.array_equal(found, expected if expected.ndim == 2 else expected[0])


@pytest.mark.parametrize("first", [-100, 0, 300])
@pytest.mark.parametrize("bits", [10, 12, 16])  # of 8 bits, pydicom lets inputs above 255 start again at 0
def test_voi_tables_are_those_of_pydicom(first: int, bits: int) -> None:
    entries = np.random.default_rng(bits).integers(0, 2**bits, 256)
    item = pydicom.Dataset()
    item.add_new("LUTDescriptor", "SS", [256, first, bits])
    item.add_new("LUTData", "US", [int(one) for one in entries])
    image = open_image(made(RAMP, {"VOILUTSequence": [item]}))
    expected = apply_voi_lut(RAMP, image.attributes).astype(float) / (2**bits - 1)
    assert np.array_equal(image.shown(), np.rint(expected * 255))


def test_a_table_of_eight_bits_may_be_packed() -> None:
    item = pydicom.Dataset()
    item.add_new("LUTDescriptor", "SS", [4, 0, 8])
    item.add_new("LUTData", "OW", bytes([0, 50, 100, 255]))
    found = shown({"VOILUTSequence": [item]})
    assert [at(found, x) for x in (-5, 0, 1, 2, 3, 9)] == [0, 0, 50, 100, 255, 255]


@pytest.mark.parametrize("lowest", [0, 1000])
def test_the_sign_of_a_voi_table_does_not_depend_on_what_is_in_the_frame(lowest: int) -> None:
    item = pydicom.Dataset()
    item.add_new("LUTDescriptor", "US", [400, 65436, 8])  # from -100
    item.add_new("LUTData", "US", [min(255, one) for one in range(400)])
    stored = np.array([[1024, 1064, 1124, lowest + 1024]], "uint16")
    tags = {"RescaleSlope": 1, "RescaleIntercept": -1024, "VOILUTSequence": [item]}
    found = open_image(made(stored, tags)).shown()
    assert found[0, :3].tolist() == [100, 140, 200]


def test_a_voi_table_of_values_that_are_never_negative_may_start_above_the_signed_ones() -> None:
    item = pydicom.Dataset()
    item.add_new("LUTDescriptor", "US", [256, 40000, 8])
    item.add_new("LUTData", "US", [*range(256)])
    image = open_image(made(np.array([[0, 40000, 40100, 65535]], "uint16"), {"VOILUTSequence": [item]}))
    assert image.shown().ravel().tolist() == [0, 0, 100, 255]


@pytest.mark.parametrize(
    "tags", [{"RescaleSlope": "1e308"}, {"RescaleIntercept": "-1e308", "RescaleSlope": "-1e308"}]
)
def test_a_rescale_to_what_is_not_finite_is_one_clear_error(tags: dict[str, object]) -> None:
    image = open_image(made(RAMP, {"RescaleSlope": 1, "RescaleIntercept": 0, **tags}))
    for values in (image.modality, image.shown):
        with pytest.raises(InvalidDatasetError, match="no finite numbers"):
            values()


@pytest.mark.parametrize(("centre", "width"), [(40, 0), ("", ""), (40, -5)])
def test_a_window_that_is_there_and_means_nothing_is_not_said_to_be_missing(
    centre: object, width: object
) -> None:
    image = open_image(made(RAMP, {"WindowCenter": centre, "WindowWidth": width}))
    with pytest.raises(NotSupportedError, match="window 1 is empty or not valid"):
        image.shown(0, View(window=1))
    with pytest.raises(NotSupportedError, match="no window 2: it has 1"):
        image.shown(0, View(window=2))
    with pytest.raises(NotSupportedError, match="no window 1: it has 0"):
        open_image(made(RAMP)).shown(0, View(window=1))


def test_an_inverse_rescale_is_not_an_error() -> None:
    found = shown({"RescaleSlope": -1, "RescaleIntercept": 0, "WindowCenter": 0, "WindowWidth": 4001})
    assert (found[0], found[-1]) == (255, 0)


def test_padding_is_black_even_where_black_is_white() -> None:
    tags = {"PixelPaddingValue": -2000, "PixelPaddingRangeLimit": -1990}
    found = shown(tags, photometric="MONOCHROME1")
    assert found[:11] == [0] * 11
    assert (found[11], found[-1]) == (255, 0)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("first", (100, 200)),
        (1, (100, 200)),
        (2, (500, 50)),
        ((30, 60), (30, 60)),
        ("Second", (500, 50)),
        ("LUNG", (-600, 1500)),
        ("bone", (7, 99)),  # the object's own explanation goes before the preset
        ("soft tissue", (40, 400)),
    ],
)
def test_a_window_is_chosen_by_place_numbers_or_name(
    choice: WindowChoice, expected: tuple[float, float]
) -> None:
    tags = {
        "WindowCenter": [100, 500, 7],
        "WindowWidth": [200, 50, 99],
        "WindowCenterWidthExplanation": ["FIRST ONE", "SECOND", "BONE"],
    }
    found = shown(tags, View(window=choice))
    assert found == shown({"WindowCenter": expected[0], "WindowWidth": expected[1]})


def test_the_whole_range_can_be_asked_for() -> None:
    found = shown({"WindowCenter": 0, "WindowWidth": 10}, View(window="full"))
    assert (found[0], found[-1]) == (0, 255)
    assert at(found, 0) == 128


@pytest.mark.parametrize(
    ("choice", "error"),
    [
        (0, InvalidValueError),
        (3, NotSupportedError),
        ("nonsense", InvalidValueError),
        ((40, 0.5), InvalidValueError),
        ((math.nan, 5), InvalidValueError),
        ((1, math.inf), InvalidValueError),
    ],
)
def test_a_window_that_cannot_be_is_one_clear_error(choice: WindowChoice, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"window"):
        shown({"WindowCenter": [1, 2], "WindowWidth": [1, 2]}, View(window=choice))


def test_presets_are_for_hounsfield_units() -> None:
    with pytest.raises(NotSupportedError, match="Hounsfield"):
        shown({"Modality": "MR"}, View(window="lung"))
    assert shown({"Modality": "PT", "RescaleType": "HU"}, View(window="lung"))
    assert all(width >= 1 for _, width in PRESETS.values())


def test_values_of_32_bits_and_more_than_a_table_are_shown_alike() -> None:
    wide = np.array([[0, 1 << 31, (1 << 32) - 1], [5, 6, 7]], "uint32")
    assert open_image(made(wide)).shown().tolist() == [[0, 128, 255], [0, 0, 0]]


@given(st.integers(1, 300), st.integers(-30000, 30000))
def test_a_table_of_values_shows_what_each_pixel_would(span: int, low: int) -> None:
    chance = np.random.default_rng(span)
    pixels = chance.integers(low, low + span, (20, 20), "int16", endpoint=True)
    tags = {"WindowCenter": low + span / 3, "WindowWidth": max(1, span / 2)}
    found = open_image(made(pixels, tags)).shown()
    window = Window(float(low + span / 3), float(max(1, span / 2)))
    direct = np.rint(np.clip(window.scaled(pixels.astype(float)), 0, 1) * 255)
    assert (np.abs(found - direct) <= 1).all()


@pytest.mark.parametrize(
    "tags",
    [
        {"RescaleSlope": "NaN", "RescaleIntercept": 0},
        {"RescaleSlope": 1, "RescaleIntercept": "inf"},
        {"RescaleSlope": [1, 2], "RescaleIntercept": 0},
        {"ModalityLUTSequence": []},
        {"VOILUTSequence": []},
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_a_transformation_without_meaning_is_one_clear_error(tags: dict[str, object]) -> None:
    with pytest.raises(InvalidDatasetError):
        shown(tags)


@pytest.mark.parametrize(
    ("descriptor", "entries"),
    [
        ([4, 0, 16], [1, 2, 3]),
        ([0, 0, 16], [1, 2, 3]),
        ([3, 0, 40], [1, 2, 3]),
        ([3, 0, 8], [1, 2, 300]),
        ([3, 0], [1, 2, 3]),
        ([3, 0, 16], None),
    ],
)
@pytest.mark.parametrize("keyword", ["ModalityLUTSequence", "VOILUTSequence"])
def test_a_table_out_of_range_is_one_clear_error(
    keyword: str, descriptor: list[int], entries: list[int] | None
) -> None:
    item = pydicom.Dataset()
    item.add_new("LUTDescriptor", "SS", descriptor)
    if entries is not None:
        item.add_new("LUTData", "US", entries)
    with pytest.raises(InvalidDatasetError, match="lookup table"):
        shown({keyword: [item]})


def test_colours_have_no_window() -> None:
    with pytest.raises(NotSupportedError, match="colours"):
        open_image(made(np.zeros((4, 4, 3), "uint8"), photometric="RGB")).shown(0, View(window="first"))


def test_inverting_exchanges_black_and_white() -> None:
    assert shown({}, View(invert=True)) == [255 - one for one in shown({})]


def test_big_endian_tables_are_read_in_their_order() -> None:
    item = pydicom.Dataset()
    item.add_new("LUTDescriptor", "SS", [3, 0, 16])
    item.add_new("LUTData", "OW", np.array([0, 0x8000, 0xFFFF], ">u2").tobytes())
    dataset = pydicom.dcmread(io.BytesIO(made(np.array([[0, 1, 2]], "int16"))))
    dataset.VOILUTSequence = [item]
    dataset.PixelData = np.array([[0, 1, 2]], ">i2").tobytes()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRBigEndian
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset, implicit_vr=False, little_endian=False, enforce_file_format=True)
    assert open_image(buffer.getvalue()).shown().tolist() == [[0, 128, 255]]

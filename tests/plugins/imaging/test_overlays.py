from __future__ import annotations

import io

import numpy as np
import pydicom
import pytest

from fileroom.plugin import InvalidDatasetError
from fileroom_plugins.imaging.image import open_image
from fileroom_plugins.imaging.view import View
from tests.plugins.imaging.images import TEST_FILES, Pixels, made, saved

WITH = View(overlays=True)


def with_overlay(
    pixels: Pixels, plane: Pixels, *, origin: tuple[int, int] = (1, 1), group: int = 0x6000, **tags: object
) -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(made(pixels)))
    rows, columns = plane.shape[-2:]
    block = dataset.add_new
    block((group, 0x0010), "US", rows)
    block((group, 0x0011), "US", columns)
    block((group, 0x0040), "CS", "G")
    block((group, 0x0050), "SS", list(origin))
    block((group, 0x0100), "US", 1)
    block((group, 0x0102), "US", 0)
    if plane.ndim == 3:
        block((group, 0x0015), "IS", str(len(plane)))
        block((group, 0x0051), "US", tags["first"])
    data = np.packbits(plane.ravel(), bitorder="little").tobytes()
    block((group, 0x3000), "OW", data + bytes(len(data) % 2))
    return saved(dataset)


def drawn(data: bytes, index: int = 0) -> list[list[bool]]:
    found: list[list[bool]] = (open_image(data).shown(index, WITH) == 255).tolist()
    return found


def test_overlays_are_drawn_in_white_where_they_are_asked_for() -> None:
    plane = np.random.default_rng(1).integers(0, 2, (5, 7)).astype(bool)
    data = with_overlay(np.zeros((5, 7), "uint8"), plane)
    assert drawn(data) == plane.tolist()
    assert not open_image(data).shown().any()


@pytest.mark.parametrize("origin", [(2, 3), (-1, 0), (5, 6), (100, 100), (-100, 1)])
def test_an_overlay_starts_at_its_origin(origin: tuple[int, int]) -> None:
    plane = np.random.default_rng(2).integers(0, 2, (4, 4)).astype(bool)
    expected = np.zeros((6, 8), bool)
    for row in range(4):
        for column in range(4):
            y, x = row + origin[0] - 1, column + origin[1] - 1
            if 0 <= y < 6 and 0 <= x < 8:
                expected[y, x] = plane[row, column]
    assert drawn(with_overlay(np.zeros((6, 8), "uint8"), plane, origin=origin)) == expected.tolist()


def test_an_overlay_of_several_frames_starts_with_its_first() -> None:
    planes = np.random.default_rng(3).integers(0, 2, (2, 3, 3)).astype(bool)
    data = with_overlay(np.zeros((4, 3, 3), "uint8"), planes, first=2)
    assert drawn(data, 1) == planes[0].tolist()
    assert drawn(data, 2) == planes[1].tolist()
    assert not any(map(any, drawn(data, 0)))
    assert not any(map(any, drawn(data, 3)))


def test_an_overlay_in_unused_bits_is_drawn() -> None:
    plane = np.random.default_rng(4).integers(0, 2, (4, 6)).astype("uint16")
    dataset = pydicom.dcmread(io.BytesIO(made(np.zeros((4, 6), "uint16"))))
    dataset.BitsStored, dataset.HighBit = 12, 11
    dataset.PixelData = (plane << 12).tobytes()
    for element, vr, value in (
        (0x0010, "US", 4),
        (0x0011, "US", 6),
        (0x0050, "SS", [1, 1]),
        (0x0100, "US", 16),
        (0x0102, "US", 12),
    ):
        dataset.add_new((0x6000, element), vr, value)
    assert drawn(saved(dataset)) == plane.astype(bool).tolist()


@pytest.mark.filterwarnings("ignore")
def test_the_overlay_that_pydicom_ships_is_drawn() -> None:
    path = TEST_FILES / "examples_overlay.dcm"
    expected = pydicom.dcmread(path).overlay_array(0x6000).astype(bool)
    image = open_image(path.read_bytes())
    assert (image.shown(0, WITH)[expected] == 255).all()
    assert np.array_equal(image.shown(0, WITH)[~expected], image.shown()[~expected])


def test_overlays_are_drawn_on_colours() -> None:
    plane = np.array([[True, False]])
    dataset = pydicom.dcmread(io.BytesIO(with_overlay(np.zeros((1, 2), "uint8"), plane)))
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
    dataset.PixelData = bytes(6)
    assert open_image(saved(dataset)).shown(0, WITH).tolist() == [[[255] * 3, [0] * 3]]


def test_an_overlay_with_too_little_data_is_one_clear_error() -> None:
    dataset = pydicom.dcmread(io.BytesIO(with_overlay(np.zeros((9, 9), "uint8"), np.ones((9, 9), bool))))
    dataset[0x6000, 0x3000].value = b"\1\1"
    with pytest.raises(InvalidDatasetError, match="overlay of group 6000"):
        open_image(saved(dataset)).shown(0, WITH)

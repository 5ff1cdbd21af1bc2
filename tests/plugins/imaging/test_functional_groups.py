from __future__ import annotations

import io

import numpy as np
import pydicom
import pytest
from pydicom import Dataset

from fileroom.plugin import InvalidDatasetError
from fileroom_plugins.imaging.image import open_image
from tests.plugins.imaging.images import made, saved


def item(**values: object) -> Dataset:
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def group(slope: float | None = None, window: tuple[float, float] | None = None) -> Dataset:
    dataset = Dataset()
    if slope is not None:
        transformation = item(RescaleSlope=slope, RescaleIntercept=0, RescaleType="US")
        dataset.PixelValueTransformationSequence = [transformation]
    if window is not None:
        dataset.FrameVOILUTSequence = [item(WindowCenter=window[0], WindowWidth=window[1])]
    return dataset


def enhanced(shared: Dataset, frames: list[Dataset]) -> bytes:
    pixels = np.stack([np.array([[0, 50, 100]], "uint16")] * 3)
    dataset = pydicom.dcmread(io.BytesIO(made(pixels)))
    dataset.SharedFunctionalGroupsSequence = [shared]
    dataset.PerFrameFunctionalGroupsSequence = frames
    return saved(dataset)


def test_each_frame_has_its_own_rescale_and_window() -> None:
    image = open_image(enhanced(Dataset(), [group(slope, (100, 201)) for slope in (1, 2, 4)]))
    assert [image.modality(index).tolist() for index in range(3)] == [
        [[0, 50, 100]],
        [[0, 100, 200]],
        [[0, 200, 400]],
    ]
    assert [image.shown(index)[0, 1] for index in range(3)] == [64, 128, 255]


def test_what_frames_share_holds_unless_they_have_their_own() -> None:
    image = open_image(enhanced(group(2, (50.5, 101)), [Dataset(), group(window=(100, 201)), Dataset()]))
    assert image.modality(0).tolist() == [[0, 100, 200]]
    assert image.shown(0).tolist() == [[0, 255, 255]]
    assert image.shown(1).tolist() == [[1, 128, 255]]
    assert image.attributes_of(1).WindowCenter == 100
    assert "WindowCenter" not in image.attributes


def test_spacing_and_orientation_come_from_the_groups() -> None:
    shared = Dataset()
    shared.PixelMeasuresSequence = [item(PixelSpacing=[2, 1])]
    shared.PlaneOrientationSequence = [item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])]
    image = open_image(enhanced(shared, [Dataset()] * 3))
    assert image.aspect(1) == 2
    assert image.attributes_of(2).ImageOrientationPatient == [1, 0, 0, 0, 1, 0]


@pytest.mark.parametrize("sequence", ["SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"])
def test_groups_without_an_item_for_the_frame_are_one_clear_error(sequence: str) -> None:
    dataset = pydicom.dcmread(io.BytesIO(enhanced(Dataset(), [Dataset()] * 3)))
    setattr(dataset, sequence, [])
    with pytest.raises(InvalidDatasetError, match="no item"):
        open_image(saved(dataset)).shown(2)


def test_a_macro_without_an_item_is_one_clear_error() -> None:
    frame = Dataset()
    frame.FrameVOILUTSequence = []
    with pytest.raises(InvalidDatasetError, match="no item"):
        open_image(enhanced(Dataset(), [frame] * 3)).shown(0)

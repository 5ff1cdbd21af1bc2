from __future__ import annotations

import io

import numpy as np
import pydicom
import pytest
from pydicom.uid import JPEG2000Lossless, RLELossless

from fileroom.plugin import InvalidDatasetError, NotSupportedError
from fileroom_plugins.imaging.image import open_image
from fileroom_plugins.imaging.transcoding.functions import transcode
from fileroom_plugins.imaging.transcoding.objects import transcode_bytes
from fileroom_plugins.imaging.transcoding.settings import Settings
from fileroom_plugins.imaging.transcoding.targets import target
from fileroom_plugins.imaging.view import View
from tests.plugins.imaging.images import made, saved

VALUES = np.array([[0, 1, 2047, 2048], [4092, 4093, 4094, 4095]], "uint16")
SHIFTED = VALUES << 4


def shifted(*, signed: bool = False, high: int = 15) -> pydicom.Dataset:
    dataset = pydicom.dcmread(io.BytesIO(made(SHIFTED)))
    dataset.BitsStored, dataset.HighBit = 12, high
    dataset.PixelRepresentation = int(signed)
    return dataset


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("syntax", ["native", "rle"])
def test_samples_that_end_at_a_higher_bit_are_read_from_there(syntax: str, *, signed: bool) -> None:
    dataset = shifted(signed=signed)
    if syntax == "rle":
        dataset.compress(RLELossless, generate_instance_uid=False)
    expected = VALUES.astype("int16") - 4096 * (VALUES > 2047) if signed else VALUES
    assert np.array_equal(open_image(saved(dataset)).stored(), expected)


@pytest.mark.parametrize("name", ["explicit", "implicit", "deflated", "rle", "jpeg-2000", "jpeg-ls"])
def test_samples_that_end_at_a_higher_bit_are_as_they_were_or_refused(name: str) -> None:
    native, packed = shifted(), shifted()
    packed.compress(RLELossless, generate_instance_uid=False)
    for dataset in (native, packed):
        try:
            data = transcode_bytes(io.BytesIO(saved(dataset)), target(name), Settings())
        except NotSupportedError as error:
            assert "HighBit" in str(error)  # noqa: PT017 - one of two results
        else:
            assert np.array_equal(open_image(data).stored(), VALUES)
    with pytest.raises(NotSupportedError, match="HighBit"):
        transcode(saved(packed), "explicit")


def test_a_codestream_of_samples_that_are_shifted_is_refused() -> None:
    dataset = pydicom.dcmread(io.BytesIO(made(np.tile(SHIFTED, (16, 8)))))
    dataset.compress(JPEG2000Lossless, generate_instance_uid=False)
    dataset.BitsStored, dataset.HighBit = 12, 15
    with pytest.raises(NotSupportedError, match="HighBit"):
        open_image(saved(dataset)).stored()


def test_an_overlay_in_the_bits_below_the_samples_is_drawn() -> None:
    plane = np.array([[0, 1, 1, 0], [1, 0, 0, 1]], "uint16")
    dataset = shifted()
    dataset.PixelData = (plane << 1).tobytes()
    for element, vr, value in ((0x10, "US", 2), (0x11, "US", 4), (0x100, "US", 16), (0x102, "US", 1)):
        dataset.add_new((0x6000, element), vr, value)
    drawn = open_image(saved(dataset)).shown(0, View(overlays=True))
    assert np.array_equal(drawn == 255, plane.astype(bool))


@pytest.mark.parametrize("high", [10, 16, 40])
def test_a_high_bit_that_cannot_be_is_one_clear_error(high: int) -> None:
    with pytest.raises(InvalidDatasetError, match="HighBit"):
        open_image(saved(shifted(high=high)))

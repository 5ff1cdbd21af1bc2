"""ICC profiles of objects in the pictures that are made of them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageCms

from fileroom_plugins.imaging import render
from tests.plugins.imaging.images import made
from tests.plugins.imaging.presentation_states import item, state_file

if TYPE_CHECKING:
    from tests.plugins.imaging.images import Pixels

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
LAB = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
RED = np.zeros((4, 5, 3), "uint8") + np.array([255, 0, 0], "uint8")


def profile_in(data: bytes, command: str, presentation: bytes | None = None) -> bytes | None:
    with Image.open(io.BytesIO(render(data, command, presentation=presentation).data)) as image:
        found: bytes | None = image.info.get("icc_profile")
        return found


def coloured(profile: bytes, pixels: Pixels = RED) -> bytes:
    return made(pixels, {"ICCProfile": profile + bytes(len(profile) % 2)}, "RGB")


@pytest.mark.parametrize("form", ["JFIF", "PNGF", "TIFF", "WEBP", "AVIF"])
def test_pictures_carry_the_profile_of_coloured_objects(form: str) -> None:
    assert profile_in(coloured(SRGB), f"fileFormat={form}") == SRGB
    assert profile_in(coloured(SRGB), f"fileFormat={form} nometadata") is None


@pytest.mark.parametrize("command", ["contentFormat=8BITGRAYSCALE", "contentFormat=MONOCHROME"])
def test_a_picture_without_colours_has_no_profile_of_colours(command: str) -> None:
    assert profile_in(coloured(SRGB), f"fileFormat=PNGF {command}") is None


def test_grey_images_have_none() -> None:
    grey = made(RED[..., 0], {"ICCProfile": SRGB + bytes(len(SRGB) % 2)})
    assert profile_in(grey, "fileFormat=PNGF") is None
    assert profile_in(grey, "fileFormat=PNGF colormap=pet") is None


@pytest.mark.parametrize(
    "profile",
    [b"", b"profile ", LAB, SRGB[:100], SRGB[:-8], bytes(4) + SRGB[4:], SRGB[:36] + bytes(200)],
    ids=["empty", "words", "of other colours", "a head", "cut short", "without its length", "zeros behind"],
)  # with these names: a profile holds the second in which it was made
def test_what_is_no_profile_for_red_green_and_blue_is_left_out(profile: bytes) -> None:
    assert profile_in(coloured(profile), "fileFormat=PNGF") is None


def test_the_profile_of_a_slide_is_that_of_its_only_optical_path() -> None:
    path = item(ICCProfile=SRGB + bytes(len(SRGB) % 2))
    for paths, expected in (([path], SRGB), ([path, path], None), ([item()], None)):
        data = made(RED, {"OpticalPathSequence": paths}, "RGB")
        assert profile_in(data, "fileFormat=PNGF") == expected


def test_the_profile_of_a_presentation_state_goes_before_the_images() -> None:
    data = coloured(SRGB)
    longer = (len(SRGB) + 4).to_bytes(4, "big") + SRGB[4:] + bytes(4)
    by = state_file(data, parts={"ICCProfile": longer})
    assert profile_in(data, "fileFormat=PNGF", by) == longer

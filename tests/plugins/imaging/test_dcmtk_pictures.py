"""Pictures held against those of DCMTK: ``dcm2pnm`` for images, ``dcmp2pgm`` for presentation states.

DCMTK cuts off what is behind the point where this rounds, so that of two shades ours may be the greater one
by 1; in colours that were converted, either may. What DCMTK 3.6.7 does otherwise, and why that is left alone:

- pixels of 32 bits in big-endian order are swapped as if they were of 16;
- shutters and overlays of presentation states are left to a viewer: ``dcmp2pgm`` draws neither.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom import Dataset

from fileroom_plugins.imaging import View, open_image
from tests.dcmtk import needs_dcmtk, run_dcmtk
from tests.plugins.imaging.images import TEST_FILES, saved
from tests.plugins.imaging.presentation_states import item, state_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.plugins.imaging.images import Pixels

pytestmark = needs_dcmtk

FIRST_WINDOW, LEAST_TO_GREATEST = ("+Wi", "1"), ("+Wm",)
GREY = [
    ("CT_small.dcm", 1, LEAST_TO_GREATEST),
    ("MR_small_expb.dcm", 1, FIRST_WINDOW),
    ("MR_small_RLE.dcm", 1, FIRST_WINDOW),
    ("JPGExtended.dcm", 1, LEAST_TO_GREATEST),
    ("rtdose.dcm", 15, LEAST_TO_GREATEST),
    ("liver_1frame.dcm", 1, LEAST_TO_GREATEST),
    ("image_dfl.dcm", 1, LEAST_TO_GREATEST),
    ("dicomdirtests/77654033/CR1/6154", 1, FIRST_WINDOW),  # MONOCHROME1
    ("examples_overlay.dcm", 1, FIRST_WINDOW),
]
COLOURS = [
    ("examples_palette.dcm", 1, 0),
    ("examples_rgb_color.dcm", 1, 0),
    ("SC_rgb_small_odd_big_endian.dcm", 1, 0),
    ("SC_rgb_rle_16bit_2frame.dcm", 2, 0),
    ("SC_ybr_full_422_uncompressed.dcm", 1, 1),
    ("examples_ybr_color.dcm", 30, 1),
]


def picture(program: str, *words: object, to: Path) -> Pixels:
    """Return what a program of DCMTK draws."""
    run_dcmtk(program, *words, to)
    with Image.open(to) as image:
        return np.asarray(image.convert("L") if image.mode == "1" else image).astype(int)


@pytest.mark.parametrize(("name", "frame", "window"), GREY, ids=[one[0] for one in GREY])
def test_grey_images_are_drawn_alike(name: str, frame: int, window: tuple[str, ...], tmp_path: Path) -> None:
    theirs = picture("dcmj2pnm", *window, "-O", "+F", frame, TEST_FILES / name, to=tmp_path / "made.pnm")
    with open_image(TEST_FILES / name) as image:
        difference = image.shown(frame - 1) - theirs
    assert (difference.min(), difference.max()) in {(0, 0), (0, 1)}


@pytest.mark.parametrize(("name", "frame", "most"), COLOURS, ids=[one[0] for one in COLOURS])
def test_colours_are_drawn_alike(name: str, frame: int, most: int, tmp_path: Path) -> None:
    theirs = picture("dcmj2pnm", "+F", frame, TEST_FILES / name, to=tmp_path / "made.pnm")
    with open_image(TEST_FILES / name) as image:
        assert abs(image.shown(frame - 1) - theirs).max() <= most


def test_overlays_are_drawn_alike(tmp_path: Path) -> None:
    path = TEST_FILES / "examples_overlay.dcm"
    plain, drawn = (
        picture("dcm2pnm", "+Wi", 1, *overlay, path, to=tmp_path / "made.pnm")
        for overlay in (["-O"], ["+O", 0])
    )
    with open_image(path) as image:
        ours = image.shown(0, View(overlays=True))
        assert np.array_equal(ours != image.shown(0), drawn != plain)
    assert abs(ours - drawn).max() <= 1


def curve() -> Dataset:
    table = Dataset()
    table.add_new("LUTDescriptor", "US", [256, 0, 10])
    table.add_new("LUTData", "US", [round((level / 255) ** 2 * 1023) for level in range(256)])
    return table


WINDOW = {"SoftcopyVOILUTSequence": [item(WindowCenter=40, WindowWidth=400)]}
STATES: Mapping[str, Mapping[str, object]] = {
    "window": WINDOW,
    "white for black": {**WINDOW, "PresentationLUTShape": "INVERSE"},
    "turned right": {**WINDOW, "ImageRotation": 90, "ImageHorizontalFlip": "N"},
    "turned left and flipped": {**WINDOW, "ImageRotation": 270, "ImageHorizontalFlip": "Y"},
    "a table for the window": {"SoftcopyVOILUTSequence": [item(VOILUTSequence=[curve()])]},
    "a table at the end": {**WINDOW, "PresentationLUTSequence": [curve()]},
    "another rescale": {**WINDOW, "RescaleSlope": 2, "RescaleIntercept": -3000},
}


@pytest.mark.parametrize("name", STATES)
def test_presentation_states_are_applied_alike(name: str, tmp_path: Path) -> None:
    path = TEST_FILES / "CT_small.dcm"
    rescale = {"RescaleSlope": 1, "RescaleIntercept": -1024, "RescaleType": "HU"}
    state = pydicom.dcmread(io.BytesIO(state_file(path.read_bytes(), parts={**rescale, **STATES[name]})))
    if "PresentationLUTSequence" in state:
        del state.PresentationLUTShape
    state.DisplayedAreaSelectionSequence = [
        item(
            DisplayedAreaTopLeftHandCorner=[1, 1],
            DisplayedAreaBottomRightHandCorner=[128, 128],
            PresentationSizeMode="SCALE TO FIT",
            PresentationPixelAspectRatio=[1, 1],
        )
    ]
    state.ContentLabel, state.ContentDescription, state.ContentCreatorName = "LABEL", "", ""
    state.PresentationCreationDate, state.PresentationCreationTime = "20240101", "120000"
    (tmp_path / "state.dcm").write_bytes(saved(state))
    theirs = picture("dcmp2pgm", "-p", tmp_path / "state.dcm", path, to=tmp_path / "made.pgm")
    with open_image(path) as image:
        ours = image.shown(0, View(presentation=state))
    assert len(np.unique(ours)) > 20
    # Where a steep table follows, what was cut off before it counts twice.
    assert abs(ours - theirs).max() <= (3 if "PresentationLUTSequence" in state else 1)

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest
from PIL import Image, ImageDraw
from pydicom import Dataset

from fileroom.plugin import InvalidDatasetError, NotSupportedError
from fileroom_plugins.imaging.image import open_image
from fileroom_plugins.imaging.view import View
from tests.plugins.imaging.images import made, saved
from tests.plugins.imaging.presentation_states import item, reference, state

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.plugins.imaging.images import Pixels

SHAPE = (20, 30)
CORNERS = np.zeros(SHAPE, "uint8")
CORNERS[:5, :5], CORNERS[:5, -5:], CORNERS[-5:, :5] = 50, 100, 200


def shown(pixels: Pixels, values: Mapping[str, object]) -> Pixels:
    """Return what a state makes of pixels, its graphics too."""
    data = made(pixels)
    return open_image(data).shown(0, View(presentation=state(data, **values), overlays=True))


def test_the_states_window_is_applied_to_the_states_modality_values() -> None:
    data = made(
        np.array([[0, 50, 100]], "uint8"),
        {"WindowCenter": 1, "WindowWidth": 1, "RescaleSlope": 9, "RescaleIntercept": 9},
    )
    window = item(WindowCenter=50, WindowWidth=101)
    presentation = state(data, SoftcopyVOILUTSequence=[window])
    found = open_image(data).shown(0, View(presentation=presentation))
    assert found.tolist() == [[1, 129, 255]]  # without a rescale, since the state has none
    presentation.RescaleSlope, presentation.RescaleIntercept = 0.5, 0
    found = open_image(data).shown(0, View(presentation=presentation))
    assert found.tolist() == [[1, 65, 129]]


def test_of_several_windows_the_one_for_the_image_is_taken() -> None:
    data = made(np.array([[0, 50, 100]], "uint8"))
    other = item(ReferencedSOPClassUID="1.2", ReferencedSOPInstanceUID="1.2.3.4")
    windows = [
        item(WindowCenter=1, WindowWidth=1, ReferencedImageSequence=[other]),
        item(WindowCenter=50.5, WindowWidth=101, ReferencedImageSequence=[reference(data)]),
    ]
    presentation = state(data, SoftcopyVOILUTSequence=windows)
    assert open_image(data).shown(0, View(presentation=presentation)).tolist() == [[0, 128, 255]]


def test_the_shape_of_the_presentation_table_goes_before_monochrome1() -> None:
    data = made(np.array([[0, 255]], "uint8"), photometric="MONOCHROME1")
    image = open_image(data)
    assert image.shown(0).tolist() == [[255, 0]]
    identity, inverse = (state(data, PresentationLUTShape=shape) for shape in ("IDENTITY", "INVERSE"))
    assert image.shown(0, View(presentation=identity)).tolist() == [[0, 255]]
    assert image.shown(0, View(presentation=inverse)).tolist() == [[255, 0]]


def test_a_presentation_table_is_applied_last() -> None:
    table = Dataset()
    table.add_new("LUTDescriptor", "US", [256, 0, 8])
    table.add_new("LUTData", "OW", bytes(reversed(range(256))))
    data = made(np.array([[0, 100, 255]], "uint8"))
    presentation = state(data, PresentationLUTSequence=[table])
    del presentation.PresentationLUTShape
    assert open_image(data).shown(0, View(presentation=presentation)).tolist() == [[255, 155, 0]]


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
@pytest.mark.parametrize("flip", ["N", "Y"])
def test_the_picture_is_turned_clockwise_and_then_flipped(angle: int, flip: str) -> None:
    expected = np.rot90(CORNERS, -angle // 90)
    if flip == "Y":
        expected = expected[:, ::-1]
    found = shown(CORNERS, {"ImageRotation": angle, "ImageHorizontalFlip": flip})
    assert np.array_equal(found, expected)
    if (angle, flip) == (90, "N"):
        assert found[0, -1] == 50  # what was at the upper left is at the upper right


def test_shutters_cover_what_lies_outside() -> None:
    found = shown(
        np.full(SHAPE, 255, "uint8"),
        {
            "ShutterShape": ["RECTANGULAR"],
            "ShutterLeftVerticalEdge": 3,
            "ShutterRightVerticalEdge": 28,
            "ShutterUpperHorizontalEdge": 2,
            "ShutterLowerHorizontalEdge": 19,
            "ShutterPresentationValue": 0x4000,
        },
    )
    expected = np.full(SHAPE, 0x40)
    expected[1:19, 2:28] = 255
    assert np.array_equal(found, expected)


def test_round_and_polygonal_shutters_cover_the_corners() -> None:
    white = np.full(SHAPE, 255, "uint8")
    centre = {"CenterOfCircularShutter": [10, 15], "RadiusOfCircularShutter": 8}
    found = shown(white, {"ShutterShape": "CIRCULAR", **centre})
    assert (found[9, 14], found[9, 21], found[0, 0], found[9, 28]) == (255, 255, 0, 0)
    vertices = [1, 15, 20, 1, 20, 30]
    found = shown(white, {"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": vertices})
    assert (found[0, 0], found[0, 29], found[18, 15], found[5, 14]) == (0, 0, 255, 255)


def test_the_displayed_area_can_be_cut_out() -> None:
    area = item(DisplayedAreaTopLeftHandCorner=[26, 1], DisplayedAreaBottomRightHandCorner=[100, 5])
    data = made(CORNERS)
    presentation = state(data, DisplayedAreaSelectionSequence=[area])
    image = open_image(data)
    assert image.shown(0, View(presentation=presentation)).shape == SHAPE
    found = image.shown(0, View(presentation=presentation, displayed_area=True))
    assert np.array_equal(found, np.full((5, 5), 100))


def graphic(kind: str, *points: float, filled: str = "N", units: str = "PIXEL") -> Dataset:
    return item(
        GraphicAnnotationUnits=units,
        GraphicDimensions=2,
        NumberOfGraphicPoints=len(points) // 2,
        GraphicData=list(points),
        GraphicType=kind,
        GraphicFilled=filled,
    )


def bits(plane: Pixels) -> bytes:
    return np.packbits(plane.ravel(), bitorder="little").tobytes()


def with_plane(dataset: Dataset, group: int, plane: Pixels, layer: str | None = None) -> Dataset:
    """Give a dataset an overlay; a state activates it in a layer."""
    rows, columns = plane.shape
    for element, vr, value in (
        (0x0010, "US", rows),
        (0x0011, "US", columns),
        (0x0040, "CS", "G"),
        (0x0050, "SS", [1, 1]),
        (0x0100, "US", 1),
        (0x0102, "US", 0),
        (0x3000, "OB", bits(plane)),
    ):
        dataset.add_new((group, element), vr, value)
    if layer is not None:
        dataset.add_new((group, 0x1001), "CS", layer)
    return dataset


def test_a_bitmap_shutter_covers_the_pixels_whose_bits_are_set() -> None:
    data, plane = made(np.full(SHAPE, 255, "uint8")), np.random.default_rng(1).integers(0, 2, SHAPE)
    presentation = state(
        data, ShutterShape="BITMAP", ShutterOverlayGroup=0x6002, ShutterPresentationValue=0x4000
    )
    with_plane(presentation, 0x6002, plane, "LAYER")
    image = open_image(data)
    for overlays in (False, True):  # the shutter is no overlay to be drawn
        found = image.shown(0, View(presentation=presentation, overlays=overlays))
        assert np.array_equal(found, np.where(plane, 0x40, 255))


@pytest.mark.parametrize("shape", [(20, 31), None])
def test_a_bitmap_shutter_of_another_size_or_none_is_refused(shape: tuple[int, int] | None) -> None:
    data = made(CORNERS)
    presentation = state(data, ShutterShape="BITMAP", ShutterOverlayGroup=0x6000)
    if shape:
        with_plane(presentation, 0x6000, np.zeros(shape, int))
    with pytest.raises(InvalidDatasetError, match="bitmap shutter"):
        open_image(data).shown(0, View(presentation=presentation))


def test_the_images_own_shutter_plays_no_part() -> None:
    edges = dict.fromkeys((f"Shutter{one}VerticalEdge" for one in ("Left", "Right")), 5)
    edges |= dict.fromkeys((f"Shutter{one}HorizontalEdge" for one in ("Upper", "Lower")), 5)
    window = {"WindowCenter": 128, "WindowWidth": 256}
    data = made(np.full((9, 9), 255, "uint8"), {"ShutterShape": "RECTANGULAR", **edges, **window})
    image = open_image(data)
    assert (image.shown(0) == 255).sum() == 1
    assert (image.shown(0, View(presentation=state(data))) == 255).all()


def test_the_overlays_that_the_state_activates_are_drawn_and_its_own_go_before_the_images() -> None:
    planes = np.eye(4, dtype=int).reshape(4, 2, 2)
    whole = pydicom.dcmread(io.BytesIO(made(np.zeros((2, 2), "uint8"))))
    for number, plane in enumerate(planes[:3]):
        with_plane(whole, 0x6000 + 2 * number, plane)
    data = saved(whole)
    presentation = with_plane(state(data), 0x6000, planes[3], "ONE")
    presentation.add_new((0x6002, 0x1001), "CS", "ONE")
    presentation.add_new((0x6004, 0x1001), "CS", "")
    image = open_image(data)
    assert image.shown(0, View(overlays=True)).tolist() == [[255, 255], [255, 0]]
    assert image.shown(0, View(overlays=True, presentation=presentation)).tolist() == [[0, 255], [0, 255]]
    assert not image.shown(0, View(presentation=presentation)).any()


def test_pixels_have_the_shape_that_the_state_says_and_turn_with_the_image() -> None:
    data = made(CORNERS, {"PixelSpacing": [2, 1]})
    image = open_image(data)
    area = item(PresentationPixelAspectRatio=[3, 1])
    assert image.aspect(0, View(presentation=state(data))) == 2
    assert image.aspect(0, View(presentation=state(data, ImageRotation=90))) == 1 / 2
    assert image.aspect(0, View(presentation=state(data, DisplayedAreaSelectionSequence=[area]))) == 3


def test_graphics_are_drawn_where_overlays_are_asked_for() -> None:
    black = np.zeros(SHAPE, "uint8")
    for one, lit, dark in (
        (graphic("POLYLINE", 2, 3, 12, 3), (3, 7), (4, 7)),
        (graphic("POINT", 5, 6), (6, 5), (6, 6)),
        (graphic("CIRCLE", 15, 10, 20, 10), (10, 20), (10, 15)),
        (graphic("CIRCLE", 15, 10, 20, 10, filled="Y"), (10, 15), (0, 0)),
        (graphic("ELLIPSE", 5, 10, 25, 10, 15, 5, 15, 15), (10, 25), (10, 15)),
        (graphic("POLYLINE", 0.0, 0.5, 0.999, 0.5, units="DISPLAY"), (10, 15), (5, 15)),
    ):
        found = shown(black, {"GraphicAnnotationSequence": [item(GraphicObjectSequence=[one])]})
        assert found[lit] == 255
        assert found[dark] == 0
        data = made(black)
        hidden = state(data, GraphicAnnotationSequence=[item(GraphicObjectSequence=[one])])
        assert not open_image(data).shown(0, View(presentation=hidden)).any()


def test_text_is_written() -> None:
    text = item(
        UnformattedTextValue="left",
        AnchorPoint=[2, 2],
        AnchorPointAnnotationUnits="PIXEL",
        AnchorPointVisibility="N",
    )
    found = shown(np.zeros(SHAPE, "uint8"), {"GraphicAnnotationSequence": [item(TextObjectSequence=[text])]})
    assert found.any()


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
@pytest.mark.parametrize("flip", ["N", "Y"])
@pytest.mark.parametrize("area", [False, True])
def test_text_stays_upright_and_at_its_place_when_the_image_is_turned(
    angle: int, flip: str, *, area: bool
) -> None:
    marked, written = np.zeros((70, 90), "uint8"), np.zeros((70, 90), "uint8")
    marked[40, 30] = 255
    text = item(
        UnformattedTextValue="F",
        BoundingBoxTopLeftHandCorner=[30.5, 40.5],
        BoundingBoxAnnotationUnits="PIXEL",
    )
    part = item(DisplayedAreaTopLeftHandCorner=[6, 11], DisplayedAreaBottomRightHandCorner=[80, 65])
    turned = {
        "ImageRotation": angle,
        "ImageHorizontalFlip": flip,
        "DisplayedAreaSelectionSequence": [part],
    }
    annotated = {**turned, "GraphicAnnotationSequence": [item(TextObjectSequence=[text])]}
    found = []
    for pixels, values in ((marked, turned), (written, annotated), (written, turned)):
        data = made(pixels)
        view = View(presentation=state(data, **values), overlays=True, displayed_area=area)
        found.append(open_image(data).shown(0, view))
    (row,), (column,) = np.nonzero(found[0])
    upright = Image.new("L", found[2].shape[::-1])
    ImageDraw.Draw(upright).text((column + 0.5, row + 0.5), "F", fill="white")
    assert np.array_equal(found[1], np.asarray(upright))
    assert found[1].any()


def test_a_palette_of_the_state_colours_grey_values() -> None:
    values: dict[str, object] = {}
    for colour, table in (("Red", [0, 255]), ("Green", [9, 9]), ("Blue", [255, 0])):
        values[f"{colour}PaletteColorLookupTableDescriptor"] = [2, 0, 8]
        values[f"{colour}PaletteColorLookupTableData"] = bytes(table)
    found = shown(np.array([[0, 255]], "uint8"), values)
    assert found.tolist() == [[[0, 9, 255], [255, 9, 0]]]


def test_a_state_of_another_image_is_refused() -> None:
    data, other = made(CORNERS), made(CORNERS, {"SOPInstanceUID": "1.2.3.4.5"})
    with pytest.raises(NotSupportedError, match="does not refer"):
        open_image(data).shown(0, View(presentation=state(other)))


def test_a_state_of_other_frames_is_refused() -> None:
    data = made(np.stack([CORNERS, CORNERS]))
    presentation = state(data)
    presentation.ReferencedSeriesSequence[0].ReferencedImageSequence = [
        reference(data, ReferencedFrameNumber=2)
    ]
    image = open_image(data)
    assert image.shown(1, View(presentation=presentation)).shape == SHAPE
    with pytest.raises(NotSupportedError, match="does not refer"):
        image.shown(0, View(presentation=presentation))


@pytest.mark.parametrize(
    "values",
    [
        {"ImageRotation": 45},
        {"ShutterShape": "RECTANGULAR"},
        {"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": [1, 2]},
        {"ShutterShape": "CIRCULAR", "CenterOfCircularShutter": [1], "RadiusOfCircularShutter": 4},
        {"GraphicAnnotationSequence": [item(GraphicObjectSequence=[graphic("POLYLINE", 1, 2, 3)])]},
        {"PresentationLUTSequence": []},
    ],
)
def test_a_damaged_state_is_one_clear_error(values: dict[str, object]) -> None:
    with pytest.raises(InvalidDatasetError):
        shown(CORNERS, values)

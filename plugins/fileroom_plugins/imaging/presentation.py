"""Softcopy presentation states: how somebody wanted an image to be seen (PS3.3 section A.33)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydicom import Dataset

from fileroom.plugin import InvalidDatasetError, NotSupportedError
from fileroom_plugins.imaging.graphics import DISPLAY, PIXEL, draw_graphics, write_texts
from fileroom_plugins.imaging.lookup import read_table
from fileroom_plugins.imaging.overlays import GROUPS, draw_planes, overlay_planes, own_planes
from fileroom_plugins.imaging.palettes import read_palette
from fileroom_plugins.imaging.shape import height_of_a_pixel
from fileroom_plugins.imaging.shutters import draw_bitmap_shutter, draw_shutter
from fileroom_plugins.imaging.view import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fileroom_plugins.imaging.graphics import Point
    from fileroom_plugins.imaging.image import Image
    from fileroom_plugins.imaging.lookup import Table
    from fileroom_plugins.imaging.native import Pixels
    from fileroom_plugins.imaging.overlays import Plane

_RIGHT_ANGLE = 90
_ACTIVATION_LAYER = 0x1001
_SPACINGS = ("PresentationPixelSpacing", "PresentationPixelAspectRatio")


class Presentation:
    """What a presentation state says about one frame of an image."""

    def __init__(self, state: Dataset, image: Image, index: int) -> None:
        """Take a presentation state.

        Raises:
            NotSupportedError: it does not refer to the image, or not to this frame.
        """
        self._state = state
        self._image = image
        self._index = index
        if not refers_to(state, image, index):
            raise NotSupportedError("the presentation state does not refer to this image")

    @property
    def inverse(self) -> bool:
        """Whether the least value is white; it goes before MONOCHROME1 (PS3.3 section C.11.6)."""
        return bool(self._state.get("PresentationLUTShape") == "INVERSE")

    @property
    def table(self) -> Table | None:
        """The Presentation LUT, if it is a table.

        Raises:
            InvalidDatasetError: it is wrong.
        """
        if "PresentationLUTSequence" not in self._state:
            return None
        sequence = self._state["PresentationLUTSequence"].value
        return read_table(sequence, "PresentationLUTSequence", little=self._little, negative=False)

    def modality(self) -> Dataset:
        """Return the attributes with the Modality LUT or rescale.

        The state's own, never the image's: without any, there is none (PS3.4 section N.2.1.1).
        """
        return self._state

    def voi(self) -> Dataset:
        """Return the attributes with the windows and VOI LUTs that are for this frame."""
        voi = Dataset()
        for item in self._state.get("SoftcopyVOILUTSequence") or []:
            images = item.get("ReferencedImageSequence")
            if not images or self._among(images):
                voi.update(item)
                break
        voi.Modality = self._image.attributes.get("Modality")
        return voi

    def finished(self, shown: Pixels, view: View) -> Pixels:
        """Return a picture in the state's colours, with its graphics and shutters, turned as it says.

        Raises:
            InvalidDatasetError: one of these is wrong.
        """
        state, image = self._state, self._image
        if "RedPaletteColorLookupTableDescriptor" in state and shown.ndim == 2:  # noqa: PLR2004 - grey
            palette, _ = read_palette(state, little=self._little)
            shown = palette[np.rint(shown * ((len(palette) - 1) / 255)).astype(np.int64)]
        shown = draw_shutter(shown, state, image.rows, image.columns)
        shown = self._covered(shown)
        if view.overlays:
            shown = draw_planes(shown, self._overlays())
            shown = draw_graphics(shown, self._annotations(), PIXEL)
        corner = (0, 0)
        if view.displayed_area:
            shown, corner = self._area(shown)
        height, width = shown.shape[:2]
        shown = self._turned(shown)
        if view.overlays:
            shown = draw_graphics(shown, self._annotations(), DISPLAY)
            shown = write_texts(
                shown,
                self._annotations(),
                lambda point: self._turned_point((point[0] - corner[0], point[1] - corner[1]), width, height),
            )
        return np.ascontiguousarray(shown)

    def aspect(self) -> float:
        """Return the height of a pixel as a multiple of its width, as it is displayed: turned with the image.

        The state's own (PS3.3 section C.10.4), or else the image's.
        """
        ratio = height_of_a_pixel(self._image.attributes_of(self._index))
        area = self._displayed_area()
        if area is not None:
            ratio = height_of_a_pixel(area, _SPACINGS, ratio)
        return 1 / ratio if quarter_turns(self._state) % 2 else ratio

    @property
    def _little(self) -> bool:
        return self._state.original_encoding[1] is not False

    def _annotations(self) -> list[Dataset]:
        items = self._state.get("GraphicAnnotationSequence") or []
        return [
            item
            for item in items
            if not (images := item.get("ReferencedImageSequence")) or self._among(images)
        ]

    def _among(self, images: Iterable[Dataset]) -> bool:
        return are_among(images, self._image.attributes.get("SOPInstanceUID"), self._index)

    def _covered(self, shown: Pixels) -> Pixels:
        """Close the bitmap shutter, an overlay of the state's own (PS3.3 section C.7.6.15)."""
        group = bitmap_shutter(self._state)
        if group is None:
            return shown
        for plane, top, left in own_planes(self._state, group, self._index, little=self._little):
            if plane.shape == (self._image.rows, self._image.columns) and top == left == 0:
                return draw_bitmap_shutter(shown, self._state, plane)
        raise InvalidDatasetError("the bitmap shutter of the presentation state is not of the image's size")

    def _overlays(self) -> Iterator[Plane]:
        """Yield the overlays that are activated: the state's, or else the image's (PS3.3 section C.11.7)."""
        shutter = bitmap_shutter(self._state)
        for group in GROUPS:
            layer = (group, _ACTIVATION_LAYER)
            if layer not in self._state or not self._state[layer].value or group == shutter:
                continue
            own = list(own_planes(self._state, group, self._index, little=self._little))
            yield from own or overlay_planes(self._image, self._index, [group])

    def _displayed_area(self) -> Dataset | None:
        items: Iterable[Dataset] = self._state.get("DisplayedAreaSelectionSequence") or []
        for item in items:
            images = item.get("ReferencedImageSequence")
            if not images or self._among(images):
                return item
        return None

    def _area(self, shown: Pixels) -> tuple[Pixels, tuple[int, int]]:
        """Cut a picture to the displayed area (PS3.3 section C.10.4), as far as it lies in the image.

        Returns:
            The part, and where its upper left corner was, across and down.
        """
        item = self._displayed_area()
        if item is None:
            return shown, (0, 0)
        corners = [item.get(f"DisplayedArea{corner}HandCorner") for corner in ("TopLeft", "BottomRight")]
        try:
            (left, top), (right, bottom) = ((int(one[0]), int(one[1])) for one in corners)
        except (TypeError, ValueError, IndexError):
            raise InvalidDatasetError("the displayed area has no sound corners") from None
        left, right = sorted((left, right))
        top, bottom = sorted((top, bottom))
        part = shown[max(0, top - 1) : max(0, bottom), max(0, left - 1) : max(0, right)]
        if not part.size:
            raise InvalidDatasetError("the displayed area lies outside of the image")
        return part, (max(0, left - 1), max(0, top - 1))

    def _turned_point(self, point: Point, width: int, height: int) -> Point:
        """Return where a point is once a picture of this size is turned."""
        x, y = point
        for _ in range(quarter_turns(self._state) % 4):
            x, y = height - y, x
            width, height = height, width
        return (width - x if self._state.get("ImageHorizontalFlip") == "Y" else x), y

    def _turned(self, shown: Pixels) -> Pixels:
        """Rotate clockwise, then flip (PS3.3 section C.10.6)."""
        shown = np.rot90(shown, -quarter_turns(self._state))
        return shown[:, ::-1] if self._state.get("ImageHorizontalFlip") == "Y" else shown


def refers_to(state: Dataset, image: Image, index: int | None = None) -> bool:
    """Say whether a presentation state refers to a frame of an image; without its index, to any."""
    return are_among(referenced_images(state), image.attributes.get("SOPInstanceUID"), index)


def view_by(state: Dataset | None, image: Image, index: int, *, overlays: bool = False) -> View:
    """Return the view by a presentation state, or the plain one where it does not refer to the frame."""
    if state is None or not refers_to(state, image, index):
        return View(overlays=overlays)
    return View(overlays=overlays, presentation=state)


def referenced_images(state: Dataset) -> list[Dataset]:
    """Return a state's references to images (PS3.3 section C.11.11)."""
    series = state.get("ReferencedSeriesSequence") or []
    return [one for item in series for one in item.get("ReferencedImageSequence") or []]


def quarter_turns(state: Dataset) -> int:
    """Return by how many right angles a state turns an image clockwise (PS3.3 section C.10.6).

    Raises:
        InvalidDatasetError: it says so in no right angles.
    """
    try:
        quarters, rest = divmod(int(state.get("ImageRotation") or 0), _RIGHT_ANGLE)
    except (TypeError, ValueError):
        rest = 1
    if rest:
        raise InvalidDatasetError("ImageRotation is none of 0, 90, 180 and 270")
    return quarters


def bitmap_shutter(state: Dataset) -> int | None:
    """Return the group of the overlay that is a state's shutter, if one is (PS3.3 section C.7.6.15)."""
    if state.get("ShutterShape") != "BITMAP":
        return None
    group = state.get("ShutterOverlayGroup")
    if not isinstance(group, int):
        raise InvalidDatasetError("ShutterOverlayGroup of the bitmap shutter is missing or wrong")
    return group


def are_among(images: Iterable[Dataset], uid: object, index: int | None) -> bool:
    """Say whether references to images include a frame of the image with this UID; or, of None, any."""
    for item in images:
        if item.get("ReferencedSOPInstanceUID") != uid:
            continue
        frames = item.get("ReferencedFrameNumber")
        if index is None or not frames:
            return True
        if index + 1 in np.atleast_1d(np.asarray(frames, dtype=np.int64)):
            return True
    return False

"""Softcopy presentation states: how somebody wanted an image to be seen (PS3.3 section A.33)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydicom import Dataset

from fileroom.plugin import InvalidDatasetError, NotSupportedError
from fileroom_plugins.imaging.graphics import DISPLAY, PIXEL, draw_graphics
from fileroom_plugins.imaging.lookup import read_table
from fileroom_plugins.imaging.palettes import read_palette
from fileroom_plugins.imaging.shutters import draw_shutter

if TYPE_CHECKING:
    from fileroom_plugins.imaging.image import Image
    from fileroom_plugins.imaging.lookup import Table
    from fileroom_plugins.imaging.native import Pixels
    from fileroom_plugins.imaging.view import View

_RIGHT_ANGLE = 90


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
        series = state.get("ReferencedSeriesSequence") or []
        images = [one for item in series for one in item.get("ReferencedImageSequence") or []]
        if not self._among(images):
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
        if view.overlays:
            shown = draw_graphics(shown, self._annotations(), PIXEL)
        if view.displayed_area:
            shown = self._area(shown)
        shown = self._turned(shown)
        if view.overlays:
            shown = draw_graphics(shown, self._annotations(), DISPLAY)
        return np.ascontiguousarray(shown)

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

    def _among(self, images: object) -> bool:
        """Say whether references to images include this frame."""
        uid = self._image.attributes.get("SOPInstanceUID")
        for item in images:  # type: ignore[attr-defined]
            if item.get("ReferencedSOPInstanceUID") != uid:
                continue
            frames = item.get("ReferencedFrameNumber")
            if not frames:
                return True
            if self._index + 1 in np.atleast_1d(np.asarray(frames, dtype=np.int64)):
                return True
        return False

    def _area(self, shown: Pixels) -> Pixels:
        """Cut a picture to the displayed area (PS3.3 section C.10.4), as far as it lies in the image."""
        items = self._state.get("DisplayedAreaSelectionSequence") or []
        for item in items:
            images = item.get("ReferencedImageSequence")
            if images and not self._among(images):
                continue
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
            return part
        return shown

    def _turned(self, shown: Pixels) -> Pixels:
        """Rotate clockwise, then flip (PS3.3 section C.10.6)."""
        try:
            quarters, rest = divmod(int(self._state.get("ImageRotation") or 0), _RIGHT_ANGLE)
        except (TypeError, ValueError):
            rest = 1
        if rest:
            raise InvalidDatasetError("ImageRotation is none of 0, 90, 180 and 270")
        shown = np.rot90(shown, -quarters)
        return shown[:, ::-1] if self._state.get("ImageHorizontalFlip") == "Y" else shown

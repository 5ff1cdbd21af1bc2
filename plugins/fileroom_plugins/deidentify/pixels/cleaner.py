"""The pixel cleaner of the option Clean Pixel Data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from fileroom.plugin import MissingDependencyError
from fileroom_plugins.deidentify.pixels.native import KEYWORDS, blacken_native
from fileroom_plugins.deidentify.pixels.overlays import drop_text
from fileroom_plugins.deidentify.pixels.places import Known, UnknownTextError, places_of, without_places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydicom import Dataset

    from fileroom_plugins.deidentify.pixels.places import Places
    from fileroom_plugins.deidentify.pixels.rectangles import Rectangle


class CleanPixels:
    """Blackens burned-in text wherever it is known to be, or may be (PS3.15 E.3.1).

    What is known are the given rectangles, the image's ultrasound regions and a table of devices; nothing is
    recognised in the pixels. Burned In Annotation of an image that was cleaned, or is known to have no text,
    becomes NO.

    Args:
        rectangles: where all images that it is used for have text.
        unknown: what becomes of an image that is apt to have text, without anything that says where:
            ``refuse`` it, or ``report`` it and leave its pixels as they are.
    """

    def __init__(
        self, rectangles: Sequence[Rectangle] = (), unknown: Literal["refuse", "report"] = "refuse"
    ) -> None:
        self._rectangles = tuple(rectangles)
        self._unknown = unknown

    def look(self, dataset: Dataset) -> Places | None:
        """Say what is known of an image's text; None for what has no pixels."""
        if not any(keyword in dataset for keyword in KEYWORDS):
            return None
        return places_of(dataset, self._rectangles)

    def __call__(self, dataset: Dataset) -> bool:
        """Blacken in place; see `fileroom_plugins.deidentify.cleaners.PixelCleaner`."""
        places = self.look(dataset)
        if places is None:
            return False
        changed = drop_text(dataset)
        if places.known is Known.PLACES:
            if _blacken(dataset, places):
                dataset.BurnedInAnnotation = "NO"
                return True
            places = without_places(dataset)  # for they all lie outside of this image
        if places.known is Known.NOTHING:
            if self._unknown == "refuse":
                raise UnknownTextError(
                    f"burned-in text: {places.why[0]}, and where it would be is not known: give rectangles, "
                    "or let such images pass with unknown_pixels=report"
                )
            return changed
        dataset.BurnedInAnnotation = "NO"
        return changed


def _blacken(dataset: Dataset, places: Places) -> bool:
    syntax = dataset.file_meta.TransferSyntaxUID
    if not syntax.is_compressed:
        return blacken_native(dataset, places, little_endian=syntax.is_little_endian)
    try:
        # Its decoders are slow to import, and most images need none.
        from fileroom_plugins.deidentify.pixels.compressed import blacken_compressed  # noqa: PLC0415
    except ImportError as error:
        message = f"compressed pixels need {error.name or 'a package'}: pip install 'fileroom[deidentify]'"
        raise MissingDependencyError(message, "deidentify", "fileroom") from error
    return blacken_compressed(dataset, places) is not None

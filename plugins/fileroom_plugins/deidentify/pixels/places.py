"""Where an image's burned-in text is, or may be, by what is known about the image.

Nothing here looks at the pixels: recognising text is another art, and never complete.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.plugin import NotSupportedError
from fileroom_plugins.deidentify.pixels.devices import devices_of
from fileroom_plugins.deidentify.pixels.rectangles import Rectangle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydicom import Dataset

_STORAGE = "1.2.840.10008.5.1.4.1.1."
_SLIDES = "77.1.6"  # VL Whole Slide Microscopy
_DETECTED = frozenset(
    (
        *("1", "1.1", "1.1.1", "1.2", "1.2.1", "1.3", "1.3.1"),  # CR, DX, mammograms, teeth
        *("2", "2.1", "2.2", "4", "4.1", "4.4"),  # CT and MR
        *("12.1", "12.1.1", "12.2", "12.2.1", "14.2"),  # angiographies, as they were acquired
        *("13.1.1", "13.1.2", "13.1.3", "13.1.4", "13.1.5"),  # volumes and projections of X-rays
        *("20", "128", "128.1", "130"),  # nuclear medicine
        *("30", "66.4", "66.7", "481.1", "481.2"),  # parametric maps, segmentations, RT images and doses
        *("77.1.5.4", _SLIDES),  # tomographies of eyes, microscopy
    )
)
"""SOP classes whose pixels come from a detector or are calculated, by the end of their UIDs."""

_LABELLED_SLIDES = {"LABEL", "OVERVIEW"}
"""Image Flavors of microscopy (PS3.3 C.8.12.4.1.1) that show a slide's label, or may."""

_SUSPECT_MODALITIES = frozenset({"US", "IVUS", "OT", "SC", "SD", "ES", "XC", "GM", "DOC", "RF", "OP"})
_SUSPECT_TYPES = ("SCREEN", "REPORT", "DOSE", "CAPTURE")
"""Words in Image Type that pictures of screens and of reports carry."""

_SECONDARY = "SECONDARY"
_SHOWN = 8
"""Bits of pixels as screens show them: secondary images of more are reconstructions, and not captured."""


class UnknownTextError(NotSupportedError):
    """An image is apt to have text burned in, and nothing says where."""


class Known(enum.StrEnum):
    """What is known about the burned-in text of an image."""

    PLACES = "places"
    """Where it is, or may be."""

    NONE = "none"
    """That there is none: the object says so, or images of its kind come from the detector as they are."""

    NOTHING = "nothing"
    """Nothing, and images of its kind are apt to have some."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where text may be in an image.

    Attributes:
        known: what is known at all.
        covered: blackened.
        shown: if there are any, all that is outside of them is blackened.
        why: what says so, for the report: no value of the image is in it.
    """

    known: Known
    covered: tuple[Rectangle, ...] = ()
    shown: tuple[Rectangle, ...] = ()
    why: tuple[str, ...] = ()


def places_of(dataset: Dataset, given: Sequence[Rectangle] = ()) -> Places:
    """Say where text may be in an image.

    What is given and what is known of a device count in any case, ultrasound regions unless the image says
    that it has no text (Burned In Annotation, PS3.3 C.7.6.1).

    Args:
        dataset: the image as it came, since what tells devices apart is removed from it.
        given: rectangles that somebody knows to hold text.
    """
    said = _said(dataset)
    devices = devices_of(dataset)
    covered = [*given, *(each for device in devices for each in device.rectangles)]
    why = ["the rectangles given"] * bool(given) + [f"the device {device.name}" for device in devices]
    shown = () if said == "NO" else ultrasound_regions(dataset)
    if shown:
        why.append("Sequence of Ultrasound Regions")
    if covered or shown:
        return Places(Known.PLACES, tuple(dict.fromkeys(covered)), shown, tuple(dict.fromkeys(why)))
    return without_places(dataset)


def without_places(dataset: Dataset) -> Places:
    """Say whether an image has text where nothing says where, or only what lies outside of it."""
    said = _said(dataset)
    if _shows_label(dataset, said):
        return Places(Known.NOTHING, why=("it shows a slide's label, or may",))
    if said == "NO":
        return Places(Known.NONE, why=("Burned In Annotation is NO",))
    if said == "YES":
        return Places(Known.NOTHING, why=("Burned In Annotation is YES, and nothing says where",))
    if reason := _suspicion(dataset):
        return Places(Known.NOTHING, why=(reason,))
    return Places(Known.NONE, why=("images of its kind come from the detector without text",))


def ultrasound_regions(dataset: Dataset) -> tuple[Rectangle, ...]:
    """Return the regions that hold an ultrasound image's data (PS3.3 C.8.5.5); a broken one is left out."""
    regions = []
    for item in dataset.get("SequenceOfUltrasoundRegions") or ():
        corners = [item.get(f"RegionLocation{corner}") for corner in ("MinX0", "MinY0", "MaxX1", "MaxY1")]
        if not all(isinstance(corner, int) for corner in corners):
            continue
        left, top, right, bottom = corners
        if 0 <= left <= right and 0 <= top <= bottom:
            regions.append(Rectangle(left, top, right - left + 1, bottom - top + 1))
    return tuple(regions)


def _said(dataset: Dataset) -> str:
    return str(dataset.get("BurnedInAnnotation") or "").strip().upper()


def _shows_label(dataset: Dataset, said: str) -> bool:
    """Say whether an image is one of a slide with its label, on which patients' names stand."""
    label = str(dataset.get("SpecimenLabelInImage") or "").strip().upper()
    if label == "YES":
        return True
    if str(dataset.get("SOPClassUID") or "") != f"{_STORAGE}{_SLIDES}" or (label == said == "NO"):
        return False
    types = dataset.get("ImageType") or ()
    return not _LABELLED_SLIDES.isdisjoint([types] if isinstance(types, str) else map(str, types))


def _suspicion(dataset: Dataset) -> str:
    sop_class = str(dataset.get("SOPClassUID") or "")
    if not sop_class.startswith(_STORAGE) or sop_class.removeprefix(_STORAGE) not in _DETECTED:
        return "objects of its SOP class often have text, or nobody knows"
    if str(dataset.get("Modality") or "").strip().upper() in _SUSPECT_MODALITIES:
        return "images of its modality often have text"
    if dataset.get("ConversionType"):
        return "it was converted from something else (Conversion Type)"
    types = str(dataset.get("ImageType") or "").upper()
    captured = _SECONDARY in types and int(dataset.get("BitsStored") or 0) <= _SHOWN
    if captured or any(each in types for each in _SUSPECT_TYPES):
        return "its Image Type is that of captured screens and reports"
    return ""

"""Presentation states that are named: read, and checked as a whole before anything is drawn by them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, TypeVar

import numpy as np
import pydicom
from pydicom.uid import (
    UID,
    ColorSoftcopyPresentationStateStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    PseudoColorSoftcopyPresentationStateStorage,
)

from fileroom.plugin import (
    ConfigError,
    InvalidDatasetError,
    NotFoundError,
    NotSupportedError,
    ObjectName,
    opened_source,
)
from fileroom_plugins.imaging.faults import damage
from fileroom_plugins.imaging.graphics import DISPLAY, PIXEL, draw_graphics, write_texts
from fileroom_plugins.imaging.grey import modality_values
from fileroom_plugins.imaging.header import inflated
from fileroom_plugins.imaging.lookup import read_table
from fileroom_plugins.imaging.palettes import read_palette
from fileroom_plugins.imaging.presentation import are_among, bitmap_shutter, quarter_turns, referenced_images
from fileroom_plugins.imaging.shutters import draw_shutter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydicom import Dataset

    from fileroom.plugin import ObjectSource

    T = TypeVar("T", bound=ObjectSource)

KINDS = frozenset(
    {
        GrayscaleSoftcopyPresentationStateStorage,
        ColorSoftcopyPresentationStateStorage,
        PseudoColorSoftcopyPresentationStateStorage,
    }
)
"""SOP classes of the presentation states that can be applied (PS3.3 sections A.33.1 to A.33.3)."""


def states_for(image: ObjectSource, among: Iterable[T]) -> list[T]:
    """Return those objects that are presentation states which refer to an image, in their order.

    What is no presentation state that can be applied, or a damaged one, is left out.

    Args:
        image: the image.
        among: objects that may be such states; those of an image are in its study, with Modality ``PR``.

    Raises:
        InvalidDatasetError: the image is damaged.
        NotFoundError: an object cannot be read.
    """
    with opened_source(image) as file, damage("reading the image"):
        uid = _attributes(file, ["SOPInstanceUID"]).get("SOPInstanceUID")
    if not uid:
        raise InvalidDatasetError("the image has no SOPInstanceUID, or is no DICOM object")
    found = []
    for one in among:
        try:
            state = read_state(ObjectName.of(one).read())
        except (NotSupportedError, InvalidDatasetError):
            continue
        if any(item.get("ReferencedSOPInstanceUID") == uid for item in referenced_images(state)):
            found.append(one)
    return found


def named_state(named: ObjectName | None) -> Dataset | None:
    """Return the presentation state that the option ``presentation`` names; None where it names none.

    Raises:
        ConfigError: it is not there, is no presentation state, or a damaged one.
    """
    if named is None:
        return None
    try:
        return read_state(named.read())
    except (NotFoundError, NotSupportedError, InvalidDatasetError) as error:
        raise ConfigError(str(error), "presentation") from error


def read_state(data: bytes) -> Dataset:
    """Read a presentation state, all of whose values are read and sound.

    Raises:
        NotSupportedError: it is another object, or inflates to too much.
        InvalidDatasetError: it is damaged, or no DICOM.
    """
    with damage("reading the presentation state"):
        state = _attributes(io.BytesIO(data))
        kind = state.get("SOPClassUID")
        if kind is None:
            raise InvalidDatasetError("this is no DICOM object, or a damaged one")
        if kind not in KINDS:
            name = UID(kind).name
            what = "an unknown kind" if name == kind else name
            raise NotSupportedError(f"the object is of {what}, and no presentation state that can be applied")
        for _ in state.iterall():
            pass  # pydicom reads a value when it is asked for, which is no work for several threads at once
        _check(state)
        return state


def _attributes(file: BinaryIO, keywords: list[str] | None = None) -> Dataset:
    plain = inflated(file) or file
    plain.seek(0)
    return pydicom.dcmread(plain, force=True, stop_before_pixels=True, specific_tags=keywords)


def _check(state: Dataset) -> None:
    """Do with a state all that needs no image.

    Raises:
        InvalidDatasetError: something in it is wrong.
    """
    images = referenced_images(state)
    if not images:
        raise InvalidDatasetError("the presentation state refers to no image")
    for one in images:
        are_among([one], one.get("ReferencedSOPInstanceUID"), 0)
    little = state.original_encoding[1] is not False
    dot = np.zeros((1, 1), np.uint8)
    quarter_turns(state)
    bitmap_shutter(state)
    modality_values(dot, state, little=little, signed=False)
    for item in (state, *(state.get("SoftcopyVOILUTSequence") or ())):
        for keyword in ("PresentationLUTSequence", "VOILUTSequence"):
            if keyword in item:
                read_table(item[keyword].value, keyword, little=little, negative=False)
    if "RedPaletteColorLookupTableDescriptor" in state:
        read_palette(state, little=little)
    draw_shutter(dot, state, 1, 1)
    annotations = state.get("GraphicAnnotationSequence") or ()
    for units in (PIXEL, DISPLAY):
        draw_graphics(dot, annotations, units)
    write_texts(dot, annotations)

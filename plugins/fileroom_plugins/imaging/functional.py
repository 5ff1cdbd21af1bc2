"""Functional groups: attributes that frames of an enhanced object have each for itself (PS3.3 C.7.6.16)."""

from __future__ import annotations

from pydicom import Dataset

from fileroom.plugin import InvalidDatasetError

_SHARED = "SharedFunctionalGroupsSequence"
_PER_FRAME = "PerFrameFunctionalGroupsSequence"
_MACROS = (
    "PixelMeasuresSequence",
    "PlanePositionSequence",
    "PlaneOrientationSequence",
    "PixelValueTransformationSequence",
    "FrameVOILUTSequence",
    "FrameDisplayShutterSequence",
)
"""Those that tell how a frame is to be shown, and where it lies."""


def attributes_of_frame(dataset: Dataset, index: int) -> Dataset:
    """Return the attributes that hold for one frame: its own, then shared ones, then the object's.

    Args:
        dataset: the object's attributes.
        index: of the frame, from 0.

    Raises:
        InvalidDatasetError: there are functional groups, and none for this frame.
    """
    if _SHARED not in dataset and _PER_FRAME not in dataset:
        return dataset
    merged = Dataset()
    merged.update(dataset)
    for keyword, place in ((_SHARED, 0), (_PER_FRAME, index)):
        groups = _item(dataset, keyword, place)
        for macro in _MACROS:
            if groups is not None and (items := groups.get(macro)) is not None:
                if not items:
                    raise InvalidDatasetError(f"{keyword}: a {macro} has no item")
                merged.update(items[0])
    return merged


def _item(dataset: Dataset, keyword: str, place: int) -> Dataset | None:
    if keyword not in dataset:
        return None
    items = dataset[keyword].value
    if not items or place >= len(items):
        raise InvalidDatasetError(f"{keyword} has no item for frame {place + 1}")
    item: Dataset = items[place]
    return item

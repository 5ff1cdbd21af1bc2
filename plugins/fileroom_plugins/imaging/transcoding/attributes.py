"""Attributes that change with the transfer syntax."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom_plugins.imaging.transcoding.lossy import refer_to_source
from fileroom_plugins.imaging.uids import derived_uid

if TYPE_CHECKING:
    from pydicom import Dataset

    from fileroom_plugins.imaging.transcoding.coding import Coding
    from fileroom_plugins.imaging.transcoding.settings import Settings
    from fileroom_plugins.imaging.transcoding.targets import Target


_WORDS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}


def adopt(dataset: Dataset, coding: Coding) -> None:
    """Write down how frames are laid out that have been decoded, and perhaps encoded again."""
    dataset.PhotometricInterpretation = coding.photometric
    if coding.layout.samples > 1:
        dataset.PlanarConfiguration = coding.planar


def drop_compressed_icons(dataset: Dataset) -> None:
    """Remove icons that are compressed as the object was, which could not be read in another syntax."""
    icons = dataset.get("IconImageSequence")
    if icons and any("PixelData" in one and one["PixelData"].is_undefined_length for one in icons):
        del dataset.IconImageSequence


def resolve_vrs(dataset: Dataset) -> None:
    """Look up the VRs of elements without one: some objects are implicit though they say otherwise."""
    for tag in list(dataset.keys()):
        if dataset.get_item(tag).VR is None:
            dataset[tag]  # which pydicom parses when it is asked for


def swap_words(dataset: Dataset) -> None:
    """Turn the words of big-endian values that pydicom leaves as they are."""
    for element in dataset.iterall():
        size = _WORDS.get(element.VR)
        if size and isinstance(element.value, bytes) and len(element.value) % size == 0:
            value = element.value
            element.value = b"".join(value[at : at + size][::-1] for at in range(0, len(value), size))


def renew_uid(dataset: Dataset, target: Target, settings: Settings, *, loses: bool) -> bool:
    """Give a new SOP Instance UID where detail was lost, or one is asked for; return whether that is so.

    It is a digest of the old one and of what was done, so that doing it again makes the same object.
    """
    if not loses and not settings.new_uid:
        return False
    done = f"{target.uid} {settings.quality} {settings.ratio} {settings.near}" if loses else target.uid
    if not loses:
        # Context group 7202 has no code for a copy that is equal.
        refer_to_source(dataset, "121322", "Source image for image processing operation")
    dataset.SOPInstanceUID = derived_uid(str(dataset.SOPInstanceUID), done, root=settings.uid_root)
    return True

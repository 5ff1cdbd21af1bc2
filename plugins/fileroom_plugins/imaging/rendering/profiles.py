"""ICC profiles: what the colours of an object mean (PS3.3 section C.11.15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom import Dataset

    from fileroom_plugins.imaging.image import Image

_HEADER = 128
_SPACE, _SIGNATURE = slice(16, 20), slice(36, 40)
_LARGEST = 4 << 20
_MODES = {b"GRAY": {"1", "L", "I;16", "F"}, b"RGB ": {"RGB", "RGBA", "P"}, b"CMYK": {"CMYK"}}


def colour_profile(image: Image, state: Dataset | None) -> bytes | None:
    """Return the profile of the colours in which an image is shown; None without any that can be used.

    Args:
        image: the image; of grey ones profiles say nothing that pictures could hold.
        state: the presentation state that is applied, whose profile goes before the image's.
    """
    for attributes in (state, *(_of_image(image.attributes) if image.coloured else ())):
        profile = None if attributes is None else attributes.get("ICCProfile")
        if isinstance(profile, bytes) and _is_of_colours(profile):
            return profile[: _size(profile)]  # without what makes its length even
    return None


def _of_image(attributes: Dataset) -> list[Dataset]:
    """Return where an image may have its profile: a slide's is that of its optical path, if it has one alone.

    PS3.3 section C.8.12.5.
    """
    paths = attributes.get("OpticalPathSequence") or []
    return [attributes, *(paths if len(paths) == 1 else [])]


def fits(profile: bytes, mode: str) -> bool:
    """Say whether a profile is for pictures of this mode of Pillow's; one without a known space may be."""
    return mode in _MODES.get(profile[_SPACE], {mode})


def _is_of_colours(profile: bytes) -> bool:
    """Say whether this is a profile for red, green and blue (ICC.1 section 7.2)."""
    sound = _HEADER <= _size(profile) <= min(len(profile), _LARGEST)
    return sound and profile[_SIGNATURE] == b"acsp" and profile[_SPACE] == b"RGB "


def _size(profile: bytes) -> int:
    return int.from_bytes(profile[:4], "big")

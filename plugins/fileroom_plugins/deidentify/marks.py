"""What a de-identified object says of its de-identification (PS3.15 section E.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom_plugins.deidentify.elements import sequence, text_element

if TYPE_CHECKING:
    from collections.abc import Collection

    from fileroom_plugins.deidentify.elements import Items
    from fileroom_plugins.deidentify.profile import MethodCode, Profile

PATIENT_IDENTITY_REMOVED = 0x0012_0062
_METHOD = 0x0012_0063
_METHOD_CODES = 0x0012_0064
_LONGITUDE = 0x0028_0303
_LONGEST = 64


def mark(items: Items, profile: Profile, undone: Collection[MethodCode] = ()) -> None:
    """Say in an object that the patient's identity was removed, how, and what became of dates and pixels.

    Codes of an earlier de-identification stay beside those of this one.

    Burned In Annotation and Recognizable Visual Features are what those said who went over the pixels.

    Args:
        items: is changed.
        profile: what was applied.
        undone: codes of options that could not be done for this object.
    """
    items[PATIENT_IDENTITY_REMOVED] = text_element("CS", "YES")
    method = profile.name.encode("ascii", "replace").decode("ascii").replace("\\", "/")
    items[_METHOD] = text_element("LO", method[:_LONGEST])
    if profile.codes:
        before = items.get(_METHOD_CODES)
        kept = before.value if before and isinstance(before.value, list) else []
        items[_METHOD_CODES] = sequence(*kept, *(_code(code) for code in profile.codes if code not in undone))
    items[_LONGITUDE] = text_element("CS", profile.keeps_longitude)


def _code(code: MethodCode) -> Items:
    return {
        0x0008_0100: text_element("SH", code.value),
        0x0008_0102: text_element("SH", "DCM"),
        0x0008_0104: text_element("LO", code.meaning),
    }

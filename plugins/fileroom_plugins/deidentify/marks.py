"""What a de-identified object says of its de-identification (PS3.15 section E.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom_plugins.deidentify.elements import sequence, text_element
from fileroom_plugins.deidentify.standard_profile import BASIC, CODES

if TYPE_CHECKING:
    from collections.abc import Collection

    from fileroom_plugins.deidentify.elements import Items
    from fileroom_plugins.deidentify.profile import MethodCode, Profile

PATIENT_IDENTITY_REMOVED = 0x0012_0062
_METHOD = 0x0012_0063
_METHOD_CODES = 0x0012_0064
_LONGITUDE = 0x0028_0303
_LONGEST = 64
_VALUE, _SCHEME, _MEANING = 0x0008_0100, 0x0008_0102, 0x0008_0104
_CODES = {code.value: code for code in (BASIC, *CODES.values())}
_IDENTITY = (0x0010_0010, 0x0010_0020, 0x0010_1000, 0x0010_1001, 0x0010_1005)
"""Patient's Name and ID, Other Patient IDs and Names, Patient's Birth Name."""


def mark(items: Items, profile: Profile, undone: Collection[MethodCode], *, stays: bool) -> None:
    """Say in an object that the patient's identity was removed, how, and what became of dates and pixels.

    Codes of an earlier de-identification stay beside those of this one; of them only those that the standard
    has, in its words. Where the patient's identity stays, it is said not to be removed, unless the
    object said that it was.

    Burned In Annotation and Recognizable Visual Features are what those said who went over the pixels.

    Args:
        items: is changed.
        profile: what was applied.
        undone: codes of options that could not be done for this object.
        stays: the patient's identity is what it was.
    """
    before = items.get(_METHOD_CODES)
    earlier = before.value if before and isinstance(before.value, list) else []
    codes = {code.value: code for item in earlier if (code := _known(item))}
    if not stays:
        items[PATIENT_IDENTITY_REMOVED] = text_element("CS", "YES")
        method = profile.name.encode("ascii", "replace").decode("ascii").replace("\\", "/")
        items[_METHOD] = text_element("LO", method[:_LONGEST])
        codes |= {code.value: code for code in profile.codes if code not in undone}
    elif not is_marked(items):
        items[PATIENT_IDENTITY_REMOVED] = text_element("CS", "NO")
    items.pop(_METHOD_CODES, None)
    if codes:
        items[_METHOD_CODES] = sequence(*map(_code, codes.values()))
    items[_LONGITUDE] = text_element("CS", profile.keeps_longitude)


def is_marked(items: Items) -> bool:
    """Say whether an object says that the patient's identity was removed."""
    said = items.get(PATIENT_IDENTITY_REMOVED)
    return said is not None and said.data.strip(b" \0") == b"YES"


def identity_stays(before: Items, after: Items) -> bool:
    """Say whether one of the patient's names or identifiers is still what it was."""
    return any(
        tag in before
        and tag in after
        and after[tag].data.strip(b" \0")
        and after[tag].data == before[tag].data
        for tag in _IDENTITY
    )


def _known(item: Items) -> MethodCode | None:
    """Return the standard's code that an item of an earlier de-identification has."""
    value, scheme = (
        item[tag].data.decode("latin-1").strip(" \0") if tag in item else "" for tag in (_VALUE, _SCHEME)
    )
    return _CODES.get(value) if scheme == "DCM" else None


def _code(code: MethodCode) -> Items:
    return {
        _VALUE: text_element("SH", code.value),
        _SCHEME: text_element("SH", "DCM"),
        _MEANING: text_element("LO", code.meaning),
    }

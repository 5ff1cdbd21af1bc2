"""The check after de-identification: is anything of the original's identity left in what came out?

It goes by the two objects, so that a gap in a profile is found as well as a program's mistake. Of the rules
it asks one thing: what was meant to stay. That is what a rule names, and not what is kept since none does,
lest a copy that was forgotten clears all the others. `needles` tells what is searched for, and how it may be
written; texts are cleaned by the same. Searched are all texts, those of private attributes too, and whatever
can be read in bytes and numbers. Not looked into are pixels, and new values: dummies, shifted dates, new
UIDs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fileroom_plugins.deidentify.folding import folded, squeezed
from fileroom_plugins.deidentify.needles import spans
from fileroom_plugins.deidentify.report import Finding
from fileroom_plugins.deidentify.searched import places
from fileroom_plugins.deidentify.sought import sought_of
from fileroom_plugins.deidentify.uids import tells_who
from fileroom_plugins.deidentify.words import TECHNICAL
from fileroom_plugins.deidentify.written_dates import written_dates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom_plugins.deidentify.needles import Needle
    from fileroom_plugins.deidentify.objects import DicomObject
    from fileroom_plugins.deidentify.profile import Profile
    from fileroom_plugins.deidentify.report import Report
    from fileroom_plugins.deidentify.searched import Place
    from fileroom_plugins.deidentify.sought import Sought

_NEW_VALUES = {"D", "S", "U"}
_NUMBERS = {"DS", "IS"}
_FRACTION = re.compile(r"\.0*$")
_ROUND = re.compile(r"\d{1,2}0*")
"""Numbers that images have whoever the patient is; a patient's may be one of them."""

_LABELS = {"BodyPartExamined", "ContentLabel", "GraphicLayer", "StudyStatusID", "TherapyDescription"}
_LABELS |= {"SpecificCharacterSet"}
"""Keywords of attributes with VR CS that people fill in, and of one whose terms all are known."""

_WHOLE_TEXTS = {"LO", "LT", "SH", "ST", "UC", "UT"}
_MAKERS = {"Manufacturer", "ManufacturerModelName", "CodeMeaning", "CodingSchemeName", "SoftwareVersions"}
"""Keywords of attributes that may hold a family name, or that of an institution, and are nobody's."""

_BIRTH_DATE = "PatientBirthDate"
_WORDS = re.compile(r"[^\W\d_]+")


def residual(
    before: DicomObject, after: DicomObject, report: Report, profile: Profile
) -> tuple[Finding, ...]:
    """Return what of an object's identity is left in the de-identified one, in its order.

    Args:
        before: the original.
        after: what came of it.
        report: what was done.
        profile: what was applied; it tells what was meant to stay.
    """
    touched = {one.path: one.action for one in report.touched}
    sought = sought_of(before.items, touched, profile)
    if not sought.needles:
        return ()
    new = {path for path, action in touched.items() if action in _NEW_VALUES}
    found_in = [place for place in places(after.items) if place.path not in new]
    found = {
        Finding(place.path, place.keyword, needle.origin): None
        for place, text, needle in _candidates(found_in, sought.needles)
        if _counts(needle, place, text, sought)
    }
    order = {place.path: index for index, place in enumerate(found_in)} if found else {}
    return tuple(sorted(found, key=lambda one: order[one.path]))


def _candidates(searched: list[Place], needles: list[Needle]) -> Iterator[tuple[Place, str, Needle]]:
    """Yield what may be found where; most objects are done when all their texts were looked at in one go."""
    foreign = not all(needle.text.isascii() for needle in needles)
    texts = [folded(place.text(foreign=foreign)) for place in searched]
    everything = "\n".join(texts)
    compact = squeezed(everything)
    days = _days(searched, texts, {needle.text[:4] for needle in needles if needle.kind == "date"})
    for needle in needles:
        if needle.kind == "date":
            there = needle.text in days or needle.text in compact
        else:
            there = needle.text in (everything if needle.kind == "uid" else compact)
        if there:
            yield from ((place, text, needle) for place, text in zip(searched, texts, strict=True) if text)


def _days(searched: list[Place], texts: list[str], years: set[str]) -> set[str]:
    """Return the days that are written in texts, and in those bytes that name one of the years."""
    if not years:
        return set()
    found = (
        text
        for place, text in zip(searched, texts, strict=True)
        if not place.is_binary or any(year in text for year in years)
    )
    return {day for one in written_dates("\n".join(found)) for day in one.days}


def _counts(needle: Needle, place: Place, text: str, sought: Sought) -> bool:
    """Say whether what may be in a place's folded text is there, and is what it looks like."""
    if needle.kind in {"word", "place"} and not _may_name(needle, place, text, sought):
        return False
    if place.is_valid and place.vr not in {"AE", "CS", "DA", "DT"}:
        return _is_whole(needle, place, text, sought)
    if needle.kind == "short":
        return place.vr in _WHOLE_TEXTS and needle.text in map(_plain, text.split("\\"))
    if place.vr in {"DA", "DT"} and place.is_valid and needle.kind != "date":
        return False
    if not (needle.within or needle.kind in {"date", "uid"}) and place.is_binary:
        return False  # three letters turn up among any bytes
    return any(True for _ in spans(needle, text))


def _may_name(needle: Needle, place: Place, text: str, sought: Sought) -> bool:
    """Say whether a word, or several, can be somebody's name where they stand.

    By themselves a family's or a place's name say little in the name of a maker or in what was meant to stay;
    nor do words that images have whoever the patient is.
    """
    several = len(needle.parts) > 1 and needle.text in sought.patients
    if (place.keyword in _MAKERS or place.path in sought.retained) and not several:
        return False
    if place.is_valid and not several and place.keyword not in _LABELS:
        return False
    if TECHNICAL.issuperset(needle.parts) and place.vr in {"AE", "CS", "LO", "SH"}:
        return place.vr == "LO" and not TECHNICAL.issuperset(_WORDS.findall(text))
    return True


def _is_whole(needle: Needle, place: Place, text: str, sought: Sought) -> bool:
    """Say whether a valid number or UID is what is searched for as a whole; of a UID a component may be."""
    values = [one.strip(" \0") for one in text.split("\\")]
    if place.vr in _NUMBERS:
        if needle.kind not in {"id", "date"} or _ROUND.fullmatch(needle.text):
            return False
        return needle.text in {_FRACTION.sub("", one).lstrip("+0") for one in values}
    if place.vr != "UI":
        return False
    if needle.kind == "uid":
        return needle.text in values
    of_patient = needle.text in sought.patients or needle.origin == _BIRTH_DATE
    return of_patient and any(tells_who(one, [needle.text]) for one in values)


def _plain(text: str) -> str:
    found = squeezed(text)
    return found.lstrip("0") if found.isdigit() else found

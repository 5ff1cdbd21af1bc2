"""The Basic Application Level Confidentiality Profile and its options, as PS3.15 table E.1-1 has them."""

from __future__ import annotations

import csv
import enum
import functools
from importlib import resources
from typing import TYPE_CHECKING

from fileroom.plugin import InvalidValueError
from fileroom_plugins.deidentify.actions import Action, Rule
from fileroom_plugins.deidentify.dictionary import vr_of
from fileroom_plugins.deidentify.profile import MethodCode, Profile
from fileroom_plugins.deidentify.unlisted import unlisted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

EDITION = "2026c"
"""The edition of PS3.15 whose table this is."""


class Option(enum.StrEnum):
    """The options of PS3.15 section E.3."""

    RETAIN_SAFE_PRIVATE = "retain-safe-private"
    RETAIN_UIDS = "retain-uids"
    RETAIN_DEVICE = "retain-device"
    RETAIN_INSTITUTION = "retain-institution"
    RETAIN_PATIENT_CHARACTERISTICS = "retain-patient-characteristics"
    RETAIN_FULL_DATES = "retain-full-dates"
    RETAIN_MODIFIED_DATES = "retain-modified-dates"
    CLEAN_DESCRIPTORS = "clean-descriptors"
    CLEAN_STRUCTURED_CONTENT = "clean-structured-content"
    CLEAN_GRAPHICS = "clean-graphics"
    CLEAN_PIXEL_DATA = "clean-pixel-data"
    CLEAN_RECOGNIZABLE_VISUAL_FEATURES = "clean-recognizable-visual-features"


BASIC = MethodCode("113100", "Basic Application Confidentiality Profile")

CODES = {
    Option.CLEAN_PIXEL_DATA: MethodCode("113101", "Clean Pixel Data Option"),
    Option.CLEAN_RECOGNIZABLE_VISUAL_FEATURES: MethodCode(
        "113102", "Clean Recognizable Visual Features Option"
    ),
    Option.CLEAN_GRAPHICS: MethodCode("113103", "Clean Graphics Option"),
    Option.CLEAN_STRUCTURED_CONTENT: MethodCode("113104", "Clean Structured Content Option"),
    Option.CLEAN_DESCRIPTORS: MethodCode("113105", "Clean Descriptors Option"),
    Option.RETAIN_FULL_DATES: MethodCode(
        "113106", "Retain Longitudinal Temporal Information Full Dates Option"
    ),
    Option.RETAIN_MODIFIED_DATES: MethodCode(
        "113107", "Retain Longitudinal Temporal Information Modified Dates Option"
    ),
    Option.RETAIN_PATIENT_CHARACTERISTICS: MethodCode("113108", "Retain Patient Characteristics Option"),
    Option.RETAIN_DEVICE: MethodCode("113109", "Retain Device Identity Option"),
    Option.RETAIN_UIDS: MethodCode("113110", "Retain UIDs Option"),
    Option.RETAIN_SAFE_PRIVATE: MethodCode("113111", "Retain Safe Private Option"),
    Option.RETAIN_INSTITUTION: MethodCode("113112", "Retain Institution Identity Option"),
}
"""What each option is called in De-identification Method Code Sequence (PS3.16 CID 7050)."""

_SIGNED = 0x4FFE_0001
"""MAC Parameters Sequence, of no use without the signatures, which go."""

_PATIENT_NAME, _PATIENT_ID = 0x0010_0010, 0x0010_0020

# The first that has a code for an attribute decides. Dates come first, lest a device's calibration tells the
# true date where dates are modified; then what keeps, and then what cleans.
_ORDER = (
    Option.RETAIN_FULL_DATES,
    Option.RETAIN_MODIFIED_DATES,
    Option.RETAIN_UIDS,
    Option.RETAIN_DEVICE,
    Option.RETAIN_INSTITUTION,
    Option.RETAIN_PATIENT_CHARACTERISTICS,
    Option.CLEAN_DESCRIPTORS,
    Option.CLEAN_STRUCTURED_CONTENT,
    Option.CLEAN_GRAPHICS,
)


def standard_profile(options: Collection[str] = ()) -> Profile:
    """Return the Basic Profile with options, members of `Option` or their values in any case.

    Raises:
        InvalidValueError: there is no such option, or both full and modified dates are to be retained.
    """
    unknown = sorted(one for one in options if one.casefold() not in set(Option))
    if unknown:
        known = ", ".join(Option)
        raise InvalidValueError(f"there is no option {unknown[0]!r}; there are {known}")
    return _profile(frozenset(Option(one.casefold()) for one in options))


@functools.cache
def _profile(options: frozenset[Option]) -> Profile:
    if {Option.RETAIN_FULL_DATES, Option.RETAIN_MODIFIED_DATES} <= options:
        raise InvalidValueError("dates are retained in full or modified, not both: leave one option out")
    tags = {tag: _rule(codes, options) for tag, codes in {**unlisted(), **table()}.items()}
    if Option.RETAIN_UIDS in options:
        # UIDs that hold a date or a number of the patient's tell what other attributes do not any more.
        kept = Rule(Action.CLEAN, Option.RETAIN_UIDS.value)
        tags |= {tag: kept for tag, rule in tags.items() if rule.name == kept.name and vr_of(tag) == "UI"}
    tags[_SIGNED] = Rule(Action.REMOVE, "basic")
    # Z is an empty value or a dummy: pseudonyms, so that the patients of an archive stay apart.
    tags[_PATIENT_NAME] = tags[_PATIENT_ID] = Rule(Action.DUMMY, "basic")
    retain = Option.RETAIN_SAFE_PRIVATE
    safe = {key: Rule(Action.KEEP, retain.value, vr=vr) for key, vr in safe_private().items()}
    longitude = "REMOVED"
    if Option.RETAIN_FULL_DATES in options:
        longitude = "UNMODIFIED"
    elif Option.RETAIN_MODIFIED_DATES in options:
        longitude = "MODIFIED"
    return Profile(
        name=f"PS3.15 {EDITION} Basic Profile",
        tags=tags,
        private=safe if retain in options else {},
        codes=(BASIC, *(CODES[option] for option in Option if option in options)),
        keeps_longitude=longitude,
        speaks_of_added=False,
    )


def _rule(codes: Mapping[str, Action], options: frozenset[Option]) -> Rule:
    for option in _ORDER:
        if option in options and option in codes:
            action = codes[option]
            if option is Option.RETAIN_MODIFIED_DATES and action is Action.CLEAN:
                action = Action.SHIFT  # what cannot be moved, such as time zones, goes
            return Rule(action, option.value)
    return Rule(codes["basic"], "basic")


@functools.cache
def table() -> Mapping[int, Mapping[str, Action]]:
    """Return table E.1-1: tag to the codes of ``basic`` and of each option that has one.

    Repeating groups stand under their first: curves under (5000,0000), which means all of the group.
    """
    found = {}
    for row in csv.DictReader(_read("attributes.csv").splitlines()):
        tag = int(row.pop("tag"), 16)
        del row["keyword"]
        found[tag] = {column: Action(code) for column, code in row.items() if code}
    return found


@functools.cache
def safe_private() -> Mapping[tuple[str, int], str]:
    """Return the safe private attributes of table E.3.10-1: creator and tag to the VR."""
    rows = csv.DictReader(_read("safe_private.csv").splitlines())
    return {(row["creator"], int(row["tag"], 16)): row["vr"] for row in rows}


def _read(name: str) -> str:
    return resources.files(__package__).joinpath("tables", name).read_text(encoding="utf-8")

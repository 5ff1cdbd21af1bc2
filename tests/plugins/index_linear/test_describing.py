"""InstanceDescription: what describes an instance, and of which class."""

from __future__ import annotations

import pytest

from fileroom_plugins.index_linear.describing import describe, described_by

CT = "1.2.840.10008.5.1.4.1.1.2"
REPORT = "1.2.840.10008.5.1.4.1.1.88.11"
PRESENTATION = "1.2.840.10008.5.1.4.1.1.11.1"
ALL = {
    "ImageComments": "a comment",
    "ContentDescription": "a state",
    "VerificationFlag": "UNVERIFIED",
    "CompletionFlag": "PARTIAL",
    "CompletionFlagDescription": "half of it",
}


@pytest.mark.parametrize(
    ("sop_class", "description"),
    [
        (CT, "a comment"),
        ("1.2.840.10008.5.1.4.1.1.88.77", "a comment"),  # a report that DCMTK 3.6.7 does not know
        ("1.2.840.10008.5.1.4.1.1.11.2", "a comment"),  # only the grayscale state is described by its own
        ("1.2.3", "a comment"),
        ("", "a comment"),
        (PRESENTATION, "a state"),
        (REPORT, "BasicTextSRStorage, UNVERIFIED, PARTIAL, half of it"),
        ("1.2.840.10008.5.1.1.27", "Stored Print"),
        ("1.2.840.10008.5.1.1.29", "Hardcopy Grayscale Image"),
    ],
)
def test_the_class_decides_what_describes_an_instance(sop_class: str, description: str) -> None:
    assert describe(sop_class, ALL) == description


@pytest.mark.parametrize("sop_class", [CT, PRESENTATION])
def test_without_such_an_attribute_the_description_is_empty(sop_class: str) -> None:
    assert describe(sop_class, {}) == ""


@pytest.mark.parametrize(
    ("flags", "description"),
    [
        ({}, "ChestCADSRStorage"),
        ({"CompletionFlag": "COMPLETE"}, "ChestCADSRStorage, COMPLETE"),
        ({"CompletionFlagDescription": "x", "VerificationFlag": "Y"}, "ChestCADSRStorage, Y, x"),
        ({"CompletionFlag": "A \\B", "VerificationFlag": "\\"}, "ChestCADSRStorage, , A"),
    ],
)
def test_of_a_report_only_the_flags_it_has_are_shown(flags: dict[str, str], description: str) -> None:
    assert describe("1.2.840.10008.5.1.4.1.1.88.65", flags) == description


def test_comments_are_one_text_and_other_attributes_show_their_first_value() -> None:
    values = {"ImageComments": "  one\\two\r\nthree", "ContentDescription": " one \\two"}
    assert describe(CT, values) == "  one\\two\r\nthree"
    assert describe(PRESENTATION, values) == "one"


def test_an_item_sequence_where_text_should_be_describes_nothing() -> None:
    assert describe(CT, {"ImageComments": ({"CodeValue": "1"},)}) == ""
    assert describe(PRESENTATION, {"ContentDescription": ({"CodeValue": "1"},)}) == ""


@pytest.mark.parametrize(
    ("sop_class", "keyword"),
    [
        (CT, "ImageComments"),
        (PRESENTATION, "ContentDescription"),
        (REPORT, None),
        ("1.2.840.10008.5.1.4.1.1.88.77", None),  # a later DCMTK may make something up for it
        ("1.2.840.10008.5.1.1.27", None),
    ],
)
def test_a_description_is_the_value_of_an_attribute_or_made_up(sop_class: str, keyword: str | None) -> None:
    assert described_by(sop_class) == keyword

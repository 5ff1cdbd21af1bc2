from __future__ import annotations

import ntpath
import sys
import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom.errors import ConfigError
from fileroom.naming import MAX_COMPONENT, NameTemplate, clean_component

FRAGMENTS = (
    *("..", ".", "/", "\\", "\0", "\n", "CON", "nul.", "com1", " ", "~", ":", "*", ".dcm", "1.2.840"),
    *("é", "e\u0301", "한", "\uac00", "≮", "<\u0338", "\u202e", "\ud800"),
    *("a" * 300, "é" * 130, "\U0001f600" * 70),
)
NASTY = st.lists(st.sampled_from(FRAGMENTS), max_size=6).map("".join)
ANY_TEXT = st.one_of(NASTY, st.text(st.characters(), max_size=300))
DEFAULT = "{PatientID}/{StudyInstanceUID}/{SeriesInstanceUID}/{SOPInstanceUID}.dcm"


def is_reserved(component: str) -> bool:
    """Say whether Windows opens a device for this name."""
    if sys.version_info >= (3, 13):
        return ntpath.isreserved(component)
    return PureWindowsPath(component).is_reserved()


def assert_safe(component: str) -> None:
    assert component
    assert len(component.encode("utf-8")) <= MAX_COMPONENT
    assert PurePosixPath(component).parts == (component,)
    assert PureWindowsPath(component).parts == (component,)
    assert not is_reserved(component)
    assert component not in {".", ".."}
    assert component == component.strip(" .")
    assert not any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in component)
    assert unicodedata.is_normalized("NFC", component)


@given(ANY_TEXT, st.sampled_from(["", ".dcm"]))
def test_a_component_is_safe_whatever_the_text(text: str, tail: str) -> None:
    component = clean_component(text, tail)
    assert_safe(component)
    assert component.endswith(tail)


@given(ANY_TEXT)
def test_cleaning_what_is_clean_changes_nothing(text: str) -> None:
    once = clean_component(text)
    assert clean_component(once) == once


@given(ANY_TEXT, ANY_TEXT, st.sampled_from(["", ".dcm"]))
def test_texts_that_had_to_be_changed_stay_apart(one: str, other: str, tail: str) -> None:
    cleaned = clean_component(one, tail), clean_component(other, tail)
    changed = cleaned[0] != one + tail and cleaned[1] != other + tail
    if one != other and changed and one and other:
        assert cleaned[0] != cleaned[1]
        assert cleaned[0].casefold() != cleaned[1].casefold()


@pytest.mark.parametrize(
    "text", ["1.2.840.1", "Müller^Jürgen", "山田^太郎", "CONTROL", "a b", "~", "-1", "LPT10", "a~1.b"]
)
def test_a_safe_text_is_kept_as_it_stands(text: str) -> None:
    assert clean_component(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("../../etc", "_.._etc~"),
        ("a/b", "a_b~"),
        ("CON", "_CON~"),
        ("com¹.txt", "_com¹.txt~"),
        ("nul .x", "_nul .x~"),
        ("..", "_~"),
        (" padded ", "padded~"),
        ("e\u0301", "é~"),
        ("evil\u202egnp", "evil_gnp~"),
    ],
)
def test_an_unsafe_text_stays_readable_and_is_marked(text: str, shown: str) -> None:
    component = clean_component(text)
    assert component.startswith(shown)
    assert len(component) == len(shown) + 12


def test_names_are_the_same_on_every_platform_and_release() -> None:
    assert clean_component("a/b", ".dcm") == "a_b~c14cddc033f6.dcm"


def test_a_long_text_is_cut_between_characters_and_keeps_its_ending() -> None:
    component = clean_component("é" * 4000, ".dcm")
    assert component.startswith("é" * 100)
    assert component.endswith(".dcm")
    assert MAX_COMPONENT - 2 < len(component.encode()) <= MAX_COMPONENT


def test_an_empty_text_is_an_underscore() -> None:
    assert clean_component("") == "_"
    assert clean_component("", ".dcm") == "_.dcm"


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_a_rendered_path_never_leaves_its_folder(patient: str, series: str, instance: str) -> None:
    path = NameTemplate(DEFAULT).render(
        {"PatientID": patient, "SeriesInstanceUID": series, "SOPInstanceUID": instance}
    )
    assert len(path.parts) == 4
    assert not path.is_absolute()
    for part in path.parts:
        assert_safe(part)


def test_a_template_names_its_fields_once_and_in_order() -> None:
    assert NameTemplate("{B}/{A}-{B}/{C}.dcm").fields == ("B", "A", "C")


def test_text_around_fields_is_kept_and_braces_can_be_doubled() -> None:
    template = NameTemplate("images/{{x}}{Modality}-{StudyDate} v1.dcm")
    assert str(template.render({"Modality": "CT"})) == "images/{x}CT-_ v1.dcm"


def test_the_ending_survives_a_hostile_value() -> None:
    assert NameTemplate("{A}.dcm").render({"A": "x\0y"}).name.startswith("x_y~")
    assert NameTemplate("{A}.dcm").render({"A": "x\0y"}).suffix == ".dcm"


@pytest.mark.parametrize("template", ["", "/", "/{A}", "{A}/", "{A}//{B}", "../{A}", "{A}/..", "x" * 300])
def test_a_template_that_is_no_relative_path_is_a_configuration_error(template: str) -> None:
    with pytest.raises(ConfigError, match="name template"):
        NameTemplate(template)


@pytest.mark.parametrize("template", ["{A", "A}", "{}", "{0}", "{A.b}", "{A[0]}", "{A!r}", "{A:>9}"])
def test_a_field_that_is_no_plain_keyword_is_a_configuration_error(template: str) -> None:
    with pytest.raises(ConfigError, match="name template"):
        NameTemplate(template)


@pytest.mark.parametrize(
    "template", ["{A}\\{B}", "C:/{A}", "{A}.", " {A}", ".{A}", "NUL/{A}", "a\nb/{A}", "{A}" + "x" * 230]
)
def test_text_that_is_unsafe_as_a_file_name_is_a_configuration_error(template: str) -> None:
    with pytest.raises(ConfigError, match="name template"):
        NameTemplate(template)

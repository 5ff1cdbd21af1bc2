from __future__ import annotations

import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom.documents import Document
from fileroom.errors import DocumentError, MissingDependencyError
from fileroom_plugins.deidentify.actions import Action
from fileroom_plugins.deidentify.anonymity import KIND
from fileroom_plugins.deidentify.anonymity.kind import profile_of
from fileroom_plugins.deidentify.anonymity.locators import parse_locator, tags_like
from fileroom_plugins.deidentify.profile import Profile
from fileroom_plugins.deidentify.standard_profile import standard_profile

NAME, ID, BIRTH = (0x00100010,), (0x00100020,), (0x00100030,)


def read(text: str) -> Profile:
    return profile_of(Document("site.toml", KIND, text.encode()))


@pytest.mark.parametrize(
    ("word", "action"),
    [
        ("dummy", Action.DUMMY),
        ("D", Action.DUMMY),
        ("Z", Action.EMPTY),
        ("remove", Action.REMOVE),
        ("keep", Action.KEEP),
        ("C", Action.CLEAN),
        ("X/Z/D", Action.REMOVE_EMPTY_OR_DUMMY),
    ],
)
def test_every_action_of_the_standard_has_its_code_and_most_a_word(word: str, action: Action) -> None:
    assert read(f'[attributes]\nPatientName = "{word}"').rule(NAME, "PN").action is action


def test_uids_get_new_ones_and_dates_are_shifted() -> None:
    profile = read('[attributes]\nStudyInstanceUID = "uid"\nPatientBirthDate = "shift"')
    assert profile.rule((0x0020000D,), "UI").action is Action.UID
    assert profile.rule(BIRTH, "DA").action is Action.SHIFT


def test_a_document_adds_to_the_profile_that_it_starts_from() -> None:
    profile = read('base = "basic"\noptions = ["retain-uids"]\n[attributes]\nPatientName = { replace = "X" }')
    base = standard_profile(["retain-uids"])
    assert profile.rule(NAME, "PN").text == "X"
    assert profile.rule(ID, "LO") == base.rule(ID, "LO")
    assert profile.rule((0x0020000D,), "UI") == base.rule((0x0020000D,), "UI")
    assert profile.codes == base.codes


def test_one_attribute_beats_those_like_it_and_these_their_vr() -> None:
    profile = read(
        '[attributes]\n"Patient*" = "remove"\nPatientName = "keep"\n[vr]\nPN = "dummy"\nLO = "empty"'
    )
    assert profile.rule(NAME, "PN").action is Action.KEEP
    assert profile.rule(ID, "LO").action is Action.REMOVE
    assert profile.rule((0x00080090,), "PN").action is Action.DUMMY


def test_a_whole_group_may_be_named() -> None:
    profile = read('[attributes]\n"0032xxxx" = "X"')
    assert profile.rule((0x00321060,), "LO").action is Action.REMOVE
    assert profile.rule((0x00081030,), "LO").action is Action.KEEP


def test_places_creators_and_repeating_groups_may_be_named() -> None:
    profile = read(
        '[attributes]\n"00081140.00081155" = "keep"\n"60xx3000" = "X"\n'
        '[private."SIEMENS CSA HEADER"]\n"0029xx08" = "keep"'
    )
    assert profile.paths[0x00081140, 0x00081155].action is Action.KEEP
    assert profile.rule((0x60043000,), "OW").action is Action.REMOVE
    assert profile.private_rule((0x00290008,), "CS", "SIEMENS CSA HEADER").action is Action.KEEP


def test_what_no_rule_names_follows_its_group() -> None:
    profile = read('[groups]\nother = "remove"\nprivate = "keep"\nundefined-private = "remove"')
    assert profile.rule(NAME, "PN").action is Action.REMOVE
    assert profile.private_rule((0x00290008,), "CS", "SIEMENS CSA HEADER").action is Action.KEEP
    assert profile.private_rule((0x00290008,), "CS", "NOBODY KNOWS").action is Action.REMOVE


def test_expressions_replace_what_they_match() -> None:
    profile = read(
        """[attributes]\nStudyDescription = { pattern = '(?i)dr\\.? (\\w+)', replace = '[\\1]' }"""
    )
    rule = profile.rule((0x00081030,), "LO")
    assert rule.pattern is not None
    assert rule.pattern.sub(rule.text, "CT for DR. Meyer") == "CT for [Meyer]"


def test_no_expression_takes_for_ever() -> None:
    profile = read(
        "[attributes]\nStudyDescription = { pattern = '^(([a-z])+.)+[A-Z]([a-z])+$', replace = '' }"
    )
    pattern = profile.rule((0x00081030,), "LO").pattern
    assert pattern is not None
    started = time.perf_counter()
    pattern.sub("", "a" * 50_000)
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("bse = 1", "site.toml:1: bse: unknown key"),
        ('base = "strict"', 'expected "basic" or "none"'),
        ('options = ["retain-uids"]', "has options"),
        ('base = "basic"\noptions = ["retain-all"]', "site.toml:2: options"),
        ("options = 3", "expected a list"),
        (
            '[attributes]\nPatientNam = "keep"',
            "site.toml:2: attributes.PatientNam: the standard has no attribute",
        ),
        ('[attributes]\n\nPatientName = "uid"', "site.toml:3: attributes.PatientName: only a UID"),
        ('[attributes]\nPatientName = "shift"', "only dates"),
        ('[attributes]\nPatientName = "hide"', "no action is called that"),
        ("[attributes]\nPatientName = 3", "expected an action"),
        ('[attributes]\nPatientName = { replace = "a", with = "b" }', "expected an action"),
        ('[attributes]\n"Patientt*" = "keep"', "no attribute like"),
        ('[attributes]\n"9999xxxx" = "keep"', "no attribute like"),
        (
            '[attributes]\n"0010,0010" = "X"\nPatientName = "D"',
            "site.toml:3: attributes.PatientName: there is",
        ),
        ('[attributes]\nPatientName = { pattern = "(a", replace = "" }', "no regular expression"),
        ("[attributes]\nPatientName = { pattern = '(a)', replace = '\\2' }", "a group that"),
        ("[attributes]\nRows = { pattern = '1', replace = '' }", "is for texts"),
        ('[private."ACME"]\n"00100010" = "keep"', "not private"),
        ("[private]\nACME = 1", "expected a table"),
        ('[vr]\nXX = "keep"', "there is no VR"),
        ('[vr]\nPN = "uid"', "only a UID"),
        ('[groups]\nall = "keep"', "unknown group"),
        ('[groups]\nother = { replace = "x" }', "no common type"),
        ("[attributes", "site.toml:1: no TOML"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, complaint: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read(text)
    assert complaint in str(caught.value)


@given(st.text(max_size=40))
def test_a_locator_is_read_or_refused_in_words(text: str) -> None:
    try:
        locator = parse_locator(text)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - whatever it is, it says why
    else:
        assert locator.path


@given(st.text(alphabet="PatientName*?0019xX()", max_size=20))
def test_a_pattern_means_attributes_or_is_refused_in_words(text: str) -> None:
    try:
        assert tags_like(text)
    except ValueError as error:
        assert str(error)  # noqa: PT017


@given(st.binary(max_size=200))
def test_whatever_a_document_holds_it_ends_in_one_error_or_a_profile(data: bytes) -> None:
    try:
        profile_of(Document("any", KIND, data))
    except DocumentError as error:
        assert str(error).startswith("any")  # noqa: PT017


def test_without_re2_only_documents_with_expressions_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    assert read('[attributes]\nPatientName = "keep"').rule(NAME, "PN").action is Action.KEEP
    with pytest.raises(MissingDependencyError, match=r"fileroom\[deidentify\]"):
        read("[attributes]\nPatientName = { pattern = 'a', replace = '' }")

"""Patterns: they mean what they mean to `re`, and none takes for ever."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom_plugins.conformance.constraints.patterns import Pattern, PatternError

_atoms = st.sampled_from(
    ["a", "b", ".", "[ab]", "[^a]", "[a-c]", r"\d", r"\w", r"\S", r"\.", "(?:ab)", "1", " ", r"\x61"]
)
_bounds = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,}", "{0,2}", "*?"])


def _joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(parts, min_size=1, max_size=3)
    return (
        several.map("".join)
        | several.map(lambda some: f"({'|'.join(some)})")
        | st.tuples(parts.map(lambda part: f"({part})"), _bounds).map("".join)
    )


patterns = st.recursive(st.tuples(_atoms, _bounds).map("".join), _joined, max_leaves=5)


@given(patterns, st.text("ab1. c\n", max_size=6))
def test_a_pattern_matches_what_re_matches(pattern: str, text: str) -> None:
    assert Pattern(pattern).matches(text) is (re.compile(pattern, re.ASCII).fullmatch(text) is not None)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("", "", True),
        ("", "a", False),
        ("^abc$", "abc", True),
        ("a^b", "ab", False),
        ("(?i)doe.*", "DOE^JANE", True),
        ("(?i)[A-C]+x", "abCX", True),
        ("ä", "ä", True),
        ("[]a]+", "]a", True),
        ("[a-]", "-", True),
        (r"[\d.]+", "1.2", True),
        ("a{3}", "aa", False),
        ("a|bc|", "", True),
    ],
)
def test_a_pattern_matches_a_value_as_a_whole(pattern: str, text: str, *, expected: bool) -> None:
    assert Pattern(pattern).matches(text) is expected


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+", "(a*)*b", "(a|a)*c", "(a|aa)+$", "(.*a){20}", "(x+x+)+y", "([a-z]+)*=", "a?" * 30 + "a" * 30],
)
def test_what_drives_others_mad_takes_steps_in_proportion_to_the_text(pattern: str) -> None:
    steps: list[int] = []
    Pattern(pattern).matches("a" * 2000 + "!", steps.append)
    assert sum(steps) <= 2001 * 400


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(a", r"a '\(' without a '\)'"),
        ("a)", r"a '\)' without a '\('"),
        ("*a", "nothing before '\\*'"),
        ("a**", "two repetitions"),
        ("a{2,1}", "no repetition"),
        ("a{9999}", "no repetition"),
        ("a{x}", "expected {m}"),
        ("[b-a]", "to a later one"),
        ("[a", "ends too soon"),
        ("a\\", "ends too soon"),
        (r"(a)\1", r"\\1 is not known"),
        ("(?=a)", "only"),
        ("(?P<x>a)", "only"),
        (r"\xg1", "hexadecimal"),
        ("^*", "cannot be repeated"),
        ("((a{1000}){1000}){1000}", "too large"),
        ("(" * 100, "nested deeper"),
    ],
)
def test_what_is_no_pattern_is_refused_with_a_reason(pattern: str, message: str) -> None:
    with pytest.raises(PatternError, match=message):
        Pattern(pattern)


@given(st.text("ab()[]{}*+?|\\^$.-,0123", max_size=12))
def test_any_text_is_a_pattern_or_refused_by_one_error(text: str) -> None:
    try:
        Pattern(text).matches("ab")
    except PatternError as error:
        assert str(error)  # noqa: PT017 - either will do

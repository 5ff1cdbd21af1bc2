"""Patterns: they mean what they mean to `re`, and none takes for ever."""

from __future__ import annotations

import re
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom.plugin import MissingDependencyError
from fileroom_plugins.conformance.constraints import patterns as module
from fileroom_plugins.conformance.constraints.patterns import Pattern, PatternError

_atoms = st.sampled_from(
    ["a", "b", ".", "[ab]", "[^a]", "[a-c]", r"\d", r"\w", r"\.", "(?:ab)", "1", " ", r"\x61"]
)
_bounds = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,}", "{0,2}", "*?"])


def _joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(parts, min_size=1, max_size=3)
    repeated = st.tuples(parts.map(lambda part: f"({part})"), _bounds).map("".join)
    return several.map("".join) | several.map(lambda some: f"({'|'.join(some)})") | repeated


@given(
    st.recursive(st.tuples(_atoms, _bounds).map("".join), _joined, max_leaves=5),
    st.text("ab1. c\n", max_size=6),
)
def test_a_pattern_matches_what_re_matches(pattern: str, text: str) -> None:
    assert Pattern(pattern).matches(text) is (re.compile(pattern, re.ASCII).fullmatch(text) is not None)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("", "", True),
        ("", "a", False),
        ("a|b", "ab", False),
        ("(?i)doe.*", "DOE^JANE", True),
        ("ä.", "äß", True),
    ],
)
def test_a_pattern_matches_a_value_as_a_whole(pattern: str, text: str, *, expected: bool) -> None:
    assert Pattern(pattern).matches(text) is expected


@pytest.mark.parametrize("pattern", ["(a+)+", "(a*)*b", "(a|aa)+$", "(.*a){20}", "(x+x+)+y", "([a-z]+)*="])
def test_what_drives_others_mad_takes_no_time(pattern: str) -> None:
    started = time.monotonic()
    Pattern(pattern).matches("a" * 100_000 + "!")
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(a", "missing"),
        ("*a", "repetition"),
        ("[a", "missing"),
        (r"(a)\1", "escape"),
        ("(?=a)", "perl operator"),
        ("((a{1000}){1000}){1000}", "repetition"),
        ("a" * 1025, "longer than 1024"),
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


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    module._compiled.cache_clear()
    with pytest.raises(MissingDependencyError, match=r"pip install 'fileroom\[constraint\]'"):
        Pattern("a")

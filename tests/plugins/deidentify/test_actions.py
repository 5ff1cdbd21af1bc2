"""Which of several codes an attribute's type chooses (PS3.15 table E.1-1a)."""

import pytest

from fileroom_plugins.deidentify.actions import Action

TYPES = ("1", "1C", "2", "2C", "3", None)


@pytest.mark.parametrize(
    ("code", "results"),
    [
        ("D", "D D D D D D"),
        ("Z", "D D Z Z Z Z"),
        ("X", "D X Z X X X"),
        ("K", "K K K K K K"),
        ("C", "C C C C C C"),
        ("U", "U U U U U U"),
        ("Z/D", "D D Z Z Z Z"),
        ("X/Z", "D D Z Z X X"),
        ("X/D", "D D D D X X"),
        ("X/Z/D", "D D Z Z X X"),
        ("X/Z/U*", "U U U U X X"),
    ],
)
def test_a_code_becomes_one_action_by_the_type(code: str, results: str) -> None:
    assert [Action(code).resolved(kind) for kind in TYPES] == results.split()

"""The list of rules: stable names, each documented, each used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fileroom_plugins.conformance import rules

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
ROW = "| `{0.name}` | {0.severity} | {0.says} | {0.source} |"


def test_every_rule_is_documented_as_it_is() -> None:
    rows = re.findall(r"^\| `\w+/.*$", PAGE, re.MULTILINE)
    assert rows == [ROW.format(one) for one in rules.RULES]


@pytest.mark.parametrize("one", rules.RULES, ids=lambda one: one.name)
def test_names_are_made_of_an_area_and_what_is_wrong(one: rules.Rule) -> None:
    assert re.fullmatch(r"[a-z]+/[a-z0-9-]+", one.name)
    assert not one.says.endswith(".")
    assert [other for other in rules.RULES if other.name == one.name] == [one]


def test_no_rule_is_there_that_nothing_uses() -> None:
    package = ROOT / "plugins" / "fileroom_plugins" / "conformance"
    source = "".join(
        path.read_text(encoding="utf-8") for path in package.rglob("*.py") if path.name != "rules.py"
    )
    constants = {name for name, value in vars(rules).items() if isinstance(value, rules.Rule)}
    assert {name for name in constants if f"rules.{name}" not in source} == set()

"""The README's first screen: two command lines, the second of which is what CI runs."""

from __future__ import annotations

import re
import shlex

from tests.docs.blocks import ROOT, blocks

README = ROOT / "README.md"
SET_UP = "python3 -m venv .venv && "
FIRST_SCREEN = 25


def set_up_lines() -> list[str]:
    return [
        line
        for block in blocks(README)
        if block.language == "sh"
        for line in block.text.splitlines()
        if line.startswith(SET_UP)
    ]


def test_the_first_screen_holds_the_two_set_up_lines() -> None:
    screen = README.read_text(encoding="utf-8").splitlines()[:FIRST_SCREEN]
    assert [line for line in screen if line.startswith(SET_UP)] == set_up_lines()
    demo, tests = set_up_lines()
    assert demo.endswith("/fileroom demo")
    assert "pytest" in shlex.split(tests)


def test_the_test_line_stands_word_for_word_in_ci() -> None:
    (_, tests) = set_up_lines()
    assert tests in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_the_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)[)#]", README.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []

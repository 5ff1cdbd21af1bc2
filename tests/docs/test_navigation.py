"""Every page can be reached."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import DOCS, ROOT


def in_navigation() -> list[str]:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    return re.findall(r"[\w./-]+\.md", navigation)


def test_the_navigation_names_every_page_once_and_no_other() -> None:
    pages = [page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")]
    assert sorted(in_navigation()) == sorted(pages)


def test_the_list_of_decisions_names_each_with_its_title() -> None:
    listed = (DOCS / "decisions" / "index.md").read_text(encoding="utf-8")
    entries = re.findall(r"^- \[(.+)\]\((.+)\)$", listed, re.MULTILINE)
    decisions = sorted((DOCS / "decisions").glob("0*.md"))
    titles = [page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ") for page in decisions]
    assert entries == list(zip(titles, (page.name for page in decisions), strict=True))


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--quiet",
        "--site-dir",
        str(tmp_path / "site"),
    ]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "site" / "reference" / "archive" / "index.html").is_file()

"""What the documentation shows is run: Python, command lines, configuration, and the JSON that is printed."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import fileroom
from fileroom._dispatch import Dispatch
from fileroom.archive import Archive
from fileroom.config import load_config
from tests.docs import shell
from tests.docs.blocks import PAGES, Block, blocks, inline_commands, name_of

LANGUAGES = {"python", "sh", "toml", "json", "text"}


SERVERS = {"s3", "postgres"}
"""Backends that pages point to where no server is."""


class Walk:
    """One page, read from top to bottom by somebody who types everything."""

    def __init__(self, place: Path) -> None:
        self.names: dict[str, Any] = {"__name__": "__page__"}
        self._place = place
        self._printed = ""

    def take(self, block: Block) -> None:
        if block.title:
            (self._place / block.title).write_text(block.text, encoding="utf-8")
        match block.language:
            case "python" if not block.title:
                # Padded, so that a traceback names the page's own line.
                code = compile("\n" * block.line + block.text, str(block.page), "exec")
                exec(code, self.names)
            case "sh":
                self._shell(block)
            case "toml":
                self._configuration(block)
            case "json":
                self._json(block)

    def close(self) -> None:
        for value in self.names.values():
            if isinstance(value, Archive):
                value.close()

    def _shell(self, block: Block) -> None:
        self._printed = ""
        for text in block.text.splitlines():
            line = shell.Line.parse(text)
            if line is not None and line.can_run:
                self._take_an_archive_for_granted(line)
                printed = shell.run(line)
                self._printed = printed if "--json" in line.words else ""

    def _take_an_archive_for_granted(self, line: shell.Line) -> None:
        if not {"init", "import"}.intersection(line.words) and not (self._place / "archive").exists():
            with fileroom.open("archive") as archive:
                archive.ingest("dicom")

    def _configuration(self, block: Block) -> None:
        if block.title == "pyproject.toml":
            assert tomllib.loads(block.text)["project"]["entry-points"]["fileroom.plugins"]
            return
        file = self._place / f"line-{block.line}.toml"
        file.write_text(block.text, encoding="utf-8")
        # A page may name a plugin that it has the reader write, or imagine.
        with contextlib.suppress(fileroom.PluginNotFoundError):
            config = load_config(file)
            backends = set(_backends(tomllib.loads(block.text)))
            if SERVERS & backends or "{ env = " in block.text:  # nobody answers there
                Dispatch.open(config)
            else:
                fileroom.open(file).close()

    def _json(self, block: Block) -> None:
        expected = shell.shape_of_text(block.text)
        if self._printed:
            assert shell.shape_of_text(self._printed) == expected, (
                f"{block.where}: it prints\n{self._printed}"
            )
            self._printed = ""


def _backends(table: dict[str, Any]) -> Iterator[object]:
    """Yield the backends that a configuration names, those of storages within storages too."""
    for key, value in table.items():
        if key == "backend":
            yield value
        elif isinstance(value, dict):
            yield from _backends(value)


@pytest.fixture
def walk(place: Path) -> Iterator[Walk]:
    before = set(sys.modules)
    walk = Walk(place)
    yield walk
    walk.close()
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(str(place)):
            del sys.modules[name]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_everything_on_a_page_works_in_its_order(page: Path, walk: Walk) -> None:
    for block in blocks(page):
        walk.take(block)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_and_option_on_a_page_exists(page: Path) -> None:
    texts = [line for block in blocks(page) if block.language == "sh" for line in block.text.splitlines()]
    for text in (*texts, *inline_commands(page)):
        line = shell.Line.parse(text)
        if line is not None:
            try:
                shell.check(line.words)
            except click.UsageError as error:
                pytest.fail(f"{name_of(page)}: {text}: {error.format_message()}")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_says_what_it_is(page: Path) -> None:
    fences = page.read_text(encoding="utf-8").count("```")
    assert fences == 2 * len(blocks(page)), "a fence has no language, or is not closed"
    for block in blocks(page):
        assert block.language in LANGUAGES, block.where


def test_json_lines_of_an_import_report_are_as_they_are_shown(place: Path) -> None:
    (shown,) = (one for one in blocks(PAGES[0].parent / "docs" / "importing.md") if one.language == "json")
    line = shell.Line.parse("fileroom import dicom --report import.jsonl")
    assert line is not None
    shell.run(line)
    written = (place / "import.jsonl").read_text(encoding="utf-8").splitlines()
    assert [shell.shape_of_text(one) for one in written] == [shell.shape_of_text(shown.text)] * len(written)
    assert json.loads(written[0])["status"] == "stored"


KITS = [
    pytest.param(page, block, id=block.title)
    for page in PAGES
    for block in blocks(page)
    if block.title.startswith("test_")
]


@pytest.mark.slow
@pytest.mark.parametrize(("page", "kit"), KITS)
def test_the_plugins_that_the_pages_write_pass_their_kits(page: Path, kit: Block, place: Path) -> None:
    for block in blocks(page):
        if block.title.endswith(".py"):
            (place / block.title).write_text(block.text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", kit.title]
    run = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout

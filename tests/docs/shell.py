"""The command lines of the documentation: which of them are ours, what they mean, and running them."""

from __future__ import annotations

import json
import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner

import fileroom
from fileroom.cli.application import cli

NOT_RUN = {"demo", "send", "echo", "url", "dask"}
"""Words of lines with tests of their own, which take seconds, a peer, a cluster, or a storage with URLs."""

_ASSIGNMENT = re.compile(r"([A-Z_]+)=(.*)")
_SHELL_ONLY = re.compile(r"[|<>&;]")
_PLACEHOLDERS = {"ID": "study", "INSTANCE": "instance"}


@dataclass(frozen=True)
class Line:
    """One command line of ours."""

    text: str
    environment: dict[str, str]
    words: list[str]

    @classmethod
    def parse(cls, text: str) -> Line | None:
        """Return the line, or None if it runs another program."""
        words = shlex.split(text, comments=True)
        environment = {}
        while words and (match := _ASSIGNMENT.fullmatch(words[0])):
            environment[match[1]] = match[2]
            words = words[1:]
        return cls(text, environment, words[1:]) if words[:1] == ["fileroom"] else None

    @property
    def can_run(self) -> bool:
        return not _SHELL_ONLY.search(self.text.replace("'", "")) and not NOT_RUN.intersection(self.words)


def check(words: list[str]) -> None:
    """Make sure that the commands and options of a line exist; raises `click.UsageError`."""
    group: click.Command = cli
    context = click.Context(cli, info_name="fileroom", obj=None)
    while isinstance(group, click.Group):
        _, words, _ = group.make_parser(context).parse_args(list(words))
        if not words:
            return
        command = group.get_command(context, words[0])
        if command is None:
            raise click.UsageError(f"no command {words[0]!r}")
        context = click.Context(command, parent=context, info_name=words[0])
        group, words = command, words[1:]
    group.make_parser(context).parse_args(list(words))


def run(line: Line) -> str:
    """Run a line on the archive in the current folder, and return what it prints; it must succeed."""
    cleared = {name: None for name in os.environ if name.startswith("FILEROOM_")}
    words = [_resolved(word) for word in line.words]
    result = CliRunner().invoke(cli, words, env={**cleared, "COLUMNS": "100", **line.environment})
    assert result.exit_code == 0, f"{line.text}: exit {result.exit_code}\n{result.output}"
    return result.stdout


def _resolved(word: str) -> str:
    level = _PLACEHOLDERS.get(word)
    if level is None:
        return f"{Path.home()}/{word[2:]}" if word.startswith("~/") else word
    with fileroom.open("archive") as archive:
        found = archive.find(level).first()
        assert found is not None, f"nothing to stand for {word}"
        return found.id


OPEN = {"tags", "failures", "remaining", "removed", "metadata", "tiers", "made"}
"""Keys whose values are objects with keys of their own, which depend on the archive."""


def shape(value: Any, key: str = "") -> Any:
    """Return the keys and types in a JSON value; of a list, those of its first item."""
    if isinstance(value, dict):
        return {} if key in OPEN else {name: shape(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return (
        "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
    )


def shape_of_text(text: str) -> Any:
    return shape(json.loads(text))

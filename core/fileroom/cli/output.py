"""Where results go: JSON, or tables for people, on stdout."""

from __future__ import annotations

import json
import os
import sys
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from fileroom.cli.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import Console
    from rich.table import Table

_WIDE = 132
"""Columns for what is not a terminal, so that pipes and files get whole lines."""


def print_json(value: object) -> None:
    """Print one JSON value, in ASCII: that survives every console and every pipe."""
    click.echo(json.dumps(value, indent=2))


def print_json_list(values: Iterable[object]) -> None:
    """Print a JSON list item by item, so that a list of millions needs no memory."""
    separator = "[\n"
    for value in values:
        click.echo(f"{separator}{json.dumps(value)}", nl=False)
        separator = ",\n"
    click.echo("[]" if separator == "[\n" else "\n]")


def print_json_object(parts: Mapping[str, Iterable[tuple[str, object]]], **more: object) -> None:
    """Print a JSON object whose values are objects, item by item, and then some plain ones.

    Args:
        parts: key to the keys and values of the object that it holds.
        **more: key to a plain value.
    """
    separator = "{\n"
    for name, items in parts.items():
        click.echo(f"{separator}{json.dumps(name)}: ", nl=False)
        inner = "{\n"
        for key, value in items:
            click.echo(f"{inner}{json.dumps(key)}: {json.dumps(value)}", nl=False)
            inner = ",\n"
        click.echo("{}" if inner == "{\n" else "\n}", nl=False)
        separator = ",\n"
    for name, value in more.items():
        click.echo(f"{separator}{json.dumps(name)}: {json.dumps(value)}", nl=False)
        separator = ",\n"
    click.echo("\n}")


def console(*, stderr: bool = False) -> Console:
    """Return a console that prints text as it is: no markup, no emoji, no guessing at what to colour."""
    from rich.console import Console  # noqa: PLC0415 - 30 ms that --help does not need

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else _WIDE
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False)


def table(
    *columns: str,
    right: Sequence[str] = (),
    whole: Sequence[str] = (),
    widths: Mapping[str, int] = MappingProxyType({}),
) -> Table:
    """Return a table to fill with `add_row`.

    Args:
        *columns: the headings.
        right: those of numbers, to be aligned at the right.
        whole: those never to be broken over lines.
        widths: characters of those that have a width of their own, whatever stands in them.
    """
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    made = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for heading in columns:
        made.add_column(
            heading,
            justify="right" if heading in right else "left",
            no_wrap=heading in whole or heading in right,
            overflow="fold",
            width=widths.get(heading),
        )
    return made


def add_row(to: Table, *cells: object) -> None:
    """Add a row of values, each made harmless; lines within a cell stay lines."""
    to.add_row(*(printable(str(cell), keep="\n") for cell in cells))


def print_table(made: Table, *, err: bool = False) -> None:
    """Print a table, to stdout unless ``err``."""
    console(stderr=err).print(made)


def say(*lines: str, err: bool = False) -> None:
    """Print lines for people, to stdout unless ``err``."""
    for line in lines:
        click.echo(printable(line), err=err)


def grid(rows: Iterable[tuple[str, object]]) -> Table:
    """Return a table of names and values without headings."""
    from rich.table import Table  # noqa: PLC0415

    made = Table.grid(padding=(0, 2))
    made.add_column(style="bold", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in rows:
        add_row(made, name, value)
    return made

"""Options that name documents which define attributes and UIDs beyond the standard."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import click

from fileroom.cli.heading import as_document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Command: TypeAlias = Callable[..., int]

_HELP = {
    "standard_dictionary": "Attributes that count as the standard's.",
    "private_dictionary": "Private attributes that are known.",
    "uids": "UIDs that are known.",
}


def defining_options(*names: str) -> Callable[[Command], Command]:
    """Return a decorator that adds options to a command: ``--standard-dictionary`` and the like.

    Args:
        names: the processor's options, of ``standard_dictionary``, ``private_dictionary`` and ``uids``; the
            command gets what was given under these names, None for nothing.
    """

    def add(function: Command) -> Command:
        for name in reversed(names):
            flag = f"--{name.replace('_', '-')}"
            function = click.option(flag, name, metavar="NAME|FILE", help=_HELP[name])(function)
        return function

    return add


def defining(given: Mapping[str, str | None]) -> dict[str, object]:
    """Return the options of the processor for those documents that were given."""
    return {name: as_document(value) for name, value in given.items() if value is not None}

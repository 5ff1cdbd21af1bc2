"""Options of processors as they are typed: documents by name or path, and ``--option KEY=VALUE``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from fileroom.cli.failures import UsageProblem
from fileroom.options import TypedText

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Command: TypeAlias = Callable[..., int]

_HELP = {
    "standard_dictionary": "A document that adds attributes to those of the standard.",
    "private_dictionary": "A document that defines private attributes.",
    "uids": "A document that defines UIDs.",
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


def as_document(typed: str) -> str:
    """Return what a document is asked for by: the absolute path of a file that is there, else a name."""
    file = Path(typed).expanduser()
    return str(file.absolute()) if file.is_file() else typed


def typed_options(pairs: Iterable[str]) -> dict[str, object]:
    """Return what ``--option KEY=VALUE`` says, given any number of times.

    Raises:
        UsageProblem: one has no equals sign; it is told by its number, since it may hold a secret.
    """
    options: dict[str, object] = {}
    for number, pair in enumerate(pairs, start=1):
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageProblem(f"--option {number}: expected KEY=VALUE")
        options[key.strip().replace("-", "_")] = TypedText(value)
    return options

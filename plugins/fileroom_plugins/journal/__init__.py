"""A journal of what was stored and removed, one JSON line each, for programs that follow along."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fileroom.plugin import ExtensionPlugin, hookimpl


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[plugins.journal]``.

    Attributes:
        path: the file that lines are appended to. It is made, readable by its owner only, if it is not
            there. Several processes may write to one, and it may be renamed away at any time to begin anew.
    """

    path: Path = Path("journal.jsonl")


def _open(options: Options) -> object:
    from fileroom_plugins.journal.writer import Journal  # noqa: PLC0415 - when needed

    return Journal(options.path)


@hookimpl
def fileroom_extension() -> ExtensionPlugin:
    """Offer the notification."""
    return ExtensionPlugin("journal", Options, _open, "Appends what was stored and removed to a file")

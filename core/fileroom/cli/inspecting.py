"""``fileroom plugins`` and ``fileroom config``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom._dispatch import Dispatch
from fileroom._plugins.listing import list_plugins
from fileroom.cli import output
from fileroom.cli.command import command
from fileroom.config import load_config
from fileroom.errors import FileroomError

if TYPE_CHECKING:
    from fileroom.cli.command import Settings
    from fileroom.config import ConfigLine


@command("plugins", "fileroom plugins", "fileroom -a /data/images plugins --json")
def plugins(settings: Settings) -> int:
    """List the installed plugins, and why one cannot be used; imports none of them.

    Without an archive, none counts as enabled.
    """
    found = list_plugins(load_config(settings.archive) if settings.exists() else None)
    keys = ("name", "kind", "distribution", "version", "state", "reason")
    if settings.json:
        output.print_json([{key: getattr(one, key) for key in keys} for one in found])
        return 0
    table = output.table("Name", "Kind", "From", "State")
    for one in found:
        state = f"{one.state}\n{one.reason}" if one.reason else one.state
        output.add_row(table, one.name, one.kind, f"{one.distribution} {one.version}", state)
    output.print_table(table)
    return 0


@command("config", "fileroom config", "FILEROOM_STORAGE__ROOT=/mnt/images fileroom config --json")
def config(settings: Settings) -> int:
    """Show every setting with its value and where that comes from: file, environment or default.

    Secrets are hidden.
    """
    settings.require()
    loaded = load_config(settings.archive)
    try:
        dispatch = Dispatch.open(loaded)
    except FileroomError:
        # Show what can be shown; the error follows.
        _print(loaded.describe(), settings)
        raise
    try:
        _print(loaded.describe(dispatch.option_types), settings)
    finally:
        dispatch.close()
    return 0


def _print(lines: list[ConfigLine], settings: Settings) -> None:
    if settings.json:
        output.print_json([line._asdict() for line in lines])
        return
    table = output.table("Key", "Value", "From")
    for line in lines:
        output.add_row(table, *line)
    output.print_table(table)

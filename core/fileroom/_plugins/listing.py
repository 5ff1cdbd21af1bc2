"""What ``fileroom plugins`` shows: every installed plugin, and why it cannot be used; importing none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom._loader import discover
from fileroom._plugins.registry import named_by, named_sender

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom._loader import Found
    from fileroom.config import Config


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """One installed plugin.

    Attributes:
        name: its name in TOML.
        kind: ``index``, ``storage``, ``processor``, ``sender``, ``executor``, ``feed``, ``extension``, or
            ``unknown`` until it is loaded.
        distribution: the distribution that ships it.
        version: that distribution's version.
        state: ``enabled`` (the configuration names it), ``available``, ``disabled``, ``missing extra``,
            ``conflict`` (another distribution offers the same name) or ``broken``.
        reason: why it is in this state and what to do, or an empty string.
    """

    name: str
    kind: str
    distribution: str
    version: str
    state: str
    reason: str


def list_plugins(config: Config | None = None) -> list[PluginInfo]:
    """Return every installed plugin by kind and name. Imports none of them.

    Args:
        config: tells what is enabled and disabled; without one, nothing is either.
    """
    installed = discover()
    return [
        PluginInfo(one.name, one.kind, one.distribution, one.version, *_state(one, installed, config))
        for one in sorted(installed, key=lambda one: (one.kind, one.name, one.distribution))
    ]


def _state(found: Found, installed: Sequence[Found], config: Config | None) -> tuple[str, str]:
    if config and found.name in config.plugins.disable:
        return "disabled", "[plugins] disable names it"
    if not found.module:
        return "broken", "its entry point names no module"
    named = (*named_by(config), named_sender(config)) if config else ()
    wanted = next((one for one in named if one.names(found)), None)
    rivals = [
        one for one in installed if (one.name, one.kind) == (found.name, found.kind) and one is not found
    ]
    if rivals and not (wanted and wanted.distribution):
        sources = ", ".join(one.source for one in rivals)
        return "conflict", f"also offered by {sources}: say which is meant with `distribution`"
    if missing := found.missing:
        return "missing extra", f"needs {', '.join(missing)}: {found.remedy}"
    return ("enabled" if wanted and wanted.fits(found) else "available"), ""

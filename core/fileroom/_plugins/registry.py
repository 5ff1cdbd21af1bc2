"""Choosing among installed plugins: by name, with a word on why it is not the one you meant."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from fileroom._hints import did_you_mean
from fileroom._loader import UNKNOWN, discover
from fileroom._plugins.requirements import canonical
from fileroom.errors import ConfigError, PluginConflictError, PluginNotFoundError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from fileroom._loader import Found
    from fileroom.config import Config


@dataclass(frozen=True, slots=True)
class Wanted:
    """A plugin that a configuration names.

    Attributes:
        kinds: the kinds that will do.
        name: its entry point's name.
        distribution: the distribution that is meant, or None for the only one that offers it.
        path: the dotted TOML path of the key that names it.
    """

    kinds: tuple[str, ...]
    name: str
    distribution: str | None
    path: str

    def names(self, found: Found) -> bool:
        """Tell whether a plugin goes by this name, and is, or may be, of such a kind."""
        return found.name == self.name and found.kind in (*self.kinds, UNKNOWN)

    def fits(self, found: Found) -> bool:
        """Tell whether a plugin may be the one: named, and of the right distribution."""
        right = self.distribution is None or canonical(found.distribution) == canonical(self.distribution)
        return right and self.names(found)


def named_by(config: Config) -> list[Wanted]:
    """Return the plugins that an archive opens with: index, storage, then the others in order.

    A plugin that is enabled and disabled is not wanted; an intervention or a backend that is disabled is,
    and cannot be had: what guards an archive is never left out in silence.
    """
    wanted = [
        Wanted((kind,), backend.name, backend.distribution, f"{kind}.backend")
        for kind, backend in (("index", config.index), ("storage", config.storage))
    ]
    enabled = dict.fromkeys(name for name in config.plugins.enable if name not in config.plugins.disable)
    interventions = dict.fromkeys(name for name in config.ingest.before_store if name not in enabled)
    for names, kinds, path in (
        (enabled, ("processor", "extension"), "plugins.enable"),
        (interventions, ("extension",), "ingest.before_store"),
    ):
        wanted += [Wanted(kinds, name, _distribution(config, name), path) for name in names]
    return wanted


def named_sender(config: Config) -> Wanted:
    """Return the sender that a configuration names; it is loaded when first needed."""
    name = config.network.sender
    return Wanted(("sender",), name, _distribution(config, name), "network.sender")


def named_executor(config: Config, name: str) -> Wanted:
    """Return an executor that a caller names; it is loaded when first asked for."""
    return Wanted(("executor",), name, _distribution(config, name), "executor")


def named_feed(config: Config, name: str) -> Wanted:
    """Return a feed that a caller names; it is loaded for that."""
    return Wanted(("feed",), name, _distribution(config, name), "feed")


def named_processor(config: Config, name: str) -> Wanted:
    """Return a processor's plugin that a caller names; it is loaded when first asked for."""
    return Wanted(("processor",), name, _distribution(config, name), "processor")


def named_documents(config: Config, name: str) -> Wanted:
    """Return a kind of documents that a caller names; it is loaded when first asked for."""
    return Wanted(("documents",), name, _distribution(config, name), "documents")


def _distribution(config: Config, name: str) -> str | None:
    value = config.plugins.tables.get(name, {}).get("distribution")
    if value is None or isinstance(value, str):
        return value
    raise ConfigError("expected text", f"plugins.{name}.distribution")


class Registry:
    """The installed plugins, looked up when first needed, and the names of those that must not be used."""

    def __init__(self, disabled: Collection[str] = ()) -> None:
        self.disabled = frozenset(disabled)

    @cached_property
    def found(self) -> tuple[Found, ...]:
        """All of them, disabled ones too."""
        return discover()

    def select(self, wanted: Wanted) -> Found:
        """Return the one plugin that is wanted.

        Raises:
            ConfigError: it is disabled.
            PluginNotFoundError: nothing of that name and these kinds is installed.
            PluginConflictError: several distributions offer it, and ``distribution`` is None.
        """
        if wanted.name in self.disabled:
            raise ConfigError(
                f"{wanted.name!r} is disabled: take it out of [plugins] disable, or name another", wanted.path
            )
        candidates = [one for one in self.found if wanted.fits(one)]
        if not candidates:
            raise self._not_found(wanted)
        if len(candidates) > 1:
            raise _conflict(candidates, wanted.path)
        return candidates[0]

    def _not_found(self, wanted: Wanted) -> PluginNotFoundError:
        names = sorted({one.name for one in self.found if one.kind in (*wanted.kinds, UNKNOWN)})
        other = next((one for one in self.found if one.name == wanted.name), None)
        message = f"{wanted.path}: no {' or '.join(wanted.kinds)} {wanted.name!r} is installed"
        if wanted.distribution is not None:
            message += f" by the distribution {wanted.distribution!r}"
        if other is not None:
            message += f" ({other.source} offers the {other.label})"
        message += f"; installed: {', '.join(names) or 'none'}{did_you_mean(wanted.name, names)}"
        return PluginNotFoundError(message, wanted.name, wanted.distribution or "")


def _conflict(candidates: Sequence[Found], path: str) -> PluginConflictError:
    first = candidates[0]
    sources = " and ".join(one.source for one in candidates)
    return PluginConflictError(
        f"{path}: {first.label} is offered by {sources}: say which is meant with "
        f'distribution = "{first.distribution}" beside its options',
        first.name,
        first.distribution,
    )

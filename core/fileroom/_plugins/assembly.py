"""From a configuration to the plugins it means: loaded, checked, and with their options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fileroom._hints import did_you_mean
from fileroom._loader import CAUGHT, UNKNOWN, Found, blame, explain, load
from fileroom._plugins.registrations import TYPES, check
from fileroom._plugins.registry import Wanted, named_by
from fileroom.errors import ConfigError, FileroomError, PluginConflictError
from fileroom.options import build_options, inner_storages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from fileroom._dispatch import Hooks
    from fileroom._plugins.registrations import Offer
    from fileroom._plugins.registry import Registry
    from fileroom.config import Config
    from fileroom.inner import InnerStorage


@dataclass(frozen=True, slots=True)
class Chosen:
    """An offer the archive takes up, with its options, and the dotted TOML path of their table."""

    offer: Offer
    options: Any
    table: str

    def open(self, expected: type[Any], *more: Any) -> Any:  # noqa: ANN401 - what the kind is given, an ``expected``
        """Open it with its options, and what else its kind is given.

        Raises:
            PluginError: it failed with an error that is not Fileroom's, or opened something else.
            FileroomError: what it raised itself.
        """
        found = self.offer.found
        try:
            opened: object = self.offer.registration.open(self.options, *more)
        except FileroomError:
            raise
        except CAUGHT as error:
            # The type only: a driver's text may hold a password.
            raise explain(found, error, f"opening it failed: {type(error).__name__}") from error
        if not isinstance(opened, expected):
            raise blame(found, f"it opened {type(opened).__name__}, which is no {expected.__name__}")
        return opened


@dataclass(frozen=True, slots=True)
class Assembly:
    """All that an archive takes up.

    Attributes:
        backends: ``"index"`` and ``"storage"``.
        processors: by the name that users call them.
        senders, executors, documents: those that the host passed, by name; see `choose_later`.
        feeds: those that the host passed, by name; see `offered`.
        extensions: in the order in which they are to be opened.
        inner: the storages that the storage is made of, and how each is configured; outer ones first.
    """

    backends: Mapping[str, Chosen]
    processors: Mapping[str, Chosen]
    senders: Mapping[str, Chosen]
    executors: Mapping[str, Chosen]
    documents: Mapping[str, Chosen]
    feeds: Mapping[str, Offer]
    extensions: tuple[Chosen, ...]
    inner: tuple[tuple[InnerStorage, Chosen], ...]

    def all(self) -> tuple[Chosen, ...]:
        """Return all of them."""
        inner = (chosen for _, chosen in self.inner)
        later = (*self.senders.values(), *self.executors.values(), *self.documents.values())
        return (*self.backends.values(), *inner, *self.processors.values(), *later, *self.extensions)


def assemble(config: Config, plugins: Iterable[object], hooks: Hooks, registry: Registry) -> Assembly:
    """Load what a configuration names, and take up what the host passed.

    Raises:
        ConfigError: an option is wrong, or something named is disabled.
        PluginError: see `fileroom._dispatch.Dispatch.open`.
    """
    passed = [(Found.of_object(plugin), plugin) for plugin in plugins]
    offers = [offer for found, plugin in passed for offer in _offers(plugin, found, hooks)]
    names = {found.name for found, _ in passed}
    for wanted in named_by(config):
        if not _is_passed(wanted, offers, names):
            offers += _installed(registry.select(wanted), wanted, hooks)
    taken = _unique(offers)
    _refuse_unknown_tables(config, registry, names | {offer.found.name for offer in offers})
    backends = {"index": config.index, "storage": config.storage}
    feeds = {name: offer for (kind, name), offer in taken.items() if kind == "feed"}
    apart = (*backends, "feed")  # a feed gets its options when it is opened
    others = [_other(config, offer) for (kind, _), offer in taken.items() if kind not in apart]
    chosen = {
        kind: with_options(taken[kind, backend.name], backend.options, kind, config)
        for kind, backend in backends.items()
    }

    def choose(inner: InnerStorage) -> Chosen:
        wanted = Wanted(("storage",), inner.name, inner.distribution, f"{inner.path}.backend")
        offer = taken.get(("storage", inner.name))
        if offer is None or not (offer.found.passed or wanted.fits(offer.found)):
            offer = _unique(_installed(registry.select(wanted), wanted, hooks))["storage", inner.name]
            taken.setdefault(offer.key, offer)
        return with_options(offer, inner.options, inner.path, config)

    return Assembly(
        chosen,
        _by_name(others, "processor"),
        _by_name(others, "sender"),
        _by_name(others, "executor"),
        _by_name(others, "documents"),
        feeds,
        tuple(one for one in others if one.offer.found.kind == "extension"),
        tuple(_within(chosen["storage"], choose)),
    )


def _within(outer: Chosen, choose: Callable[[InnerStorage], Chosen]) -> Iterator[tuple[InnerStorage, Chosen]]:
    for inner in inner_storages(outer.options):
        if not inner.name:
            continue  # a host made it, and said how it is opened
        chosen = choose(inner)
        yield inner, chosen
        yield from _within(chosen, choose)


def choose_later(
    config: Config, wanted: Wanted, passed: Mapping[str, Chosen], hooks: Hooks, registry: Registry
) -> Chosen:
    """Return a plugin that an archive opens without, loading it unless the host passed one of that name.

    Raises:
        ConfigError: an option is wrong, or it is disabled.
        PluginError: see `fileroom._dispatch.Dispatch.sender`.
    """
    if wanted.name in passed:
        return passed[wanted.name]
    (offer,) = _installed(registry.select(wanted), wanted, hooks)
    return _other(config, offer)


def offered(wanted: Wanted, passed: Mapping[str, Offer], hooks: Hooks, registry: Registry) -> Offer:
    """Return the offer of a plugin that gets its options from its caller, as `choose_later` does.

    Raises:
        ConfigError: it is disabled.
        PluginError: see `fileroom._dispatch.Dispatch.feed`.
    """
    if wanted.name in passed:
        return passed[wanted.name]
    (offer,) = _installed(registry.select(wanted), wanted, hooks)
    return offer


def _by_name(chosen: Iterable[Chosen], kind: str) -> dict[str, Chosen]:
    return {one.offer.registration.name: one for one in chosen if one.offer.found.kind == kind}


def _offers(plugin: object, found: Found, hooks: Hooks) -> list[Offer]:
    """Register a plugin; return what it offers."""
    registered = hooks.register(plugin, found)
    offers = []
    for kind in TYPES if found.kind == UNKNOWN else (found.kind,):
        for call in hooks.calls(f"fileroom_{kind}", registered):
            try:
                value = call.function()
            except CAUGHT as error:
                what = f"fileroom_{kind} failed: {type(error).__name__}"
                raise explain(found, error, what) from error
            offers.append(check(found, kind, value))
    return offers


def _installed(found: Found, wanted: Wanted, hooks: Hooks) -> list[Offer]:
    offers = [one for one in _offers(load(found), found, hooks) if one.found.kind in wanted.kinds]
    # A module of unknown kind may have event hooks only.
    if not offers and not (found.kind == UNKNOWN and "extension" in wanted.kinds):
        raise blame(found, f"it offers no {' or '.join(wanted.kinds)}, as {wanted.path} expects")
    return offers


def _is_passed(wanted: Wanted, offers: Iterable[Offer], names: set[str]) -> bool:
    if any(offer.found.kind in wanted.kinds and offer.found.name == wanted.name for offer in offers):
        return True
    return "extension" in wanted.kinds and wanted.name in names


def _unique(offers: Iterable[Offer]) -> dict[tuple[str, str], Offer]:
    taken: dict[tuple[str, str], Offer] = {}
    for offer in offers:
        before = taken.setdefault(offer.key, offer)
        if before is offer or (before.found.passed and not offer.found.passed):
            continue
        kind, name = offer.key
        sources = (
            f"{before.found.label} of {before.found.source} and {offer.found.label} of {offer.found.source}"
        )
        raise PluginConflictError(
            f"{sources} both offer the {kind} {name!r}: disable one of them",
            offer.found.name,
            offer.found.distribution,
        )
    return taken


def _other(config: Config, offer: Offer) -> Chosen:
    name = offer.found.name
    table = {key: one for key, one in config.plugins.tables.get(name, {}).items() if key != "distribution"}
    return with_options(offer, table, f"plugins.{name}", config)


def with_options(offer: Offer, table: Mapping[str, object], path: str, config: Config) -> Chosen:
    """Return an offer with its options.

    Raises:
        ConfigError: an option is wrong.
    """
    return Chosen(offer, build_options(offer.registration.options, table, path, config.base), path)


def _refuse_unknown_tables(config: Config, registry: Registry, loaded: set[str]) -> None:
    """Refuse a table that is nobody's: most likely its name is misspelt. A plugin may have one and be off."""
    for name in config.plugins.tables.keys() - loaded:
        installed = {found.name for found in registry.found}
        if name not in installed:
            hint = did_you_mean(name, installed | loaded)
            raise ConfigError(f"no plugin of this name is installed{hint}", f"plugins.{name}")

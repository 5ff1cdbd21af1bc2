"""The plugins of one archive: the only module that talks to pluggy.

pluggy announces, objects work: registration hooks are called once, when an archive opens; event hooks are
called per object or batch, each implementation by itself.
"""

from __future__ import annotations

import functools
import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, cast

import pluggy

from fileroom import hooks
from fileroom._hints import did_you_mean
from fileroom._loader import CAUGHT, blame
from fileroom._plugins.assembly import assemble, choose_later, offered, with_options
from fileroom._plugins.guarded import Call, Intervention, notify, report
from fileroom._plugins.processors import Processors
from fileroom._plugins.registry import Registry, named_executor, named_feed, named_sender
from fileroom.errors import ConfigError
from fileroom.executing import Executor
from fileroom.feeding import Feed
from fileroom.index import Index
from fileroom.options import document_names, object_names
from fileroom.plugin import IndexPlugin
from fileroom.sending import Sender
from fileroom.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from fileroom._loader import Found
    from fileroom._plugins.assembly import Assembly, Chosen
    from fileroom._plugins.guarded import Failure
    from fileroom._plugins.registry import Wanted
    from fileroom.config import Config
    from fileroom.events import RemovedBatch, StoredBatch
    from fileroom.processing import Processor
    from fileroom.tags import TagSet

_log = logging.getLogger("fileroom.plugins")

_HOOKS = tuple(name for name in dir(hooks) if name.startswith(f"{hooks.PROJECT}_"))
_NOT_FOR_WORKERS = ("fileroom_sender", "fileroom_executor", "fileroom_feed")


class Hooks:
    """A plugin manager in which every implementation can be traced to its plugin."""

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(hooks.PROJECT)
        self._manager.add_hookspecs(hooks)
        self._owners: dict[str, Found] = {}

    def register(self, plugin: object, found: Found) -> str:
        """Register an object with hooks; return the name under which pluggy knows it.

        Raises:
            PluginLoadError: it has no hook, one that is unknown, or one with other arguments.
        """
        if isinstance(plugin, type):
            raise blame(found, "it is a class: make an object of it")
        name = self._manager.get_name(plugin)
        if name is not None:  # one module may stand behind several entry points
            return name
        name = f"{len(self._owners)} {found.label} of {found.source}"
        try:
            self._manager.register(plugin, name)
        except CAUGHT as error:
            raise blame(found, str(error)) from error
        callers = self._manager.get_hookcallers(plugin) or []
        if not callers:
            raise blame(found, "it has no hook: mark them with @fileroom.plugin.hookimpl")
        for caller in callers:
            if not caller.has_spec():
                raise blame(found, f"there is no hook {caller.name!r}{did_you_mean(caller.name, _HOOKS)}")
            if any(one.wrapper or one.hookwrapper for one in caller.get_hookimpls() if one.plugin is plugin):
                raise blame(found, f"{caller.name!r} is a wrapper, and hooks of Fileroom cannot be wrapped")
        self._owners[name] = found
        return name

    def calls(self, hook: str, plugin: str | None = None) -> tuple[Call, ...]:
        """Return the implementations of a hook, all or one plugin's, in order of registration."""
        caller: pluggy.HookCaller = getattr(self._manager.hook, hook)
        found = {one.plugin_name: one for one in caller.get_hookimpls()}
        return tuple(
            Call(owner, _cut(found[name].function, len(found[name].argnames)))
            for name, owner in self._owners.items()
            if name in found and plugin in (None, name)
        )


def _cut(function: Callable[..., object], count: int) -> Callable[..., object]:
    """Let a hook leave out arguments it has no use for; hooks of Fileroom have one at most."""
    return lambda *arguments: function(*arguments[:count])


class Dispatch:
    """The plugins of one archive, behind typed methods. Any thread may call any of them.

    Attributes:
        interventions: what decides about objects before they are stored, in order: those that ``[ingest]
            before_store`` names, then those of objects that the host passed.
        option_types: the options dataclasses of the loaded plugins by their table's dotted TOML path, for
            `fileroom.config.Config.describe`.
        processors: the names of the processors that are enabled.
        making: opens processors and kinds of documents, those too that are only installed.
        passed: the names of what the host passed.
        document_names: what options of extensions name documents by, which may lie in the archive.
        names_instances: whether options of extensions name instances of the archive.
        on_stored: called after each commit that stored something.
        latest: another object each time something was stored, replaced or removed through this archive.
        confined: whether some of that would be missed by an archive of the same configuration elsewhere.
    """

    def __init__(self, config: Config, plugins: Iterable[object]) -> None:
        """Load plugins; see `open`."""
        self._registry = Registry(config.plugins.disable)
        self._hooks = Hooks()
        self._closing: list[tuple[Found, object]] = []
        self._lock = threading.Lock()
        self._sender: Sender | None = None
        self._executors: dict[str, Executor] = {}
        self._config = config
        self.document_names: list[str] = []
        self.names_instances = False
        self._assembly: Assembly = assemble(config, plugins, self._hooks, self._registry)
        self.making = Processors(config, self._assembly, self._hooks, self._registry)
        try:
            for inner, chosen in self._assembly.inner:
                inner.opened_by(functools.partial(chosen.open, Storage), chosen.options)
            for chosen in self._assembly.extensions:
                self._open_extension(chosen)
            self.interventions = _in_order(config, self._hooks.calls("fileroom_before_store"))
        except BaseException:
            self.close()
            raise
        self.on_stored: Callable[[], object] = lambda: None
        self.latest = object()
        self._stored = self._hooks.calls("fileroom_stored")
        self._removed = self._hooks.calls("fileroom_removed")
        self.processors = tuple(self._assembly.processors)
        self.passed = frozenset(
            one.offer.found.name for one in self._assembly.all() if one.offer.found.passed
        )
        for_workers = (hook for hook in _HOOKS if hook not in _NOT_FOR_WORKERS)
        self.confined = any(call.found.passed for hook in for_workers for call in self._hooks.calls(hook))
        self.option_types: Mapping[str, type[Any]] = {
            one.table: one.offer.registration.options for one in self._assembly.all()
        }

    @classmethod
    def open(cls, config: Config, plugins: Iterable[object] = ()) -> Self:
        """Load the plugins that a configuration names, and no others; open its extensions.

        Args:
            config: names the backends, ``[plugins] enable`` and ``[ingest] before_store``.
            plugins: a host's own objects or modules with hooks. They need no entry point, and win over
                installed plugins of their name. The options of one that offers a processor or an extension
                stand in ``[plugins.<name of what it offers>]``.

        Raises:
            ConfigError: an option is unknown, missing or of the wrong type; something named is disabled.
            PluginError: a plugin that the configuration names is not installed, ambiguous, lacks a package,
                or is broken. What the configuration does not name is not even imported.
        """
        return cls(config, plugins)

    def open_index(self, tags: TagSet) -> Index:
        """Open the index backend; the caller closes it.

        Raises:
            PluginError: it failed with an error that is not Fileroom's, or lacks a package.
            FileroomError: what the backend itself raised.
        """
        chosen = self._assembly.backends["index"]
        index: Index = chosen.open(Index, tags)
        return index

    def open_storage(self) -> Storage:
        """Open the storage backend; the caller closes it. Raises as `open_index` does."""
        chosen = self._assembly.backends["storage"]
        storage: Storage = chosen.open(Storage)
        return storage

    @property
    def header_tags(self) -> tuple[str, ...]:
        """Keywords that headers are to have for the index, beside the tags it keeps."""
        registration = self._assembly.backends["index"].offer.registration
        assert isinstance(registration, IndexPlugin)
        return registration.header_tags

    def processor(self, name: str) -> Processor:
        """Return a processor with its configured options, opened when first asked for, closed with this.

        One that is not enabled is loaded for that, if it is installed.

        Raises:
            PluginNotFoundError: none of that name is installed; the message lists those that are.
            PluginError: it failed with an error that is not Fileroom's, or lacks a package.
            FileroomError: what the processor itself raised.
        """
        return self.making.get(name).processor

    def sender(self) -> Sender:
        """Return what ``[network] sender`` names: loaded and opened when first asked for, closed with this.

        Raises:
            ConfigError: one of its options is wrong, or it is disabled.
            PluginError: it is not installed, lacks a package, or failed with an error that is not Fileroom's.
            FileroomError: what the sender itself raised.
        """
        with self._lock:
            if self._sender is None:
                chosen = self._later(named_sender(self._config), self._assembly.senders)
                self._sender = cast("Sender", chosen.open(Sender, self._config.network))
                self._closing.append((chosen.offer.found, self._sender))
            return self._sender

    def executor(self, name: str) -> Executor:
        """Return an executor: loaded and opened when first asked for, closed with this.

        Raises:
            ExecutorError: it cannot be reached, or has no workers.
            ConfigError, PluginError, FileroomError: as for `sender`.
        """
        with self._lock:
            if name not in self._executors:
                chosen = self._later(named_executor(self._config, name), self._assembly.executors)
                opened = cast("Executor", chosen.open(Executor))
                self._executors[name] = opened
                self._closing.append((chosen.offer.found, opened))
            return self._executors[name]

    def open_executor(self, name: str, options: Mapping[str, object]) -> Executor:
        """Open an executor with these options over those of the configuration; whoever does closes it.

        Raises:
            ExecutorError, ConfigError, PluginError, FileroomError: as for `executor`.
        """
        chosen = self._later(named_executor(self._config, name), self._assembly.executors)
        configured = self._config.plugins.tables.get(name, {})
        table = {key: value for key, value in {**configured, **options}.items() if key != "distribution"}
        return cast("Executor", with_options(chosen.offer, table, chosen.table, self._config).open(Executor))

    def feed(self, name: str, options: Mapping[str, object]) -> Feed:
        """Open a feed with these options; whoever does closes it.

        Raises:
            ConfigError, PluginError, FileroomError: as for `sender`.
        """
        wanted = named_feed(self._config, name)
        offer = offered(wanted, self._assembly.feeds, self._hooks, self._registry)
        return cast("Feed", with_options(offer, options, wanted.path, self._config).open(Feed))

    def _later(self, wanted: Wanted, passed: Mapping[str, Chosen]) -> Chosen:
        return choose_later(self._config, wanted, passed, self._hooks, self._registry)

    @property
    def has_interventions(self) -> bool:
        """Whether anything decides about objects before they are stored."""
        return bool(self.interventions)

    def stored(self, batch: StoredBatch) -> tuple[Failure, ...]:
        """Tell all listeners what was stored; return those that failed, which are logged."""
        self.latest = object()
        failures = notify(self._stored, "fileroom_stored", batch)
        self.on_stored()
        return failures

    def removed(self, batch: RemovedBatch) -> tuple[Failure, ...]:
        """Tell all listeners what was removed; return those that failed, which are logged."""
        self.latest = object()
        return notify(self._removed, "fileroom_removed", batch)

    def close(self) -> None:
        """Close sender, executors, processors, and extensions that have a ``close``, the last opened first.

        May be called twice. One that fails is logged and does not keep the others from being closed.
        """
        self.making.close()
        with self._lock:
            closing, self._closing = self._closing[::-1], []
        for found, opened in closing:
            close = getattr(opened, "close", None)
            try:
                if callable(close):
                    close()
            except CAUGHT as error:
                report(found, "close", error)

    def _open_extension(self, chosen: Chosen) -> None:
        self.document_names += [name.text for name in document_names(chosen.options)]
        self.names_instances |= any(name.in_archive for name in object_names(chosen.options))
        options = self.making.bound(chosen.options)
        opened = replace(chosen, options=options).open(object)
        found = chosen.offer.found
        if opened is None:
            raise blame(found, "it opened nothing")
        self._closing.append((found, opened))
        self._hooks.register(opened, found)


def _in_order(config: Config, calls: Iterable[Call]) -> tuple[Intervention, ...]:
    waiting = list(calls)
    ordered = []
    for name in dict.fromkeys(config.ingest.before_store):
        own = [call for call in waiting if call.found.name == name]
        if not own:
            raise ConfigError(
                f"{name!r} is no intervention: it has no fileroom_before_store", "ingest.before_store"
            )
        ordered += own
        waiting = [call for call in waiting if call not in own]
    for call in waiting:
        if call.found.passed:
            ordered.append(call)
        else:
            _log.warning(
                "%s of %s has a say before objects are stored, but [ingest] before_store does not name it",
                call.found.label,
                call.found.source,
            )
    return tuple(map(Intervention.of, ordered))

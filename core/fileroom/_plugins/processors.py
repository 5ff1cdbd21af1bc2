"""The processors and kinds of documents that can be had: enabled, passed by the host, or just installed."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO, TypeVar, cast

from fileroom._hints import did_you_mean
from fileroom._loader import blame
from fileroom._plugins.assembly import choose_later, with_options
from fileroom._plugins.documents import DocumentFinder
from fileroom._plugins.guarded import report
from fileroom._plugins.registry import named_documents, named_processor
from fileroom.documents import DocumentKind
from fileroom.errors import ConfigError, NotSupportedError, PluginError, PluginNotFoundError
from fileroom.objects import no_archive
from fileroom.options import document_names, with_named
from fileroom.plugin import ProcessorPlugin, Takes
from fileroom.processing import Processor, Product

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from fileroom._dispatch import Hooks
    from fileroom._loader import Found
    from fileroom._plugins.assembly import Assembly, Chosen
    from fileroom._plugins.registry import Registry
    from fileroom.config import Config
    from fileroom.objects import Opener

T = TypeVar("T")

_log = logging.getLogger("fileroom.plugins")


@dataclass(frozen=True, slots=True)
class Opened:
    """A processor that is open.

    Attributes:
        name: what users call it.
        processor: itself.
        takes: what it is given of a patient, study or series.
        edition: of the archive's documents, when it was opened; None where its options name none.
    """

    name: str
    processor: Processor
    takes: Takes
    edition: object = None

    def process(self, source: BinaryIO, kept: Mapping[str, bytes] | None = None) -> tuple[Product, ...]:
        """Return what the processor makes of an object; what it may not do is an error like any other.

        Raises:
            FileroomError: as of `fileroom.processing.Processor.process`.
            Exception: the processor failed.
        """
        with _failing_like_others():
            made = self.processor.process_with(source, kept) if kept else self.processor.process(source)
            return products_of(made)

    def combine(self, parts: Sequence[Sequence[Product]]) -> tuple[Product, ...]:
        """Return what the processor makes of those of several series; raises as `process`."""
        with _failing_like_others():
            return products_of(self.processor.combine(parts))

    def require_consistent(self) -> None:
        """Make sure that workers who open it each for themselves make what fits together.

        Raises:
            NotSupportedError: they do not.
        """
        if not self.processor.consistent:
            raise NotSupportedError(
                f"{self.name} makes something random with these options, and each worker would make another: "
                "give options that settle it, such as a key, or do without workers"
            )


@contextmanager
def _failing_like_others() -> Iterator[None]:
    """Make an error of what would end more than the processor, such as an exit, or a panic of a library's."""
    try:
        yield
    except (Exception, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise RuntimeError(f"a processor must not raise {type(error).__name__}") from error


def products_of(made: Iterable[Product]) -> tuple[Product, ...]:
    """Return products, if they are.

    Raises:
        TypeError: they are something else.
    """
    products = tuple(made)
    if not all(isinstance(one, Product) for one in products):
        raise TypeError("a processor must return products")
    return products


class Processors:
    """Opens processors, and kinds of documents, by name. Any thread may call any method.

    Args:
        config: where their options stand.
        assembly: what is enabled, and what the host passed; None for nothing.
        hooks: where plugins are registered that are loaded on demand.
        registry: those that are installed.

    Attributes:
        finder: finds the documents that options name.
        open_instance: opens the DICOM file of an instance that an option names by its public id.
    """

    def __init__(self, config: Config, assembly: Assembly | None, hooks: Hooks, registry: Registry) -> None:
        self.finder = DocumentFinder(self.kind, self.kinds, config.base)
        self.open_instance: Opener = no_archive
        self._config = config
        self._chosen: dict[str, Chosen] = dict(assembly.processors) if assembly else {}
        self._documents: Mapping[str, Chosen] = assembly.documents if assembly else {}
        self._hooks = hooks
        self._registry = registry
        self._lock = threading.RLock()
        self._opened: dict[str, Opened] = {}
        self._kinds: dict[str, DocumentKind] = {}
        self._closing: list[tuple[Found, Processor]] = []

    def get(self, name: str) -> Opened:
        """Return a processor with the options of the configuration; it stays open until `close`.

        One whose options name documents is opened anew once others were published.

        Raises:
            PluginNotFoundError: nothing of that name is installed, or it is disabled.
            PluginError: it failed with an error that is not Fileroom's, or lacks a package.
            FileroomError: what the processor itself raised.
        """
        with self._lock:
            opened = self._opened.get(name)
            if opened is None or (opened.edition is not None and opened.edition != self.finder.edition()):
                chosen = self._choose(name)
                opened = self._opened[name] = self._open(chosen)
                self._closing.append((chosen.offer.found, opened.processor))
            return opened

    @contextmanager
    def using(self, name: str, options: Mapping[str, object]) -> Iterator[Opened]:
        """Yield a processor with these options over those of the configuration.

        Raises:
            ConfigError: an option is wrong.
            PluginError, FileroomError: as for `get`.
        """
        if not options:
            yield self.get(name)
            return
        with self._lock:
            chosen = self._choose(name)
        offer, found = chosen.offer, chosen.offer.found
        table = {**_without_distribution(self._config.plugins.tables.get(found.name, {})), **options}
        opened = self._open(with_options(offer, table, name, self._config))
        try:
            yield opened
        finally:
            opened.processor.close()

    def takes(self, name: str) -> Takes:
        """Return what a processor is given of a patient, study or series; errors as for `get`."""
        with self._lock:
            return _registered(self._choose(name)).takes

    def kind(self, name: str) -> DocumentKind:
        """Return a kind of documents, opened when it is first asked for; errors as for `get`."""
        with self._lock:
            if name not in self._kinds:
                wanted = named_documents(self._config, name)
                chosen = choose_later(self._config, wanted, self._documents, self._hooks, self._registry)
                self._kinds[name] = cast("DocumentKind", chosen.open(DocumentKind))
            return self._kinds[name]

    def kinds(self) -> tuple[str, ...]:
        """Return the names of the kinds of documents that can be had."""
        installed = {one.name for one in self._registry.found if one.kind == "documents"}
        return tuple(sorted((installed - self._registry.disabled) | self._documents.keys()))

    def close(self) -> None:
        """Close what is open, the last opened first; one that fails is logged."""
        with self._lock:
            closing, self._closing = self._closing[::-1], []
            self._opened.clear()
        for found, processor in closing:
            try:
                processor.close()
            except Exception as error:  # noqa: BLE001 - anybody's, which is not to keep the others open
                report(found, "close", error)

    def bound(self, options: T) -> T:
        """Return options whose names of documents and of objects can be read."""
        return with_named(options, self.finder.read, self._instance)

    def _instance(self, id_: str) -> BinaryIO:
        return self.open_instance(id_)  # which may be known later than the options

    def _open(self, chosen: Chosen) -> Opened:
        registration = _registered(chosen)
        edition = self.finder.edition() if any(document_names(chosen.options)) else None
        options = self.bound(chosen.options)
        processor = cast("Processor", replace(chosen, options=options).open(Processor))
        return Opened(registration.name, processor, registration.takes, edition)

    def _choose(self, name: str) -> Chosen:
        """Return the plugin behind a name: of this name if there is one, else whatever offers it."""
        if name in self._chosen:
            return self._chosen[name]
        others = [one.name for one in self._installed() if one.name != name]
        for entry in [name] * (len(others) < len(self._installed())) + others:
            try:
                chosen = self._load(entry)
            except (PluginError, ConfigError) as error:
                if entry == name:
                    raise
                _log.warning("while looking for a processor: %s", error)
                continue
            offered = chosen.offer.registration.name
            self._chosen.setdefault(offered, chosen)
            if offered == name:
                return chosen
        raise self._not_found(name)

    def _load(self, entry: str) -> Chosen:
        wanted = named_processor(self._config, entry)
        chosen = choose_later(self._config, wanted, {}, self._hooks, self._registry)
        if not isinstance(chosen.offer.registration, ProcessorPlugin):
            raise blame(chosen.offer.found, "it offers no processor")
        return chosen

    def _installed(self) -> list[Found]:
        loaded = {one.offer.found.name for one in self._chosen.values()}
        names = {one.name for one in self._registry.found if one.kind == "processor"}
        wanted = names - loaded - self._registry.disabled
        distinct = {one.name: one for one in self._registry.found if one.name in wanted}
        return [distinct[name] for name in sorted(distinct)]

    def _not_found(self, name: str) -> PluginNotFoundError:
        known = sorted({*self._chosen, *(one.name for one in self._installed())})
        if name in self._registry.disabled:
            return PluginNotFoundError(f"the processor {name!r} is disabled in [plugins] disable", name)
        listed = ", ".join(known) or "none"
        return PluginNotFoundError(
            f"no processor {name!r} is installed: there are {listed}{did_you_mean(name, known)}", name
        )


def _registered(chosen: Chosen) -> ProcessorPlugin:
    registration = chosen.offer.registration
    assert isinstance(registration, ProcessorPlugin)
    return registration


def _without_distribution(table: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in table.items() if key != "distribution"}

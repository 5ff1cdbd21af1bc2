"""All hooks, each with a runnable example.

Two sorts. *Registration* hooks are called once, when an archive opens, and return a dataclass that says
what the plugin offers. *Event* hooks are called on what an extension's ``open`` returned, per object or
per batch. No hook is called per tag, row or byte range.

An *intervention* (`fileroom_before_store`) has a result, runs in the order of ``[ingest] before_store``,
and its failure fails the operation. A *notification* (`fileroom_stored`, `fileroom_removed`) has many
listeners and no result; one that fails is logged and reported while the others run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from fileroom.events import Decision, Incoming, RemovedBatch, StoredBatch
    from fileroom.plugin import (
        DocumentsPlugin,
        ExecutorPlugin,
        ExtensionPlugin,
        FeedPlugin,
        IndexPlugin,
        ProcessorPlugin,
        SenderPlugin,
        StoragePlugin,
    )

PROJECT = "fileroom"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def fileroom_storage() -> StoragePlugin:  # type: ignore[empty-body]
    """Offer a storage backend.

    Example:
        ```python
        from dataclasses import dataclass
        from fileroom.plugin import StoragePlugin, hookimpl
        from fileroom.testing.memory_storage import MemoryStorage

        @dataclass(frozen=True)
        class Options:
            name: str = "unnamed"

        @hookimpl
        def fileroom_storage() -> StoragePlugin:
            return StoragePlugin("memory", Options, lambda options: MemoryStorage(), "Bytes in memory")
        ```
    """


@hookspec
def fileroom_index() -> IndexPlugin:  # type: ignore[empty-body]
    """Offer an index backend.

    Example:
        ```python
        from dataclasses import dataclass
        from fileroom.plugin import IndexPlugin, hookimpl
        from fileroom.testing.memory_index import MemoryIndex

        @dataclass(frozen=True)
        class Options:
            pass

        @hookimpl
        def fileroom_index() -> IndexPlugin:
            return IndexPlugin("memory", Options, lambda options, tags: MemoryIndex(tags), "Rows in memory")
        ```
    """


@hookspec
def fileroom_processor() -> ProcessorPlugin:  # type: ignore[empty-body]
    """Offer a processor.

    Example:
        ```python
        from dataclasses import dataclass
        from fileroom.plugin import Processor, ProcessorPlugin, Product, hookimpl

        @dataclass(frozen=True)
        class Options:
            length: int = 132

        class Preamble(Processor):
            def __init__(self, options):
                self.length = options.length

            def process(self, source):
                return [Product(1024, source.read(self.length), "application/octet-stream")]

        @hookimpl
        def fileroom_processor() -> ProcessorPlugin:
            return ProcessorPlugin("preamble", Options, Preamble, "The first bytes of a file")
        ```
    """


@hookspec
def fileroom_sender() -> SenderPlugin:  # type: ignore[empty-body]
    """Offer a sender: what carries objects to other DICOM applications. It is opened when first needed.

    Example:
        ```python
        from dataclasses import dataclass
        from fileroom.plugin import (
            EchoResult, Sender, SenderPlugin, SendReport, SendState, SendStatus, hookimpl
        )

        @dataclass(frozen=True)
        class Options:
            seconds: float = 0.0

        class Pretender(Sender):
            def __init__(self, options, network):
                self.options = options

            def echo(self, host):
                return EchoResult(self.options.seconds)

            def send(self, host, items, on_status):
                report = SendReport()
                for item in items:
                    status = SendStatus(item, SendState.FAILED, reason="this sender only pretends")
                    report.add(status)
                    on_status(status)
                return report

        @hookimpl
        def fileroom_sender() -> SenderPlugin:
            return SenderPlugin("pretender", Options, Pretender, "Sends nothing")
        ```
    """


@hookspec
def fileroom_executor() -> ExecutorPlugin:  # type: ignore[empty-body]
    """Offer an executor: what runs the tasks of bulk work elsewhere. It is opened when first asked for.

    Example:
        ```python
        from concurrent.futures import ThreadPoolExecutor
        from dataclasses import dataclass
        from fileroom.plugin import Executor, ExecutorPlugin, hookimpl, perform

        @dataclass(frozen=True)
        class Options:
            threads: int = 2

        class Threads(Executor):
            def __init__(self, options):
                self.options = options
                self.pool = ThreadPoolExecutor(options.threads)

            def submit(self, request):
                return self.pool.submit(perform, request)

            def slots(self):
                return 2 * self.options.threads

            def close(self):
                self.pool.shutdown(cancel_futures=True)

        @hookimpl
        def fileroom_executor() -> ExecutorPlugin:
            return ExecutorPlugin("threads", Options, Threads, "Threads of this process")
        ```
    """


@hookspec
def fileroom_feed() -> FeedPlugin:  # type: ignore[empty-body]
    """Offer a feed: a place outside the archive that objects are taken from. It is opened for each import.

    Example:
        ```python
        import functools
        import io
        from dataclasses import dataclass
        from fileroom.plugin import Feed, FeedItem, FeedPlugin, hookimpl

        @dataclass(frozen=True)
        class Options:
            text: str = "so far"

        class Clippings(Feed):
            def __init__(self, options):
                self.lines = options.text.encode().splitlines()

            def __iter__(self):
                for number, line in enumerate(self.lines):
                    yield FeedItem(f"line {number}", len(line), functools.partial(io.BytesIO, line))

        @hookimpl
        def fileroom_feed() -> FeedPlugin:
            return FeedPlugin("clippings", Options, Clippings, "Lines of a text")
        ```
    """


@hookspec
def fileroom_documents() -> DocumentsPlugin:  # type: ignore[empty-body]
    """Offer a kind of documents. It is opened when first asked for.

    Example:
        ```python
        from dataclasses import dataclass
        from fileroom.plugin import DocumentError, DocumentKind, DocumentsPlugin, hookimpl, read_toml

        @dataclass(frozen=True)
        class Options:
            pass

        class Greetings(DocumentKind):
            def __init__(self, options):
                pass

            def check(self, document):
                toml = read_toml(document.data, document.name)
                for key, text in toml.table.items():
                    if not isinstance(text, str):
                        raise DocumentError("expected a text", document.name, toml.line_of(key))
                return ()

            def defaults(self):
                return {"english": b'morning = "Good morning"'}

        @hookimpl
        def fileroom_documents() -> DocumentsPlugin:
            return DocumentsPlugin("greetings", Options, Greetings, "What to say when")
        ```
    """


@hookspec
def fileroom_extension() -> ExtensionPlugin:  # type: ignore[empty-body]
    """Offer an object that implements event hooks, with options of its own.

    Example:
        ```python
        from dataclasses import dataclass
        from fileroom.plugin import ExtensionPlugin, hookimpl

        @dataclass(frozen=True)
        class Options:
            greeting: str = "stored"

        class Announcer:
            def __init__(self, options):
                self.greeting = options.greeting

            @hookimpl
            def fileroom_stored(self, batch):
                print(self.greeting, len(batch.stored))

        @hookimpl
        def fileroom_extension() -> ExtensionPlugin:
            return ExtensionPlugin("announcer", Options, Announcer, "Says what was stored")
        ```
    """


@hookspec
def fileroom_before_store(incoming: Incoming) -> Decision | None:
    """Decide about one object before its bytes are stored; an intervention.

    Called after the header was read, for the plugins that ``[ingest] before_store`` names, in that order,
    and perhaps in a worker process. ``None`` or `Accept` lets the object pass, perhaps with labels, `Reject`
    refuses it, `Quarantine` sets it aside, and `Replace` goes on with other bytes, whose header is read anew.

    Example:
        ```python
        from fileroom.plugin import Reject, hookimpl

        class NoSecondaryCaptures:
            @hookimpl
            def fileroom_before_store(self, incoming):
                if incoming.header.sop_class_uid == "1.2.840.10008.5.1.4.1.1.7":
                    return Reject("secondary captures are not kept here")
                return None
        ```
    """


@hookspec
def fileroom_stored(batch: StoredBatch) -> None:
    """Hear of instances that were stored or replaced; a notification, after the commit.

    Example:
        ```python
        from fileroom.plugin import hookimpl

        class Counter:
            total = 0

            @hookimpl
            def fileroom_stored(self, batch):
                self.total += len(batch.stored)
        ```
    """


@hookspec
def fileroom_removed(batch: RemovedBatch) -> None:
    """Hear of resources that were removed; a notification, after the commit.

    Example:
        ```python
        from fileroom.plugin import hookimpl

        class Mourner:
            @hookimpl
            def fileroom_removed(self, batch):
                print("gone:", *batch.removed)
        ```
    """

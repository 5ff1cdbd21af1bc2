"""A host's own plugins, and archives' plugins opened with them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fileroom._dispatch import Dispatch
from fileroom.config import load_config
from fileroom.errors import FileroomError
from fileroom.plugin import ExtensionPlugin, IndexPlugin, Processor, ProcessorPlugin, StoragePlugin, hookimpl
from tests.core.distributions import FakeIndex, FakeStorage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from fileroom.config import Config
    from fileroom.plugin import Decision, Incoming, Product, RemovedBatch, StoredBatch


@dataclass(frozen=True)
class NoOptions:
    pass


@dataclass(frozen=True)
class Root:
    root: Path = Path("root")
    size: int = 1


class Backends:
    """A host's own index and storage, so that a test needs no installed one."""

    @hookimpl
    def fileroom_index(self) -> IndexPlugin:
        return IndexPlugin("fake", NoOptions, FakeIndex, "fake")

    @hookimpl
    def fileroom_storage(self) -> StoragePlugin:
        return StoragePlugin("fake", Root, FakeStorage, "fake")


def config_of(**tables: dict[str, object]) -> Config:
    fake: dict[str, dict[str, object]] = {"index": {"backend": "fake"}, "storage": {"backend": "fake"}}
    return load_config("archive", **{**fake, **tables})


def opened(*plugins: object, **tables: dict[str, object]) -> Dispatch:
    return Dispatch.open(config_of(**tables), [Backends(), *plugins])


def refused(*plugins: object, **tables: dict[str, object]) -> FileroomError:
    with pytest.raises(FileroomError) as caught:
        opened(*plugins, **tables)
    return caught.value


def offering(storage: object) -> object:
    class Offering:
        @hookimpl
        def fileroom_storage(self) -> Any:
            return storage

    return Offering()


def raising(error: BaseException) -> Callable[[Any], Any]:
    def open_(_: object) -> object:
        raise error

    return open_


def extending(open_: Callable[[Any], object], name: str = "bell") -> object:
    class Extending:
        @hookimpl
        def fileroom_extension(self) -> ExtensionPlugin:
            return ExtensionPlugin(name, Root, open_, "")

    return Extending()


class Bell:
    """An extension object that remembers what it heard."""

    heard: list[tuple[str, object]]

    def __init__(self, options: object = None) -> None:
        self.options = options
        self.heard = []
        self.closed = 0

    @hookimpl
    def fileroom_stored(self, batch: StoredBatch) -> None:
        self.heard.append(("stored", batch))

    @hookimpl
    def fileroom_removed(self, batch: RemovedBatch) -> None:
        self.heard.append(("removed", batch))

    def close(self) -> None:
        self.closed += 1


class Failing:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    @hookimpl
    def fileroom_stored(self, batch: StoredBatch) -> None:
        raise self.error

    def close(self) -> None:
        raise self.error


class Gate:
    def __init__(self, decision: object) -> None:
        self.decision = decision

    @hookimpl
    def fileroom_before_store(self, incoming: Incoming) -> Decision | None:
        if isinstance(self.decision, BaseException):
            raise self.decision
        return self.decision  # type: ignore[return-value]


class Echo(Processor):
    def __init__(self, options: object) -> None:
        self.options = options
        self.closed = 0

    def process(self, source: BinaryIO) -> Sequence[Product]:
        return []

    def close(self) -> None:
        self.closed += 1


def processing(name: str = "echo", open_: Callable[[Any], Processor] = Echo) -> object:
    class Processing:
        @hookimpl
        def fileroom_processor(self) -> ProcessorPlugin:
            return ProcessorPlugin(name, Root, open_, "")

    return Processing()

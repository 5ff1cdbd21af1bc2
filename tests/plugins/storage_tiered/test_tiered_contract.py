"""The tiered storage keeps every promise, whatever its tiers are."""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from fileroom.plugin import InnerStorage
from fileroom.testing.storage import StorageContract
from fileroom.testing.storage_machine import storage_machine
from fileroom_plugins.databases.opening import open_sqlite
from fileroom_plugins.storage_sql.storage import SqlStorage
from fileroom_plugins.storage_tiered.rules import Rule
from fileroom_plugins.storage_tiered.storage import TieredStorage
from tests.plugins.storage_tiered.tiers import RULES, files, memory, tiered

if TYPE_CHECKING:
    from pathlib import Path

    from fileroom.storage import Storage
    from fileroom.testing.memory_storage import Objects
    from fileroom.testing.storage_case import OpenStorage


@pytest.fixture(autouse=True)
def _no_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


class TestOverMemoryAndFiles(StorageContract):
    holds_in_memory = True

    @pytest.fixture
    def open_storage(self, tmp_path: Path) -> OpenStorage:
        small = memory()
        return lambda: tiered(small=small, large=files(tmp_path / "large"))


class TestOverFiles(StorageContract):
    """All tiers keep local files, so their paths are known."""

    @pytest.fixture
    def open_storage(self, tmp_path: Path) -> OpenStorage:
        return lambda: tiered(small=files(tmp_path / "small"), large=files(tmp_path / "large"))


class TestOverSqlAndFiles(StorageContract):
    @pytest.fixture
    def open_storage(self, tmp_path: Path) -> OpenStorage:
        return lambda: tiered(small=lambda: _sql(tmp_path / "small.db"), large=files(tmp_path / "large"))


class TestWithAnOriginal(StorageContract):
    """The archive had one of the tiers alone before, and that one's locators stay as they were."""

    @pytest.fixture
    def open_storage(self, tmp_path: Path) -> OpenStorage:
        tiers = {"small": InnerStorage.of(memory()), "large": InnerStorage.of(files(tmp_path / "large"))}
        return lambda: TieredStorage(tiers, default="large", rules=RULES, original="large")

    holds_in_memory = True


@pytest.mark.slow
class TestWithinEachOther(StorageContract):
    holds_in_memory = True

    @pytest.fixture
    def open_storage(self) -> OpenStorage:
        one, two, three = memory(), memory(), memory()
        inner_rules = (Rule("small", max_size=400),)
        return lambda: tiered(small=one, large=lambda: tiered(inner_rules, small=two, large=three))


def _sql(path: Path) -> Storage:
    return SqlStorage(open_sqlite(path, "normal", 30.0), chunk_size=1 << 16)


_small: dict[Path, Objects] = defaultdict(dict)

TestTieredLife = storage_machine(
    lambda folder: tiered(small=memory(_small[folder]), large=files(folder / "large"))
)

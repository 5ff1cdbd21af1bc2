"""The reference storage keeps every promise, save that it holds its objects in memory."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from fileroom.testing.memory_storage import MemoryStorage
from fileroom.testing.storage import StorageContract
from fileroom.testing.storage_machine import storage_machine

if TYPE_CHECKING:
    from pathlib import Path

    from fileroom.testing.memory_storage import Objects
    from fileroom.testing.storage_case import OpenStorage


class TestMemoryStorage(StorageContract):
    holds_in_memory = True

    @pytest.fixture
    def open_storage(self) -> OpenStorage:
        objects: Objects = {}
        return lambda: MemoryStorage(objects)


_places: dict[Path, Objects] = defaultdict(dict)

TestMemoryStorageLife = storage_machine(lambda folder: MemoryStorage(_places[folder]))

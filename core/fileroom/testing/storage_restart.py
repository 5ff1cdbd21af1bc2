"""The part of the storage kit about what outlives a process, and about local files.

PYTEST_DONT_REWRITE: explaining how megabytes differ takes pytest minutes, under ``-v`` and on CI.
"""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fileroom.errors import AlreadyExistsError, NotFoundError, NotSupportedError
from fileroom.storage import StorageCapabilities
from fileroom.testing.storage_case import NAMINGS, StorageCase, content, listed, new_item, new_key, sample

if TYPE_CHECKING:
    from pathlib import Path

    from fileroom.storage import Storage
    from fileroom.testing.storage_case import OpenStorage


class LocalPathContract(StorageCase):
    """Naming an object's own file, for storages that can."""

    def test_capabilities_are_declared(self, storage: Storage) -> None:
        assert isinstance(storage.capabilities, StorageCapabilities)

    @pytest.mark.parametrize("naming", [{}, NAMINGS[-1]], ids=["unnamed", "named"])
    def test_a_local_path_is_that_of_the_objects_file(self, storage: Storage, naming: dict[str, str]) -> None:
        locator = storage.put(new_key(), sample(5_000), naming).locator
        if storage.capabilities.local_path:
            assert storage.local_path(locator).read_bytes() == sample(5_000)
        else:
            with pytest.raises(NotSupportedError):
                storage.local_path(locator)

    def test_local_files_lie_in_the_folders_that_are_told(self, storage: Storage) -> None:
        folders = storage.folders()
        assert all(folder.is_absolute() for folder in folders)
        if storage.capabilities.local_path:
            path = storage.local_path(storage.put(new_key(), b"x").locator)
            assert any(path.is_relative_to(folder) for folder in folders)

    @pytest.mark.parametrize("naming", [{}, NAMINGS[-1]], ids=["unnamed", "named"])
    def test_a_local_path_leads_back_to_its_locator(self, storage: Storage, naming: dict[str, str]) -> None:
        locator = storage.put(new_key(), b"x", naming).locator
        if storage.capabilities.local_path:
            path = storage.local_path(locator)
            assert storage.locator_of(path) == locator
            storage.delete([locator])
            assert storage.locator_of(path) == locator, "the name alone decides"

    def test_a_path_elsewhere_has_no_locator(self, storage: Storage, tmp_path: Path) -> None:
        locator = storage.put(new_key(), b"x").locator
        elsewhere = [tmp_path / "elsewhere" / locator, *storage.folders()]
        if storage.capabilities.local_path:
            path = storage.local_path(locator)
            for folder in storage.folders():
                if path.is_relative_to(folder):
                    below = path.relative_to(folder)
                    beside = folder.with_name(f"{folder.name}-copy")
                    elsewhere += [beside / below, folder / ".." / below]
        assert [path for path in elsewhere if storage.locator_of(path) is not None] == []

    def test_there_is_no_local_path_for_what_is_gone(self, storage: Storage) -> None:
        locator = storage.put(new_key(), b"gone").locator
        storage.delete([locator])
        with pytest.raises((NotFoundError, NotSupportedError)):
            storage.local_path(locator)


class RestartContract(StorageCase):
    """Closing a storage and opening it again, or twice at a time."""

    def test_objects_outlive_a_restart(self, open_storage: OpenStorage) -> None:
        storage = open_storage()
        stored = storage.put_many([new_item(sample(1_000, i), NAMINGS[-i]) for i in range(10)])
        storage.close()
        storage = open_storage()
        assert listed(storage) == {one.locator: 1_000 for one in stored}
        assert [content(storage, one.locator) for one in stored] == [sample(1_000, i) for i in range(10)]
        storage.close()

    def test_deletions_outlive_a_restart(self, open_storage: OpenStorage) -> None:
        storage = open_storage()
        gone, kept = storage.put_many([new_item(b"gone"), new_item(b"kept")])
        storage.delete([gone.locator])
        storage.close()
        storage = open_storage()
        assert listed(storage) == {kept.locator: 4}
        storage.close()

    def test_an_existing_key_is_refused_after_a_restart(self, open_storage: OpenStorage) -> None:
        key = new_key()
        storage = open_storage()
        locator = storage.put(key, b"first").locator
        storage.close()
        storage = open_storage()
        with pytest.raises(AlreadyExistsError):
            storage.put(key, b"second")
        assert content(storage, locator) == b"first"
        storage.close()

    def test_two_that_are_open_at_once_see_each_others_objects(self, open_storage: OpenStorage) -> None:
        one, other = open_storage(), open_storage()
        stored = one.put(new_key(), b"shared")
        assert content(other, stored.locator) == b"shared"
        other.delete([stored.locator])
        assert listed(one) == {}
        with pytest.raises(NotFoundError):
            one.stat(stored.locator)
        one.close()
        other.close()

    def test_notes_are_lines_that_tell_something(self, storage: Storage) -> None:
        storage.put(new_key(), b"noted")
        assert all(note.strip() and note.isprintable() for note in storage.notes())

    def test_closing_twice_does_nothing(self, open_storage: OpenStorage) -> None:
        storage = open_storage()
        stored = storage.put(new_key(), b"kept")
        storage.close()
        storage.close()
        storage = open_storage()
        assert content(storage, stored.locator) == b"kept"
        storage.close()

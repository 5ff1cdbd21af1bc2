"""The vault keeps the storage contract, and puts everything into one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fileroom_vault.storage import Options, VaultStorage

import fileroom
from fileroom.testing.datasets import make_instance
from fileroom.testing.storage import StorageContract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fileroom.plugin import Storage


class TestVault(StorageContract):
    @pytest.fixture
    def open_storage(self, tmp_path: Path) -> Callable[[], Storage]:
        return lambda: VaultStorage(Options(tmp_path / "vault.sqlite"))


def test_an_archive_can_live_in_a_vault(tmp_path: Path) -> None:
    index = {"backend": "sqlite", "path": str(tmp_path / "index.sqlite")}
    storage = {"backend": "vault", "path": str(tmp_path / "vault.sqlite")}
    data = make_instance()
    with fileroom.open(index=index, storage=storage, quarantine={"path": str(tmp_path / "q")}) as archive:
        instance = archive.store(data).check().instance
        assert instance is not None
        assert instance.attachments["dicom"].read() == data
        assert list(archive.verify()) == []
    assert (tmp_path / "vault.sqlite").stat().st_size > len(data)

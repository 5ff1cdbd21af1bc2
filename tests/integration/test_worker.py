"""A worker process of an import: what it does when its parent closes the pipe."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import pytest

from fileroom.config import load_config
from fileroom.errors import StorageError
from fileroom.prepare import Preparer
from fileroom.worker import serve
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage


def requests(folder: Path) -> io.BytesIO:
    """What a parent asks that has a worker open the archive in a folder, and then ends it."""
    return io.BytesIO(pickle.dumps(("open", (load_config(folder), Preparer))))


def test_the_storage_is_closed_so_that_it_can_finish_what_it_has_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[FilesystemStorage] = []

    def note(self: FilesystemStorage) -> None:
        closed.append(self)

    monkeypatch.setattr(FilesystemStorage, "close", note)
    answers = io.BytesIO()
    serve(requests(tmp_path / "archive"), answers)
    assert pickle.loads(answers.getvalue()) == (True, None)
    assert len(closed) == 1


def test_a_storage_that_cannot_be_closed_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(self: FilesystemStorage) -> None:
        raise StorageError("storage: the network is gone")

    monkeypatch.setattr(FilesystemStorage, "close", fail)
    serve(requests(tmp_path / "archive"), io.BytesIO())
    assert [one.getMessage() for one in caplog.records] == [
        "an import worker could not close its storage: storage: the network is gone"
    ]


def test_a_worker_that_was_asked_for_nothing_has_nothing_to_close() -> None:
    serve(io.BytesIO(), io.BytesIO())

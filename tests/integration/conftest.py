from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import fileroom
from fileroom.archive import Archive
from tests.integration.migration_archives import Memory, open_archive, rich


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """An archive on the embedded defaults: SQLite and the filesystem."""
    config = {"enable": ["imaging"]}
    with fileroom.open(tmp_path / "archive", plugins=config, content_types={"report": 1024}) as archive:
        yield archive


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def source(memory: Memory, tmp_path: Path) -> Iterator[Archive]:
    """A rich archive, to be migrated."""
    archive = rich(memory, "memory", tmp_path)
    yield archive
    archive.close()


@pytest.fixture
def target(memory: Memory, tmp_path: Path) -> Iterator[Archive]:
    """An empty archive, to be migrated to."""
    archive = open_archive(memory, "mixed", tmp_path / "target")
    yield archive
    archive.close()

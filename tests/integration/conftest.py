from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import fileroom
from fileroom.archive import Archive


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """An archive on the embedded defaults: SQLite and the filesystem."""
    config = {"enable": ["imaging"]}
    with fileroom.open(tmp_path / "archive", plugins=config, content_types={"report": 1024}) as archive:
        yield archive

from __future__ import annotations

from pathlib import Path

import pytest

from fileroom_plugins.index_linear.record import Record
from tests.plugins.index_linear.written import record_of, three_files


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return three_files(tmp_path / "source")


@pytest.fixture
def records(files: list[Path]) -> list[Record]:
    return [record_of(file) for file in files]


@pytest.fixture
def area(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / "area"
    folder.mkdir()
    return folder

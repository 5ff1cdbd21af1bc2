"""A process dies between put and commit, again and again: nothing is lost, and nothing dangles."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import fileroom
from tests.integration.deaths import deaths_of
from tests.integration.matrix import config_of
from tests.thorough import times

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")

FEW, MANY = 20, times(100)


@pytest.mark.parametrize(
    ("index", "storage", "times"),
    [
        ("postgres", "s3", FEW),
        ("postgres", "sql", FEW),
        ("sqlite", "sql", FEW),
        ("sqlite", "tiered", FEW),
        ("postgres", "cache", FEW),
        pytest.param("postgres", "s3", MANY, marks=pytest.mark.slow),
        pytest.param("mariadb", "sql", MANY // 2, marks=pytest.mark.slow),
    ],
)
def test_however_often_a_process_dies_while_it_stores_nothing_acknowledged_is_lost(
    request: pytest.FixtureRequest, tmp_path: Path, index: str, storage: str, times: int
) -> None:
    config: dict[str, Any] = config_of(request, tmp_path / "archive", index, storage)
    acknowledged = tmp_path / "acknowledged"
    assert deaths_of("dying", config, times, acknowledged) > times // 2, (
        "too few died: the test proves little"
    )
    with fileroom.open(**config) as archive:
        promised = list(dict.fromkeys(acknowledged.read_text().split()))
        assert len(promised) >= times // 10
        assert None not in archive.index.get(promised), "an acknowledged instance was lost"
        assert list(archive.verify()) == [], "a row points at missing or other bytes"
        swept = archive.sweep(grace=0)
        assert swept.deleted == swept.orphans
        if storage == "sql":
            assert swept.orphans == 0, "index and bytes were in one transaction"
        assert len(list(archive.storage.list())) == archive.statistics().attachments
        assert list(archive.verify()) == []

"""Every index works with every storage, to the same effect; what cannot work together is refused."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

import fileroom
from fileroom.errors import ConfigError
from fileroom.migrating import migrate
from tests.integration.matrix import IMPOSSIBLE, INDEXES, STORAGES, lasting, live, open_pair
from tests.integration.migration_archives import contents

PAIRS = [(index, storage) for index in INDEXES for storage in STORAGES]


@lru_cache(maxsize=1)
def expected() -> dict[str, Any]:
    """Return what is seen of a life in an archive of the defaults."""
    with TemporaryDirectory() as folder:
        where = Path(folder)
        config: dict[str, Any] = {
            "ingest": {"overwrite": "if-changed"},
            "content_types": {"report": 1024, "large": 1025},
            "plugins": {"enable": ["imaging"]},
        }
        with fileroom.open(where / "archive", **config) as archive:
            return live(archive, where)


@pytest.mark.parametrize(("index", "storage"), [pair for pair in PAIRS if pair not in IMPOSSIBLE])
def test_the_same_life_is_led_with_every_pair(
    request: pytest.FixtureRequest, tmp_path: Path, index: str, storage: str
) -> None:
    with open_pair(request, tmp_path / "archive", index, storage) as archive:
        seen = live(archive, tmp_path)
    wanted = expected()
    for part, what in wanted.items():
        assert seen[part] == what, part
    with open_pair(request, tmp_path / "archive", index, storage) as archive:
        assert lasting(archive) == wanted["contents"], "and it lasts"
        with fileroom.open(tmp_path / "onward") as onward:
            report = migrate(archive, onward)
            assert list(report) == []
            assert contents(onward) == contents(archive)
            assert list(onward.verify()) == []


@pytest.mark.parametrize(("index", "storage"), sorted(IMPOSSIBLE))
def test_a_pair_that_cannot_work_is_refused_in_one_sentence_when_it_is_opened(
    request: pytest.FixtureRequest, tmp_path: Path, index: str, storage: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        open_pair(request, tmp_path / "archive", index, storage)
    assert "\n" not in str(caught.value)
    assert "linear" in str(caught.value)

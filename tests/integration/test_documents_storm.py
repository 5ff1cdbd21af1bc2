"""Two editors of documents die at any step, again and again: what was published stands, and agrees."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.testing.datasets import make_instance
from tests.integration.deaths import deaths_of
from tests.integration.document_kinds import KINDS
from tests.integration.matrix import config_of
from tests.integration.migration_archives import sound
from tests.thorough import times

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")


@pytest.mark.parametrize(
    ("pair", "count"),
    [
        (("sqlite", "filesystem"), 6),
        pytest.param(("sqlite", "sql"), times(40), marks=pytest.mark.slow),
        pytest.param(("postgres", "sql"), times(40), marks=pytest.mark.slow),
        pytest.param(("postgres", "s3"), times(40), marks=pytest.mark.slow),
    ],
)
def test_however_often_editors_die_what_was_published_stands_and_agrees(
    request: pytest.FixtureRequest, tmp_path: Path, pair: tuple[str, str], count: int
) -> None:
    config: dict[str, Any] = config_of(request, tmp_path / "archive", *pair)
    acknowledged = tmp_path / "acknowledged"
    assert deaths_of("dying_editors", config, count, acknowledged) >= count // 3, (
        "too few died: the test proves little"
    )
    with fileroom.open(**config, register=KINDS) as archive:
        archive.documents.rollback()
        check(archive, acknowledged.read_text().splitlines())
        archive.store(make_instance()).check()  # for a sweep asks for an index that was in use
        assert list(archive.verify()) == []
        swept = archive.sweep(grace=0)
        assert swept.deleted == swept.orphans
        assert sound(archive)
        check(archive, acknowledged.read_text().splitlines())


def check(archive: Archive, acknowledged: list[str]) -> None:
    """Make sure that what was acknowledged is there, once, and refers to what is there."""
    documents = archive.documents
    there = {one.name for one in documents.list()}
    assert all(set(one.refers_to) <= there for one in documents.list())
    assert acknowledged
    assert len(set(acknowledged)) == len({line.rpartition(" ")[0] for line in acknowledged})
    for line in set(acknowledged):
        name, version, digest = line.split()
        history = [one for one in documents.history(name) if not one.built_in]
        assert [one.version for one in history] == list(range(1, len(history) + 1))
        assert history[int(version) - 1].digest == digest
        assert documents.get(name, int(version)).version == int(version)

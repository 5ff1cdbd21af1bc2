"""SIGKILL at random points of work in a storage area: what was acknowledged stays, and DCMTK can go on."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from fileroom.model import Level
from fileroom.testing.datasets import Corpus
from tests.areas import check_agreement, identity_of, open_area
from tests.dcmtk import needs_dcmtk, printed, register
from tests.integration.area_worker import LABEL, Worker
from tests.thorough import times

pytestmark = [needs_dcmtk, pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")]

FILES = 400
AT_ONCE = 60


class Promises:
    """What was acknowledged, and what may have happened besides."""

    def __init__(self) -> None:
        self.stored: set[str] = set()
        self.labelled: set[str] = set()
        self.deleted: set[str] = set()

    def note(self, deed: str, words: list[str], told: list[str]) -> None:
        """Note what a worker said it did of its work before it died."""
        if deed == "label":
            self.labelled |= set(told)
        elif deed == "delete":
            under_way = words[: len(told) + 1]  # the one it died of may be gone, or not
            self.stored -= set(under_way)
            self.labelled -= set(under_way)
            self.deleted |= set(told)
        else:
            self.stored |= set(told)
            # Of a batch all may be there, though it died before it told of any.
            self.deleted -= {identity_of(Path(word)).public_id(Level.INSTANCE) for word in words}

    def check(self, area: Path) -> None:
        """Make sure that they are kept."""
        with open_area(area) as archive:
            found = {instance.id: set(instance.labels) for instance in archive.find("instance")}
            assert self.stored <= found.keys(), "an acknowledged instance was lost"
            assert not self.deleted & found.keys(), "a deleted instance came back"
            assert all(LABEL in found[id_] for id_ in self.labelled), "an acknowledged label was lost"
            assert list(archive.index.problems()) == []


def kill_many_times(tmp_path: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    area, source, theirs = (tmp_path / name for name in ("area", "source", "theirs"))
    source.mkdir()
    theirs.mkdir()
    for number, instance in enumerate(Corpus(FILES, 4_000, seed=1)):
        (source / f"{number}.dcm").write_bytes(instance.data)
    for number, instance in enumerate(Corpus(kills, 4_000, seed=2)):
        (theirs / f"{number}.dcm").write_bytes(instance.data)
    files = sorted(source.iterdir())
    promises = Promises()
    alive = 0
    for number in range(kills):
        deed = chance.choice(["store", "ingest", "register", "label", "delete"]) if number else "store"
        known = sorted(promises.stored)
        words = [str(one) for one in (known if deed in ("label", "delete") else files)]
        words = chance.sample(words, min(AT_ONCE, len(words)))
        with Worker(area, deed, words) as worker:
            worker.go()
            told = worker.told(chance.randrange(len(words) // 2 + 1))
            time.sleep(chance.uniform(0, 0.01))  # so that it dies anywhere
            alive += worker.is_alive()
            told += worker.kill()
        promises.note(deed, words, told)
        printed(area)
        if chance.random() < 0.5:  # DCMTK may come first
            register(area, theirs / f"{number}.dcm")
        promises.check(area)
        check_agreement(area)
    assert alive > kills // 2, "too few were at work when they were killed"


def test_nothing_acknowledged_is_lost_by_those_who_are_killed_at_work(tmp_path: Path) -> None:
    kill_many_times(tmp_path, kills=5, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 2 + times(1)))
def test_nothing_acknowledged_is_lost_in_many_kills(tmp_path: Path, seed: int) -> None:
    kill_many_times(tmp_path, kills=25, seed=seed)

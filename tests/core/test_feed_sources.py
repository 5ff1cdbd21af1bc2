"""Feeds among the sources of an import."""

from __future__ import annotations

import errno
import functools
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

import fileroom
from fileroom.errors import FeedError
from fileroom.feeding import Feed, FeedItem
from fileroom.reports import IngestStoppedError, Progress
from fileroom.sources import Candidate, Skipped, Sources, estimate, plain_files, walk
from fileroom.testing.datasets import make_instance

LARGE = make_instance(rows=300, columns=300)
"""Too large to be read whole with its header."""


class Letters(Feed):
    """Objects from memory, and openers of others."""

    def __init__(self, *objects: bytes | FeedItem, counts: bool = True) -> None:
        self._objects = objects
        self._counts = counts
        self.iterations = 0

    def __iter__(self) -> Iterator[FeedItem]:
        self.iterations += 1
        for number, one in enumerate(self._objects):
            yield one if isinstance(one, FeedItem) else item(f"letter {number}", one)

    def count(self) -> int | None:
        return len(self._objects) if self._counts else super().count()


def item(name: str, data: bytes) -> FeedItem:
    return FeedItem(name, len(data), functools.partial(io.BytesIO, data))


def failing(error: Exception, *, after: int = 0) -> FeedItem:
    opened = iter(range(after))

    def fail() -> BinaryIO:
        if next(opened, None) is None:
            raise error
        return io.BytesIO(LARGE)

    return FeedItem("failing", len(LARGE), fail)


def candidates(sources: Sources) -> list[Candidate]:
    skipped: list[Skipped] = []
    found = list(walk(sources, skipped.append))
    assert skipped == []
    return found


def skipped_of(feed: Feed) -> list[Skipped]:
    skipped: list[Skipped] = []
    assert list(walk(feed, skipped.append)) == []
    return skipped


def test_objects_of_a_feed_are_candidates_that_open_as_often_as_one_likes() -> None:
    (one, two) = candidates(Letters(b"one", b"second"))
    assert [(c.name, c.size, c.path, c.stamp) for c in (one, two)] == [
        ("letter 0", 3, None, 0),
        ("letter 1", 6, None, 0),
    ]
    for _ in range(2):
        with two.open() as file:
            assert file.read() == b"second"


def test_feeds_and_their_items_may_stand_among_other_sources(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"file")
    sources: list[Sources] = [tmp_path / "x", Letters(b"a"), item("single", b"b"), b"bytes"]
    assert [c.size for c in candidates(sources)] == [4, 1, 1, 5]


def test_an_object_without_bytes_is_ignored() -> None:
    assert skipped_of(Letters(b"")) == [Skipped("letter 0", "ignored", "empty file")]


def test_an_object_that_cannot_be_opened_is_rejected_with_its_reason() -> None:
    error = OSError(errno.EIO, "eaten by the dog")
    assert skipped_of(Letters(failing(error))) == [Skipped("failing", "rejected", "eaten by the dog")]


def test_a_zip_file_in_a_feed_is_replaced_by_its_members() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("in/side", b"deep")
    (found,) = candidates(Letters(packed.getvalue()))
    with found.open() as file:
        assert (found.name, file.read()) == ("letter 0!in/side", b"deep")


def test_names_do_no_harm_on_a_terminal() -> None:
    (found,) = candidates(item("red \x1b[31m", b"x"))
    assert found.name == r"red \u001b[31m"


def test_a_feed_counts_as_many_as_it_says_and_is_not_read_for_that() -> None:
    feed = Letters(b"a", b"b")
    assert estimate([feed, b"bytes", item("single", b"c")]) == (4, 5)
    assert estimate(Letters(b"a", counts=False)) == (0, 0)
    assert feed.iterations == 0


def test_a_feed_is_not_files_on_this_machine() -> None:
    skipped: list[Skipped] = []
    assert list(plain_files(Letters(b"a", b"b"), skipped.append)) == []
    assert [one.status for one in skipped] == ["rejected", "rejected"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_feed_is_imported_whatever_the_number_of_processes(tmp_path: Path, jobs: int) -> None:
    feed = Letters(*(make_instance(instance_number=n) for n in range(600)), b"no DICOM", b"")
    told: list[Progress] = []
    with fileroom.open(tmp_path / "archive") as archive:
        report = archive.ingest(feed, jobs=jobs, progress=told.append)
        assert (report.stored, report.ignored, archive.statistics().instances) == (600, 2, 600)
    assert {one.total for one in told} == {602}


@pytest.mark.parametrize("after", [1, 2])
def test_an_object_that_fails_while_it_is_read_is_rejected_and_the_others_are_stored(
    tmp_path: Path, after: int
) -> None:
    feed = Letters(
        failing(OSError(errno.EIO, "eaten by the dog"), after=after), make_instance(instance_number=2)
    )
    with fileroom.open(tmp_path / "archive") as archive:
        outcomes = list(archive.ingest(feed))
    assert sorted((one.status.value, one.reason) for one in outcomes) == [
        ("rejected", "cannot be read: eaten by the dog"),
        ("stored", ""),
    ]


def during_iteration() -> Feed:
    class Failing(Letters):
        def __iter__(self) -> Iterator[FeedItem]:
            yield from super().__iter__()
            raise FeedError("the place fails: look after it")

    return Failing(make_instance())


def when_opened() -> Feed:
    return Letters(make_instance(instance_number=2), failing(FeedError("the place fails: look after it")))


def when_read() -> Feed:
    return Letters(failing(FeedError("the place fails: look after it"), after=1))


@pytest.mark.parametrize("make", [during_iteration, when_opened, when_read])
def test_a_feed_that_fails_stops_the_import_with_one_sentence(
    tmp_path: Path, make: Callable[[], Feed]
) -> None:
    with fileroom.open(tmp_path / "archive") as archive:
        with pytest.raises(IngestStoppedError) as caught:
            archive.ingest(make())
        assert str(caught.value).startswith("the import stopped: the place fails: look after it; what was")
        assert caught.value.report.stored == archive.statistics().instances

"""Reading many instances: several are looked up in one go, and none is read as it was before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import pytest

import fileroom
from fileroom import _together
from fileroom._archive.processing import BATCH
from fileroom.archive import Archive
from fileroom.errors import NotFoundError
from fileroom.index import Details
from fileroom.plugin import Processor, ProcessorPlugin, Product, Takes, hookimpl
from fileroom.reports import ProcessFailure
from fileroom.resources import Instance
from fileroom.testing.datasets import make_instance
from tests.core.host_plugins import NoOptions

COUNT = 70


def data(number: int, rows: int = 4) -> bytes:
    return make_instance(sop_uid=f"1.2.{number}", instance_number=number, rows=rows, columns=4)


def all_of(archive: Archive) -> Iterable[Instance]:
    return archive.find("instance", order_by="InstanceNumber")


def children(archive: Archive) -> Iterable[Instance]:
    series = archive.find("series").first()
    assert series is not None
    return series.instances


def rows_of(instance: Instance) -> int:
    return int(instance.dataset().Rows)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with fileroom.open(tmp_path / "archive", ingest={"overwrite": "if-changed"}) as archive:
        archive.ingest([data(number) for number in range(COUNT)])
        yield archive


@pytest.fixture
def looks(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many resources the index was asked for at a time."""
    asked: list[int] = []
    details = archive.index.details

    def counting(ids: Sequence[str]) -> list[Details | None]:
        asked.append(len(ids))
        return details(ids)

    monkeypatch.setattr(archive.index, "details", counting)
    return asked


@pytest.mark.parametrize("found", [all_of, children])
def test_who_reads_one_after_the_other_asks_the_index_a_few_times(
    archive: Archive, looks: list[int], found: Callable[[Archive], Iterable[Instance]]
) -> None:
    read = []
    for instance in found(archive):
        with instance.open() as file:
            read.append(file.read())
    assert sorted(read) == sorted(map(data, range(COUNT)))
    assert len(looks) <= 8
    assert sum(looks) <= COUNT + 6


def test_who_reads_one_asks_for_one(archive: Archive, looks: list[int]) -> None:
    list(all_of(archive))[5].open().close()
    assert looks == [1]


def test_who_reads_here_and_there_asks_for_a_few(archive: Archive, looks: list[int]) -> None:
    for instance in list(all_of(archive))[::10]:
        instance.open().close()
    assert sum(looks) <= 2 * len(looks)


def test_every_thread_reads_what_it_asked_for(archive: Archive) -> None:
    instances = list(all_of(archive))
    with ThreadPoolExecutor(4) as pool:
        read = pool.map(lambda one: one.dataset().SOPInstanceUID, instances)
    assert list(read) == [one.uid for one in instances]


def test_what_was_replaced_through_this_archive_is_read_as_it_is_now(
    archive: Archive, tmp_path: Path
) -> None:
    stored, registered = COUNT - 2, COUNT - 1
    (tmp_path / "new.dcm").write_bytes(data(registered, rows=9))
    rows = []
    for number, instance in enumerate(all_of(archive)):
        if number == COUNT - 5:
            archive.store(data(stored, rows=8)).check()
            # Its old bytes are left to a sweep, and could still be read.
            assert archive.register(tmp_path / "new.dcm", overwrite="always").replaced == 1
        rows.append(rows_of(instance))
    assert rows == [4] * (COUNT - 2) + [8, 9]


def test_what_others_replaced_or_deleted_is_not_read_as_it_was(archive: Archive) -> None:
    instances = list(all_of(archive))
    assert [rows_of(one) for one in instances[:40]] == [4] * 40
    with fileroom.open(archive.config.base, ingest={"overwrite": "always"}) as other:
        other.store(data(50, rows=8)).check()
        other.delete(instances[51].id)
    assert rows_of(instances[50]) == 8
    with pytest.raises(NotFoundError):
        instances[51].open()
    assert rows_of(instances[52]) == 4


def test_what_was_looked_up_does_not_count_for_long(
    archive: Archive, looks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_together, "FRESH", -1.0)
    for instance in all_of(archive):
        instance.open().close()
    assert len(looks) == COUNT


def test_a_handle_that_is_read_again_asks_again(archive: Archive, looks: list[int]) -> None:
    instance = next(iter(all_of(archive)))
    for _ in range(3):
        instance.open().close()
    assert len(looks) == 3


class Size(Processor):
    """Tells how large an object is, and has something done first, once."""

    def __init__(self, meanwhile: list[Callable[[], object]]) -> None:
        self._meanwhile = meanwhile

    def process(self, source: BinaryIO) -> Sequence[Product]:
        while self._meanwhile:
            self._meanwhile.pop()()
        return [Product(1200, str(len(source.read())).encode(), "text/plain")]


def size(meanwhile: list[Callable[[], object]]) -> object:
    class Offering:
        @hookimpl
        def fileroom_processor(self) -> ProcessorPlugin:
            return ProcessorPlugin("size", NoOptions, lambda _: Size(meanwhile), "", takes=Takes.EACH)

    return Offering()


@pytest.mark.parametrize("keep", [True, False])
def test_what_is_replaced_while_others_are_processed_is_processed_as_it_is(
    tmp_path: Path, keep: bool
) -> None:
    meanwhile: list[Callable[[], object]] = []
    with fileroom.open(tmp_path / "a", register=[size(meanwhile)], ingest={"overwrite": "always"}) as opened:
        opened.ingest([data(number) for number in range(6)])
        meanwhile.append(lambda: opened.store(data(3, rows=8)).check())
        series = opened.find("series").first()
        assert series is not None
        if keep:
            opened.process_many(all_of(opened), "size")
            made = [one.attachments[1200].read() for one in all_of(opened)]
        else:
            made = [product.data for product in series.process("size", keep=False)]
    assert made == [str(len(data(number, rows=8 if number == 3 else 4))).encode() for number in range(6)]


def test_what_is_deleted_while_others_are_processed_is_gone(tmp_path: Path) -> None:
    meanwhile: list[Callable[[], object]] = []
    with fileroom.open(tmp_path / "a", register=[size(meanwhile)]) as opened:
        opened.ingest([data(number) for number in range(4)])
        meanwhile.append(lambda: opened.delete(list(all_of(opened))[2]))
        report = opened.process_many(all_of(opened), "size")
    assert [one.failure for one in report] == [None, None, ProcessFailure.GONE, None]


def test_many_are_processed_with_a_few_looks(archive: Archive, looks: list[int]) -> None:
    assert archive.process_many(all_of(archive), "metadata").processed == COUNT
    assert len(looks) <= 4 * (COUNT // BATCH + 1)

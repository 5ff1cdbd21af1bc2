from __future__ import annotations

import itertools
import logging
import os
import pickle
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom.config import load_config
from fileroom.errors import ConfigError
from fileroom.index import Attach, Entry, Overwrite
from fileroom.model import Level
from fileroom.query import Query
from fileroom.reports import DeleteReport
from fileroom.retention import QuotaOptions, Retention, format_size, parse_size
from fileroom.tags import TagSet
from fileroom.testing.entries import attachment, entry
from fileroom.testing.memory_index import MemoryIndex


class Room:
    """An index that a retention keeps within its quota."""

    def __init__(self, index: MemoryIndex | None = None, **quota: Any) -> None:
        self.index = index or MemoryIndex(TagSet.with_extra({}), MemoryIndex.Store())
        self.retention = Retention(QuotaOptions(**quota), self.index, self.delete)
        self.garbage: list[str] = []

    def delete(self, ids: Sequence[str]) -> DeleteReport:
        removal = self.index.remove(ids)
        self.garbage += removal.garbage
        removed = tuple((Level(level).label, id_) for level, id_ in removal.removed)
        return DeleteReport(removed, removal.remaining)

    def store(self, *entries: Entry, overwrite: Overwrite = Overwrite.NEVER) -> None:
        clock_moves_on()
        self.retention.enforce(entries, self.index.commit(entries, overwrite))

    def studies(self) -> set[str]:
        return {record.uid for record in self.index.find(Query(Level.STUDY)).records}

    def instances(self) -> list[str]:
        return [record.uid for record in self.index.find(Query(Level.INSTANCE)).records]


def clock_moves_on() -> None:
    before = datetime.now(UTC)
    while datetime.now(UTC) == before:
        pass


def image(study: str, number: int = 1, size: int = 1, fill: str = "x") -> Entry:
    return entry("P", study, None, f"{study}.1.{number}", data=fill * size)


# Studies


def test_without_a_quota_the_index_is_not_asked() -> None:
    nobody: Any = None
    Retention(QuotaOptions(), nobody, nobody).enforce([image("1")], nobody)


def test_below_the_quota_nothing_is_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(max_studies=2, max_bytes=10)
    for name in ("find", "details", "oldest_studies"):
        monkeypatch.setattr(room.index, name, None)
    room.store(image("1", size=5), image("2", size=5))
    assert room.index.statistics().studies == 2


def test_one_study_too_many_and_the_oldest_goes_with_its_files() -> None:
    room = Room(max_studies=2)
    first = [image("1", 1), image("1", 2)]
    for one in (*first, image("2"), image("3")):
        room.store(one)
    assert room.studies() == {"2", "3"}
    assert set(room.garbage) == {one.attachment.locator for one in first}
    assert room.retention.evicted == 2


def test_a_new_image_refreshes_its_study() -> None:
    room = Room(max_studies=2)
    for one in (image("1"), image("2"), image("1", 2), image("3")):
        room.store(one)
    assert room.studies() == {"1", "3"}


def test_an_image_that_is_there_already_does_not() -> None:
    room = Room(max_studies=2)
    for one in (image("1"), image("2"), image("1"), image("3")):
        room.store(one)
    assert room.studies() == {"2", "3"}


def test_a_uid_that_begins_like_the_one_that_goes_stays_whole() -> None:
    room = Room(max_studies=2)
    room.store(image("1.2.1"))
    room.store(image("1.2.11", 1), image("1.2.11", 2))
    room.store(image("1.2.3"))
    assert room.studies() == {"1.2.11", "1.2.3"}
    assert room.instances() == ["1.2.11.1.1", "1.2.11.1.2", "1.2.3.1.1"]


def test_of_a_batch_with_too_many_studies_the_first_go() -> None:
    room = Room(max_studies=2)
    room.store(image("0"))
    room.store(image("1"), image("2"), image("3"), image("1", 2))
    assert room.studies() == {"3", "1"}


def test_what_is_stored_to_stays_even_if_the_clock_says_it_is_the_oldest() -> None:
    class Backwards(MemoryIndex):
        def oldest_studies(self, limit: int) -> list[str]:
            return super().oldest_studies(99)[::-1][:limit]

    room = Room(Backwards(TagSet.with_extra({}), MemoryIndex.Store()), max_studies=2)
    for study in ("1", "2", "3", "4"):
        room.store(image(study))
        assert study in room.studies()
    assert len(room.studies()) == 2


def test_a_quota_that_was_lowered_is_met_at_the_next_store() -> None:
    store = MemoryIndex.Store()
    generous = Room(MemoryIndex(TagSet.with_extra({}), store))
    for number in range(1, 8):
        generous.store(image(str(number)))
    room = Room(MemoryIndex(TagSet.with_extra({}), store), max_studies=3)
    room.store(image("8"))
    assert room.studies() == {"6", "7", "8"}


def test_two_that_let_go_of_the_same_study_meet_no_error_and_lose_no_other_study() -> None:
    """One evicts between every two steps of the other."""
    store = MemoryIndex.Store()
    for step in range(4):
        other = Room(MemoryIndex(TagSet.with_extra({}), store), max_studies=2)
        index = MemoryIndex(TagSet.with_extra({}), store)
        room = Room(index, max_studies=2)
        other.delete([record.id for record in index.find(Query(Level.PATIENT)).records])
        room.store(image("1"), image("2"))
        clock_moves_on()
        entries = [image("3")]
        committed = index.commit(entries)
        calls = itertools.count()

        def meddling(call: Callable[..., Any]) -> Callable[..., Any]:
            def called(*arguments: Any) -> Any:
                if next(calls) == step:  # noqa: B023 - called within this turn
                    other.retention.enforce(entries, committed)  # noqa: B023
                return call(*arguments)

            return called

        index.statistics = meddling(index.statistics)  # type: ignore[method-assign]
        index.oldest_studies = meddling(index.oldest_studies)  # type: ignore[method-assign]
        index.remove = meddling(index.remove)  # type: ignore[method-assign]
        room.retention.enforce(entries, committed)
        assert room.studies() == {"2", "3"}, f"step {step}"


def test_one_that_is_gone_does_not_keep_the_others() -> None:
    room = Room(max_studies=1)
    delete = room.delete
    gone: list[str] = []

    def meddling(ids: Sequence[str]) -> DeleteReport:
        if not gone:
            gone.append(ids[0])
            delete([ids[0]])
        return delete(ids)

    room.store(image("0"))
    room.retention = Retention(QuotaOptions(max_studies=1), room.index, meddling)
    room.store(image("1"), image("2"), image("3"))
    assert gone
    assert room.studies() == {"3"}
    assert room.retention.evicted == 2, "the first was somebody else's doing"


def test_only_public_ids_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    room = Room(max_studies=1)
    first = image("1.2.3.4.5")
    room.store(first)
    room.store(image("1.2.3.4.6"))
    assert caplog.messages == [
        f"over the quota, removed: study {first.header.identity.public_id(Level.STUDY)}"
    ]


# Bytes


def test_too_many_bytes_and_the_oldest_images_of_that_study_go() -> None:
    room = Room(max_bytes=10)
    for one in (image("9", 1, 5), image("1", 1, 4), image("1", 2, 4), image("9", 2, 5), image("1", 3, 5)):
        room.store(one)
    assert room.instances() == ["9.1.1", "1.1.2", "9.1.2", "1.1.3"]
    assert room.retention.evicted == 1


def test_as_many_go_as_have_to() -> None:
    room = Room(max_bytes=10)
    for number in range(1, 6):
        room.store(image("1", number, 2))
    room.store(image("1", 6, 5))
    assert room.instances() == ["1.1.4", "1.1.5", "1.1.6"]


def test_bytes_of_a_batch_are_as_those_of_one_after_the_other() -> None:
    room = Room(max_bytes=10)
    room.store(*(image("1", number, 4) for number in range(1, 6)), image("2", 1, 10))
    assert room.instances() == ["1.1.4", "1.1.5", "2.1.1"]


def test_an_image_that_was_replaced_is_not_the_one_that_goes_for_itself() -> None:
    room = Room(max_bytes=10)
    for number in (1, 2, 3):
        room.store(image("1", number, 3))
    room.store(image("1", 1, 6, "y"), overwrite=Overwrite.ALWAYS)
    assert room.instances() == ["1.1.1", "1.1.3"]


def test_attachments_do_not_count_as_bytes_of_images() -> None:
    room = Room(max_bytes=10)
    one = image("1", 1, 5)
    room.store(one)
    study = one.header.identity.public_id(Level.STUDY)
    instance = one.header.identity.public_id(Level.INSTANCE)
    room.index.edit([Attach(id_, attachment(2000, "x" * 100)) for id_ in (study, instance)])
    room.store(image("1", 2, 5))
    assert room.instances() == ["1.1.1", "1.1.2"]


def test_a_study_that_vanishes_while_it_is_counted_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(max_bytes=10)
    room.store(image("1", 1, 10))
    find = room.index.find

    def vanishing(query: Query) -> Any:
        page = find(query)
        room.delete([record.id for record in page.records])
        return page

    monkeypatch.setattr(room.index, "find", vanishing)
    room.store(image("1", 2, 10))
    assert room.index.statistics().instances == 0


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(1, 8), st.integers(1, 6)), max_size=20),
    st.integers(1, 4),
    st.integers(6, 20),
    st.integers(1, 7),
)
def test_the_newest_stay_whatever_comes_and_in_whatever_batches(
    images: list[tuple[int, int, int]], max_studies: int, max_bytes: int, batch: int
) -> None:
    room = Room(max_studies=max_studies, max_bytes=max_bytes)
    expected: dict[int, dict[int, int]] = {}
    for start in range(0, len(images), batch):
        several = images[start : start + batch]
        room.store(*(image(str(study), number, size) for study, number, size in several))
        for study, number, size in several:
            if number not in expected.get(study, {}):
                expected[study] = {**expected.pop(study, {}), number: size}
        for study in list(expected)[:-max_studies]:
            del expected[study]
        for held in expected.values():
            while sum(held.values()) > max_bytes:
                del held[next(iter(held))]
    assert set(room.instances()) == {f"{study}.1.{n}" for study, held in expected.items() for n in held}


# What is configured


@pytest.fixture
def _no_settings_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("FILEROOM_"):
            monkeypatch.delenv(name)


@pytest.mark.usefixtures("_no_settings_in_the_environment")
def test_quotas_come_from_toml_and_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_config(tmp_path).quota == QuotaOptions(None, None)
    (tmp_path / "fileroom.toml").write_text('[quota]\nmax_studies = 9\nmax_bytes = "1024mb"\n', "utf-8")
    config = load_config(tmp_path)
    assert (config.quota.max_studies, config.quota.study_bytes) == (9, 1 << 30)
    assert pickle.loads(pickle.dumps(config)).quota == config.quota
    lines = [tuple(line)[:2] for line in config.describe() if line.key.startswith("quota")]
    assert lines == [("quota.max_bytes", "1024mb"), ("quota.max_studies", "9")]
    monkeypatch.setenv("FILEROOM_QUOTA__MAX_BYTES", "2048")
    assert load_config(tmp_path).quota.study_bytes == 2048
    monkeypatch.setenv("FILEROOM_QUOTA__MAX_BYTES", "2kb")
    assert load_config(tmp_path).quota.study_bytes == 2048


@pytest.mark.usefixtures("_no_settings_in_the_environment")
@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"max_studies": 0}, "at least 1"),
        ({"max_bytes": 0}, "max_bytes must be 1 to 9223372036854775807"),
        ({"max_bytes": "0b"}, "max_bytes must be 1 to 9223372036854775807"),
        ({"max_bytes": 1 << 63}, "max_bytes must be 1 to 9223372036854775807"),
        ({"max_bytes": f"{'9' * 30}gb"}, "max_bytes must be 1 to 9223372036854775807"),
        ({"max_bytes": "1024"}, "b, kb, mb or gb"),
        ({"max_bytes": "1m"}, "b, kb, mb or gb"),
        ({"max_bytes": 1.5}, "whole number"),
        ({"max_studies": "9"}, "whole number"),
        ({"max_study": 9}, "did you mean 'max_studies'"),
    ],
)
def test_a_wrong_quota_is_named(tmp_path: Path, table: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=r"^quota") as caught:
        load_config(tmp_path, quota=table)
    assert words in str(caught.value)


@given(
    st.integers(0, 10**18 - 1), st.sampled_from([("b", 0), ("kb", 10), ("MB", 20), ("Gb", 30), (" gb", 30)])
)
def test_a_size_is_read_with_its_unit(number: int, unit: tuple[str, int]) -> None:
    assert parse_size(f"{number}{unit[0]}") == number << unit[1]


@given(st.integers(0, 1 << 50))
def test_a_size_is_read_as_it_was_written(size: int) -> None:
    assert parse_size(format_size(size)) == size


def test_a_size_is_written_in_its_largest_unit() -> None:
    assert [format_size(size) for size in (0, 1023, 1 << 10, 1 << 30, 3 << 29)] == [
        "0gb",
        "1023b",
        "1kb",
        "1gb",
        "1536mb",
    ]


@given(st.text().filter(lambda text: not text.lower().endswith("b")))
def test_a_size_without_a_unit_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="1024mb"):
        parse_size(text)


@pytest.mark.parametrize(("size", "refused"), [(9, False), (10, False), (11, True)])
def test_only_what_is_larger_than_a_study_may_be_is_refused(size: int, refused: bool) -> None:
    assert bool(QuotaOptions(max_bytes=10).refusal(size)) is refused
    assert QuotaOptions(max_studies=1).refusal(size) == ""

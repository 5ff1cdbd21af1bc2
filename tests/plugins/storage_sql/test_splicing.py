"""What splicing shares, what it copies, and what deleting leaves of it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from fileroom.plugin import AlreadyExistsError, InvalidValueError, NotFoundError
from fileroom.testing.storage_case import content, new_key, sample
from tests.plugins.storage_sql.looking import EMPTY, rows

if TYPE_CHECKING:
    from fileroom_plugins.storage_sql.storage import SqlStorage

SIZE = 1_600  # a hundred chunks


def append(storage: SqlStorage, locator: str, data: bytes) -> str:
    return storage.splice(locator, new_key(), None, 0, data).locator


def test_appending_stores_what_is_new_and_no_more(storage: SqlStorage) -> None:
    first = storage.put(new_key(), sample(SIZE)).locator
    second = append(storage, first, b"tail")
    assert rows(storage)["chunk"] == 101
    assert content(storage, first) == sample(SIZE)
    assert content(storage, second) == sample(SIZE) + b"tail"


def test_replacing_a_part_stores_that_part_and_no_more(storage: SqlStorage) -> None:
    first = storage.put(new_key(), sample(SIZE)).locator
    second = storage.splice(first, new_key(), 500, 40, b"x" * 20).locator
    assert rows(storage)["chunk"] == 102
    assert content(storage, second) == sample(SIZE)[:500] + b"x" * 20 + sample(SIZE)[540:]


def test_a_splice_of_nothing_stores_no_bytes(storage: SqlStorage) -> None:
    first = storage.put(new_key(), sample(SIZE)).locator
    second = append(storage, first, b"")
    assert rows(storage) == {"chunk": 100, "extent": 2, "family": 1, "loose": 0, "object": 2}
    assert content(storage, second) == sample(SIZE)


def test_many_small_appends_leave_no_crumbs(storage: SqlStorage) -> None:
    locator = storage.put(new_key(), b"").locator
    for _ in range(60):
        longer = append(storage, locator, b"12345")
        storage.delete([locator])
        locator = longer
    assert content(storage, locator) == b"12345" * 60
    assert rows(storage)["extent"] <= 300 / 16 + 1


def test_an_object_made_of_small_ones_only_shares_nothing(storage: SqlStorage) -> None:
    first = storage.put(new_key(), b"small").locator
    append(storage, first, b"er")
    assert rows(storage) == {"chunk": 2, "extent": 0, "family": 0, "loose": 0, "object": 2}


def test_an_empty_object_has_a_row_and_no_chunks(storage: SqlStorage) -> None:
    put = storage.put(new_key(), b"").locator
    whole = storage.put(new_key(), b"gone").locator
    emptied = storage.splice(whole, new_key(), 0, None, b"").locator
    storage.delete([whole])
    assert rows(storage) == EMPTY | {"object": 2}
    assert [content(storage, one) for one in (put, emptied)] == [b"", b""]


def test_the_old_object_lets_go_of_what_the_new_one_does_not_share(storage: SqlStorage) -> None:
    first = storage.put(new_key(), sample(SIZE)).locator
    second = storage.splice(first, new_key(), 160, 1_280, b"").locator
    storage.delete([first])
    assert rows(storage) == {"chunk": 20, "extent": 2, "family": 1, "loose": 0, "object": 1}
    assert content(storage, second) == sample(SIZE)[:160] + sample(SIZE)[1_440:]


@pytest.mark.parametrize("seed", range(3))
def test_after_any_splices_and_deletions_nothing_is_left_over(storage: SqlStorage, seed: int) -> None:
    chance = random.Random(seed)
    model = {storage.put(new_key(), sample(300)).locator: sample(300)}
    for number in range(60):
        locator = chance.choice(sorted(model))
        old = model[locator]
        if len(model) > 1 and chance.random() < 0.4:
            storage.delete([locator])
            del model[locator]
        else:
            offset, length = chance.randint(0, len(old)), chance.choice([0, 5, 40, None])
            added = sample(chance.choice([0, 3, 16, 50]), number)
            end = len(old) if length is None else offset + length
            made = storage.splice(locator, new_key(), offset, length, added).locator
            model[made] = old[:offset] + added + old[end:]
    assert {locator: content(storage, locator) for locator in model} == model
    storage.delete(sorted(model))
    assert rows(storage) == EMPTY


def test_a_splice_that_fails_stores_nothing(storage: SqlStorage) -> None:
    locator = storage.put(new_key(), sample(SIZE)).locator
    before = rows(storage)
    for offset, length in ((SIZE + 1, 0), (-1, 0), (0, -1)):
        with pytest.raises(InvalidValueError):
            storage.splice(locator, new_key(), offset, length, b"x")
    with pytest.raises(AlreadyExistsError):
        storage.splice(locator, locator, 0, 0, b"x" * 100)
    with pytest.raises(NotFoundError):
        storage.splice(new_key(), new_key(), 0, 0, b"x")
    assert rows(storage) == before


def test_an_object_that_is_deleted_while_it_is_spliced_is_not_found(storage: SqlStorage) -> None:
    locator = storage.put(new_key(), sample(SIZE)).locator

    def data() -> list[bytes]:
        storage.delete([locator])
        return [b"too late"]

    with pytest.raises(NotFoundError):
        storage.splice(locator, new_key(), 0, 0, (piece for each in (data,) for piece in each()))
    assert rows(storage) == EMPTY


def test_one_who_reads_a_spliced_object_reads_on_when_the_first_is_deleted(storage: SqlStorage) -> None:
    first = storage.put(new_key(), sample(SIZE)).locator
    with storage.open(append(storage, first, b"tail")) as file:
        start = file.read(10)
        storage.delete([first])
        assert start + file.read() == sample(SIZE) + b"tail"

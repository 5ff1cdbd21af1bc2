"""The part of the storage kit about splices under way, and many at once.

PYTEST_DONT_REWRITE: explaining how megabytes differ takes pytest minutes, under ``-v`` and on CI.
"""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from fileroom.errors import AlreadyExistsError, NotFoundError
from fileroom.storage import CHUNK
from fileroom.testing.storage_case import (
    PATIENCE,
    PausedSource,
    StorageCase,
    content,
    listed,
    new_key,
    sample,
)
from fileroom.testing.storage_splice import needs_splice

if TYPE_CHECKING:
    from fileroom.storage import Storage, Stored

THREADS = 6
SIZE = 600_000


class SplicingAtOnceContract(StorageCase):
    """Splices under way, and many of them."""

    def test_what_is_being_spliced_is_not_visible(self, storage: Storage) -> None:
        needs_splice(storage)
        old = storage.put(new_key(), sample(SIZE))
        source = PausedSource(sample(3 * CHUNK, 9))
        with ThreadPoolExecutor(1) as pool:
            splicing = pool.submit(storage.splice, old.locator, new_key(), None, 0, source)
            try:
                assert source.begun.wait(PATIENCE), "the source is not read"
                seen = listed(storage)
                meanwhile = content(storage, old.locator)
            finally:
                source.proceed.set()
            spliced = splicing.result()
        assert meanwhile == sample(SIZE)
        assert seen in ({old.locator: SIZE}, {old.locator: SIZE, spliced.locator: spliced.size})
        assert content(storage, spliced.locator) == sample(SIZE) + sample(3 * CHUNK, 9)

    def test_an_object_deleted_while_it_is_spliced_is_spliced_rightly_or_not_at_all(
        self, storage: Storage
    ) -> None:
        needs_splice(storage)
        old = storage.put(new_key(), sample(SIZE))
        source = PausedSource(sample(CHUNK, 9))
        # A storage may make the deletion wait for the splice, so neither waits for the other here.
        with ThreadPoolExecutor(2) as pool:
            splicing = pool.submit(storage.splice, old.locator, new_key(), 300_000, 5, source)
            assert source.begun.wait(PATIENCE), "the source is not read"
            deleting = pool.submit(storage.delete, [old.locator])
            source.proceed.set()
            assert deleting.result()[0].error is None
            try:
                spliced: Stored | None = splicing.result()
            except NotFoundError:
                spliced = None
        storage.discard_unfinished(0)
        if spliced is None:
            assert listed(storage) == {}
            return
        data = bytearray(sample(SIZE))
        data[300_000:300_005] = sample(CHUNK, 9)
        assert listed(storage) == {spliced.locator: len(data)}
        assert content(storage, spliced.locator) == data

    def test_threads_splice_one_object_at_once(self, storage: Storage) -> None:
        needs_splice(storage)
        old = storage.put(new_key(), sample(SIZE))
        start = threading.Barrier(THREADS)

        def work(seed: int) -> dict[str, int]:
            start.wait(PATIENCE)
            last, data = old, bytearray(sample(SIZE))
            for turn in range(4):
                offset = (seed + turn) * 50_000
                data[offset : offset + 9] = sample(400, seed)
                spliced = storage.splice(last.locator, new_key(), offset, 9, sample(400, seed))
                assert content(storage, spliced.locator) == data
                if turn:
                    storage.delete([last.locator])
                last = spliced
            return {last.locator: last.size}

        with ThreadPoolExecutor(THREADS) as pool:
            kept = [pair for each in pool.map(work, range(THREADS)) for pair in each.items()]
        assert listed(storage) == dict([(old.locator, SIZE), *kept])
        assert content(storage, old.locator) == sample(SIZE)

    def test_of_concurrent_splices_with_one_key_at_most_one_succeeds(self, storage: Storage) -> None:
        needs_splice(storage)
        old = storage.put(new_key(), sample(SIZE))
        for _ in range(3):
            key = new_key()
            start = threading.Barrier(THREADS)

            def work(seed: int, key: str = key, start: threading.Barrier = start) -> Stored | None:
                start.wait(PATIENCE)
                try:
                    return storage.splice(old.locator, key, 0, None, iter([sample(400, seed)] * 5))
                except AlreadyExistsError:
                    return None

            with ThreadPoolExecutor(THREADS) as pool:
                results = list(pool.map(work, range(THREADS)))
            winners = [(seed, one) for seed, one in enumerate(results) if one]
            assert len(winners) <= 1
            for seed, one in winners:
                assert content(storage, one.locator) == sample(400, seed) * 5
                storage.delete([one.locator])
            assert listed(storage) == {old.locator: SIZE}, "a splice that failed left something"

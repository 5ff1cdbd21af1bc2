"""The part of the storage kit about many threads at once.

PYTEST_DONT_REWRITE: explaining how megabytes differ takes pytest minutes, under ``-v`` and on CI.
"""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from fileroom.errors import AlreadyExistsError, NotFoundError
from fileroom.storage import PutItem
from fileroom.testing.storage_case import StorageCase, content, listed, new_item, new_key, sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.storage import Storage, Stored

THREADS = 8


class ConcurrencyContract(StorageCase):
    """Many threads on one storage."""

    def test_threads_put_read_list_and_delete_at_once(self, storage: Storage) -> None:
        start = threading.Barrier(THREADS)

        def work(seed: int) -> list[Stored]:
            start.wait()
            kept: list[Stored] = []
            for _ in range(5):
                stored = storage.put_many([new_item(sample(3_000 + i, seed)) for i in range(6)])
                assert stored[0].locator in listed(storage)
                for i, one in enumerate(stored):
                    assert content(storage, one.locator) == sample(3_000 + i, seed)
                assert all(each.error is None for each in storage.delete([one.locator for one in stored[:3]]))
                kept += stored[3:]
            return kept

        with ThreadPoolExecutor(THREADS) as pool:
            kept = [one for each in pool.map(work, range(THREADS)) for one in each]
        assert listed(storage) == {one.locator: one.size for one in kept}

    def test_of_concurrent_calls_with_one_key_at_most_one_succeeds(self, storage: Storage) -> None:
        for _ in range(5):
            key = new_key()
            start = threading.Barrier(THREADS)

            def work(seed: int, key: str = key, start: threading.Barrier = start) -> Stored | None:
                item = PutItem(key, iter([sample(400, seed)] * 5))
                start.wait()
                try:
                    return storage.put_many([new_item(b"another"), item])[1]
                except AlreadyExistsError:
                    return None

            with ThreadPoolExecutor(THREADS) as pool:
                results = list(pool.map(work, range(THREADS)))
            winners = [(seed, one) for seed, one in enumerate(results) if one]
            assert len(winners) <= 1
            for seed, one in winners:
                assert content(storage, one.locator) == sample(400, seed) * 5
            left = listed(storage)
            assert len(left) == 2 * len(winners), "a call that failed left something"
            storage.delete(list(left))

    def test_a_reader_never_sees_a_partial_object(self, storage: Storage) -> None:
        pieces = [sample(700, i) for i in range(200)]
        whole = b"".join(pieces)
        seen = []

        def trickle() -> Iterator[bytes]:
            for number, piece in enumerate(pieces):
                yield piece
                if number % 50 == 0:
                    look()

        def look() -> None:
            with ThreadPoolExecutor(1) as pool:
                pool.submit(read).result()

        def read() -> None:
            for one in storage.list():
                try:
                    seen.append((one.size, content(storage, one.locator)))
                except NotFoundError:
                    continue

        storage.put_many([new_item(trickle()) for _ in range(3)])
        read()
        assert len(seen) >= 3
        assert all(found == (len(whole), whole) for found in seen)

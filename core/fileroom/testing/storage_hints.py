"""The part of the storage kit about what a storage is told of an object, and about URLs.

PYTEST_DONT_REWRITE: explaining how megabytes differ takes pytest minutes, under ``-v`` and on CI.
"""

# ruff: noqa: D102 - a test's name says what it proves

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from fileroom.errors import InvalidValueError, NotSupportedError
from fileroom.model import Level
from fileroom.storage import CHUNK, PutItem
from fileroom.testing.storage_case import StorageCase, content, new_item, new_key, sample

if TYPE_CHECKING:
    from fileroom.storage import Source, Storage

LENGTHS = (0, 1, 10, CHUNK + 5)
TOLD = (None, 0, 1, 9, 10, 11, CHUNK, 10**15)
"""Sizes that are told of objects of such `LENGTHS`."""


class HintsContract(StorageCase):
    """What a storage is told of an object, it need not believe."""

    @pytest.mark.parametrize("told", TOLD)
    @pytest.mark.parametrize("kind", ["bytes", "stream"])
    def test_the_size_that_is_told_may_be_wrong(self, storage: Storage, told: int | None, kind: str) -> None:
        def source(size: int) -> Source:
            return sample(size) if kind == "bytes" else iter([sample(size)])

        items = [PutItem(new_key(), source(size), size=told) for size in LENGTHS]
        stored = storage.put_many(items)
        assert [one.size for one in stored] == list(LENGTHS)
        assert [content(storage, one.locator) for one in stored] == [sample(size) for size in LENGTHS]

    @pytest.mark.parametrize("level", [None, *Level])
    @pytest.mark.parametrize("content_type", [None, 0, 1, 2, 1024, 65_535])
    def test_objects_of_any_level_and_content_type_are_stored(
        self, storage: Storage, level: Level | None, content_type: int | None
    ) -> None:
        item = PutItem(new_key(), sample(100), level=level, content_type=content_type, size=100)
        (stored,) = storage.put_many([item])
        assert content(storage, stored.locator) == sample(100)

    def test_an_object_of_the_same_storage_can_be_a_source(self, storage: Storage) -> None:
        first = storage.put(new_key(), sample(2 * CHUNK + 7))
        with storage.open(first.locator) as file:
            second, third = storage.put_many([new_item(file), new_item(b"third")])
        assert content(storage, second.locator) == sample(2 * CHUNK + 7)
        assert content(storage, third.locator) == b"third"


class UrlContract(StorageCase):
    """URLs of objects, for storages that have them."""

    def read_url(self, url: str) -> bytes:
        """Return what a URL answers; override it where that takes more than asking.

        Raises:
            OSError: the URL answers nothing.
        """
        with urlopen(url) as answer:  # noqa: S310 - the backend's own URLs, whatever their scheme
            data: bytes = answer.read()
            return data

    def test_what_has_no_urls_says_so(self, storage: Storage) -> None:
        if storage.capabilities.presigned_url:
            return
        stored = storage.put(new_key(), b"here")
        with pytest.raises(NotSupportedError):
            storage.presigned_url(stored.locator, 60)

    @pytest.mark.parametrize("seconds", [60, 3_600])
    def test_a_url_answers_with_the_object(self, storage: Storage, seconds: int) -> None:
        needs_urls(storage)
        for size in (0, 1, CHUNK + 5):
            stored = storage.put(new_key(), sample(size))
            assert self.read_url(storage.presigned_url(stored.locator, seconds)) == sample(size)

    def test_whether_an_object_is_there_shows_when_its_url_is_used(self, storage: Storage) -> None:
        needs_urls(storage)
        stored = storage.put(new_key(), b"here")
        storage.delete([stored.locator])
        url = storage.presigned_url(stored.locator, 60)
        with pytest.raises(OSError):  # noqa: PT011 - whatever says that there is nothing
            self.read_url(url)

    @pytest.mark.parametrize("seconds", [0, -1])
    def test_a_time_that_cannot_be_is_refused(self, storage: Storage, seconds: int) -> None:
        needs_urls(storage)
        stored = storage.put(new_key(), b"here")
        with pytest.raises(InvalidValueError):
            storage.presigned_url(stored.locator, seconds)


def needs_urls(storage: Storage) -> None:
    """Skip the test where the storage does not say that it has URLs."""
    if not storage.capabilities.presigned_url:
        pytest.skip("this storage has no URLs")

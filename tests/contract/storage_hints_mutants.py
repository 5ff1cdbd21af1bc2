"""Broken storages about hints and URLs, and a right one: each breaks one promise."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fileroom.errors import InvalidValueError, StorageError
from fileroom.storage import PutItem, StorageCapabilities, Stored, buffers
from fileroom.testing.memory_storage import MemoryStorage
from tests.contract.storage_mutants import must_fail


class PresigningStorage(MemoryStorage):
    """A storage in memory whose URLs are of files that it writes for the purpose."""

    capabilities = replace(MemoryStorage.capabilities, presigned_url=True)

    def presigned_url(self, locator: str, seconds: int) -> str:
        if seconds < 1:
            raise InvalidValueError("a URL is valid for a second at least")
        folder = Path(tempfile.mkdtemp(prefix="fileroom-url-"))
        atexit.register(shutil.rmtree, folder)
        path = folder / "object"
        if locator in self._objects:
            path.write_bytes(self._objects[locator][0])
        return path.as_uri()


@must_fail("test_the_size_that_is_told_may_be_wrong")
class CutsAtTheSizeThatIsTold(MemoryStorage):
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        wholes = [(item, b"".join(buffers(item.source))) for item in items]
        return super().put_many([replace(item, source=whole[: item.size]) for item, whole in wholes])


@must_fail("test_the_size_that_is_told_may_be_wrong")
class RefusesAWrongSize(MemoryStorage):
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        stored = super().put_many(items)
        if any(item.size not in (None, one.size) for item, one in zip(items, stored, strict=True)):
            raise StorageError("not as told")
        return stored


@must_fail("test_objects_of_any_level_and_content_type_are_stored")
class KnowsAFewContentTypesOnly(MemoryStorage):
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        if any((item.content_type or 0) > 1024 for item in items):
            raise StorageError("what is that?")
        return super().put_many(items)


@must_fail("test_an_object_of_the_same_storage_can_be_a_source")
class LocksWhileItPuts(MemoryStorage):
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        if any(hasattr(item.source, "read1") for item in items):
            raise StorageError("the storage is locked")
        return super().put_many(items)


@must_fail("test_what_has_no_urls_says_so")
class HasUrlsWithoutSayingSo(PresigningStorage):
    capabilities = StorageCapabilities()


@must_fail("test_a_url_answers_with_the_object")
class AnswersWithAPart(PresigningStorage):
    def presigned_url(self, locator: str, seconds: int) -> str:
        whole, modified = self._objects[locator]
        return PresigningStorage({locator: (whole[:100], modified)}).presigned_url(locator, seconds)


@must_fail("test_whether_an_object_is_there_shows_when_its_url_is_used")
class LooksWhetherTheObjectIsThere(PresigningStorage):
    def presigned_url(self, locator: str, seconds: int) -> str:
        self.stat(locator)
        return super().presigned_url(locator, seconds)


@must_fail("test_a_time_that_cannot_be_is_refused")
class TakesAnyTime(PresigningStorage):
    def presigned_url(self, locator: str, seconds: int) -> str:
        return super().presigned_url(locator, max(seconds, 1))

"""Broken storages about deleting, listing and what outlives a process: each breaks one promise."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fileroom.errors import NotFoundError, StorageError
from fileroom.storage import Deletion, PutItem, StorageCapabilities, Stored, buffers
from fileroom.testing.memory_storage import MemoryStorage
from fileroom.testing.storage_case import FOREIGN_LOCATORS
from tests.contract.storage_mutants import NamesByValue, must_fail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.testing.memory_storage import Objects


@must_fail("test_what_is_deleted_is_gone")
class HidesWhatIsDeleted(MemoryStorage):
    def __init__(self, objects: Objects | None = None) -> None:
        super().__init__(objects)
        self._hidden: set[str] = set()

    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        self._hidden.update(locators)
        return [Deletion(locator) for locator in locators]

    def list(self, prefix: str = "") -> Iterator[Stored]:
        return (one for one in super().list(prefix) if one.locator not in self._hidden)


@must_fail("test_deleting_what_is_gone_is_success")
class ReportsWhatIsGone(MemoryStorage):
    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        gone = [None if locator in self._objects else NotFoundError("gone") for locator in locators]
        super().delete(locators)
        return [Deletion(locator, error) for locator, error in zip(locators, gone, strict=True)]


@must_fail("test_deleting_what_is_gone_is_success", "test_there_is_one_deletion_for_each_locator_in_order")
class RaisesAtWhatIsGone(MemoryStorage):
    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        for locator in locators:
            self._get(locator)
        return super().delete(locators)


@must_fail("test_there_is_one_deletion_for_each_locator_in_order")
class StopsDeletingAtWhatIsGone(MemoryStorage):
    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        there = list(itertools.takewhile(self._objects.__contains__, locators))
        super().delete(there)
        return [Deletion(locator) for locator in locators]


@must_fail("test_there_is_one_deletion_for_each_locator_in_order")
class ReportsEachLocatorOnce(MemoryStorage):
    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        return super().delete(list(dict.fromkeys(locators)))


@must_fail("test_a_foreign_locator_deletes_nothing_and_is_success")
class DeletesEverythingForAStar(MemoryStorage):
    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        if "*" in locators:
            self._objects.clear()
        return super().delete(locators)


@must_fail("test_a_foreign_locator_deletes_nothing_and_is_success")
class ReportsForeignLocators(MemoryStorage):
    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        bad = set(FOREIGN_LOCATORS)
        return [
            replace(one, error=StorageError("bad") if one.locator in bad else None)
            for one in super().delete(locators)
        ]


@must_fail("test_deleting_nothing_returns_nothing")
class DeletesEverythingWhenAskedForNothing(MemoryStorage):
    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        return super().delete(locators or list(self._objects) or [""])


@must_fail("test_named_objects_are_deleted_one_by_one")
class DeletesAllThatShareAName(NamesByValue):
    count = itertools.count()

    def name(self, value: str) -> str:
        return f"{value.encode(errors='replace').hex()}~{next(self.count)}"

    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        names = {locator.partition("~")[0] for locator in locators}
        super().delete([one for one in self._objects if one.partition("~")[0] in names])
        return super().delete(locators)


@must_fail("test_every_object_is_listed_once")
class ListsAPageOnly(MemoryStorage):
    def list(self, prefix: str = "") -> Iterator[Stored]:
        return itertools.islice(super().list(prefix), 50)


@must_fail("test_every_object_is_listed_once")
class ListsPagesThatOverlap(MemoryStorage):
    def list(self, prefix: str = "") -> Iterator[Stored]:
        whole = list(super().list(prefix))
        return iter([*whole[:50], *whole[49:]])


@must_fail("test_every_object_is_listed_once")
class ListsWithoutSize(MemoryStorage):
    def list(self, prefix: str = "") -> Iterator[Stored]:
        return (replace(one, size=0) for one in super().list(prefix))


@must_fail("test_an_empty_storage_lists_nothing")
class ListsItself(MemoryStorage):
    def list(self, prefix: str = "") -> Iterator[Stored]:
        yield Stored("", 0, time.time())
        yield from super().list(prefix)


@must_fail("test_a_prefix_selects_by_the_start_of_the_locator")
class IgnoresThePrefix(MemoryStorage):
    def list(self, prefix: str = "") -> Iterator[Stored]:
        return super().list()


@must_fail("test_a_prefix_selects_by_the_start_of_the_locator")
class TakesThePrefixForAPattern(MemoryStorage):
    def list(self, prefix: str = "") -> Iterator[Stored]:
        return super().list(prefix.rstrip("*%"))


@must_fail("test_a_prefix_selects_by_the_start_of_the_locator")
class FindsThePrefixAnywhere(MemoryStorage):
    def list(self, prefix: str = "") -> Iterator[Stored]:
        return (one for one in super().list() if prefix in one.locator)


@must_fail("test_what_was_put_here_is_owned")
class DisownsWhatItLists(MemoryStorage):
    def list(self, prefix: str = "") -> Iterator[Stored]:
        return (replace(one, owned=False) for one in super().list(prefix))


@must_fail("test_what_was_put_here_is_owned")
class DisownsWhatItStats(MemoryStorage):
    def stat(self, locator: str) -> Stored:
        return replace(super().stat(locator), owned=False)


@must_fail("test_a_listing_may_be_left_before_its_end")
class HoldsTheLockWhileListing(MemoryStorage):
    def __init__(self, objects: Objects | None = None) -> None:
        super().__init__(objects)
        self._guard = threading.Lock()
        self._listings: list[Iterator[Stored]] = []

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        if self._guard.locked():
            raise StorageError("locked")
        return super().put_many(items)

    def list(self, prefix: str = "") -> Iterator[Stored]:
        self._listings.append(self._list(prefix))  # kept alive, and with it the lock
        return self._listings[-1]

    def _list(self, prefix: str) -> Iterator[Stored]:
        with self._guard:
            yield from super().list(prefix)


@must_fail("test_what_stays_is_listed_while_others_come_and_go")
class ListsByPosition(MemoryStorage):
    def list(self, prefix: str = "") -> Iterator[Stored]:
        for position in itertools.count():
            found = [one for one in super().list() if one.locator.startswith(prefix)]
            if position >= len(found):
                return
            yield found[position]


@must_fail("test_discarding_the_unfinished_spares_whole_objects")
class DiscardsWholeObjects(MemoryStorage):
    def discard_unfinished(self, older_than: float) -> int:
        count = len(self._objects)
        self._objects.clear()
        return count


@must_fail("test_discarding_the_unfinished_spares_what_is_being_written")
class DiscardsWhatIsBeingWritten(MemoryStorage):
    discarded = False

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        self.discarded = False
        held = [replace(item, source=b"".join(buffers(item.source))) for item in items]
        if self.discarded:
            raise StorageError("it was discarded")
        return super().put_many(held)

    def discard_unfinished(self, older_than: float) -> int:
        self.discarded = True
        return 0


# Local files, restarts, threads


@must_fail("test_a_local_path_is_that_of_the_objects_file")
class ClaimsLocalPathsAndHasNone(MemoryStorage):
    capabilities = StorageCapabilities(local_path=True)


@must_fail("test_a_local_path_is_that_of_the_objects_file")
class SaysNotFoundOfWhatItCannotDo(MemoryStorage):
    def local_path(self, locator: str) -> Path:
        raise NotFoundError("no such file")


@must_fail(
    "test_there_is_no_local_path_for_what_is_gone", "test_local_files_lie_in_the_folders_that_are_told"
)
class NamesFilesThatAreNotThere(MemoryStorage):
    capabilities = StorageCapabilities(local_path=True)

    def local_path(self, locator: str) -> Path:
        return Path(locator)


class _HasFiles(MemoryStorage):
    """A storage of local files, as far as their names go."""

    capabilities = StorageCapabilities(local_path=True)
    folder = Path("objects").absolute()

    def local_path(self, locator: str) -> Path:
        self._get(locator)
        return self.folder / locator

    def locator_of(self, path: Path) -> str | None:
        return path.name if path.parent == self.folder else None

    def folders(self) -> tuple[Path, ...]:
        return (self.folder,)


@must_fail("test_a_local_path_leads_back_to_its_locator")
class RecognisesNoPath(_HasFiles):
    def locator_of(self, path: Path) -> str | None:
        return None


@must_fail("test_a_local_path_leads_back_to_its_locator")
class RecognisesOnlyWhatIsThere(_HasFiles):
    def locator_of(self, path: Path) -> str | None:
        locator = super().locator_of(path)
        return locator if locator in self._objects else None


@must_fail("test_a_path_elsewhere_has_no_locator")
class RecognisesFilesByTheirNameAlone(_HasFiles):
    def locator_of(self, path: Path) -> str | None:
        return path.name


@must_fail("test_a_path_elsewhere_has_no_locator")
class RecognisesFoldersByTheirFirstLetters(_HasFiles):
    def locator_of(self, path: Path) -> str | None:
        return path.name if str(path.parent).startswith(str(self.folder)) else None


@must_fail("test_a_path_elsewhere_has_no_locator")
class TakesItsFolderForAnObject(_HasFiles):
    def locator_of(self, path: Path) -> str | None:
        return "" if path == self.folder else super().locator_of(path)


@must_fail("test_capabilities_are_declared")
class DeclaresCapabilitiesAsItLikes(MemoryStorage):
    capabilities = {"local_path": True}  # type: ignore[assignment]  # noqa: RUF012 - what is wrong with it


RESTART = "test_objects_outlive_a_restart"


@must_fail(RESTART, "test_two_that_are_open_at_once_see_each_others_objects")
class ForgetsEverything(MemoryStorage):
    def __init__(self, objects: Objects | None = None) -> None:
        super().__init__({})


@must_fail("test_notes_are_lines_that_tell_something")
class NotesNothingInManyWords(MemoryStorage):
    def notes(self) -> Iterator[str]:
        yield " "


@must_fail("test_closing_twice_does_nothing", RESTART)
class ForgetsWhenClosed(MemoryStorage):
    def close(self) -> None:
        self._objects.clear()


@must_fail("test_closing_twice_does_nothing")
class ClosesOnce(MemoryStorage):
    closed = False

    def close(self) -> None:
        if self.closed:
            raise StorageError("closed already")
        self.closed = True


@must_fail("test_deletions_outlive_a_restart", "test_two_that_are_open_at_once_see_each_others_objects")
class ForgetsDeletions(HidesWhatIsDeleted):
    pass


@must_fail("test_two_that_are_open_at_once_see_each_others_objects")
class RemembersWhatItHasRead(MemoryStorage):
    def __init__(self, objects: Objects | None = None) -> None:
        super().__init__(objects)
        self._cache: Objects = {}

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        stored = super().put_many(items)
        for one in stored:
            self._get(one.locator)
        return stored

    def _get(self, locator: str) -> tuple[bytes, float]:
        if locator not in self._cache:
            self._cache[locator] = super()._get(locator)
        return self._cache[locator]


@must_fail("test_threads_put_read_list_and_delete_at_once")
class SharesABufferBetweenThreads(MemoryStorage):
    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        self._buffer: list[PutItem] = []
        for item in items:
            self._buffer.append(item)
            time.sleep(0.0005)
        return super().put_many(self._buffer)

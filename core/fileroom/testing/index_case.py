"""What the parts of the index kit share: the fixtures, and helpers to look at an index."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import pytest

from fileroom.model import ARCHIVE_ID, Level
from fileroom.query import Query
from fileroom.tags import TagSet
from fileroom.testing.entries import entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fileroom.index import Details, Entry, Index
    from fileroom.model import Change, ChangeType, ResourceRecord

    OpenIndex: TypeAlias = Callable[[TagSet], Index]


class IndexCase:
    """The fixtures of the index kit."""

    @pytest.fixture
    def open_index(self) -> OpenIndex:
        """Return what opens the index under test with a tag set; the same place each time it is called."""
        raise NotImplementedError("a subclass of the index contract provides the fixture open_index")

    @pytest.fixture
    def index(self, open_index: OpenIndex) -> Iterator[Index]:
        """Open an empty index with the main tags."""
        index = open_index(TagSet.default())
        yield index
        index.close()


class SeveralDoors(IndexCase):
    """An index that is open once or twice at a time, as by two processes."""

    opens_twice = True
    """Whether the index may be open twice at a time; a subclass says False of one that may not."""

    @pytest.fixture
    def doors(self, open_index: OpenIndex) -> Iterator[list[Index]]:
        """Open the index, twice if that is allowed."""
        doors = [open_index(TagSet.default()) for _ in range(1 + self.opens_twice)]
        yield doors
        for door in doors:
            door.close()


def is_of(request: pytest.FixtureRequest, *contracts: type) -> bool:
    """Say whether a test belongs to parts of the kit: an autouse fixture of one part runs for all of them."""
    return any(hasattr(contract, request.function.__name__) for contract in contracts)


class Ids(NamedTuple):
    """The public ids of an entry's four resources."""

    patient: str
    study: str
    series: str
    instance: str


def ids_of(entry: Entry) -> Ids:
    """Return the public ids of the resources that an entry makes."""
    return Ids(*(entry.header.identity.public_id(level) for level in Level))


def record_of(index: Index, public_id: str) -> ResourceRecord:
    """Return the record of a resource that must be there."""
    (record,) = index.get([public_id])
    assert record is not None, f"{public_id} is not there"
    return record


def details_of(index: Index, public_id: str) -> Details:
    """Return the details of a resource that must be there."""
    (details,) = index.details([public_id])
    assert details is not None, f"{public_id} is not there"
    return details


def locator_of(index: Index, public_id: str, content_type: int = 1) -> str:
    """Return the locator of an attachment that must be there."""
    files = {file.content_type: file for file in details_of(index, public_id).attachments}
    return files[content_type].locator


def all_changes(
    index: Index, since: int = 0, *, limit: int = 50, types: Sequence[ChangeType] | None = None
) -> list[Change]:
    """Return the change log after ``since``, read in pages."""
    changes: list[Change] = []
    done = False
    while not done:
        page = index.changes(since, limit, types)
        assert len(page.changes) <= limit
        assert page.changes or page.done, "an empty page of changes is not done"
        changes.extend(page.changes)
        since, done = page.last, page.done
    return changes


def all_records(index: Index, query: Query) -> list[ResourceRecord]:
    """Return all answers to a query, following the cursor."""
    records: list[ResourceRecord] = []
    cursors = set()
    while True:
        page = index.find(query)
        records.extend(page.records)
        if page.cursor is None:
            return records
        assert page.cursor not in cursors, "a cursor leads back to where it was"
        cursors.add(page.cursor)
        query = replace(query, cursor=page.cursor)


def state(index: Index) -> dict[str, object]:
    """Return all that an index shows: two equal ones mean that nothing changed."""
    records = [record for level in Level for record in all_records(index, Query(level))]
    ids = [record.id for record in records]
    return {
        "records": records,
        "details": index.details([ARCHIVE_ID, *ids]),
        "attachments": list(index.attachments()),
        "held": index.held(ids),
        "changes": all_changes(index),
        "statistics": index.statistics(),
    }


def new_study(index: Index) -> str:
    """Commit one instance and return its study."""
    new = entry()
    index.commit([new])
    return ids_of(new).study

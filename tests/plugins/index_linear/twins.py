"""An archive in two shapes: in the reference index, and as the linear index's tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fileroom.index import Edit, Entry
from fileroom.model import ResourceRecord
from fileroom.query import Query
from fileroom.tags import TagSet
from fileroom.testing.index_case import all_records
from fileroom.testing.memory_index import MemoryIndex
from fileroom_plugins.index_linear.search import Search
from fileroom_plugins.index_linear.tables import Row, Tables
from tests.plugins import odd_searches as odd


class TwinArchive:
    """The same resources in the reference index and as tables."""

    def __init__(self, reference: MemoryIndex) -> None:
        self.tags = reference.tags
        self.reference = reference
        self.tables = Tables()
        held = reference._tables
        for row in held.rows.values():
            head = (row.id, row.level, row.uid, row.tags, row.parent, row.number, row.received)
            what_hangs_on_it = (row.attachments, row.metadata, row.labels)
            self.tables.put(Row(*head, row.sop_class_uid, row.stamp, *what_hangs_on_it))
        self.tables.complete = frozenset((int(spec.level), spec.keyword) for spec in held.complete)

    def found(self, query: Query) -> list[ResourceRecord]:
        """Return all answers, following the cursor."""
        records: list[ResourceRecord] = []
        while True:
            page = Search(self.tables, self.tags, query).page()
            assert query.limit is None or len(page.records) <= query.limit
            records += page.records
            if page.cursor is None:
                return records
            assert page.records
            assert page.cursor != query.cursor, "a cursor leads back to where it was"
            query = replace(query, cursor=page.cursor)

    def check(self, query: Query) -> None:
        """Compare the answers with those of the reference index."""
        found = [odd.stripped(each) for each in self.found(query)]
        assert found == [odd.stripped(each) for each in all_records(self.reference, query)]
        assert Search(self.tables, self.tags, query).count() == len(found)


def filled(tags: TagSet, entries: Sequence[Entry], edits: Sequence[Edit] = ()) -> TwinArchive:
    """Return an archive of these entries, edited like that."""
    reference = MemoryIndex(tags)
    reference.commit(entries)
    reference.edit(edits)
    return TwinArchive(reference)

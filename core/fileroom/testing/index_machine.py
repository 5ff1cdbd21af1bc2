"""A state machine that leads an index and the reference index through the same life, and compares them.

```python
TestMyIndexLife = index_machine(lambda folder, tags: MyIndex(folder / "index", tags))
```

Left open by the contract, and so not compared: times, sequence numbers, the order of ties, of garbage, and of
what was removed (children before parents).
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fileroom.errors import FileroomError
from fileroom.index import Committed, Edited, Index, Overwrite
from fileroom.query import Query, sort_key
from fileroom.testing import index_strategies as some
from fileroom.testing.index_case import all_changes, all_records
from fileroom.testing.memory_index import MemoryIndex

if TYPE_CHECKING:
    import unittest
    from collections.abc import Callable

    from fileroom.index import Details, Edit, Entry, Relocation
    from fileroom.model import Change, ChangeType, ResourceRecord
    from fileroom.tags import TagSet

_Outcome = TypeVar("_Outcome", Committed, Edited)
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


def index_machine(open_index: Callable[[Path, TagSet], Index]) -> type[unittest.TestCase]:
    """Return a test case that holds an index to the reference index.

    Args:
        open_index: opens the index that lies in a folder, making it where there is none. A folder is new
            for each run, and is removed afterwards; the index is opened in it again and again.

    Returns:
        A test case for pytest and unittest to collect. Its attribute ``settings`` may be replaced.
    """
    machine = type("Machine", (_Machine,), {"open_index": staticmethod(open_index)})
    case: type[unittest.TestCase] = machine.TestCase  # type: ignore[attr-defined]
    case.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)  # type: ignore[attr-defined]
    return case


@dataclass(slots=True)
class _Reader:
    """Somebody who reads an answer page by page while others write."""

    query: Query
    seen: list[str] = field(default_factory=list)
    steady: dict[str, list[Any]] = field(default_factory=dict)


class _Machine(RuleBasedStateMachine):
    open_index: ClassVar[Callable[[Path, TagSet], Index]]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="fileroom-index-"))
        self.index = type(self).open_index(self.folder, some.TAGS)
        self.model = MemoryIndex(some.TAGS)
        self.logged = 0
        self.log_length = 0
        self.reader: _Reader | None = None

    def teardown(self) -> None:
        self.index.close()
        shutil.rmtree(self.folder)

    @initialize(
        entries=st.lists(some.entries(), min_size=6, max_size=12),
        edits=st.lists(some.edits(), min_size=10, max_size=20),
    )
    def fill(self, entries: list[Entry], edits: list[Edit]) -> None:
        self.commit(entries, Overwrite.NEVER)
        for edit in edits:
            self.edit([edit])

    @rule(entries=st.lists(some.entries(), max_size=4), overwrite=some.overwrites)
    def commit(self, entries: list[Entry], overwrite: Overwrite) -> None:
        ours = self.index.commit(entries, overwrite)
        theirs = self.model.commit(entries, overwrite)
        assert list(map(_sorted_garbage, ours)) == list(map(_sorted_garbage, theirs))
        self._compare_changes(list)

    @rule(
        entries=st.lists(some.entries(), max_size=3),
        details=st.dictionaries(some.ids, some.details(), max_size=3),
        changes=st.lists(some.changes(), max_size=3),
    )
    def restore(self, entries: list[Entry], details: dict[str, Details], changes: list[Change]) -> None:
        history = self.index.capabilities.history

        def restore(index: Index) -> object:
            if not history:
                return list(map(_sorted_garbage, Index.restore(index, entries, details)))
            logged = all_changes(index)
            last = logged[-1].sequence if logged else 0
            later = [replace(each, sequence=last + 2 * number) for number, each in enumerate(changes)]
            return list(map(_sorted_garbage, index.restore(entries, details, later)))

        self._compare(restore)
        self._compare_changes(list)

    @rule(edits=st.lists(some.edits(), min_size=1, max_size=4))
    def edit(self, edits: list[Edit]) -> None:
        self._compare(lambda index: list(map(_sorted_garbage, index.edit(edits))))
        self._compare_changes(list)

    @rule(moves=st.lists(some.moves(), min_size=1, max_size=4))
    def relocate(self, moves: list[Relocation]) -> None:
        if self.index.capabilities.relocate:
            there = {(each, file.content_type): file.locator for each, file in self.model.attachments()}
            here = [each.locator or there.get((each.id, each.content_type), "") for each in moves]
            found = [replace(each, locator=locator) for each, locator in zip(moves, here, strict=True)]
            self._compare(lambda index: index.relocate(found))
            self._compare_changes(list)

    @rule(ids=some.some_ids)
    def remove(self, ids: list[str]) -> None:
        self._compare(lambda index: _comparable_removal(index, ids))
        self._compare_changes(Counter)

    @rule(entries=st.lists(some.entries(), max_size=4))
    def refresh(self, entries: list[Entry]) -> None:
        self._compare(lambda index: index.refresh([each.header for each in entries]))
        self._compare_changes(list)

    @rule()
    def list_children(self) -> None:
        for each in some.IDS:
            self._compare(lambda index: [child.id for child in index.children(each)])  # noqa: B023 - called at once

    @rule()
    def reopen(self) -> None:
        self.index.close()
        self.index = type(self).open_index(self.folder, some.TAGS)

    @rule(queries=st.lists(some.queries(), min_size=1, max_size=4))
    def find(self, queries: list[Query]) -> None:
        for query in queries:
            self._find(query)

    def _find(self, query: Query) -> None:
        ours, theirs = all_records(self.index, query), all_records(self.model, query)
        assert [_keys(query, each) for each in ours] == [_keys(query, each) for each in theirs]
        assert _by_id(ours) == _by_id(theirs)
        if not query.order_by:
            assert [each.id for each in ours] == [each.id for each in theirs]
        assert self.index.count(query) == len(theirs)

    @precondition(lambda self: self.reader is None)
    @rule(query=some.queries())
    def begin_to_read(self, query: Query) -> None:
        steady = {each.id: _keys(query, each) for each in all_records(self.model, query)}
        self.reader = _Reader(replace(query, limit=2), steady=steady)

    @precondition(lambda self: self.reader is not None)
    @rule()
    def read_on(self) -> None:
        reader = self.reader
        assert reader is not None
        page = self.index.find(reader.query)
        reader.seen += [each.id for each in page.records]
        reader.query = replace(reader.query, cursor=page.cursor)
        if page.cursor is None:
            self.reader = None
            assert reader.steady.keys() <= set(reader.seen)
            assert all(count == 1 for each, count in Counter(reader.seen).items() if each in reader.steady)

    @rule(types=some.change_types, limit=st.integers(1, 7))
    def read_changes(self, types: tuple[ChangeType, ...] | None, limit: int) -> None:
        everything = all_changes(self.index)
        read = all_changes(self.index, limit=limit, types=types)
        assert read == [each for each in everything if types is None or each.type in types]
        assert all(one.sequence < other.sequence for one, other in pairwise(everything))

    @invariant()
    def everything_is_equal(self) -> None:
        ids = list(some.IDS)
        ours, theirs = self.index.get(ids), self.model.get(ids)
        assert [each and _without_times(each) for each in ours] == [
            each and _without_times(each) for each in theirs
        ]
        assert self.index.details(ids) == self.model.details(ids)
        assert self.index.held(ids) == self.model.held(ids)
        assert self.index.statistics() == self.model.statistics()
        assert list(self.index.attachments()) == list(self.model.attachments())

    @invariant()
    def what_did_not_stand_still_is_not_expected_of_a_reader(self) -> None:
        if self.reader is not None:
            query = replace(self.reader.query, cursor=None)
            now = {each.id: _keys(query, each) for each in all_records(self.model, query)}
            steady = self.reader.steady
            self.reader.steady = {each: keys for each, keys in steady.items() if now.get(each) == keys}

    def _compare(self, action: Callable[[Index], object]) -> None:
        outcomes = []
        for index in (self.index, self.model):
            try:
                outcomes.append(action(index))
            except FileroomError as error:
                outcomes.append(type(error))
        assert outcomes[0] == outcomes[1]

    def _compare_changes(self, gather: Callable[[list[object]], object]) -> None:
        ours, theirs = all_changes(self.index, self.logged), all_changes(self.model)[self.log_length :]
        assert gather([_what(each) for each in ours]) == gather([_what(each) for each in theirs])
        self.logged = ours[-1].sequence if ours else self.logged
        self.log_length += len(theirs)


def _what(change: Change) -> object:
    return change.type, change.level, change.id


def _sorted_garbage(outcome: _Outcome) -> _Outcome:
    return replace(outcome, garbage=tuple(sorted(outcome.garbage)))


def _comparable_removal(index: Index, ids: list[str]) -> object:
    removal = index.remove(ids)
    return Counter(removal.removed), dict(removal.remaining), sorted(removal.garbage)


def _without_times(record: ResourceRecord | None) -> ResourceRecord | None:
    if record is None:
        return None
    return replace(record, received=_LONG_AGO, tags=dict(record.tags), parent=_without_times(record.parent))


def _by_id(records: list[ResourceRecord]) -> dict[str, ResourceRecord | None]:
    return {record.id: _without_times(record) for record in records}


def _keys(query: Query, record: ResourceRecord) -> list[Any]:
    line = {record.level: record.tags}
    while record.parent is not None:
        record = record.parent
        line[record.level] = record.tags
    return [sort_key(order.spec, line[order.spec.level].get(order.spec.keyword)) for order in query.order_by]

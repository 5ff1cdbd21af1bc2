"""All that the index knows, in memory: rows by id, by level, by parent, and by identifier.

Rows are replaced, never changed, and every change goes through `Tables.put`, `Tables.drop` and `Tables.log`,
which remember how to take it back: a transaction that fails leaves no trace.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from fileroom.model import ARCHIVE_ID, Change, Level, Statistics
from fileroom.plugin import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from fileroom.model import AttachmentRecord, ChangeType, Metadata, TagValue

_NOTHING: Mapping[str, None] = {}


class Own(NamedTuple):
    """The archive itself, with what hangs on it as on a `Row`."""

    id: str = ARCHIVE_ID
    attachments: Mapping[int, AttachmentRecord] = {}
    metadata: Mapping[str, Metadata] = {}
    labels: frozenset[str] = frozenset()


class Row(NamedTuple):
    """One resource with all that hangs on it.

    Attributes:
        id, level, uid, tags, received: as `fileroom.model.ResourceRecord` has them.
        parent: id of the resource above; None for a patient.
        number: place in the order of arrival, over all levels.
        sop_class_uid, stamp: of an instance.
        attachments: by content type.
        metadata: by name.
        labels: all of them.
        slot: which record of ``index.dat`` shows an instance to DCMTK; None for one that it cannot see.
        mark: fingerprint of what that record held when we looked.
        partial: the tags were taken over from ``index.dat``, which does not hold all of them.
    """

    id: str
    level: Level
    uid: str
    tags: Mapping[str, TagValue]
    parent: str | None
    number: int
    received: datetime
    sop_class_uid: str = ""
    stamp: int = 0
    attachments: Mapping[int, AttachmentRecord] = {}
    metadata: Mapping[str, Metadata] = {}
    labels: frozenset[str] = frozenset()
    slot: int | None = None
    mark: int = 0
    partial: bool = False


class Tables:
    """Rows, the change log, and totals.

    Attributes:
        own: the archive itself.
        rows: by id.
        levels: by level, ids to rows in order of arrival.
        slots: record number of ``index.dat`` to the id of the instance it shows.
        marks: record number to the fingerprint of what it shows.
        changes: the log, oldest first.
        arrived: the last number given in the order of arrival.
        sequence: the last sequence of the log.
        complete: keywords of the extra tags that every instance has been read for, by level.
        partial: how many rows have not all their tags.
        vouched: whether all that was ever committed, and not removed, is known.
    """

    def __init__(self) -> None:
        self.own = Own()
        self.rows: dict[str, Row] = {}
        self.levels: dict[Level, dict[str, Row]] = {level: {} for level in Level}
        self.slots: dict[int, str] = {}
        self.marks: dict[int, int] = {}
        self.changes: list[Change] = []
        self.arrived = 0
        self.sequence = 0
        self.complete: frozenset[tuple[int, str]] = frozenset()
        self.partial = 0
        self.vouched = False
        self._children: dict[str, dict[str, None]] = {}
        self._named: dict[Level, dict[str, dict[str, None]]] = {level: {} for level in Level}
        self._leading = Counter[str]()  # by locator, how many attachments lead there
        self._files = [0, 0, 0]  # attachments, their bytes, their bytes at rest
        self._undo: list[tuple[str, Row | None]] = []
        self._dropped: dict[str, Row] = {}
        self._before = (0, 0, 0, self.complete, self.vouched)
        self._own_before = self.own

    # Reading -----------------------------------------------------------------------------------------

    def existing(self, id_: str) -> Row:
        """Return a row.

        Raises:
            NotFoundError: there is none of this id.
        """
        try:
            return self.rows[id_]
        except KeyError:
            raise NotFoundError(f"no resource {id_}: it was removed, or never stored") from None

    def owner(self, id_: str) -> Row | Own | None:
        """Return a row, or the archive itself; None where there is neither."""
        return self.own if id_ == ARCHIVE_ID else self.rows.get(id_)

    def below(self, id_: str) -> Iterator[Row]:
        """Yield the children of a resource in order of arrival."""
        return map(self.rows.__getitem__, self._children.get(id_, _NOTHING))

    def children(self, id_: str) -> Collection[str]:
        """Return the ids of a resource's children in order of arrival."""
        return self._children.get(id_, _NOTHING)

    def named(self, level: Level, value: str) -> Iterator[Row]:
        """Yield the rows of a level of which this is a single value, without padding, of the identifier."""
        return map(self.rows.__getitem__, self._named[level].get(value, _NOTHING))

    def line(self, row: Row) -> Iterator[Row]:
        """Yield a row and its ancestors, from itself upwards."""
        above: Row | None = row
        while above is not None:
            yield above
            above = self.rows[above.parent] if above.parent else None

    def garbage(self, locators: Iterable[str]) -> tuple[str, ...]:
        """Return those of some locators that nothing leads to, each once.

        Another program may have made two records of one file, which is not to go with the first of them.
        """
        return tuple(one for one in dict.fromkeys(locators) if one not in self._leading)

    def statistics(self) -> Statistics:
        """Return the totals."""
        return Statistics(*(len(self.levels[level]) for level in Level), *self._files)

    def changes_after(self, since: int) -> int:
        """Return the position in `changes` of the first one with a greater sequence."""
        return bisect_right(self.changes, since, key=lambda change: change.sequence)

    # Writing -----------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Begin a transaction: from here on, changes can be taken back."""
        self._undo.clear()
        self._dropped.clear()
        self._before = (len(self.changes), self.arrived, self.sequence, self.complete, self.vouched)
        self._own_before = self.own

    def changed(self) -> dict[str, tuple[Row | None, Row | None]]:
        """Return what this transaction changed: by id the row as it was, and as it is; None for none.

        What is gone comes in the order in which it went.
        """
        before: dict[str, Row | None] = {}
        for id_, old in self._undo:
            before.setdefault(id_, old)
        return {id_: (old, self.rows.get(id_)) for id_, old in before.items()}

    def last(self, id_: str) -> Row:
        """Return a row as it is, or as it was when this transaction dropped it."""
        return self.rows.get(id_) or self._dropped[id_]

    def logged(self) -> Sequence[Change]:
        """Return what this transaction added to the log."""
        return self.changes[self._before[0] :]

    def is_changed(self) -> bool:
        """Say whether this transaction changed anything."""
        now = (len(self.changes), self.arrived, self.sequence, self.complete, self.vouched)
        return bool(self._undo) or now != self._before or self.is_own_changed()

    def is_own_changed(self) -> bool:
        """Say whether this transaction changed what hangs on the archive itself."""
        return self.own is not self._own_before

    def rollback(self) -> None:
        """Take back all that this transaction changed."""
        gone = False
        for id_, old in reversed(self._undo.copy()):
            if old is not None:
                gone |= id_ not in self.rows
                self.put(old)
            elif id_ in self.rows:
                self.drop(self.rows[id_])
        length, self.arrived, self.sequence, self.complete, self.vouched = self._before
        del self.changes[length:]
        self.put_own(self._own_before)
        if gone:
            self._sort()
        self._undo.clear()

    def next_number(self) -> int:
        """Return the next place in the order of arrival."""
        self.arrived += 1
        return self.arrived

    def put(self, row: Row) -> None:
        """Add a row, or replace the one with its id, which keeps its place among the others."""
        old = self.rows.get(row.id)
        self._undo.append((row.id, old))
        if old is None:
            if row.parent is not None:
                self._children.setdefault(row.parent, {})[row.id] = None
            for value in _values(row.uid):
                self._named[row.level].setdefault(value, {})[row.id] = None
        else:
            self._count(old, -1)
        self._count(row, 1)
        self.rows[row.id] = row
        self.levels[row.level][row.id] = row

    def put_own(self, own: Own) -> None:
        """Replace what hangs on the archive itself."""
        self._count_files(self.own, -1)
        self._count_files(own, 1)
        self.own = own

    def hang(self, owner: Row | Own) -> None:
        """Replace a row, or the archive itself, of which nothing but what hangs on it has changed."""
        if isinstance(owner, Row):
            self.put(owner)
        else:
            self.put_own(owner)

    def drop(self, row: Row) -> None:
        """Remove a row; its children must be gone."""
        self._undo.append((row.id, row))
        self._dropped[row.id] = row
        self._count(row, -1)
        del self.rows[row.id]
        del self.levels[row.level][row.id]
        if row.parent is not None:
            _discard(self._children, row.parent, row.id)
        for value in _values(row.uid):
            _discard(self._named[row.level], value, row.id)

    def log(self, change_type: ChangeType, row: Row | Own, date: datetime | None = None) -> None:
        """Append to the change log, which hears nothing of the archive itself."""
        if isinstance(row, Own):
            return
        self.sequence += 1
        self.changes.append(Change(self.sequence, change_type, row.level, row.id, date or datetime.now(UTC)))

    def _count_files(self, owner: Row | Own, sign: int) -> None:
        for file in owner.attachments.values():
            self._files[0] += sign
            self._files[1] += sign * file.size
            self._files[2] += sign * file.stored_size
            self._leading[file.locator] += sign
            if not self._leading[file.locator]:
                del self._leading[file.locator]

    def _count(self, row: Row, sign: int) -> None:
        self._count_files(row, sign)
        self.partial += sign * row.partial
        if row.slot is not None:
            if sign > 0:
                self.slots[row.slot] = row.id
                self.marks[row.slot] = row.mark
            elif self.slots.get(row.slot) == row.id:
                del self.slots[row.slot]
                del self.marks[row.slot]

    def _sort(self) -> None:
        """Put all in order of arrival again, after what had been dropped came back."""
        for level, rows in self.levels.items():
            self.levels[level] = dict(sorted(rows.items(), key=lambda item: item[1].number))
        for groups in (self._children, *self._named.values()):
            for name, ids in groups.items():
                groups[name] = dict.fromkeys(sorted(ids, key=lambda id_: self.rows[id_].number))


def _values(uid: str) -> Iterable[str]:
    """Return the single values of an identifier, without padding, as searches compare them."""
    if "\\" not in uid and " " not in uid:
        return (uid,)
    return dict.fromkeys(part.strip(" ") for part in uid.split("\\"))


def _discard(groups: dict[str, dict[str, None]], name: str, id_: str) -> None:
    group = groups[name]
    del group[id_]
    if not group:
        del groups[name]

"""What a `fileroom.testing.memory_index.MemoryIndex` holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fileroom._tags.comparable import split
from fileroom.errors import NotFoundError
from fileroom.model import (
    ARCHIVE_ID,
    AttachmentRecord,
    Change,
    Level,
    Metadata,
    ResourceRecord,
    Statistics,
    TagValue,
)
from fileroom.tags import TagSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fileroom.model import ChangeType

_COUNTED = {
    Level.PATIENT: "patients",
    Level.STUDY: "studies",
    Level.SERIES: "series",
    Level.INSTANCE: "instances",
}


@dataclass(frozen=True, slots=True)
class Owner:
    """What things hang on: the archive itself, or a `Row`. Owners are replaced, never changed."""

    id: str
    attachments: Mapping[int, AttachmentRecord] = field(default_factory=dict, kw_only=True)
    metadata: Mapping[str, Metadata] = field(default_factory=dict, kw_only=True)
    labels: frozenset[str] = field(default=frozenset(), kw_only=True)


@dataclass(frozen=True, slots=True)
class Row(Owner):
    """One resource, with all that hangs on it."""

    level: Level
    uid: str
    tags: Mapping[str, TagValue]
    parent: str | None
    number: int
    received: datetime
    sop_class_uid: str = ""
    stamp: int = 0


@dataclass(slots=True)
class Tables:
    """All rows in order of arrival, the change log, the totals, and the extra tags that all rows have.

    Beside them stands the archive itself, which is no resource.
    """

    archive: Owner = field(default_factory=lambda: Owner(ARCHIVE_ID))
    rows: dict[str, Row] = field(default_factory=dict)
    arrived: int = 0
    changes: list[Change] = field(default_factory=list)
    totals: Statistics = field(default_factory=lambda: Statistics(0, 0, 0, 0, 0, 0, 0))
    complete: frozenset[TagSpec] = frozenset()

    def copy(self) -> Tables:
        """Return tables that can be written to without a trace in these."""
        return replace(self, rows=dict(self.rows), changes=list(self.changes))

    def existing(self, public_id: str) -> Row:
        """Return a row.

        Raises:
            NotFoundError: there is none of this id.
        """
        try:
            return self.rows[public_id]
        except KeyError:
            raise NotFoundError(f"no resource {public_id}: it was removed, or never stored") from None

    def owner(self, public_id: str) -> Owner | None:
        """Return the row of this id, or the archive itself; None where there is neither."""
        return self.archive if public_id == ARCHIVE_ID else self.rows.get(public_id)

    def owners(self) -> list[Owner]:
        """Return the archive itself and all rows."""
        return [self.archive, *self.rows.values()]

    def put(self, owner: Owner) -> None:
        """Add a row, or replace the one with its id, which keeps its place in the order of arrival.

        The archive itself is replaced likewise.
        """
        if (old := self.owner(owner.id)) is not None:
            self._count(old, -1)
        self._count(owner, 1)
        if isinstance(owner, Row):
            self.rows[owner.id] = owner
        else:
            self.archive = owner

    def drop(self, row: Row) -> None:
        """Remove a row."""
        self._count(row, -1)
        del self.rows[row.id]

    def _count(self, owner: Owner, sign: int) -> None:
        files, totals = owner.attachments.values(), self.totals
        self.totals = replace(
            totals,
            attachments=totals.attachments + sign * len(files),
            bytes=totals.bytes + sign * sum(file.size for file in files),
            stored_bytes=totals.stored_bytes + sign * sum(file.stored_size for file in files),
        )
        if isinstance(owner, Row):
            counted = _COUNTED[owner.level]
            self.totals = replace(self.totals, **{counted: getattr(totals, counted) + sign})

    def log(self, change_type: ChangeType, owner: Owner) -> None:
        """Append to the change log, which hears nothing of the archive itself."""
        if isinstance(owner, Row):
            sequence = self.changes[-1].sequence + 1 if self.changes else 1
            self.changes.append(Change(sequence, change_type, owner.level, owner.id, datetime.now(UTC)))

    def below(self, row: Row) -> list[Row]:
        """Return a row's children in order of arrival."""
        return [each for each in self.rows.values() if each.parent == row.id]

    def line(self, row: Row) -> Iterator[Row]:
        """Yield a row and its ancestors, from itself upwards."""
        yield row
        if row.parent is not None:
            yield from self.line(self.rows[row.parent])

    def record(self, row: Row, computed: Sequence[str] = ()) -> ResourceRecord:
        """Return a row as the index shows it, with its ancestors and these computed attributes."""
        parent = None if row.parent is None else self.record(self.rows[row.parent])
        values = self.computed(row) if computed else {}
        return ResourceRecord(
            id=row.id,
            level=row.level,
            uid=row.uid,
            tags=row.tags,
            parent=parent,
            received=row.received,
            computed={name: "\\".join(values[name]) for name in computed if name in values},
        )

    def computed(self, row: Row) -> dict[str, list[str]]:
        """Return the values of all attributes that are computed at a row's level (PS3.4 section C.3.4)."""
        found, counts = [row], []
        for _ in range(row.level, Level.INSTANCE):
            parents = {each.id for each in found}
            found = [each for each in self.rows.values() if each.parent in parents]
            counts.append(found)
        names = ("Studies", "Series", "Instances")[row.level - 1 :]
        result = {
            f"NumberOf{row.level.label.capitalize()}Related{name}": [str(len(rows))]
            for name, rows in zip(names, counts, strict=True)
        }
        if row.level is Level.STUDY:
            series, instances = counts
            result["ModalitiesInStudy"] = _distinct(each.tags.get("Modality") for each in series)
            result["SOPClassesInStudy"] = _distinct(each.sop_class_uid for each in instances)
        return result


def _distinct(values: Iterable[TagValue | None]) -> list[str]:
    return sorted(
        {single for value in values if isinstance(value, str) for single in split("CS", value) if single}
    )

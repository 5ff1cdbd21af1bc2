"""The columns of a table of resources: where their values come from, and what they are."""

from __future__ import annotations

import dataclasses
import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fileroom._tables.places import ALL, Step, read_place
from fileroom._tags import comparable
from fileroom.errors import QueryError
from fileroom.model import Level
from fileroom.query import COMPUTED
from fileroom.tags import dictionary_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fileroom._tables.reading import Found
    from fileroom.tags import TagSet, TagSpec

FIXED = {"id": "", "level": "", "uid": "", "received": "DT"}
"""Columns that are no attributes, and the VR of values like theirs; empty for text."""

_LISTS = ("ModalitiesInStudy", "SOPClassesInStudy")
_SHOWN = frozenset(
    "AE AS CS DA DS DT FD FL IS LO LT PN SH SL SQ SS ST SV TM UC UI UL UR US UT UV".split()  # noqa: SIM905 - as the standard
)


class Origin(enum.Enum):
    """Where the values of a column come from."""

    RECORD = "record"  # the resource's own: id, level, uid, received
    INDEX = "index"
    COMPUTED = "computed"
    HEADER = "header"
    ITEMS = "items"  # of a sequence in the index
    PLACE = "place"  # in the header, where `fileroom.header` does not look


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: as it was asked for.
        vr: the VR of its values; empty for plain text, None where only the files tell.
        origin: where they come from.
        steps: the way to the attribute; none to one of `FIXED`.
        several: whether a value is a list; None where only the files tell.
        keyword: what records, the index and headers call the attribute, or the sequence that it lies in.
        number: which of several values or items is meant, from 1; 0 for all of them.
        every: whether a value is a list of what all items of a sequence have.
    """

    name: str
    vr: str | None
    origin: Origin
    steps: tuple[Step, ...] = ()
    several: bool | None = False
    keyword: str = field(init=False)
    number: int = field(init=False)
    every: bool = field(init=False)

    def __post_init__(self) -> None:
        last = self.steps[-1:]
        object.__setattr__(self, "keyword", self.steps[0].keyword if self.steps else self.name)
        object.__setattr__(self, "number", (last[0].item or 0) if last else 0)
        object.__setattr__(self, "every", any(step.item == ALL for step in self.steps[:-1]))

    @property
    def spec(self) -> TagSpec | None:
        """The attribute, where `fileroom.header` is to read it."""
        return dictionary_spec(self.keyword, Level.INSTANCE) if self.origin is Origin.HEADER else None

    @property
    def is_settled(self) -> bool:
        """Whether its type is known before anything was read."""
        return self.vr is not None and self.several is not None

    def settled(self, found: Iterable[Found]) -> Column:
        """Return the same column with the type that what was found has; it is text if that does not tell."""
        told = [one for one in found if one.value]
        vr = next((one.vr for one in told if one.vr), "") if self.vr is None else self.vr
        several = self.several
        if several is None:
            texts = (one.value for one in told if isinstance(one.value, str))
            several = any(len(comparable.split(vr, text)) > 1 for text in texts)
        return dataclasses.replace(self, vr=vr, several=several)


def columns_of(tags: TagSet, level: Level, names: Sequence[str]) -> list[Column]:
    """Return the columns of these names; without any, id, level and uid, and all that the index keeps.

    Raises:
        QueryError: there is no such attribute, it is another level's or has bytes for values, or it is named
            twice.
    """
    if not names:
        kept = (spec.keyword for above in Level if above <= level for spec in tags.levels.get(above, ()))
        names = ("id", "level", "uid", *dict.fromkeys(kept))
    for name in names:
        if names.count(name) > 1:
            raise QueryError(f"column {name!r} is named twice")
    return [_column(tags, level, name) for name in names]


def _column(tags: TagSet, level: Level, name: str) -> Column:
    if name in FIXED:
        return Column(name, FIXED[name], Origin.RECORD)
    steps = read_place(name, FIXED)
    last, keyword = steps[-1], steps[0].keyword
    if keyword in COMPUTED[level] and len(steps) == 1:
        several = _is_list(last, has_several=keyword in _LISTS)
        return Column(name, "" if keyword in _LISTS else "IS", Origin.COMPUTED, steps, several)
    if any(keyword in computed for computed in COMPUTED.values()):
        raise QueryError(f"column {name!r}: {keyword} is computed for another level than {level.label}")
    if last.vr and last.vr not in _SHOWN:
        raise QueryError(
            f"column {name!r}: {last.keyword or 'this attribute'} has values that no table holds"
        )
    origin = _origin(tags, level, steps)
    several = _is_list(last, has_several=last.has_several)
    if origin is Origin.PLACE:
        return Column(name, last.vr or None, origin, steps, several)
    return Column(name, last.vr, origin, steps, bool(several))


def _is_list(step: Step, *, has_several: bool | None) -> bool | None:
    """Say whether a value is a list: of an attribute that may have several, unless one of them is picked."""
    return has_several if step.item is None else step.item == ALL


def _origin(tags: TagSet, level: Level, steps: tuple[Step, ...]) -> Origin:
    first, *within = steps
    is_indexed = any(tags.by_keyword(Level(number), first.keyword) for number in range(level, 0, -1))
    if not within:
        if is_indexed:
            return Origin.INDEX
        return Origin.HEADER if dictionary_spec(first.keyword, Level.INSTANCE) else Origin.PLACE
    # Items in the index hold the attributes that have a keyword, and no sequences.
    if is_indexed and len(within) == 1 and within[0].keyword and within[0].vr != "SQ":
        return Origin.ITEMS
    return Origin.PLACE

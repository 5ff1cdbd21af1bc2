"""The columns of a table of resources: where their values come from, and what they are."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom._tags import dictionary
from fileroom.errors import QueryError
from fileroom.model import Level
from fileroom.query import COMPUTED
from fileroom.tags import TagSpec, dictionary_spec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom.tags import TagSet

FIXED = {"id": "", "level": "", "uid": "", "received": "DT"}
"""Columns that are no attributes, and the VR that their values are like; empty for text."""

_LISTS = ("ModalitiesInStudy", "SOPClassesInStudy")


class Origin(enum.Enum):
    """Where the values of a column come from."""

    RECORD = "record"  # the resource's own: id, level, uid, received
    INDEX = "index"
    COMPUTED = "computed"
    HEADER = "header"


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: a keyword, or one of `FIXED`.
        vr: what its values are like; empty for text.
        origin: where they come from.
        several: whether a value is a list.
        spec: the attribute, where it is read from headers.
    """

    name: str
    vr: str
    origin: Origin
    several: bool = False
    spec: TagSpec | None = None


def columns_of(tags: TagSet, level: Level, names: Sequence[str]) -> list[Column]:
    """Return the columns of these names; without any, id, level and uid, and all that the index keeps.

    Raises:
        QueryError: there is no such attribute, it is another level's or has bytes for values, or it is named
            twice.
    """
    if not names:
        kept = (spec.keyword for above in Level if above <= level for spec in tags.levels.get(above, ()))
        names = ("id", "level", "uid", *dict.fromkeys(kept))
    if len(set(names)) < len(names):
        raise QueryError("a column is named twice")
    return [_column(tags, level, name) for name in names]


def _column(tags: TagSet, level: Level, name: str) -> Column:
    if name in FIXED:
        return Column(name, FIXED[name], Origin.RECORD)
    if name in COMPUTED[level]:
        return Column(name, "" if name in _LISTS else "IS", Origin.COMPUTED, name in _LISTS)
    if any(name in computed for computed in COMPUTED.values()):
        raise QueryError(f"{name} is computed for another level than {level.label}")
    for number in range(level, 0, -1):
        if spec := tags.by_keyword(Level(number), name):
            return Column(name, spec.vr, Origin.INDEX, _has_several(spec))
    if spec := dictionary_spec(name, Level.INSTANCE):
        return Column(name, spec.vr, Origin.HEADER, _has_several(spec), spec)
    if dictionary.lookup(name):
        raise QueryError(f"{name} has values that no table holds")
    raise QueryError(f"{name!r} is not the keyword of a DICOM attribute{dictionary.suggestion(name)}")


def _has_several(spec: TagSpec) -> bool:
    from pydicom.datadict import dictionary_VM  # noqa: PLC0415 - slow to import

    try:
        return spec.vr != "SQ" and dictionary_VM(spec.tag) != "1"
    except KeyError:  # a private attribute that the configuration added
        return False

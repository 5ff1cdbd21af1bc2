"""Computed attributes (PS3.4 section C.3.4): counts and collections of what lies below a resource."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from fileroom.model import Level
from fileroom.query import COMPUTED
from fileroom.tags import dictionary_spec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.model import TagValue
    from fileroom_plugins.index_linear.tables import Row, Tables

_COUNTED = {"Studies": Level.STUDY, "Series": Level.SERIES, "Instances": Level.INSTANCE}
_COLLECTED = {"ModalitiesInStudy": "Modality", "SOPClassesInStudy": "SOPClassUID"}


def computed(tables: Tables, row: Row, names: Sequence[str]) -> dict[str, str]:
    """Return computed attributes of a resource by name; those of other levels are left out."""
    return {name: _text(tables, row, name) for name in names if name in COMPUTED[row.level]}


def collected(tables: Tables, study: Row, name: str) -> set[str]:
    """Return the single values, without padding, of ``ModalitiesInStudy`` or ``SOPClassesInStudy``."""
    spec = dictionary_spec(_COLLECTED[name], Level.INSTANCE)
    assert spec is not None
    series = tables.below(study.id)
    values: set[TagValue] = (
        {each.sop_class_uid for one in series for each in tables.below(one.id)}
        if name == "SOPClassesInStudy"
        else {one.tags.get("Modality", "") for one in series}
    )
    return set(chain.from_iterable(map(spec.search_values, values)))


def _text(tables: Tables, row: Row, name: str) -> str:
    if name in _COLLECTED:
        return "\\".join(sorted(collected(tables, row, name)))
    return str(_count(tables, row, _COUNTED[name.partition("Related")[2]]))


def _count(tables: Tables, row: Row, level: Level) -> int:
    above: Iterator[str] = iter((row.id,))
    for _ in range(row.level, level - 1):
        above = chain.from_iterable(map(tables.children, above))
    return sum(len(tables.children(each)) for each in above)

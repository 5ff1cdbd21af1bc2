"""Computed attributes (PS3.4 section C.3.4): counts and collections of what lies below a resource.

Instances are never walked for them: ``series_class`` knows how many there are, and of which class.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from fileroom.model import Level
from fileroom.query import COMPUTED
from fileroom_plugins.index_sql.lookup import chunks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement, Connection, FromClause

    from fileroom_plugins.index_sql.schema import Schema

_COUNTED = {"Studies": Level.STUDY, "Series": Level.SERIES, "Instances": Level.INSTANCE}


def computed(
    connection: Connection, schema: Schema, level: Level, numbers: Iterable[int], names: Sequence[str]
) -> dict[int, dict[str, str]]:
    """Return computed attributes of resources of one level, by number and name.

    Names that are computed at other levels only are left out.
    """
    every = list(numbers)
    found: dict[int, dict[str, str]] = {number: {} for number in every}
    for name in COMPUTED[level]:
        if name not in names:
            continue
        values: defaultdict[int, set[str]] = defaultdict(set)
        for statement, owner in _statements(schema, level, name):
            for some in chunks(every):
                for number, value in connection.execute(statement.where(owner.in_(some))):
                    values[number].add(str(value))
        for number in every:
            found[number][name] = "\\".join(sorted(values[number] - {""}))
    return found


def _statements(schema: Schema, level: Level, name: str) -> list[tuple[Any, ColumnElement[int]]]:
    """Return what selects owners' numbers and values of an attribute, and the column of the owners."""
    if name == "ModalitiesInStudy":
        return _modalities(schema)
    if name == "SOPClassesInStudy":
        below, owner = _down_to_classes(schema, level)
        uids = below.join(schema.uid, schema.uid.c.id == schema.series_class.c.class_id)
        return [(select(owner, schema.uid.c.uid).select_from(uids).distinct(), owner)]
    counted = _COUNTED[name.partition("Related")[2]]
    if counted is Level.INSTANCE:
        below, owner = _down_to_classes(schema, level)
        count: ColumnElement[int] = func.sum(schema.series_class.c.instances)
    else:
        below, owner = _down_to(schema, level, counted)
        count = func.count()
    return [(select(owner, count).select_from(below).group_by(owner), owner)]


def _modalities(schema: Schema) -> list[tuple[Any, ColumnElement[int]]]:
    place = schema.levels[Level.SERIES]
    owner, term = place.parent_id, schema.term.c
    held = place.table.c.Modality
    terms = place.table.join(
        schema.term,
        (term.level == int(Level.SERIES))
        & (term.resource == place.id)
        & (term.key == place.fields["Modality"].key),
    )
    return [
        (select(owner, held).where(held.is_not(None)).distinct(), owner),
        (select(owner, term.value).select_from(terms).distinct(), owner),
    ]


def _down_to(schema: Schema, level: Level, bottom: Level) -> tuple[FromClause, ColumnElement[int]]:
    """Return the tables from below a level down to another, joined, and the column that names the owner."""
    first, *rest = (schema.levels[Level(number)] for number in range(level + 1, bottom + 1))
    below: FromClause = first.table
    above = first
    for place in rest:
        below = below.join(place.table, place.parent_id == above.id)
        above = place
    return below, first.parent_id


def _down_to_classes(schema: Schema, level: Level) -> tuple[FromClause, ColumnElement[int]]:
    """Return the tables from below a level down to ``series_class``, joined, and the column of the owner."""
    classes = schema.series_class
    if level is Level.SERIES:
        return classes, classes.c.series_id
    below, owner = _down_to(schema, level, Level.SERIES)
    return below.join(classes, classes.c.series_id == schema.levels[Level.SERIES].id), owner

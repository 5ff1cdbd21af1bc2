"""Labels that instances come with."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import select

from fileroom.model import Level
from fileroom_plugins.databases.bulk import insert_rows
from fileroom_plugins.index_sql.lookup import chunks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sqlalchemy import Connection

    from fileroom_plugins.index_sql.schema import Schema


def labels_of(connection: Connection, schema: Schema, instances: Iterable[int]) -> Mapping[int, set[str]]:
    """Return the labels of instances by their numbers, an empty set for what has none."""
    table = schema.label.c
    found: defaultdict[int, set[str]] = defaultdict(set)
    for some in chunks(instances):
        here = (table.level == int(Level.INSTANCE), table.resource.in_(some))
        for number, label in connection.execute(select(table.resource, table.label).where(*here)):
            found[number].add(label)
    return found


def write_labels(connection: Connection, schema: Schema, added: Mapping[int, Collection[str]]) -> None:
    """Add labels to instances, by their numbers, that do not have these yet."""
    rows = [
        {"level": int(Level.INSTANCE), "resource": number, "label": label}
        for number, labels in added.items()
        for label in sorted(labels)
    ]
    insert_rows(connection, schema.label, rows)

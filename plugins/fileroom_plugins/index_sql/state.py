"""What an index knows about itself: the table ``info``.

It holds the version of the schema, the version of the folding that comparable forms were made with, and the
extra tags that are kept of every instance.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, update

from fileroom_plugins.index_sql.schema import TOTALS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from fileroom_plugins.index_sql.schema import Schema

SCHEMA = "schema"
FOLDING = "folding"
_COMPLETE = "complete"


def version(connection: Connection, schema: Schema, name: str) -> int:
    """Return the number that is recorded under `SCHEMA` or `FOLDING`; 0 if there is none."""
    info = schema.info.c
    return int(connection.execute(select(info.value).where(info.name == name)).scalar() or 0)


def set_version(connection: Connection, schema: Schema, name: str, number: int) -> None:
    """Record a number under `SCHEMA` or `FOLDING`."""
    _set(connection, schema, name, str(number))


def complete_tags(connection: Connection, schema: Schema) -> frozenset[str]:
    """Return the extra tags that are kept of every instance, as `Schema.extra_tags` names them."""
    info = schema.info.c
    text = connection.execute(select(info.value).where(info.name == _COMPLETE)).scalar()
    return frozenset(json.loads(text)) if text else frozenset()


def set_complete_tags(connection: Connection, schema: Schema, names: Iterable[str]) -> None:
    """Record which extra tags are kept of every instance."""
    _set(connection, schema, _COMPLETE, json.dumps(sorted(names)))


def is_empty(connection: Connection, schema: Schema) -> bool:
    """Say whether the index has no instances."""
    return not totals(connection, schema, ("instances",))[0]


def totals(connection: Connection, schema: Schema, names: Sequence[str] = TOTALS) -> list[int]:
    """Return the totals of these names."""
    columns = (func.sum(schema.total.c[name]) for name in names)
    return [int(value) for value in connection.execute(select(*columns)).one()]


def be_first(connection: Connection, schema: Schema) -> None:
    """Record, before instances come into an empty index, that they will have every extra tag.

    Where several writers are at work at once, all who come into an empty index take turns, so that nobody
    believes to be the first who is not.
    """
    if not is_empty(connection, schema):
        return
    info = schema.info.c
    connection.execute(select(info.value).where(info.name == SCHEMA).with_for_update())
    if is_empty(connection, schema):
        set_complete_tags(connection, schema, schema.extra_tags)


def _set(connection: Connection, schema: Schema, name: str, value: str) -> None:
    info = schema.info
    if not connection.execute(update(info).where(info.c.name == name).values(value=value)).rowcount:
        connection.execute(insert(info), {"name": name, "value": value})

"""What an index knows about itself: the table ``info``.

It holds the version of the schema, the version of the folding that comparable forms were made with, and the
extra tags that are kept of every instance.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from fileroom_plugins.index_sql.schema import Schema

SCHEMA = "schema"
FOLDING = "folding"
_COMPLETE = "complete"


def version(connection: Connection, schema: Schema, name: str) -> int:
    """Return the number that is recorded under `SCHEMA` or `FOLDING`."""
    info = schema.info.c
    return int(connection.execute(select(info.value).where(info.name == name)).scalar_one())


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
    return not connection.execute(select(schema.total.c.instances)).scalar_one()


def _set(connection: Connection, schema: Schema, name: str, value: str) -> None:
    connection.execute(delete(schema.info).where(schema.info.c.name == name))
    connection.execute(insert(schema.info), {"name": name, "value": value})

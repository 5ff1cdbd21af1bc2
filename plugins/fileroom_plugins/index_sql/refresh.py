"""`Index.refresh`: what was derived from DICOM, written anew."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import select

from fileroom.model import Level
from fileroom_plugins.databases.errors import CollisionError
from fileroom_plugins.index_sql.describe import describe
from fileroom_plugins.index_sql.locks import claim
from fileroom_plugins.index_sql.lookup import chunks, numbers
from fileroom_plugins.index_sql.rows import Rows, count_classes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from fileroom.model import Header
    from fileroom_plugins.index_sql.describe import Described
    from fileroom_plugins.index_sql.schema import Schema
    from fileroom_plugins.index_sql.uids import Uids


def refresh(connection: Connection, schema: Schema, uids: Uids, headers: Sequence[Header]) -> int:
    """Write the tags of headers whose instances are there; see `fileroom.index.Index.refresh`."""
    digests = [header.identity.digest(Level.INSTANCE) for header in headers]
    known = numbers(connection, schema, Level.INSTANCE, set(digests))
    there = [header for header, digest in zip(headers, digests, strict=True) if digest in known]
    described: dict[tuple[Level, int], Described] = {}
    found: dict[bytes, int] = {}
    for level in Level:
        last = {header.identity.digest(level): header for header in there}
        found = numbers(connection, schema, level, last)
        claim(connection, schema, level, found.values())
        for digest, number in found.items():
            described[level, number] = describe(last[digest], schema.levels[level])
    if found != known:
        raise CollisionError  # an instance was removed, and maybe stored again, before it was claimed
    instances = {known[header.identity.digest(Level.INSTANCE)]: header for header in there}
    texts = {uid for each in described.values() for uid in each.coded.values()}
    texts |= {uid for each in there for uid in (each.sop_class_uid, each.transfer_syntax_uid)}
    uid_numbers = uids.numbers(connection, texts)
    rows = Rows(connection, schema, uid_numbers)
    for (level, number), each in described.items():
        own = {}
        if level is Level.INSTANCE:
            header = instances[number]
            own["class_id"] = uid_numbers[header.sop_class_uid]
            own["syntax_id"] = uid_numbers[header.transfer_syntax_uid]
        rows.rewrite(level, number, each, **own)
    classes = {number: uid_numbers[header.sop_class_uid] for number, header in instances.items()}
    _move_classes(connection, schema, classes)
    rows.write()
    return len(there)


def _move_classes(connection: Connection, schema: Schema, classes: Mapping[int, int]) -> None:
    """Count instances, by number, under their new SOP classes instead of those in their rows."""
    table = schema.levels[Level.INSTANCE].table.c
    moved: Counter[tuple[int, int]] = Counter()
    for some in chunks(classes):
        rows = connection.execute(select(table.id, table.parent_id, table.class_id).where(table.id.in_(some)))
        for number, series, class_id in rows:
            moved[series, class_id] -= 1
            moved[series, classes[number]] += 1
    count_classes(connection, schema, {key: added for key, added in moved.items() if added})

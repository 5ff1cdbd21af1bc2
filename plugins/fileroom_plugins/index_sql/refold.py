"""Making all comparable forms anew, after folding has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from fileroom_plugins.index_sql.describe import describe_tags
from fileroom_plugins.index_sql.records import Records
from fileroom_plugins.index_sql.rows import Rows
from fileroom_plugins.index_sql.uids import Uids

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fileroom_plugins.index_sql.schema import LevelTable, Schema

_ROWS_AT_A_TIME = 1000


def fold_anew(connection: Connection, schema: Schema) -> None:
    """Lay all tags down anew, from the raw values that the index holds."""
    uids = Uids(schema)
    for place in schema.levels.values():
        last = 0
        while number := _fold_page(connection, schema, uids, place, last):
            last = number


def _fold_page(connection: Connection, schema: Schema, uids: Uids, place: LevelTable, last: int) -> int:
    """Lay down the rows behind one number; return the number of the last of them, 0 if there was none."""
    records = Records(schema, uids)
    columns = records.columns(place.level)
    page = select(*columns).where(place.id > last).order_by(place.id).limit(_ROWS_AT_A_TIME)
    found = connection.execute(page).all()
    described = [describe_tags(record.tags, place) for record in records.of(connection, place.level, found)]
    coded = uids.numbers(connection, {uid for each in described for uid in each.coded.values()})
    rows = Rows(connection, schema, coded)
    for row, each in zip(found, described, strict=True):
        rows.rewrite(place.level, row.id, each)
    rows.write()
    return found[-1].id if found else 0

"""Writing resources: rows of the level tables, their terms, and the counts of SOP classes."""

from __future__ import annotations

from collections import defaultdict
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select, tuple_, update
from sqlalchemy.dialects import postgresql

from fileroom_plugins.databases.bulk import insert_rows
from fileroom_plugins.index_sql.lookup import chunks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection, Table

    from fileroom.model import Level
    from fileroom_plugins.index_sql.describe import Described
    from fileroom_plugins.index_sql.schema import Schema


class Rows:
    """The rows that one transaction adds or rewrites, written many at a time.

    Args:
        connection: the transaction.
        schema: the tables.
        uids: the numbers of all UIDs in coded columns.
    """

    def __init__(self, connection: Connection, schema: Schema, uids: Mapping[str, int]) -> None:
        self._connection = connection
        self._schema = schema
        self._uids = uids
        self._added: dict[Level, list[dict[str, Any]]] = defaultdict(list)
        self._rewritten: dict[Level, dict[int, dict[str, Any]]] = defaultdict(dict)
        self._terms: dict[tuple[Level, int], Described] = {}

    def add(self, level: Level, number: int, described: Described, **own: Any) -> None:  # noqa: ANN401 - values of columns
        """Add a resource; ``own`` are its columns beside the tags."""
        self._added[level].append({"id": number, **own, **self._columns(described)})
        self._terms[level, number] = described

    def rewrite(self, level: Level, number: int, described: Described, **own: Any) -> None:  # noqa: ANN401 - likewise
        """Give a resource other tags, and other values in some of its own columns. The last call counts."""
        self._rewritten[level][number] = {"at": number, **own, **self._columns(described)}
        self._terms[level, number] = described

    def write(self) -> None:
        """Write all of them, parents before children."""
        for level, place in self._schema.levels.items():
            added = self._added[level]
            if self._schema.several_writers:  # they wait for each other's public ids: in one order
                added.sort(key=itemgetter("public_id"))
            insert_rows(self._connection, place.table, added)
            if changed := self._rewritten[level]:
                statement = update(place.table).where(place.id == bindparam("at"))
                self._connection.execute(statement, list(changed.values()))
                remove_hanging(self._connection, self._schema.term, level, changed)
        terms = [
            {"level": int(level), "resource": number, **term._asdict()}
            for (level, number), described in self._terms.items()
            for term in described.terms
        ]
        insert_rows(self._connection, self._schema.term, terms)

    def _columns(self, described: Described) -> dict[str, Any]:
        return {**described.columns, **{name: self._uids[uid] for name, uid in described.coded.items()}}


def remove_hanging(connection: Connection, table: Table, level: Level, numbers: Iterable[int]) -> None:
    """Remove what hangs on resources of a level, from the table of one sort."""
    for some in chunks(numbers):
        connection.execute(delete(table).where(table.c.level == int(level), table.c.resource.in_(some)))


def count_classes(connection: Connection, schema: Schema, added: Mapping[tuple[int, int], int]) -> None:
    """Add to the numbers of instances by series and SOP class; what comes to nothing goes.

    The caller keeps the series where they are, as `locks.hold` does.
    """
    keys = sorted(key for key, more in added.items() if more)  # those at work at once lock in one order
    table = schema.series_class
    if schema.several_writers:
        _upsert(connection, table, {key: added[key] for key in keys})
    else:
        _add_to_counts(connection, table, {key: added[key] for key in keys})
    for some in chunks(key for key in keys if added[key] < 0):
        these = tuple_(table.c.series_id, table.c.class_id).in_(some)
        connection.execute(delete(table).where(these, table.c.instances <= 0))


def _upsert(connection: Connection, table: Table, added: Mapping[tuple[int, int], int]) -> None:
    """Add to counts that others add to, and remove, at the same time: who looked first would be late."""
    for some in chunks(added.items()):
        rows = [{"series_id": key[0], "class_id": key[1], "instances": more} for key, more in some]
        adding = postgresql.insert(table).values(rows)
        sum_of_both = table.c.instances + adding.excluded.instances
        key = [table.c.series_id, table.c.class_id]
        connection.execute(adding.on_conflict_do_update(index_elements=key, set_={"instances": sum_of_both}))


def _add_to_counts(connection: Connection, table: Table, added: Mapping[tuple[int, int], int]) -> None:
    """Add to counts while nobody else does."""
    known: set[tuple[int, int]] = set()
    for some in chunks({series for series, _ in added}):
        rows = connection.execute(
            select(table.c.series_id, table.c.class_id).where(table.c.series_id.in_(some))
        )
        known.update((row[0], row[1]) for row in rows)
    if changed := [
        {"series": key[0], "uid": key[1], "more": more} for key, more in added.items() if key in known
    ]:
        here = (table.c.series_id == bindparam("series"), table.c.class_id == bindparam("uid"))
        statement = update(table).where(*here).values(instances=table.c.instances + bindparam("more"))
        connection.execute(statement, changed)
    new = [
        {"series_id": key[0], "class_id": key[1], "instances": more}
        for key, more in added.items()
        if key not in known
    ]
    insert_rows(connection, table, new)

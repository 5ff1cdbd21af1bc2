"""What SQLite would do to answer the statements that an index has run."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fileroom_plugins.index_sql.index import SqlIndex

BOUNDED = frozenset({"total", "info", "uid"})
"""Tables that do not grow with what is stored, or as slowly as the DICOM standard does."""

_SCAN = re.compile(r"SCAN (?P<table>\w+)(?: USING (?:COVERING )?INDEX (?P<index>\w+))?$")


class Statement(NamedTuple):
    """A statement, with its parameters and the lines of its plan."""

    sql: str
    parameters: Any
    plan: tuple[str, ...]


class Recorder:
    """Notes the statements that an index runs; `statements` explains them."""

    def __init__(self, index: SqlIndex, path: Path) -> None:
        self._path = path
        self._seen: list[tuple[str, Any]] = []
        event.listen(index._database.engine, "before_cursor_execute", self._note)

    def _note(self, _c: object, _k: object, sql: str, parameters: Any, _x: object, many: bool) -> None:
        if sql.split(maxsplit=1)[0] in {"SELECT", "INSERT", "UPDATE", "DELETE"}:
            self._seen.append((sql, parameters[0] if many else parameters))

    def statements(self) -> Iterator[Statement]:
        """Yield what was noted since the last call, with the plans."""
        seen, self._seen = self._seen, []
        connection = sqlite3.connect(self._path)
        for sql, parameters in seen:
            lines = connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters).fetchall()
            yield Statement(sql, parameters, tuple(line[3] for line in lines))
        connection.close()


def full_scans(statement: Statement, own_index: str = "", *, counts_lack: bool = False) -> list[str]:
    """Return the lines of a plan that read the whole of a table or index, and should not.

    This is the rule. A plan may read all of

    - a table that does not grow with what is stored (`BOUNDED`);
    - a level, in the order that is asked for, if the statement stops after so many rows and sorts none;
    - the index of the very key that is asked for (``own_index``), when the inside of its values counts;
    - an index, to count what lacks an extra tag or a label (``counts_lack``): no index has what is missing.
    """
    walk = " LIMIT " in statement.sql and not any(
        "TEMP B-TREE FOR ORDER BY" in line for line in statement.plan
    )
    offences = []
    for line in statement.plan:
        found = _SCAN.match(line)
        if found is None or found["table"] in BOUNDED or walk:
            continue
        if found["index"] and (counts_lack or (own_index and found["index"].startswith(own_index))):
            continue
        offences.append(line)
    return offences

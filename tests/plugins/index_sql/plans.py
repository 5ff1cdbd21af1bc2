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

_SCAN = re.compile(
    r"SCAN (?P<table>\w+)(?: USING (?:COVERING )?INDEX (?P<index>\w+))?$"
    r"|SEARCH \w+ .*\(level=\?\)$"  # an index, but all of a level: that is most of the table
)


class Line(NamedTuple):
    """A line of a plan; the outermost loops are at the top."""

    text: str
    at_the_top: bool


class Statement(NamedTuple):
    """A statement and its plan."""

    sql: str
    plan: tuple[Line, ...]


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
            yield Statement(sql, tuple(Line(text, parent == 0) for _, parent, _, text in lines))
        connection.close()


def full_scans(statement: Statement, *, counts_lack: bool = False, sorts: bool = False) -> list[str]:
    """Return the lines of a plan that read the whole of a table or index, and should not.

    This is the rule. Something within a text is looked for in all values of that attribute, but in its own
    index, which SQLite calls a search. Beside that a plan may read all of

    - a table that does not grow with what is stored (`BOUNDED`);
    - a level, in the order that is asked for, if the statement stops after so many rows and sorts none;
    - an index, to count what lacks an extra tag or a label (``counts_lack``): no index has what is missing;
    - a level, to sort it by what is in no index (``sorts``): extra tags and SOP classes.
    """
    stops = " LIMIT " in statement.sql
    sorted_at_the_end = any(line.at_the_top and "B-TREE FOR ORDER BY" in line.text for line in statement.plan)
    may_walk = stops and (sorts or not sorted_at_the_end)
    offences = []
    for line in statement.plan:
        found = _SCAN.match(line.text)
        if found is None or found["table"] in BOUNDED or (may_walk and line.at_the_top):
            continue
        if not (counts_lack and found["index"]):
            offences.append(line.text)
    return offences

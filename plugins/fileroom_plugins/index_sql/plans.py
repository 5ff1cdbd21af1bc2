"""`Index.plans`: by which indexes the usual kinds of search are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.model import Level
from fileroom.query import Condition, Equal, Order, Query, Range, Wildcard
from fileroom_plugins.index_sql.find import Search

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from fileroom.query import Match
    from fileroom_plugins.databases.database import Database
    from fileroom_plugins.index_sql.schema import Schema

_KEYS: tuple[tuple[str, Level, Level, str, Match], ...] = (
    ("studies of a PatientID", Level.STUDY, Level.PATIENT, "PatientID", Equal("x")),
    (
        "studies by the beginning of a PatientName",
        Level.STUDY,
        Level.PATIENT,
        "PatientName",
        Wildcard("abc*"),
    ),
    ("studies by a part of a PatientName", Level.STUDY, Level.PATIENT, "PatientName", Wildcard("*abc*")),
    ("studies of some days", Level.STUDY, Level.STUDY, "StudyDate", Range("20000101", "20000102")),
    ("studies by AccessionNumber", Level.STUDY, Level.STUDY, "AccessionNumber", Equal("x")),
    (
        "studies by a part of a description",
        Level.STUDY,
        Level.STUDY,
        "StudyDescription",
        Wildcard("*abc*"),
    ),
    ("series by Modality", Level.SERIES, Level.SERIES, "Modality", Equal("x")),
    ("instances of a StudyInstanceUID", Level.INSTANCE, Level.STUDY, "StudyInstanceUID", Equal("x")),
    ("an instance by SOPInstanceUID", Level.INSTANCE, Level.INSTANCE, "SOPInstanceUID", Equal("x")),
)


def plans(database: Database, connection: Connection, schema: Schema) -> Iterator[str]:
    """Yield a line for each kind of search; see `fileroom.index.Index.plans`."""
    for name, query in _queries(schema):
        used = database.indexes_for(connection, Search(database, connection, schema, query).statement())
        yield f"{name}: {', '.join(used) or 'no index'}"


def _queries(schema: Schema) -> Iterator[tuple[str, Query]]:
    for name, level, place, keyword, match in _KEYS:
        yield name, Query(level, (Condition(schema.levels[place].fields[keyword].spec, match),))
    date = schema.levels[Level.STUDY].fields["StudyDate"].spec
    yield "the latest studies", Query(Level.STUDY, order_by=(Order(date, descending=True),), limit=20)

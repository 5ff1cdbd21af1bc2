"""The tables, as SQLAlchemy describes them to any database.

One table for each level, with a column or more for each main tag (`fields`); what can hang on a resource of
any level names it by level and number, and what hangs on the archive itself has level 0 and number 0. Text
compares by code point. No table has an index on the level alone, which would lead a planner to walk all
instances.

A resource's ``id`` is its place in the order of arrival, and never used again: `total` counts on, or, where
several writers are at work at once, a sequence does.

Where indexes do not hold a text of any length, no text is in a primary key; then nothing but the locks of
those who write (`locks`) keeps them from writing a row of `metadata`, `label` or `term` twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Sequence,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from fileroom.model import Level
from fileroom_plugins.databases.types import NAME, NUMBER, REAL, TEXT, Bytes
from fileroom_plugins.index_sql.fields import TagField

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.tags import TagSet, TagSpec
    from fileroom_plugins.databases.database import Database

TOTALS = ("patients", "studies", "series", "instances", "attachments", "bytes", "stored_bytes")
LAST_IDS = ("last_patient", "last_study", "last_series", "last_instance")
STRIPES = 16
"""Rows of ``total`` where several writers are at work at once: each adds to one that nobody is adding to."""

_TEXTS = frozenset({"PN", "LO", "SH", "LT", "ST", "UT", "UC"})

KEY = "key"
"""Under this, `Table.info` of what hangs on resources names the columns that tell its rows apart."""


@dataclass(frozen=True, slots=True)
class LevelTable:
    """The table of one level.

    Attributes:
        level: the level.
        table: its table.
        fields: its tags by keyword: the main tags, then the extra ones.
        no_tags: the columns that hold tags, each None.
    """

    level: Level
    table: Table
    fields: Mapping[str, TagField]
    no_tags: dict[str, None]

    @property
    def id(self) -> Column[int]:
        """The resource's number."""
        return self.table.c.id

    @property
    def parent_id(self) -> Column[int]:
        """The number of its parent; not for patients."""
        return self.table.c.parent_id


def schema_of(tags: TagSet, database: Database) -> Schema:
    """Return the tables of an index in a database that is open.

    Indexes that keep the same tags get the same, so that a statement is put together for all of them once.
    """
    key = (Schema, *(tags.levels.get(level, ()) for level in Level))
    found = database.kept.get(key)
    if found is None:
        found = database.kept[key] = Schema(tags, database)
    assert isinstance(found, Schema)
    return found


class Schema:
    """All tables of an index that keeps certain tags.

    Attributes:
        catalog: SQLAlchemy's collection of the tables.
        levels: the tables of the four levels.
        uid: numbers for UIDs that many instances share.
        series_class: how many instances of which SOP class a series has.
        term: values by which tags without a column of their own, or with several values, are found.
        attachment: attachments of all levels, and of the archive itself.
        metadata: metadata, likewise.
        label: labels, likewise.
        change: the change log.
        arrival: changes that have no sequence yet, as `log` packs them; None where they get one at once.
        total: one row: the totals, and the last number given to a resource of each level. Where several
            writers are at work at once, `STRIPES` rows whose sum the totals are.
        numbers: what counts the resources of each level, where several writers are at work at once.
        several_writers: whether they are.
        needs_turns: whether they take turns, and the database does not see to it.
        info: what is to be known about the index itself (`fileroom_plugins.index_sql.state`).
        extra_tags: the extra tags, as `tag_name` writes them.
    """

    def __init__(self, tags: TagSet, database: Database) -> None:
        self.catalog = MetaData()
        self.several_writers = database.several_writers
        self.needs_turns = not (database.several_writers or database.takes_turns)
        self._database = database
        self.extra_tags = frozenset(
            tag_name(spec) for specs in tags.levels.values() for spec in specs if spec.extra
        )
        self.numbers = {level: self._sequence(level.label) for level in Level if self.several_writers}
        self.levels = {level: self._level_table(level, tags) for level in Level}
        self.uid = self._uid_table()
        self.series_class = Table(
            "series_class",
            self.catalog,
            Column("series_id", NUMBER, ForeignKey("series.id"), primary_key=True),
            Column("class_id", NUMBER, primary_key=True),
            Column("instances", NUMBER, nullable=False),
            sqlite_with_rowid=False,
        )
        self._index("series_class", "class_id", then="series_id")
        self.term = self._hanging(
            "term",
            Column("key", NUMBER, nullable=False),
            Column("item", NUMBER, nullable=False),
            Column("value", TEXT, nullable=False),
            Column("number", REAL),
            key=("key", "item", "value"),
        )
        self._index("term", "level", "key", "value", then="resource", name="term_value")
        self.attachment = self._hanging("attachment", *_attachment_columns(), key=("content_type",))
        self.metadata = self._hanging(
            "metadata",
            Column("name", TEXT, nullable=False),
            Column("value", TEXT, nullable=False),
            Column("revision", NUMBER, nullable=False),
            key=("name",),
        )
        self._index("metadata", "level", "name", "value", then="resource", name="metadata_value")
        self.label = self._hanging("label", Column("label", TEXT, nullable=False), key=("label",))
        self._index("label", "level", "label", then="resource", name="label_label")
        self.change = Table(
            "change",
            self.catalog,
            Column("sequence", NUMBER, primary_key=True, autoincrement=not self.several_writers),
            Column("type", SmallInteger, nullable=False),
            Column("level", SmallInteger, nullable=False),
            Column("public_id", Bytes(20), nullable=False),
            Column("date", NUMBER, nullable=False),  # milliseconds since 1970
            sqlite_autoincrement=True,
        )
        self.arrival = self._arrival_table() if self.several_writers else None
        counters = (Column(name, NUMBER, nullable=False, default=0) for name in (*TOTALS, *LAST_IDS))
        self.total = Table("total", self.catalog, _id(), *counters)
        self.info = Table(
            "info",
            self.catalog,
            Column("name", NAME, primary_key=True),
            Column("value", TEXT, nullable=False),
            sqlite_with_rowid=False,
        )

    def searched_within(self) -> Iterator[Column[Any]]:
        """Yield the columns in which texts are looked for: names, descriptions, identifiers, but not UIDs.

        Those of instances are not among them: there are too many of them for that.
        """
        for level in (Level.PATIENT, Level.STUDY, Level.SERIES):
            place = self.levels[level]
            for field in place.fields.values():
                if field.form and field.spec.vr in _TEXTS:
                    yield place.table.c[field.form]

    def _level_table(self, level: Level, tags: TagSet) -> LevelTable:
        fields = {spec.keyword: TagField(spec) for spec in tags.levels[level]}
        tag_columns = [
            Column("more", TEXT),
            *(column for each in fields.values() for column in _tag_columns(each)),
        ]
        table = Table(
            level.label,
            self.catalog,
            _id(),
            Column("public_id", Bytes(20), nullable=False, unique=True),
            *_own_columns(level),
            Column("received", NUMBER, nullable=False),  # milliseconds since 1970
            *tag_columns,
        )
        if level is not Level.PATIENT:
            self._index(level.label, "parent_id", then="id")
        for each in fields.values():
            for name in each.indexed:
                # In the largest table, whose order is asked for within series only, space counts for more.
                self._index(level.label, name, then=None if level is Level.INSTANCE else "id")
        return LevelTable(level, table, fields, dict.fromkeys(column.name for column in tag_columns))

    def _uid_table(self) -> Table:
        uid = Column("uid", TEXT, nullable=False, unique=self._database.key_length is None)
        if not self.several_writers:
            return Table("uid", self.catalog, _id(), uid)
        once = ExcludeConstraint((uid, "="), using="hash", name="uid_uid")  # unique, of any length
        return Table(
            "uid", self.catalog, Column("id", NUMBER, self._sequence("uid"), primary_key=True), uid, once
        )

    def _arrival_table(self) -> Table:
        return Table(
            "arrival",
            self.catalog,
            Column("id", NUMBER, self._sequence("arrival"), primary_key=True),
            Column("date", NUMBER, nullable=False),  # milliseconds since 1970
            Column("changes", LargeBinary, nullable=False),
        )

    def _hanging(self, name: str, *columns: Column[Any], key: tuple[str, ...]) -> Table:
        """Return a table of what hangs on resources of any level.

        Its rows are told apart by level, resource and the columns of ``key``.
        """
        whole = ("level", "resource", *key)
        table = Table(
            name,
            self.catalog,
            Column("level", SmallInteger, nullable=False),
            Column("resource", NUMBER, nullable=False),
            *columns,
            sqlite_with_rowid=False,
            info={KEY: whole},
        )
        texts = [column for column in whole if isinstance(table.c[column].type, Text)]
        if not texts or self._database.key_length is None:
            table.append_constraint(PrimaryKeyConstraint(*whole))
        else:
            self._index(name, "level", then="resource", name=f"{name}_resource")
        return table

    def _index(self, table: str, *columns: str, then: str | None, name: str = "") -> None:
        found = self.catalog.tables[table].c
        last = None if then is None else found[then]
        self._database.index(name or f"{table}_{columns[0]}", *(found[each] for each in columns), then=last)

    def _sequence(self, name: str) -> Sequence:
        return Sequence(f"{name}_number", metadata=self.catalog)


def tag_name(spec: TagSpec) -> str:
    """Return the name by which `Schema.extra_tags` and ``info`` know an extra tag."""
    return f"{spec.level.label}.{spec.keyword}"


def _id() -> Column[int]:
    return Column("id", NUMBER, primary_key=True, autoincrement=False)


def _own_columns(level: Level) -> list[Column[int]]:
    """Return what a level's table holds beside what all of them do."""
    if level is Level.PATIENT:
        return []
    parent = Column("parent_id", NUMBER, ForeignKey(f"{Level(level - 1).label}.id"), nullable=False)
    if level is not Level.INSTANCE:
        return [parent]
    return [
        parent,
        Column("class_id", NUMBER, nullable=False),
        Column("syntax_id", NUMBER, nullable=False),
        Column("stamp", NUMBER, nullable=False),
    ]


def _tag_columns(place: TagField) -> list[Column[Any]]:
    names = dict.fromkeys(name for name in (place.column, place.form) if name)
    columns: list[Column[Any]] = [
        Column(name, NUMBER) if place.coded else Column(name, TEXT) for name in names
    ]
    return [*columns, Column(place.number, REAL)] if place.number else columns


def _attachment_columns() -> list[Column[Any]]:
    """Return the columns of an `AttachmentRecord` (see `fileroom_plugins.index_sql.files`)."""
    return [
        Column("content_type", Integer, nullable=False),
        Column("uuid", Bytes, nullable=False),
        Column("locator", TEXT),
        Column("size", NUMBER, nullable=False),
        Column("digest", Bytes, nullable=False),
        Column("stored_size", NUMBER),
        Column("stored_digest", Bytes),
        Column("codec", TEXT),
        Column("revision", NUMBER, nullable=False),
    ]

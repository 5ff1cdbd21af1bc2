"""The tables, as SQLAlchemy describes them to any database.

Bytes lie in *segments*: what one call of `put_many` or `splice` wrote, cut into chunks that are numbered from
0 and never changed. An object that was put whole has chunks of one segment for itself. One that was spliced
consists of *extents*, stretches of segments that it shares with the objects it was made of; these are one
*family*. So a splice moves no more bytes than it brings, however large the object is.

A segment's name is made for it (`new_name`) and never used again, so that nobody who still reads the chunks
of an object that is deleted can read other bytes.
"""

from __future__ import annotations

import os
import time

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    event,
)

from fileroom_plugins.databases import STORAGE_TABLES
from fileroom_plugins.databases.types import Bytes

_NAME = Bytes(16)

catalog = MetaData()

info = Table(
    f"{STORAGE_TABLES}info",
    catalog,
    Column("name", String(32), primary_key=True),
    Column("value", String(255), nullable=False),
)
"""What is to be known about the tables: the version of this schema."""

objects = Table(
    f"{STORAGE_TABLES}object",
    catalog,
    Column("key", _NAME, primary_key=True),  # the UUID's bytes
    Column("size", BigInteger, nullable=False),
    Column("created", BigInteger, nullable=False),  # milliseconds since 1970
    Column("chunk_size", Integer, nullable=False),
    Column("segment", _NAME, nullable=False),  # or the family's name
    Column("first", Integer, nullable=False),  # number of its first chunk
    Column("extents", Integer, nullable=False),  # how many; 0 where all chunks follow the first one
    sqlite_with_rowid=False,
)
"""Objects that are whole. An empty one has no chunks."""

extents = Table(
    f"{STORAGE_TABLES}extent",
    catalog,
    Column("family", _NAME, primary_key=True),
    Column("key", _NAME, primary_key=True),
    Column("position", BigInteger, primary_key=True),  # of its first byte in the object
    Column("segment", _NAME, nullable=False),
    Column("offset", BigInteger, nullable=False),  # of its first byte in the segment
    Column("length", BigInteger, nullable=False),
    Column("chunk_size", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""Of what spliced objects consist."""

families = Table(
    f"{STORAGE_TABLES}family",
    catalog,
    Column("family", _NAME, primary_key=True),
    Column("deletions", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""Families that have members. Whoever deletes members changes the row, so that one waits for the other."""

chunks = Table(
    f"{STORAGE_TABLES}chunk",
    catalog,
    Column("segment", _NAME, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("data", Bytes, nullable=False),
)
"""The bytes."""

loose = Table(
    f"{STORAGE_TABLES}loose",
    catalog,
    Column("segment", _NAME, primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("stop", Integer, nullable=False),
    Column("written", BigInteger, nullable=False),  # milliseconds since 1970; 0: to be removed
    sqlite_with_rowid=False,
)
"""Chunks that belong to no object: to one that is still being written, or to none any more."""

# Chunks are not compressed: most are already, and a part of one can be read without the rest.
event.listen(
    chunks,
    "after_create",
    DDL(  # type: ignore[no-untyped-call]
        f"ALTER TABLE {chunks.name} ALTER COLUMN data SET STORAGE EXTERNAL"
    ).execute_if(dialect="postgresql"),
)


def new_name() -> bytes:
    """Return a name that no segment or family ever had; names made in turn lie side by side in an index."""
    return milliseconds().to_bytes(6, "big") + os.urandom(10)


def milliseconds() -> int:
    """Return the time, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000

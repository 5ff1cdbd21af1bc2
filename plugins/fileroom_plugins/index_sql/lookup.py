"""Finding rows by public id, many at a time."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sqlalchemy import bindparam, literal_column, select, union_all

from fileroom.errors import NotFoundError
from fileroom.model import ARCHIVE_ID, Level, public_id_to_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, CompoundSelect, Connection, Select, Table

    from fileroom_plugins.index_sql.schema import Schema

T = TypeVar("T")

_PUBLIC_ID_LENGTH = 44
LIST_SIZE = 240
"""Values in one list of a statement, of which there may be four: every SQLite takes 999 parameters."""

LEVEL, THESE = "level", "these"
"""Parameters of statements that are put together once: a level, and what `among` looks for."""


class Place(NamedTuple):
    """Where a resource is: its level and number."""

    level: Level
    number: int


class Owner(NamedTuple):
    """What attachments, metadata and labels hang on: the `Place` of a resource, or `ARCHIVE`."""

    level: int
    number: int


ARCHIVE = Owner(0, 0)
"""The archive itself, which is no resource."""


def chunks(values: Iterable[T], size: int = LIST_SIZE) -> Iterator[list[T]]:
    """Yield the values in lists of at most ``size``."""
    every = list(values)
    return (every[start : start + size] for start in range(0, len(every), size))


def among(column: ColumnElement[T]) -> ColumnElement[bool]:
    """Return the test whether a column is one of `THESE`, a list that is given when a statement is run.

    To put a small statement together takes SQLAlchemy several times as long as to run it.
    """
    return column.in_(bindparam(THESE, expanding=True, type_=column.type))


@lru_cache(maxsize=128)
def hanging_at(table: Table, *names: str) -> Select[Any]:
    """Return what selects the owner's number and columns of what hangs on `THESE` owners at a `LEVEL`."""
    columns = [table.c.resource, *(table.c[name] for name in names)]
    return select(*columns).where(table.c.level == bindparam(LEVEL), among(table.c.resource))


def digest_of(public_id: str) -> bytes | None:
    """Return the raw bytes of a public id, None where the text is none."""
    try:
        return public_id_to_digest(public_id)
    except ValueError:
        return None


def digests_of(public_ids: Iterable[str]) -> list[bytes]:
    """Return the raw bytes of public ids, each once, without what is none."""
    return [digest for digest in map(digest_of, dict.fromkeys(public_ids)) if digest]


def numbers(
    connection: Connection, schema: Schema, level: Level, digests: Iterable[bytes]
) -> dict[bytes, int]:
    """Return the numbers of those resources of one level that are there."""
    statement = _numbers(schema.levels[level].table)
    found: dict[bytes, int] = {}
    for some in chunks(digests):
        found.update((row[0], row[1]) for row in connection.execute(statement, {THESE: some}))
    return found


def places(connection: Connection, schema: Schema, public_ids: Sequence[str]) -> dict[str, Place]:
    """Return where resources of any level are; those that are not there are left out."""
    texts = {digest: each for each in public_ids if (digest := digest_of(each))}
    found: dict[str, Place] = {}
    statement = _places(*(schema.levels[level].table for level in Level))
    for some in chunks(texts):
        for level, number, digest in connection.execute(statement, {THESE: some}):
            found[texts[digest]] = Place(Level(level), number)
    return found


def owners(connection: Connection, schema: Schema, public_ids: Sequence[str]) -> dict[str, Owner]:
    """Return where resources of any level are, and the archive itself; what is not there is left out."""
    resources = [each for each in public_ids if each != ARCHIVE_ID]
    found = {each: Owner(*place) for each, place in places(connection, schema, resources).items()}
    return found if len(resources) == len(public_ids) else {**found, ARCHIVE_ID: ARCHIVE}


def existing(connection: Connection, schema: Schema, public_ids: Sequence[str]) -> dict[str, Place]:
    """Return where resources of any level are.

    Raises:
        NotFoundError: one of them is not there.
    """
    found = places(connection, schema, public_ids)
    for each in public_ids:
        place_of(each, found)
    return found


def place_of(public_id: str, found: Mapping[str, T]) -> T:
    """Return where a resource, or the archive itself, is, among those that were found.

    Raises:
        NotFoundError: it is not there.
    """
    try:
        return found[public_id]
    except KeyError:
        shown = public_id if len(public_id) == _PUBLIC_ID_LENGTH else "with this id"  # it may be a patient's
        raise NotFoundError(f"no resource {shown}: it was removed, or never stored") from None


@lru_cache(maxsize=128)
def _numbers(table: Table) -> Select[Any]:
    return select(table.c.public_id, table.c.id).where(among(table.c.public_id))


@lru_cache(maxsize=32)
def _places(*tables: Table) -> CompoundSelect[Any]:
    return union_all(
        *(
            select(literal_column(str(int(level))), table.c.id, table.c.public_id).where(
                among(table.c.public_id)
            )
            for level, table in zip(Level, tables, strict=True)
        )
    )

"""The mapping store: what was given for each identifier, kept in an SQL database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError as Taken

from fileroom_plugins.databases.errors import CollisionError
from fileroom_plugins.databases.opening import open_database
from fileroom_plugins.deidentify.mapping_tables import pairs, prepare
from fileroom_plugins.deidentify.pseudonyms import Pseudonyms, one_name
from fileroom_plugins.deidentify.sealing import Pair, Seal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection

    from fileroom_plugins.deidentify.pseudonyms import Kind

_KEPT = 65_536
"""Pairs that are remembered, so that the database is not asked for each attribute of each object."""

_AT_ONCE = 1000
DAYS = "days"
UID = "uid"
KINDS = (UID, "id", "name", "accession", "text")
"""The kinds that can be looked up by what was given; of days, many have the same."""


class MappedPseudonyms(Pseudonyms):
    """Pseudonyms that are given once and kept in a database, by which they can be reversed.

    What is new gets its pseudonym from another source, and keeps it whatever becomes of the source's options.
    The store is of no use without its key, see `fileroom_plugins.deidentify.sealing`. Any number of processes
    may use one store; they agree on what each identifier gets.

    Args:
        url: the database, as SQLAlchemy names it.
        key: the store's key, at least 16 bytes; it cannot be changed.
        source: gives new pseudonyms.

    Raises:
        ConfigError: the URL is none, or the store belongs to another key.
        CatalogError: the database failed.
        MissingDependencyError: the database's driver, or the package cryptography, is not installed.
    """

    def __init__(self, url: str, key: bytes, source: Pseudonyms) -> None:
        self._seal = Seal(key)
        self._source = source
        self._kept: dict[tuple[str, str], str] = {}
        self._database = open_database(url)
        try:
            prepare(self._database, self._seal.mark)
        except BaseException:
            self._database.close()
            raise
        self._open = True

    def uid(self, old: str) -> str:
        """Return the UID that takes the place of another."""
        return self._given(UID, old)

    def text(self, kind: Kind, old: str) -> str:
        """Return what takes the place of a name or identifier."""
        return self._given(kind, old)

    def days(self, patient: str) -> int:
        """Return the number of days by which a patient's dates are moved."""
        return int(self._given(DAYS, patient))

    def close(self) -> None:
        """Let the database go, and the source. May be called twice."""
        if self._open:
            self._open = False
            self._database.close()
            self._source.close()

    def pairs(self) -> Iterator[Pair]:
        """Yield all that was given, in no order.

        Raises:
            IntegrityError: a row was damaged.
            CatalogError: the database failed.
        """
        last = b""
        while True:
            page = select(pairs.c.old, pairs.c.sealed).where(pairs.c.old > last).order_by(pairs.c.old)
            with self._database.read() as connection:
                rows = connection.execute(page.limit(_AT_ONCE)).all()
            if not rows:
                return
            yield from (self._seal.open(row.sealed) for row in rows)
            last = rows[-1].old

    def reverse(self, given: Iterable[str]) -> Iterator[Pair]:
        """Yield the pairs in which something was given; what never was is left out.

        Raises:
            IntegrityError: a row was damaged.
            CatalogError: the database failed.
        """
        for text in given:
            digests = [self._seal.given(kind, text) for kind in KINDS]
            with self._database.read() as connection:
                found = connection.execute(select(pairs.c.sealed).where(pairs.c.given.in_(digests))).all()
            yield from (self._seal.open(row.sealed) for row in found)

    def _given(self, kind: str, old: str) -> str:
        known = self._kept.get((kind, old))
        if known is not None:
            return known
        # By one writing of a name all are found; what is told of it is the one that came first.
        digest = self._seal.old(kind, one_name(old) if kind == "name" else old)
        with self._database.read() as connection:
            found = self._look(connection, digest)
        if found is None:
            found = self._database.write(lambda connection: self._give(connection, digest, kind, old))
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[kind, old] = found
        return found

    def _look(self, connection: Connection, digest: bytes) -> str | None:
        sealed = connection.execute(select(pairs.c.sealed).where(pairs.c.old == digest)).scalar()
        return None if sealed is None else self._seal.open(sealed).given

    def _give(self, connection: Connection, digest: bytes, kind: str, old: str) -> str:
        """Give what the source has, unless somebody else has given something meanwhile."""
        found = self._look(connection, digest)
        if found is not None:
            return found
        given = self._from_source(kind, old)
        # Many patients' dates are moved by as many days: those are not to be found by them.
        unique = given if kind != DAYS else f"{given} for {digest.hex()}"
        row = {
            "old": digest,
            "given": self._seal.given(kind, unique),
            "sealed": self._seal.close(Pair(kind, old, given)),
        }
        try:
            connection.execute(insert(pairs), row)
        except Taken:
            raise CollisionError from None
        return given

    def _from_source(self, kind: str, old: str) -> str:
        if kind == UID:
            return self._source.uid(old)
        if kind == DAYS:
            return str(self._source.days(old))
        return self._source.text(kind, old)  # type: ignore[arg-type]  # it is one of Kind

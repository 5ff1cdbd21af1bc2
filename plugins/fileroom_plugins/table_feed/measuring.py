"""How each kind of database tells the size of a value, and cuts pieces out of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import VARBINARY, BigInteger, LargeBinary, case, cast, func

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    Bytes = ColumnElement[Any]

_MEGABYTE = 1 << 20

_LONG = VARBINARY("max")  # type: ignore[arg-type]  # SQL Server's word for a length

_RAW = 2000
"""Bytes that a function of Oracle's may return in a statement."""

_RAWS = 32
"""How many of those are asked for at once."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Expressions of a value's bytes.

    Attributes:
        size: how many there are; NULL where there is no value.
        whole: all of them.
        pieces: makes those for so many bytes, `longest` at most, from a position on, 0 for the first. Pieces
            that lie past the end are empty or NULL.
        head: whether a piece can stand where a whole value does, in one column of a result, and costs little.
        longest: see ``pieces``.
    """

    size: ColumnElement[int]
    whole: Bytes
    pieces: Callable[[int, int], list[Bytes]]
    head: bool = True
    longest: int = 8 * _MEGABYTE


def measures(dialect: str, value: Bytes) -> Measures:
    """Return how a kind of database measures a value, which is bytes or, in SQLite, may be text."""
    match dialect:
        case "sqlite":
            return _sqlite(value)
        case "oracle":
            return _oracle(value)
        case "mssql":
            # SUBSTRING of the old type image returns 8,000 bytes at most.
            whole = cast(value, _LONG)
            return Measures(func.datalength(value), whole, _cutting(func.substring, whole))
        case "mysql" | "mariadb":
            # A server returns no more than its max_allowed_packet, which is 4 MB or more.
            pieces = _cutting(func.substring, value)
            return Measures(func.octet_length(value), value, pieces, longest=2 * _MEGABYTE)
        case _:
            return Measures(func.octet_length(value), value, _cutting(func.substring, value))


def _cutting(function: Callable[..., Bytes], value: Bytes) -> Callable[[int, int], list[Bytes]]:
    return lambda start, count: [function(value, start + 1, count, type_=LargeBinary())]


def _sqlite(value: Bytes) -> Measures:
    """Ask bytes for their length as they are: SQLite reads the whole value for anything else."""
    whole = cast(value, LargeBinary)
    size = case((func.typeof(value) == "blob", func.length(value)), else_=func.length(whole))
    return Measures(size, whole, _cutting(func.substr, whole), head=False)


def _oracle(value: Bytes) -> Measures:
    def pieces(start: int, count: int) -> list[Bytes]:
        return [
            func.dbms_lob.substr(value, min(_RAW, start + count - at), at + 1, type_=LargeBinary())
            for at in range(start, start + count, _RAW)
        ]

    size = cast(func.dbms_lob.getlength(value), BigInteger)
    return Measures(size, value, pieces, head=False, longest=_RAWS * _RAW)

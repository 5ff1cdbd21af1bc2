"""Column types that mean the same in every database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Double, Integer, LargeBinary, Numeric, String, Text
from sqlalchemy.ext.compiler import compiles

if TYPE_CHECKING:
    from sqlalchemy import Dialect
    from sqlalchemy.sql.compiler import DDLCompiler
    from sqlalchemy.types import TypeEngine

_MYSQL = ("mysql", "mariadb")


class CodePointText(Text):
    """Text of any length that compares by code point, spaces at the end included."""

    cache_ok = True


@compiles(CodePointText, *_MYSQL)
def _mysql_text(type_: CodePointText, compiler: DDLCompiler, **kwargs: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    del type_, kwargs
    return f"LONGTEXT {_code_points(compiler.dialect)}"


class Bytes(LargeBinary):
    """Raw bytes, handed to the driver as they are: every driver takes them, and wrapping them costs time."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> None:
        """Return no function: nothing is done to a value on its way in."""

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        """Return no function: nothing is done to a value on its way out."""


@compiles(Bytes, *_MYSQL)
def _mysql_bytes(type_: Bytes, compiler: DDLCompiler, **kwargs: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    del compiler, kwargs
    return f"BINARY({type_.length})" if type_.length else "LONGBLOB"  # a length is that of every value


class Name(String):
    """A short text that may be a primary key, of at most ``length`` characters."""

    cache_ok = True


@compiles(Name, *_MYSQL)
def _mysql_name(type_: Name, compiler: DDLCompiler, **kwargs: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    del kwargs
    return f"VARCHAR({type_.length}) {_code_points(compiler.dialect)}"


def _code_points(dialect: Dialect) -> str:
    collation = "utf8mb4_nopad_bin" if getattr(dialect, "is_mariadb", False) else "utf8mb4_0900_bin"
    return f"CHARACTER SET utf8mb4 COLLATE {collation}"


NUMBER = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows by an INTEGER column only
REAL: TypeEngine[float] = Double().with_variant(Numeric(asdecimal=False), "sqlite")
TEXT = CodePointText().with_variant(Text(collation="C"), "postgresql")
NAME = Text().with_variant(Name(64), *_MYSQL)

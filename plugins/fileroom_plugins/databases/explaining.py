"""Asking a database how it would answer a statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ClauseElement, Executable
from sqlalchemy.ext.compiler import compiles

if TYPE_CHECKING:
    from sqlalchemy import Select
    from sqlalchemy.sql.compiler import SQLCompiler


class Explain(Executable, ClauseElement):
    """``EXPLAIN`` before a statement.

    Args:
        how: the words of the dialect.
        statement: what to explain; it is not run.
    """

    inherit_cache = False

    def __init__(self, how: str, statement: Select[Any]) -> None:
        self.how = how
        self.statement = statement


@compiles(Explain)
def _explain(element: Explain, compiler: SQLCompiler, **kwargs: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    return f"{element.how} {compiler.process(element.statement, **kwargs)}"

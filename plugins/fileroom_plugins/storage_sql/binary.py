"""Having PostgreSQL send bytes as they are, which its driver does only when asked.

As hexadecimal digits, the driver's usual way, they are read at 350 MB/s where 1,600 are possible.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from sqlalchemy import Engine

OPTION = {"fileroom_binary": True}
"""The execution options of statements whose results are to come as bytes."""

_DRIVER = "psycopg"


def prepare_for_bytes(engine: Engine) -> None:
    """Have an engine heed `OPTION`; those of other databases need not."""
    if engine.dialect.driver == _DRIVER and not event.contains(engine, "before_cursor_execute", _ask):
        event.listen(engine, "before_cursor_execute", _ask)


def _ask(_connection: object, cursor: Any, *details: Any) -> None:  # noqa: ANN401 - the driver's cursor
    *_, context, _many = details
    if context is not None and context.execution_options.get("fileroom_binary"):
        cursor.format = 1  # psycopg.pq.Format.BINARY

"""MariaDB and MySQL as they are used here: one writer at a time, and errors with a way out."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from hashlib import sha1
from typing import TYPE_CHECKING, Any

from sqlalchemy import Index, String, event, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from fileroom.errors import CatalogError
from fileroom_plugins.databases.errors import DatabaseFullError
from fileroom_plugins.databases.explaining import Explain
from fileroom_plugins.databases.other import OtherDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Column, ColumnElement, Connection, Select
    from sqlalchemy.engine import ExceptionContext
    from sqlalchemy.exc import SQLAlchemyError

    from fileroom_plugins.databases.settings import Settings

_KEY_LENGTH = 191  # characters: 764 bytes at most, which every version takes
_SORTED_BY = 64 * 1024  # bytes of a text; a character has four
_SORT_BUFFER = 16 * 1024 * 1024  # bytes: some fifteen rows have to fit, however many texts they are sorted by
_LONGEST_UPGRADE = 600  # seconds

_DEADLOCK, _LOCK_TIMEOUT, _DUPLICATE, _HAS_CHILDREN, _NO_PARENT = 1213, 1205, 1062, 1451, 1452
_COLLISIONS = frozenset({_DEADLOCK, _LOCK_TIMEOUT, _DUPLICATE, _HAS_CHILDREN, _NO_PARENT})
_FULL = frozenset({1021, 1114})
_CONTRADICTIONS = frozenset({_DUPLICATE, _HAS_CHILDREN, _NO_PARENT})
_SHOW_VALUES = frozenset({_DUPLICATE, 1264, 1265, 1292, 1300, 1366, 1406})
_NOT_TEXT = "a text holds a character that UTF-8 cannot write"
_READ_ONLY = "the server only allows reading: connect to the primary instead of a replica"
_CANCELLED = "a statement was cancelled: it took longer than the server allows"
_WAYS_OUT = {
    1040: "the server takes no more connections: lower pool_size, or raise the server's max_connections",
    1044: "the user may not use this database: grant all privileges on it",
    1045: "the server refused the user or its password: check those in the URL",
    1049: "there is no such database: create it, or correct the URL",
    1142: "the user lacks a privilege: grant all privileges on the database",
    1264: "a number needs more than 64 bits",
    1290: _READ_ONLY,
    1300: _NOT_TEXT,
    1366: _NOT_TEXT,
    1836: _READ_ONLY,
    1969: _CANCELLED,
    3024: _CANCELLED,
}
_LOST = "the server cannot be reached, or the connection was lost: check that it runs, then try again"
_CONNECTION = frozenset({2002, 2003, 2005, 2006, 2013, 2055})
_TOO_LARGE = 1153
_HUNG_UP = frozenset({0, 2006, 2013, 2055})  # 0: the driver was surprised by what the server said
_ESCAPED = 2  # bytes of a statement, at most, for one of a value's


class MySqlDatabase(OtherDatabase):
    """One MariaDB or MySQL database.

    Args:
        url: where it is, and by which driver.
        settings: how to connect.
    """

    key_length = _KEY_LENGTH
    transactional_ddl = False

    def __init__(self, url: URL, settings: Settings) -> None:
        super().__init__(url, settings)
        timeout = {"connect_timeout": settings.connect_timeout}
        # A writer is to see what those before it wrote, whatever it read until then; a reader, one state.
        self.engine, self._reader = (
            self.make_engine(url, settings, pool_pre_ping=True, isolation_level=level, connect_args=timeout)
            for level in ("READ COMMITTED", "REPEATABLE READ")
        )
        for engine in (self.engine, self._reader):
            event.listen(engine, "connect", self._configure)
            event.listen(engine, "handle_error", _give_up)

    def dispose(self) -> None:
        """See `Database.dispose`."""
        super().dispose()
        self._reader.dispose()

    def index(self, name: str, *columns: Column[Any], then: Column[int] | None = None) -> Index:
        """Return an index on the beginnings of texts; InnoDB puts the primary key at its end."""
        del then
        lengths = {each.name: _KEY_LENGTH for each in columns if isinstance(each.type, String)}
        return Index(name, *columns, mysql_length=lengths, mariadb_length=lengths)

    def sorted(
        self, column: ColumnElement[Any], *, descending: bool, optional: bool = True
    ) -> ColumnElement[Any]:
        """Return the order without words about NULL, which are not known here; it is the right one."""
        del optional
        return column.desc() if descending else column.asc()

    @contextmanager
    def alone(self, connection: Connection, what: str) -> Iterator[None]:
        """Take a lock of the session: transactions end with each table that is made."""
        place = f"{self.engine.url.database} {what}"
        lock = f"fileroom {sha1(place.encode(), usedforsecurity=False).hexdigest()}"
        if not connection.execute(select(func.get_lock(lock, _LONGEST_UPGRADE))).scalar():
            raise CatalogError(
                f"{self.name}: somebody else has been making its tables for very long: look there"
            )
        try:
            yield
        finally:
            connection.execute(select(func.release_lock(lock)))

    def indexes_for(self, connection: Connection, statement: Select[Any]) -> list[str]:
        """Return the keys that ``EXPLAIN`` names."""
        rows = connection.execute(Explain("EXPLAIN", statement)).mappings()
        return list(dict.fromkeys(row["key"] for row in rows if row["key"]))

    def compact(self) -> int:
        """Write all tables anew."""
        with self._translated(), self.engine.connect() as connection:
            before = self._size(connection)
            for table in inspect(connection).get_table_names():
                name = connection.dialect.identifier_preparer.quote(table)
                connection.execute(text(f"OPTIMIZE TABLE {name}")).all()
            return max(0, before - self._size(connection))

    @staticmethod
    def _size(connection: Connection) -> int:
        lengths = "SELECT sum(data_length + index_length) FROM information_schema.tables"
        return int(connection.execute(text(f"{lengths} WHERE table_schema = database()")).scalar() or 0)

    def _configure(self, connection: Any, _entry: object) -> None:  # noqa: ANN401 - any driver's
        """Let texts be sorted by more than their first 256 characters; note how long statements may be."""
        cursor = connection.cursor()
        sizes = f"max_sort_length = {_SORTED_BY}, SESSION sort_buffer_size = {_SORT_BUFFER}"
        cursor.execute(f"SET SESSION {sizes}")
        cursor.execute("SELECT @@max_allowed_packet")
        self.largest_statement = int(cursor.fetchone()[0])
        cursor.close()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._reader.connect() as connection:
            yield connection

    def _collided(self, error: DBAPIError) -> bool:
        return _code(error.orig) in _COLLISIONS

    def _undoes_all(self, error: DBAPIError) -> bool:
        return _code(error.orig) in (_DEADLOCK, _LOCK_TIMEOUT)

    def _contradicts(self, cause: BaseException) -> bool:
        return _code(cause) in _CONTRADICTIONS

    def _may_be_shown(self, error: SQLAlchemyError) -> bool:
        return not isinstance(error, DBAPIError) or _code(error.orig) not in _SHOW_VALUES

    def _explain(self, error: SQLAlchemyError) -> CatalogError:
        if isinstance(error, DBAPIError) and self._is_too_large(error):
            return CatalogError(
                f"{self.name}: the server does not take {_largest_row(error.params):,} bytes of values at "
                f"once: raise its max_allowed_packet, which is {self.largest_statement:,} bytes"
            )
        return super()._explain(error)

    def _is_too_large(self, error: DBAPIError) -> bool:
        """Say whether a statement was too long; a server that finds so may hang up without a word."""
        code = _code(error.orig)
        if code == _TOO_LARGE:
            return True
        limit, size = self.largest_statement, _largest_row(error.params)
        return code in _HUNG_UP and limit is not None and size * _ESCAPED > limit

    def explain_driver(self, cause: BaseException) -> CatalogError:
        """See `ServerDatabase.explain_driver`."""
        code = _code(cause)
        if code in _FULL:
            return DatabaseFullError(f"{self.name}: the server has no space left: free some, then try again")
        refused = f"the server refused a statement (error {code})" if code else type(cause).__name__
        way_out = _LOST if code in _CONNECTION else _WAYS_OUT.get(code, refused)
        return CatalogError(f"{self.name}: {way_out}")


def _give_up(context: ExceptionContext) -> None:
    """Do not roll back where the server hangs up, as it does behind its refusal of what is too large."""
    if _code(context.original_exception) == _TOO_LARGE:
        context.is_disconnect = True
        context.invalidate_pool_on_disconnect = False


def _largest_row(values: Any) -> int:  # noqa: ANN401 - what drivers take
    """Return the bytes of the texts and binaries of one row, the largest, in the values of a statement."""
    if isinstance(values, str):
        return len(values.encode(errors="surrogatepass"))
    if isinstance(values, bytes | bytearray | memoryview):
        return len(values)
    if isinstance(values, Mapping):
        return sum(map(_largest_row, values.values()))
    if isinstance(values, list):
        return max(map(_largest_row, values), default=0)
    return sum(map(_largest_row, values)) if isinstance(values, tuple) else 0


def _code(error: BaseException | None) -> int:
    """Return the server's number of an error, which every driver puts first; 0 where there is none."""
    code = error.args[0] if error is not None and error.args else 0
    return code if isinstance(code, int) else 0

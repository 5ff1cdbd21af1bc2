"""Tables of another system's database, which has them without Fileroom's help."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeAlias

from sqlalchemy import (
    Column,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    event,
    insert,
    inspect,
    make_url,
    select,
)
from sqlalchemy.dialects.mysql import LONGBLOB
from sqlalchemy.pool import NullPool
from sqlalchemy.types import TypeEngine

from fileroom_plugins.table_feed.feed import TableFeed

Rows: TypeAlias = "Sequence[tuple[Any, bytes | None]]"
BYTES = LargeBinary().with_variant(LONGBLOB(), "mysql", "mariadb")
TEXT = String(100)
_DRIVERS = {"postgresql": "postgresql+psycopg"}
_PACKET = 64 << 20
_USUAL_PACKET = 16 << 20


class Database:
    """A database that a test may do anything to.

    Args:
        url: as a user writes it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        parsed = make_url(url)
        self.backend = parsed.get_backend_name()
        self.password = parsed.password or ""
        driver = _DRIVERS.get(parsed.drivername, parsed.drivername)
        arguments = {"max_allowed_packet": _PACKET} if self.backend == "mysql" else {}
        self.engine: Engine = create_engine(
            parsed.set(drivername=driver), poolclass=NullPool, connect_args=arguments
        )

    def table(
        self, name: str = "images", key: TypeEngine[Any] | None = None, *, primary: bool = True, **more: Any
    ) -> Table:
        """Make a table with the columns ``id`` and ``image``."""
        columns = (
            Column("id", key or Integer(), primary_key=primary, autoincrement=False, nullable=not primary),
            Column("image", BYTES),
        )
        made = Table(name, MetaData(), *columns, **more)
        made.create(self.engine)
        return made

    def put(
        self, table: Table, rows: Mapping[Any, bytes | None] | Sequence[tuple[Any, bytes | None]]
    ) -> None:
        pairs = list(rows.items() if isinstance(rows, Mapping) else rows)
        largest = max((len(data or b"") for _, data in pairs), default=0)
        with self._room_for(largest), self.engine.begin() as connection:
            for key, data in pairs:
                connection.execute(insert(table).values(id=key, image=data))

    @contextmanager
    def _room_for(self, size: int) -> Iterator[None]:
        """Have a MariaDB server take larger statements than it does by default, where that is needed."""
        if self.backend != "mysql" or size < _USUAL_PACKET // 2:
            yield
            return
        self.run(f"SET GLOBAL max_allowed_packet = {_PACKET}")
        try:
            yield
        finally:
            self.run(f"SET GLOBAL max_allowed_packet = {_USUAL_PACKET}")

    def remove(self, table: Table, key: object) -> None:
        with self.engine.begin() as connection:
            connection.execute(delete(table).where(table.c.id == key))

    def run(self, *statements: str) -> None:
        with self.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def clear(self) -> None:
        """Drop all tables and views."""
        inspector = inspect(self.engine)
        for name in inspector.get_view_names():
            self.run(f"DROP VIEW {self.quote(name)}")
        for name in inspector.get_table_names():
            self.run(f"DROP TABLE {self.quote(name)}")

    def quote(self, name: str) -> str:
        """Return a name as it stands in a statement of the driver's."""
        return self.engine.dialect.identifier_preparer.quote_identifier(name)

    def rows(self, table: Table) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(select(table).order_by(table.c.id)))

    def feed(self, table: str = "images", key: str = "id", data: str = "image", **more: Any) -> TableFeed:
        return TableFeed(self.url, table, key, data, **more)


def sqlite_database(folder: Path, name: str = "old.sqlite") -> Database:
    return Database(f"sqlite:///{(folder / name).as_posix()}")


def names(feed: TableFeed) -> list[str]:
    """Return the keys of all items, as reports show them."""
    return [item.name.rpartition(" ")[2] for item in feed]


class Statements:
    """The statements that feeds run while this is entered."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __enter__(self) -> Self:
        event.listen(Engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(Engine, "before_cursor_execute", self._note)

    def _note(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        self.texts.append(statement)

"""The SQLite index and the reference index lead the same life."""

from __future__ import annotations

from fileroom.testing.index_machine import index_machine
from fileroom_plugins.index_sql.sqlite import Options, open_index

TestSqliteIndexLife = index_machine(
    lambda folder, tags: open_index(Options(folder / "index.sqlite", synchronous="normal"), tags)
)

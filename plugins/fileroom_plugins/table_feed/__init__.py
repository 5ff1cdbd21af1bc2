"""The feed ``sql``: images in a table of another system's database, one BLOB a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.plugin import FeedPlugin, Secret, hookimpl

if TYPE_CHECKING:
    from fileroom.plugin import Feed


@dataclass(frozen=True, slots=True)
class Options:
    """What `fileroom.Archive.feed` takes for ``"sql"``.

    Attributes:
        url: the database, as SQLAlchemy writes it: ``mssql+pyodbc://reader:…@host/db?driver=…``.
        table: the table, with its schema in front where it is not the user's own: ``dbo.images``.
        key: a column with a different value in every row, by which they are ordered: the primary key.
        data: the column with the bytes. In Oracle it may be an attribute of an object in a column, such as
            ``image.source.localdata``.
        after: only rows with a greater key, to go on where an import ended; None for all.
    """

    url: Secret
    table: str
    key: str
    data: str
    after: str | None = None


def open_feed(options: Options) -> Feed:
    """Open the feed.

    Raises:
        ConfigError: it is no URL, or the table or one of the columns is not there, or cannot be used.
        FeedError: the database cannot be read.
        MissingDependencyError: its driver is not installed.
    """
    from fileroom_plugins.table_feed.feed import TableFeed  # noqa: PLC0415 - SQLAlchemy is slow to import

    return TableFeed(options.url.reveal(), options.table, options.key, options.data, options.after)


@hookimpl
def fileroom_feed() -> FeedPlugin:
    """Offer the feed ``sql``."""
    return FeedPlugin("sql", Options, open_feed, "Images in a table of another database")

"""What hangs on resources beside their tags, and on the archive itself: attachments, metadata, labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import bindparam, delete

from fileroom.index import Details
from fileroom.model import AttachmentRecord, Metadata
from fileroom_plugins.databases.bulk import insert_rows
from fileroom_plugins.index_sql.files import files_of, to_row
from fileroom_plugins.index_sql.lookup import LEVEL, THESE, Owner, chunks, hanging_at
from fileroom_plugins.index_sql.schema import KEY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sqlalchemy import Connection

    from fileroom_plugins.index_sql.files import Value
    from fileroom_plugins.index_sql.schema import Schema

Key: TypeAlias = "tuple[int, int, int | str]"
Row: TypeAlias = "dict[str, Value]"


@dataclass(slots=True)
class Hanging:
    """What hangs on one owner: attachments by content type, metadata by name, labels."""

    files: dict[int, AttachmentRecord] = field(default_factory=dict)
    metadata: dict[str, Metadata] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)

    def copy(self) -> Hanging:
        """Return one that can be changed without changing this."""
        return Hanging(dict(self.files), dict(self.metadata), set(self.labels))

    def details(self) -> Details:
        """Return it in the order that the index promises."""
        return Details(
            attachments=tuple(file for _, file in sorted(self.files.items())),
            metadata=dict(sorted(self.metadata.items())),
            labels=tuple(sorted(self.labels)),
        )


def hanging_on(connection: Connection, schema: Schema, owners: Collection[Owner]) -> dict[Owner, Hanging]:
    """Return what hangs on resources, and on the archive itself."""
    found = {owner: Hanging() for owner in owners}
    metadata = hanging_at(schema.metadata, "name", "value", "revision")
    labels = hanging_at(schema.label, "label")
    for level in sorted({owner.level for owner in owners}):
        numbers = [owner.number for owner in found if owner.level == level]
        for number, files in files_of(connection, schema, level, numbers).items():
            found[Owner(level, number)].files = files
        for some in chunks(numbers):
            here = {LEVEL: level, THESE: some}
            for number, name, value, revision in connection.execute(metadata, here):
                found[Owner(level, number)].metadata[name] = Metadata(value, revision)
            for number, label in connection.execute(labels, here):
                found[Owner(level, number)].labels.add(label)
    return found


def write_differences(
    connection: Connection, schema: Schema, before: Mapping[Owner, Hanging], after: Mapping[Owner, Hanging]
) -> None:
    """Write what has changed between two states of the same owners."""
    sorts = ((schema.attachment, _file_rows), (schema.metadata, _metadata_rows), (schema.label, _label_rows))
    for table, rows in sorts:
        old, new = (
            {key: row for at in state for key, row in rows(at, state[at])} for state in (before, after)
        )
        gone = [key for key, row in old.items() if new.get(key) != row]
        come = [row for key, row in new.items() if old.get(key) != row]
        if gone:
            same = [table.c[name] == bindparam(f"key{at}") for at, name in enumerate(table.info[KEY])]
            keys = [{f"key{at}": value for at, value in enumerate(key)} for key in gone]
            connection.execute(delete(table).where(*same), keys)
        insert_rows(connection, table, come)


def _file_rows(owner: Owner, hanging: Hanging) -> Iterator[tuple[Key, Row]]:
    for key, file in hanging.files.items():
        yield (*owner, key), {"level": owner.level, "resource": owner.number, **to_row(file, file.revision)}


def _metadata_rows(owner: Owner, hanging: Hanging) -> Iterator[tuple[Key, Row]]:
    for key, each in hanging.metadata.items():
        own: Row = {"name": key, "value": each.value, "revision": each.revision}
        yield (*owner, key), {"level": owner.level, "resource": owner.number, **own}


def _label_rows(owner: Owner, hanging: Hanging) -> Iterator[tuple[Key, Row]]:
    for key in hanging.labels:
        yield (*owner, key), {"level": owner.level, "resource": owner.number, "label": key}

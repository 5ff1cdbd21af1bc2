"""`Index.remove` on the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.index import Removal
from fileroom.model import ChangeType

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom_plugins.index_linear.tables import Row, Tables


def remove(tables: Tables, ids: Sequence[str]) -> Removal:
    """Remove resources with all beneath them, and ancestors left without children, and log it.

    Raises:
        NotFoundError: one of the ids is not there; others may be gone already within the transaction.
    """
    for id_ in ids:
        tables.existing(id_)
    gone: dict[str, Row] = {}
    for id_ in ids:
        if id_ not in gone:
            for row in _beneath(tables, tables.rows[id_]):
                _drop(tables, row, gone)
            _drop_childless(tables, gone[id_].parent, gone)
    garbage = (file.locator for row in gone.values() for file in row.attachments.values())
    return Removal(
        removed=tuple((int(row.level), row.id) for row in gone.values()),
        remaining={id_: _remaining(gone, id_) for id_ in ids},
        garbage=tables.garbage(garbage),
    )


def _beneath(tables: Tables, row: Row) -> Iterator[Row]:
    """Yield all beneath a resource, children before parents, and at last the resource."""
    for child in list(tables.below(row.id)):
        yield from _beneath(tables, child)
    yield row


def _drop_childless(tables: Tables, parent: str | None, gone: dict[str, Row]) -> None:
    while parent is not None and not tables.children(parent):
        row = tables.rows[parent]
        _drop(tables, row, gone)
        parent = row.parent


def _drop(tables: Tables, row: Row, gone: dict[str, Row]) -> None:
    tables.drop(row)
    tables.log(ChangeType.DELETED, row)
    gone[row.id] = row


def _remaining(gone: dict[str, Row], id_: str) -> str | None:
    ancestor: str | None = id_
    while ancestor in gone:
        ancestor = gone[ancestor].parent
    return ancestor

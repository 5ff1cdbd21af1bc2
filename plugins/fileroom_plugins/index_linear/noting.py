"""Tables as transactions of the sidecar, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.model import Level
from fileroom_plugins.index_linear.rows import (
    change_from_json,
    change_to_json,
    own_from_json,
    own_to_json,
    row_from_json,
    row_to_json,
    tags_to_json,
)
from fileroom_plugins.index_linear.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from fileroom.model import Change
    from fileroom_plugins.index_linear.tables import Row, Tables


def noted_of(tables: Tables) -> Transaction:
    """Return what the transaction under way changed."""
    changed = tables.changed()
    transaction = _written(tables, (now for _, now in changed.values() if now is not None), tables.logged())
    if tables.is_own_changed():
        transaction.own = own_to_json(tables.own)
    transaction.gone = [id_ for id_, (before, now) in changed.items() if before is not None and now is None]
    return transaction


def snapshot_of(tables: Tables) -> Transaction:
    """Return all there is as one transaction."""
    rows = (row for level in Level for row in tables.levels[level].values())
    transaction = _written(tables, rows, tables.changes)
    transaction.own = own_to_json(tables.own)
    return transaction


def _written(tables: Tables, rows: Iterable[Row], changes: Iterable[Change]) -> Transaction:
    return Transaction(
        rows=list(map(row_to_json, rows)),
        changes=list(map(change_to_json, changes)),
        arrived=tables.arrived,
        sequence=tables.sequence,
        complete=tags_to_json(tables.complete),
        vouched=tables.vouched,
    )


def replay(tables: Tables, transaction: Transaction, kept: Mapping[Level, Collection[str]]) -> None:
    """Let tables follow a transaction that the sidecar holds; it cannot be taken back.

    Args:
        tables: as they were when the transaction began.
        transaction: what it changed.
        kept: keywords of the tags to keep, by level.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: it is none that was ever written.
    """
    tables.begin()
    for id_ in transaction.gone:
        tables.drop(tables.rows[id_])
    for content in transaction.rows:
        tables.put(row_from_json(content, kept))
    if transaction.own:
        tables.put_own(own_from_json(transaction.own))
    tables.changes += map(change_from_json, transaction.changes)
    tables.arrived, tables.sequence = transaction.arrived, transaction.sequence
    tables.complete = frozenset((level, keyword) for level, keyword in transaction.complete)
    tables.vouched = transaction.vouched
    tables.begin()

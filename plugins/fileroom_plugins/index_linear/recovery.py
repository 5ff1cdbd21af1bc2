"""What ``index.dat`` does not show of the last transaction, whose writer died or had no space left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.model import Header, Identity
from fileroom_plugins.index_linear.columns import mark
from fileroom_plugins.index_linear.record import decode
from fileroom_plugins.index_linear.showing import Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fileroom.model import TagValue
    from fileroom_plugins.index_linear.area import Area
    from fileroom_plugins.index_linear.sidecar import Transaction
    from fileroom_plugins.index_linear.tables import Row, Tables


def unshown(
    tables: Tables, area: Area, pending: Transaction, end: int
) -> tuple[dict[int, int], dict[str, Wanted]]:
    """Find what is still to be written. Instances that are to be shown lose their slots, to get others.

    A slot may have been taken by another program since: its record stays.

    Args:
        tables: the tables, within a transaction.
        area: ``index.dat``.
        pending: the last transaction.
        end: how many records ``index.dat`` holds.

    Returns:
        The slots to clear, with the marks of what they hold, and what to show, by id.
    """

    def data(slot: int) -> bytes:
        return area.record(slot) if slot < end else b""

    def seen(slot: int) -> int:
        return mark(content) if (content := data(slot)) else 0

    cleared = {slot: showed for slot, showed in pending.cleared if seen(slot) == showed}
    wanted = {}
    for id_, tags in pending.headers.items():
        row = tables.rows.get(id_)
        if row is None or row.slot is None or seen(row.slot) == row.mark:
            continue
        if _is_of(data(row.slot), row.uid):
            cleared[row.slot] = seen(row.slot)
        tables.put(row._replace(slot=None, mark=0))
        wanted[id_] = Wanted(_header(tables, row, tags), float(int(row.received.timestamp())), new=True)
    return cleared, wanted


def _is_of(data: bytes, sop_instance_uid: str) -> bool:
    """Say whether a record is of this instance, of an older version of it perhaps."""
    try:
        record = decode(data) if data else None
    except ValueError:
        return False
    return record is not None and record.values.get("SOPInstanceUID") == sop_instance_uid.encode()


def _header(tables: Tables, row: Row, tags: Mapping[str, TagValue]) -> Header:
    instance, series, study, patient = tables.line(row)
    merged = {**patient.tags, **study.tags, **series.tags, **instance.tags, **tags}
    return Header(Identity(patient.uid, study.uid, series.uid, instance.uid), row.sop_class_uid, "", merged)

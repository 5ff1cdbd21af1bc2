"""The study table as it should be: counted from what ``index.dat`` shows.

DCMTK adds and subtracts, and after its own quotas, or a crash, the sums need not be right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom_plugins.index_linear.arrival import DICOM
from fileroom_plugins.index_linear.study_table import Study

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom_plugins.index_linear.tables import Tables


def counted(tables: Tables, table: Sequence[Study]) -> dict[int, Study]:
    """Return the study descriptors to write, by their place; a study that has one keeps its place.

    Args:
        tables: the tables, all of whose slots are in ``index.dat``.
        table: the descriptors as they are.
    """
    found = _studies(tables)
    result: dict[int, Study] = {}
    unused = []
    for place, old in enumerate(table):
        new = found.pop(old.uid, None) if old.images else None
        if new is not None:
            result[place] = Study(new.uid, new.size, max(new.recorded, old.recorded), new.images)
            continue
        unused.append(place)
        if old.images:
            result[place] = Study(old.uid, 0, old.recorded, 0)
    return result | dict(zip(unused, found.values(), strict=False))


def _studies(tables: Tables) -> dict[bytes, Study]:
    found: dict[bytes, Study] = {}
    for id_ in tables.slots.values():
        row = tables.rows[id_]
        _, _, study, _ = tables.line(row)
        uid = study.uid.encode()
        one = found.get(uid, Study(uid, 0, 0.0, 0))
        recorded = max(one.recorded, float(int(row.received.timestamp())))
        found[uid] = Study(uid, one.size + row.attachments[DICOM].size, recorded, one.images + 1)
    return found

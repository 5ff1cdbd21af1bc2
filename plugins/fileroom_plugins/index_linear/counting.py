"""The study table as it should be: counted from what ``index.dat`` shows.

DCMTK adds and subtracts, and after its own quotas, or a crash, the sums need not be right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom_plugins.index_linear.fields import STUDY_UID
from fileroom_plugins.index_linear.study_table import Study

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import numpy as np


def counted(records: np.ndarray[Any, Any], table: Sequence[Study]) -> dict[int, Study]:
    """Return the study descriptors to write, by their place; a study that has one keeps its place.

    Args:
        records: all records, of type `fileroom_plugins.index_linear.columns.RECORD`.
        table: the descriptors as they are.
    """
    found = _studies(records)
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


def _studies(records: np.ndarray[Any, Any]) -> dict[bytes, Study]:
    found: dict[bytes, Study] = {}
    columns = (records[name].tolist() for name in ("file_name", "study_uid", "size", "recorded"))
    for name, field, size, recorded in zip(*columns, strict=True):
        uid = field.partition(b"\0")[0]
        if name[:1] not in (b"", b"\0") and 0 < len(uid) < STUDY_UID[1]:
            one = found.get(uid, Study(uid, 0, 0.0, 0))
            found[uid] = Study(uid, one.size + size, max(one.recorded, recorded), one.images + 1)
    return found

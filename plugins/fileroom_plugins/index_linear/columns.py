"""Records of ``index.dat`` as columns: for NumPy to look at thousands of them at once."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import numpy as np

from fileroom_plugins.index_linear.fields import (
    DESCRIPTION_FIELD,
    FIELDS,
    FILE_NAME_FIELD,
    RECORD_SIZE,
    RECORDED_AT,
    SIZE_AT,
    SOP_CLASS_FIELD,
    STATUS_AT,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

_PLACES = {one.keyword: range(one.offset, one.offset + one.size) for one in FIELDS}
_SHORT = {"StudyInstanceUID": "study_uid", "SeriesInstanceUID": "series_uid", "SOPInstanceUID": "sop_uid"}


def _columns() -> Iterator[tuple[str, str, int]]:
    """Yield name, type and offset of each column; an attribute that DCMTK keeps twice has one."""
    yield "file_name", f"S{FILE_NAME_FIELD[1]}", FILE_NAME_FIELD[0]
    yield "sop_class", f"S{SOP_CLASS_FIELD[1]}", SOP_CLASS_FIELD[0]
    yield "recorded", "<f8", RECORDED_AT
    yield "size", "<u4", SIZE_AT
    yield "status", "u1", STATUS_AT
    yield "description", f"S{DESCRIPTION_FIELD[1]}", DESCRIPTION_FIELD[0]
    for one in {one.keyword: one for one in reversed(FIELDS)}.values():
        name = _SHORT.get(one.keyword) or re.sub("(?<=[a-z])(?=[A-Z])", "_", one.keyword).lower()
        yield name, f"S{one.size}", one.offset


_NAMES, _TYPES, _OFFSETS = zip(*_columns(), strict=True)

RECORD = np.dtype({"names": _NAMES, "formats": _TYPES, "offsets": _OFFSETS, "itemsize": RECORD_SIZE})
"""A record: ``file_name``, ``sop_class``, ``recorded``, ``size``, ``status``, ``description``, and attributes
by keyword in lower case with underscores, save for ``study_uid``, ``series_uid`` and ``sop_uid``. A text ends
at its first NUL, which NumPy does not know: what follows may be anything."""

_WORD = 8
_BLOCK = 512  # records at a time: what is copied of them stays in the processor's cache
_IDENTIFYING = (
    slice(FILE_NAME_FIELD[0], SOP_CLASS_FIELD[0] + SOP_CLASS_FIELD[1]),  # neighbours are copied together
    slice(RECORDED_AT, SIZE_AT + 4),
    slice(_PLACES["PatientName"].start, _PLACES["PatientID"].stop),
    *(slice(_PLACES[keyword].start, _PLACES[keyword].stop) for keyword in _SHORT),
    slice(STATUS_AT, STATUS_AT + 1),
)
_WORDS = -(-sum(one.stop - one.start for one in _IDENTIFYING) // _WORD)

# One for each word, and odd, so that no difference within a word vanishes. Marks are kept: these must stay.
_FACTORS = np.frombuffer(hashlib.shake_128(b"index.dat").digest(_WORDS * _WORD), "<u8").astype(np.uint64) | 1


def marks(records: np.ndarray[Any, Any]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Return a fingerprint of what each record holds: 0 for a free one, and else never 0.

    It is made of the bytes of the file name, the SOP class, the recorded date, the size, PatientName,
    PatientID, the three UIDs and the status; so not of pointers, but of what lies behind the texts in their
    fields. The same bytes have the same mark on any machine and in any version. Marks tell changes, and are
    no protection against somebody who looks for two records with the same one.

    Args:
        records: of type `RECORD`, in one dimension, mapped from a file or in memory.
    """
    data = np.ascontiguousarray(records).view(np.uint8).reshape(len(records), RECORD_SIZE)
    found = np.empty(len(records), np.uint64)
    room = np.zeros((min(_BLOCK, len(records)), _WORDS * _WORD), np.uint8)
    for start in range(0, len(records), _BLOCK):
        block = data[start : start + _BLOCK]
        copied = room[: len(block)]
        at = 0
        for part in _IDENTIFYING:
            width = part.stop - part.start
            copied[:, at : at + width] = block[:, part]
            at += width
        words = copied.view("<u8")
        words ^= words >> np.uint64(32)  # else the highest bits of two words could make up for each other
        found[start : start + _BLOCK] = np.einsum("ij,j->i", words, _FACTORS)
    found[found == 0] = 1
    found[data[:, 0] == 0] = 0
    return found


def marks_of(records: Sequence[bytes]) -> list[int]:
    """Return the same of single records' bytes, of all at once."""
    found: list[int] = marks(np.frombuffer(b"".join(records), RECORD)).tolist()
    return found


def mark(record: bytes) -> int:
    """Return the same of one record's bytes."""
    return marks_of([record])[0]

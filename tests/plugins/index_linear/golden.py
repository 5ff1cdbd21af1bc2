"""Areas that the real dcmqridx wrote, taken apart; and records without what is left to chance in them."""

from __future__ import annotations

from pathlib import Path

from fileroom_plugins.index_linear.fields import (
    DESCRIPTION_FIELD,
    FIELDS,
    FILE_NAME_FIELD,
    MAGIC,
    PARAM_SIZE,
    PARAMS_AT,
    RECORD_SIZE,
    RECORDED_AT,
    RECORDS_OFFSET,
    SIZE_AT,
    SOP_CLASS_FIELD,
    STUDIES,
    STUDY_IMAGES_AT,
    STUDY_SIZE,
    STUDY_UID,
    TABLE_OFFSET,
)

FOLDER = Path(__file__).parents[2] / "data" / "indexdat"
AREAS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
FILLED = [name for name in AREAS if name != "empty"]

_TEXTS = (FILE_NAME_FIELD, SOP_CLASS_FIELD, DESCRIPTION_FIELD, *((one.offset, one.size) for one in FIELDS))
_POINTERS = [(PARAMS_AT + PARAM_SIZE * number, 8) for number in range(len(FIELDS))]
_PADDING = [(SOP_CLASS_FIELD[0] + SOP_CLASS_FIELD[1], RECORDED_AT), (SIZE_AT + 4, PARAMS_AT)]


def table_and_records(data: bytes) -> tuple[bytes, list[bytes]]:
    """Take an ``index.dat`` apart."""
    assert data.startswith(MAGIC)
    starts = range(RECORDS_OFFSET, len(data), RECORD_SIZE)
    return data[TABLE_OFFSET:RECORDS_OFFSET], [data[start : start + RECORD_SIZE] for start in starts]


def tidy(record: bytes) -> bytes:
    """Return a record with zeros for pointers, padding, and what stands behind the texts."""
    tidied = bytearray(record)
    for offset, size in _POINTERS:
        tidied[offset : offset + size] = bytes(size)
    for start, end in _PADDING:
        tidied[start:end] = bytes(end - start)
    for offset, size in _TEXTS:
        tidied[offset : offset + size] = record[offset : offset + size].partition(b"\0")[0].ljust(size, b"\0")
    return bytes(tidied)


def tidy_table(table: bytes) -> bytes:
    """Return a table of studies with zeros for padding, free descriptors, and what stands behind the UIDs."""
    tidied = bytearray(STUDIES * STUDY_SIZE)
    for start in range(0, len(table), STUDY_SIZE):
        study = table[start : start + STUDY_SIZE]
        if any(study[STUDY_IMAGES_AT : STUDY_IMAGES_AT + 4]):
            uid = study[: STUDY_UID[1]].partition(b"\0")[0]
            values = study[STUDY_UID[1] + 3 : STUDY_IMAGES_AT + 4]
            tidied[start : start + STUDY_SIZE] = uid.ljust(STUDY_UID[1] + 3, b"\0") + values + bytes(4)
    return bytes(tidied)

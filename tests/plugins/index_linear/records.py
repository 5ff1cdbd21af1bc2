"""Records to begin with, and strategies for any others."""

from __future__ import annotations

from hypothesis import strategies as st

from fileroom_plugins.index_linear.fields import DESCRIPTION_FIELD, FIELDS, FILE_NAME_FIELD, SOP_CLASS_FIELD
from fileroom_plugins.index_linear.record import Record

SIZES = {one.keyword: one.size for one in FIELDS}
UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")

PLAIN = Record(
    file_name=b"CT_1f.dcm",
    sop_class_uid=b"1.2.840.10008.5.1.4.1.1.2",
    recorded=1_700_000_000.0,
    size=820,
    values={
        "PatientID": b"ID-1",
        "PatientName": b"Doe^Jane",
        "StudyInstanceUID": b"1.2.3",
        "SeriesInstanceUID": b"1.2.3.4",
        "SOPInstanceUID": b"1.2.3.4.5",
    },
    new=True,
    description=b"",
)


def texts(size: int, *, least: int = 0) -> st.SearchStrategy[bytes]:
    """Return texts that fit into a field of a size."""
    return st.binary(min_size=least, max_size=size - 1).map(lambda text: text.replace(b"\0", b"\\"))


def records() -> st.SearchStrategy[Record]:
    """Return records that can be written without loss."""
    needed = {keyword: texts(SIZES[keyword], least=1) for keyword in UIDS}
    others = {keyword: texts(size, least=1) for keyword, size in SIZES.items() if keyword not in UIDS}
    return st.builds(
        Record,
        file_name=texts(FILE_NAME_FIELD[1], least=1),
        sop_class_uid=texts(SOP_CLASS_FIELD[1]),
        recorded=st.floats(allow_nan=False),
        size=st.integers(0, 0xFFFF_FFFF),
        values=st.fixed_dictionaries(needed, optional=others),
        new=st.booleans(),
        description=texts(DESCRIPTION_FIELD[1]),
    )

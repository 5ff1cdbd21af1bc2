"""One record of ``index.dat``: what DCMTK knows of an instance, in 8,032 bytes.

What is written depends on the record alone: pointers and padding are zero. DCMTK makes its own pointers
whenever it reads a record, and leaves in the padding, and behind each text, what lay in its memory.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fileroom_plugins.index_linear.fields import (
    DESCRIPTION_FIELD,
    FIELDS,
    FILE_NAME_FIELD,
    NEW,
    NOT_NEW,
    RECORD_SIZE,
    SOP_CLASS_FIELD,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

FREE = bytes(RECORD_SIZE)
"""A record that holds nothing. DCMTK looks at the first byte of the file name only."""

LARGEST_SIZE = 0xFFFF_FFFF
"""What is written as the size of a file that is larger."""

_UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
_IDENTIFIERS = frozenset(("PatientID", *_UIDS))
_TAGS = tuple((one.tag >> 16, one.tag & 0xFFFF) for one in FIELDS)
_KEYWORDS = tuple(one.keyword for one in FIELDS)


def _layout(text: str, param: str) -> struct.Struct:
    """Return a record's layout from how a text field and an entry of the parameters are to be written."""
    sizes = [FILE_NAME_FIELD[1], SOP_CLASS_FIELD[1], *(one.size for one in FIELDS), DESCRIPTION_FIELD[1]]
    texts = [text.format(size=size, room=size - 1) for size in sizes]
    *before_status, character_set, description = texts[2:]
    parts = ("<", *texts[:2], "6xdI4x", param * len(FIELDS), *before_status, "B", description, character_set)
    return struct.Struct("".join(parts))


_WRITTEN = _layout("{room}sx", "8xIHH")
_READ = _layout("{size}s", "16x")


class DamagedRecordError(ValueError):
    """A record is neither free nor of use; the message says why, and holds nothing of a patient."""


@dataclass(frozen=True, slots=True)
class Record:
    """What a record holds. Texts are bytes as they stand there, without the NUL at their end.

    Attributes:
        file_name: relative to the area's folder, or absolute.
        sop_class_uid: SOP Class UID.
        recorded: when the instance arrived, in Unix time; of a record that was read, any number at all.
        size: of the file in bytes.
        values: keyword to value, in the object's own character set, of the attributes in
            `fileroom_plugins.index_linear.fields.FIELDS`; those without a value may be left out.
        new: not reviewed yet.
        description: what the instance's description says (`fileroom_plugins.index_linear.describing`).
    """

    file_name: bytes
    sop_class_uid: bytes
    recorded: float
    size: int
    values: Mapping[str, bytes] = field(repr=False)
    new: bool
    description: bytes = field(repr=False)


def encode(record: Record) -> bytes:
    """Return a record's 8,032 bytes.

    As DCMTK does, texts that are longer than their field are cut without a word, in the midst of a
    character if need be. No text may hold a NUL.
    """
    values = record.values
    texts = [values.get(one.keyword, b"")[: one.size - 1] for one in FIELDS]
    params = [
        number
        for text, (group, element) in zip(texts, _TAGS, strict=True)
        for number in (len(text), group, element)
    ]
    *before_status, character_set = texts
    return _WRITTEN.pack(
        record.file_name,
        record.sop_class_uid,
        record.recorded,
        min(record.size, LARGEST_SIZE),
        *params,
        *before_status,
        NEW if record.new else NOT_NEW,
        record.description,
        character_set,
    )


def decode(data: bytes | memoryview) -> Record | None:
    """Return what a record's bytes hold, None for a free one.

    A text that no NUL ends, ends with its field. Each attribute that has a value is there once: DCMTK
    repeats two of them. As DCMTK does, any status but 0 is taken for *new*.

    Args:
        data: 8,032 bytes, or more.

    Raises:
        DamagedRecordError: bytes are missing, no NUL ends the file name or one of the four identifiers, or
            one of the three UIDs is empty.
    """
    if len(data) < RECORD_SIZE:
        raise DamagedRecordError("it is cut short")
    if not data[0]:
        return None
    file_name, sop_class, recorded, size, *texts, status, description, character_set = _READ.unpack_from(data)
    if b"\0" not in file_name:
        raise DamagedRecordError("its file name has no end")
    values: dict[str, bytes] = {}
    for keyword, text in zip(_KEYWORDS, (*texts, character_set), strict=True):
        if value := _until_nul(text):
            values.setdefault(keyword, value)
            if value is text and keyword in _IDENTIFIERS:
                raise DamagedRecordError(f"its {keyword} has no end")
    for keyword in _UIDS:
        if keyword not in values:
            raise DamagedRecordError(f"it has no {keyword}")
    return Record(
        _until_nul(file_name),
        _until_nul(sop_class),
        recorded,
        size,
        values,
        status != NOT_NEW,
        _until_nul(description),
    )


def _until_nul(text: bytes) -> bytes:
    """Return a text up to its NUL; the same object where there is none."""
    end = text.find(b"\0")
    return text if end < 0 else text[:end]

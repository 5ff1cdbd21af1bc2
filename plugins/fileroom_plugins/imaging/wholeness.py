"""Whether what pydicom read of an object is all of it: it returns what there is of one that is cut off."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO, cast

from pydicom.dataelem import RawDataElement

from fileroom.plugin import InvalidDatasetError, NotDicomError

if TYPE_CHECKING:
    from pydicom import Dataset

_UNDEFINED = 0xFFFFFFFF
_PREAMBLE = 128
_FIRST_GROUPS = (b"\2\0", b"\0\2", b"\x08\0", b"\0\x08")
_SEQUENCE_ENDS = (b"\xfe\xff\xdd\xe0\0\0\0\0", b"\xff\xfe\xe0\xdd\0\0\0\0")
_AFTER_COMMAND_GROUP = 0x10000


def check_whole(dataset: Dataset, source: BinaryIO) -> None:
    """Make sure that an object which was read to its end does not end within an element.

    Objects that are cut off between two elements cannot be told from whole ones.

    Args:
        dataset: what was read of it: all its attributes.
        source: what it was read from.

    Raises:
        NotDicomError: it begins with no element of a DICOM object.
        InvalidDatasetError: it is cut off, or there is something in it that is no element.
    """
    if "SOPClassUID" not in dataset:
        _check_start(source)
        raise InvalidDatasetError("the object is damaged: it has no SOP Class UID")
    tags = tuple(dataset.keys())
    # Elements of group 0000 are of messages (PS3.7 section E.1): zeros in the place of bytes look like them.
    if min(map(int, tags)) < _AFTER_COMMAND_GROUP or not _ends_with(dataset, tags[-1], source):
        raise InvalidDatasetError("the object is cut off, or damaged before its end")


def _check_start(source: BinaryIO) -> None:
    source.seek(0)
    head = source.read(_PREAMBLE + 4)
    if not head:
        raise NotDicomError("no DICOM object: there are no bytes")
    if not head.endswith(b"DICM") and head[:2] not in _FIRST_GROUPS:
        raise NotDicomError("no DICOM object")


def _ends_with(dataset: Dataset, tag: int, source: BinaryIO) -> bool:
    """Say whether an object ends where an element does."""
    size = source.seek(0, os.SEEK_END)
    last = cast("object", dataset.get_item(tag, keep_deferred=True))
    if isinstance(last, RawDataElement) and last.length != _UNDEFINED:
        return last.value_tell + last.length == size
    source.seek(max(0, size - len(_SEQUENCE_ENDS[0])))
    return source.read() in _SEQUENCE_ENDS

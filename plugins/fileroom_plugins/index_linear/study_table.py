"""The table of studies at the head of ``index.dat``: 500 descriptors, used or free."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from fileroom_plugins.index_linear.fields import STUDIES, STUDY_SIZE, STUDY_UID

if TYPE_CHECKING:
    from collections.abc import Sequence

_WRITTEN = struct.Struct(f"<{STUDY_UID[1] - 1}sx3xIdI4x")
_READ = struct.Struct(f"<{STUDY_UID[1]}s3xIdI4x")
_LARGEST = 0xFFFF_FFFF


class Study(NamedTuple):
    """One descriptor.

    Attributes:
        uid: Study Instance UID; DCMTK may leave it where the descriptor has become free.
        size: of all its files, in bytes; written as 4 GiB less one where it is more.
        recorded: when its last instance arrived, in Unix time; of one that was read, any number at all.
        images: number of its instances; 0 for a free descriptor.
    """

    uid: bytes
    size: int
    recorded: float
    images: int


FREE_STUDY = Study(b"", 0, 0.0, 0)


def encode_study(study: Study) -> bytes:
    """Return a descriptor's 88 bytes; the UID is cut at 64."""
    return _WRITTEN.pack(study.uid, min(study.size, _LARGEST), study.recorded, min(study.images, _LARGEST))


def encode_table(studies: Sequence[Study]) -> bytes:
    """Return the table's 44,000 bytes; descriptors that are not given are free.

    Raises:
        ValueError: there are more than 500.
    """
    if len(studies) > STUDIES:
        raise ValueError(f"{len(studies)} studies: the table holds {STUDIES}")
    return b"".join(map(encode_study, studies)).ljust(STUDIES * STUDY_SIZE, b"\0")


def decode_table(data: bytes) -> list[Study]:
    """Return all 500 descriptors; free ones for those that a truncated table has not, or not wholly."""
    whole = memoryview(data)[: min(STUDIES, len(data) // STUDY_SIZE) * STUDY_SIZE]
    studies = [Study(uid.partition(b"\0")[0], *rest) for uid, *rest in _READ.iter_unpack(whole)]
    return studies + [FREE_STUDY] * (STUDIES - len(studies))

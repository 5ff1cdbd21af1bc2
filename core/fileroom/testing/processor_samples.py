"""What the processor kit feeds: sound objects, and what damage makes of them. Always the same."""

from __future__ import annotations

import functools
import random
from typing import TYPE_CHECKING

from fileroom.testing.datasets import EXPLICIT_BIG, RLE_LOSSLESS, make_instance

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENT_VALUES = ("KIT-0815", "Contract^Kit")
"""PatientID and PatientName of all samples."""

_PREAMBLE = 132
_HEADER = 1000
_VARIANTS = 8
_CHANGES = 4


def sound_samples() -> dict[str, bytes]:
    """Return sound objects by what they are: images of several encodings, and one without pixels."""
    patient_id, name = PATIENT_VALUES
    make = functools.partial(make_instance, patient_id=patient_id, tags={"PatientName": name})
    return {
        "image": make(),
        "frames": make(modality="MR", frames=3, rows=24, columns=40),
        "big endian": make(rows=40, columns=24, transfer_syntax=EXPLICIT_BIG),
        "RLE": make(rows=32, columns=48, transfer_syntax=RLE_LOSSLESS),
        "no pixels": make(rows=0),
    }


def damaged(data: bytes) -> Iterator[bytes]:
    """Yield what can become of an object: cut off, changed here and there, or not DICOM at all."""
    yield b"no DICOM at all"
    yield bytes(_PREAMBLE) + data
    chance = random.Random(len(data))
    for part in range(_VARIANTS):
        yield data[: len(data) * part // _VARIANTS]
        changed = bytearray(data)
        for _ in range(_CHANGES):
            changed[chance.randrange(min(_PREAMBLE, len(data) - 1), min(len(data), _HEADER))] = (
                chance.randrange(256)
            )
        yield bytes(changed)

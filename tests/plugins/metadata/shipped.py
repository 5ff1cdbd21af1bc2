"""The DICOM files that pydicom brings along, those for which it needs no network."""

from __future__ import annotations

import functools
import io
import logging
import warnings
from pathlib import Path
from typing import Any

import pydicom
from pydicom import data

FOLDER = Path(data.__file__).parent

NO_OBJECTS = frozenset(("no_meta.dcm",))
"""Begins in the middle of an element: pydicom reads it only when it is forced to, into nonsense."""

DAMAGED = frozenset(("rtplan_truncated.dcm", "MR_truncated.dcm"))
"""Cut short, of which pydicom makes what it still finds."""


@functools.cache
def shipped() -> dict[str, bytes]:
    """Return the files by name."""
    found = {path.name: path.read_bytes() for path in sorted(FOLDER.rglob("*.dcm"))}
    return {name: bytes_ for name, bytes_ in found.items() if name not in NO_OBJECTS}


SOUND = sorted(set(shipped()) - DAMAGED)


def read(source: bytes) -> pydicom.Dataset:
    """Return what pydicom reads, without what it says of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(io.BytesIO(source), force=True)


def to_json_dict(dataset: pydicom.Dataset, **options: Any) -> dict[str, Any]:
    """Return pydicom's DICOM JSON, without what it says of it."""
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dataset.to_json_dict(**options)

"""From one uncompressed transfer syntax into another, for peers that do not take an object's own."""

from __future__ import annotations

import io
from typing import BinaryIO

import pydicom
from pydicom.filewriter import write_dataset
from pydicom.uid import UID

from fileroom.plugin import InvalidDatasetError


def converted(file: BinaryIO, transfer_syntax_uid: str) -> BinaryIO:
    """Return the data set of a DICOM file in Explicit or Implicit VR Little Endian, without file meta.

    Raises:
        InvalidDatasetError: pydicom cannot read or write it.
    """
    syntax = UID(transfer_syntax_uid)
    buffer = pydicom.filebase.DicomBytesIO()
    buffer.is_little_endian = True
    buffer.is_implicit_VR = syntax.is_implicit_VR
    try:
        write_dataset(buffer, pydicom.dcmread(file, force=True))
    except Exception as error:
        # pydicom raises whatever the damage leads to.
        raise InvalidDatasetError(f"it cannot be written as {syntax.name}: {type(error).__name__}") from error
    return io.BytesIO(buffer.getvalue())

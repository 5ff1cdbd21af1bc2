"""Checking one object against the standard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom_plugins.conformance.file_meta import check_file_meta
from fileroom_plugins.conformance.findings import Findings
from fileroom_plugins.conformance.objects.evidence import check_evidence
from fileroom_plugins.conformance.objects.groups import check_groups
from fileroom_plugins.conformance.objects.identity import check_identity, iod_of_dataset
from fileroom_plugins.conformance.objects.types import check_object
from fileroom_plugins.conformance.pixels.checking import check_pixels
from fileroom_plugins.conformance.reading.file import read
from fileroom_plugins.conformance.reading.source import opened
from fileroom_plugins.conformance.values.checking import check_values

if TYPE_CHECKING:
    import os
    from typing import BinaryIO

    from pydicom import Dataset

    from fileroom_plugins.conformance.messages import Message


def check(source: bytes | str | os.PathLike[str] | BinaryIO | Dataset) -> list[Message]:
    """Check an object against the standard: encoding, values, and the IOD of its SOP class.

    What is checked is in `fileroom_plugins.conformance.rules`. Whatever the size of the object or the claims
    in it, at most 500,000 elements are looked at, and no value of more than 64 KiB is in memory; pixels are
    never decoded.

    Args:
        source: the bytes of a DICOM file, its path, a seekable binary file at its start, which is left open,
            or a pydicom dataset. Of a dataset, what pydicom writes is checked; it needs no file meta
            information.

    Returns:
        What is wrong, or worth knowing; of many messages that are alike, the first ten. No message holds a
        value of the object.

    Raises:
        NotFoundError: the path cannot be read.
        InvalidDatasetError: this is no DICOM at all, or pydicom cannot write the dataset.
    """
    with opened(source) as (file, is_file):
        findings = Findings()
        reading = read(file, findings, is_file=is_file)
        check_file_meta(reading, findings)
        check_values(reading.dataset, findings)
        iod = iod_of_dataset(reading, findings)
        check_identity(reading.dataset, findings)
        if iod is not None:
            check_object(iod, reading.dataset, findings, is_complete=reading.is_complete)
            check_groups(iod, reading.dataset, findings)
            check_evidence(reading.dataset, findings)
        check_pixels(reading, findings)
    return findings.messages()

"""Objects to de-identify: small ones made here, and those that pydicom ships."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import pydicom
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian

from fileroom_plugins.deidentify.deidentifier import Deidentifier, Result
from fileroom_plugins.deidentify.keyed import KeyedPseudonyms
from fileroom_plugins.deidentify.standard_profile import standard_profile

CT = "1.2.840.10008.5.1.4.1.1.2"
KEY = b"a key for tests only"
NAME, IDENTIFIER, BIRTH = "Testarossa^Quirina", "QX-48151623", "19420815"

SHIPPED = sorted(Path(pydicom.__file__).parent.joinpath("data").rglob("*.dcm"))
"""All files that end in .dcm, damaged ones too."""


def dataset(sop_class: str = CT, **attributes: Any) -> Dataset:
    """Return a small dataset with a patient."""
    made = Dataset()
    made.SOPClassUID = sop_class
    made.SOPInstanceUID = "1.2.3.4.5.1"
    made.StudyInstanceUID = "1.2.3.4.5.2"
    made.SeriesInstanceUID = "1.2.3.4.5.3"
    made.PatientName = NAME
    made.PatientID = IDENTIFIER
    made.PatientBirthDate = BIRTH
    made.PatientSex = "F"
    made.StudyDate = "20240229"
    made.Modality = "CT"
    for keyword, value in attributes.items():
        setattr(made, keyword, Sequence(value) if isinstance(value, list) and _is_items(value) else value)
    return made


def as_bytes(made: Dataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """Return a dataset as a DICOM file."""
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = UID(syntax)
    made.file_meta.SourceApplicationEntityTitle = "OURSCANNER"
    made.file_meta.SendingApplicationEntityTitle = "OURSENDER"
    made.preamble = b"Testarossa".ljust(128)
    file = io.BytesIO()
    made.save_as(file, enforce_file_format=True)
    return file.getvalue()


def deidentifier(*options: str, key: bytes = KEY) -> Deidentifier:
    """Return one with a fixed key."""
    return Deidentifier(standard_profile(options), KeyedPseudonyms(key))


def apply(made: Dataset, *options: str) -> Result:
    """De-identify a dataset."""
    return deidentifier(*options).apply(as_bytes(made))


def after(made: Dataset, *options: str) -> Dataset:
    """Return what becomes of a dataset."""
    return apply(made, *options).dataset


def read(data: bytes) -> Dataset:
    """Read bytes as pydicom does, whatever it has to say about them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = dcmread(io.BytesIO(data), force=True)
        for _ in found.iterall():
            pass
        return found


def _is_items(value: list[Any]) -> bool:
    return all(isinstance(one, Dataset) for one in value)

"""The modules that every object made here has in common, with all their attributes of types 1 and 2."""

from __future__ import annotations

import hashlib
import io
from importlib.metadata import version
from typing import TYPE_CHECKING

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID, ExplicitVRLittleEndian

from fileroom_plugins.imaging.uids import derived_uid

if TYPE_CHECKING:
    from collections.abc import Iterable

_TYPE_2 = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex"),
    *("StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID", "AccessionNumber"),
    *("Manufacturer", "ContentDate", "ContentTime"),
)


def start(
    metadata: Dataset, *, sop_class: str, modality: str, seed: Iterable[bytes], uid_root: str
) -> Dataset:
    """Return an object's attributes, but for those of its image or document.

    UIDs that are not given are digests of the content and of the metadata: the same give the same object.

    Args:
        metadata: what is given; it goes before what is set here, but for the SOP class.
        sop_class: SOP Class UID.
        modality: unless it is given.
        seed: the content.
        uid_root: prefix of UIDs, see `fileroom_plugins.imaging.uids.derived_uid`.
    """
    dataset = Dataset()
    dataset.update(metadata)
    digest = _digest(metadata, seed)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = sop_class
    for keyword in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"):
        if not dataset.get(keyword):
            setattr(dataset, keyword, derived_uid(keyword, digest, root=uid_root))
    for keyword in _TYPE_2:
        if keyword not in dataset:
            setattr(dataset, keyword, "")
    for keyword, number in (("SeriesNumber", 1), ("InstanceNumber", 1)):
        if dataset.get(keyword) in {None, ""}:
            setattr(dataset, keyword, number)
    if not dataset.get("Modality"):
        dataset.Modality = modality
    if not dataset.get("ConversionType"):
        dataset.ConversionType = "WSD"
    dataset.SecondaryCaptureDeviceManufacturer = "Fileroom"
    dataset.SecondaryCaptureDeviceSoftwareVersions = version("fileroom")
    return dataset


def file_of(dataset: Dataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """Return a dataset as a DICOM file."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = UID(syntax)
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta = meta
    buffer = io.BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def _digest(metadata: Dataset, seed: Iterable[bytes]) -> str:
    found = hashlib.sha256(metadata.to_json().encode())
    for part in seed:
        found.update(part)
    return found.hexdigest()

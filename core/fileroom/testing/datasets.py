"""Synthetic DICOM objects for tests and benchmarks: valid ones, whole corpora, and hostile ones.

Everything is deterministic: the same arguments give the same bytes.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import pydicom

from fileroom.testing.corpus import Corpus, SyntheticInstance
from fileroom.testing.ct_attributes import make_uid
from fileroom.testing.hostile import hostile_files

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Corpus", "SyntheticInstance", "hostile_files", "make_instance", "make_uid"]

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
RLE_LOSSLESS = "1.2.840.10008.1.2.5"
_NATIVE = ("1.2.840.10008.1.2", EXPLICIT_LITTLE, "1.2.840.10008.1.2.1.99", EXPLICIT_BIG)
_CLASSES = {"CT": CT_IMAGE, "MR": MR_IMAGE}


def make_instance(
    *,
    patient_id: str = "ID-1",
    study_uid: str | None = None,
    series_uid: str | None = None,
    sop_uid: str | None = None,
    modality: str = "CT",
    instance_number: int = 1,
    rows: int = 64,
    columns: int = 64,
    frames: int = 1,
    transfer_syntax: str = EXPLICIT_LITTLE,
    tags: Mapping[str, object] | None = None,
    character_set: str | list[str] | None = None,
) -> bytes:
    """Return one image object as a DICOM file, with a horizontal ramp of 16-bit grey values for pixels.

    Args:
        patient_id: PatientID.
        study_uid: None for one that is a function of the patient's id.
        series_uid: None for one that is a function of the study's UID and the modality.
        sop_uid: None for one that is a function of the series' UID and the instance number.
        modality: decides about the SOP class, too.
        instance_number: InstanceNumber.
        rows: height in pixels; 0 for an object without pixel data.
        columns: width in pixels.
        frames: number of frames.
        transfer_syntax: a native one, deflated, or RLE Lossless.
        tags: keyword to value, as pydicom takes it; None removes an attribute that would be there.
        character_set: Specific Character Set.

    Raises:
        ValueError: the transfer syntax is none that this function can write.
    """
    if transfer_syntax not in (*_NATIVE, RLE_LOSSLESS):
        raise ValueError(f"cannot write transfer syntax {transfer_syntax}: expected a native one, or RLE")
    study_uid = study_uid or make_uid("study", patient_id)
    series_uid = series_uid or make_uid("series", study_uid, modality)
    dataset = pydicom.Dataset()
    if character_set is not None:
        dataset.SpecificCharacterSet = character_set
    dataset.SOPClassUID = _CLASSES.get(modality, SECONDARY_CAPTURE)
    dataset.SOPInstanceUID = sop_uid or make_uid("instance", series_uid, instance_number)
    dataset.StudyDate, dataset.StudyTime = "20240229", "101530"
    dataset.Modality = modality
    dataset.AccessionNumber = ""
    dataset.PatientName = "Doe^Jane"
    dataset.PatientID = patient_id
    dataset.StudyInstanceUID = study_uid
    dataset.SeriesInstanceUID = series_uid
    dataset.SeriesNumber = 1
    dataset.InstanceNumber = instance_number
    if rows:
        _add_pixels(dataset, rows, columns, frames, transfer_syntax)
    for keyword, value in (tags or {}).items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.UID(transfer_syntax)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", SECONDARY_CAPTURE)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", make_uid("missing"))
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _add_pixels(dataset: pydicom.Dataset, rows: int, columns: int, frames: int, transfer_syntax: str) -> None:
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = rows, columns
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    if frames != 1:
        dataset.NumberOfFrames = frames
    ramp = [column * 4095 // max(1, columns - 1) for column in range(columns)]
    low = bytes(value & 0xFF for value in ramp)
    high = bytes(value >> 8 for value in ramp)
    if transfer_syntax == RLE_LOSSLESS:
        frame = _rle_frame(high * rows, low * rows)
        dataset.PixelData = pydicom.encaps.encapsulate([frame] * frames)
        dataset["PixelData"].VR = "OB"
        return
    first, second = (high, low) if transfer_syntax == EXPLICIT_BIG else (low, high)
    line = bytearray(2 * columns)
    line[0::2], line[1::2] = first, second
    dataset.PixelData = bytes(line) * (rows * frames)


def _rle_frame(*segments: bytes) -> bytes:
    """Return a frame in RLE (PS3.5 annex G), every segment as literal runs."""
    encoded = []
    for segment in segments:
        runs = [segment[at : at + 128] for at in range(0, len(segment), 128)]
        data = b"".join(bytes([len(run) - 1]) + run for run in runs)
        encoded.append(data + bytes(len(data) % 2))
    offsets = [64]
    for data in encoded[:-1]:
        offsets.append(offsets[-1] + len(data))
    header = [len(encoded), *offsets, *[0] * (15 - len(encoded))]
    return struct.pack("<16I", *header) + b"".join(encoded)

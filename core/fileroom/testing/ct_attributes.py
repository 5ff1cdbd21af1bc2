"""The attributes of a CT series as a scanner writes them, about eighty; for `fileroom.testing.datasets`."""

from __future__ import annotations

import datetime as dt
import hashlib
import random

import pydicom

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"

NAMES: tuple[tuple[str | list[str], str], ...] = (
    ("ISO_IR 100", "Müller^Jürgen"),
    (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
    ("ISO_IR 144", "Люксембург^Иван"),
    ("GB18030", "Wang^XiaoDong=王^小东"),
    ("ISO_IR 127", "قباني^لنزار"),
    ("ISO_IR 126", "Διονυσιος^Σολωμος"),
    ("ISO_IR 192", "Łukaszewicz^Zażółć^^Dr."),
    ("ISO_IR 6", "Smith^John^A"),
)
"""Specific Character Set and a PatientName that needs it, taken in turn by the patients."""

BODY_PARTS = ("HEAD", "CHEST", "ABDOMEN", "PELVIS", "NECK")

_SAME_FOR_ALL: dict[str, object] = {
    "SOPClassUID": CT_IMAGE,
    "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", "HELIX"],
    "InstanceCreationTime": "103512.417000",
    "StudyTime": "101530.000000",
    "SeriesTime": "102201.250000",
    "AcquisitionTime": "103000.170000",
    "ContentTime": "103000.170000",
    "Modality": "CT",
    "Manufacturer": "EXAMPLE MEDICAL",
    "InstitutionName": "General Hospital",
    "InstitutionAddress": "1 Long Road",
    "InstitutionalDepartmentName": "Radiology",
    "ReferringPhysicianName": "Referrer^Rita",
    "OperatorsName": "Operator^Otto",
    "StationName": "CT01",
    "ManufacturerModelName": "Model 64",
    "DeviceSerialNumber": "10042",
    "SoftwareVersions": ["VA48A", "P2"],
    "PatientAge": "061Y",
    "PatientSize": "1.74",
    "PatientWeight": "71.5",
    "ContrastBolusAgent": "Iodine 300",
    "SliceThickness": "0.625",
    "KVP": "120",
    "DataCollectionDiameter": "500",
    "ReconstructionDiameter": "360",
    "DistanceSourceToDetector": "1085.6",
    "DistanceSourceToPatient": "595",
    "GantryDetectorTilt": "0",
    "TableHeight": "141",
    "RotationDirection": "CW",
    "ExposureTime": "500",
    "XRayTubeCurrent": "212",
    "Exposure": "106",
    "FilterType": "WEDGE",
    "GeneratorPower": "25",
    "FocalSpots": "1.2",
    "ConvolutionKernel": "B30f",
    "PatientPosition": "HFS",
    "AcquisitionNumber": "1",
    "InstanceNumber": "000001",
    "ImagePositionPatient": ["-250.000", "-250.000", "-00399.375"],
    "ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"],
    "PositionReferenceIndicator": "",
    "SliceLocation": "-00399.375",
    "SamplesPerPixel": 1,
    "PhotometricInterpretation": "MONOCHROME2",
    "Rows": 0,
    "Columns": 0,
    "PixelSpacing": ["0.703125", "0.703125"],
    "BitsAllocated": 16,
    "BitsStored": 12,
    "HighBit": 11,
    "PixelRepresentation": 0,
    "WindowCenter": ["40", "400"],
    "WindowWidth": ["400", "2000"],
    "RescaleIntercept": "-1024",
    "RescaleSlope": "1",
    "RescaleType": "HU",
}


def make_uid(*parts: object) -> str:
    """Return a UID (PS3.5 annex B.2) of at most 44 characters that is a function of its arguments."""
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def ct_dataset(patient: int, study: int, series: int, seed: int) -> pydicom.Dataset:
    """Return the attributes of a series' first instance, without pixels, ready to be written."""
    chance = random.Random(f"{seed} {patient} {study} {series}")
    body_part = BODY_PARTS[series % len(BODY_PARTS)]
    day = dt.date(2019, 1, 1) + dt.timedelta(days=409 * patient + 97 * study)
    born = dt.date(1931, 5, 1) + dt.timedelta(days=2011 * patient)
    character_set, name = NAMES[patient % len(NAMES)]
    request = pydicom.Dataset()
    request.RequestedProcedureDescription = f"CT {body_part}"
    request.ScheduledProcedureStepDescription = f"CT {body_part} with contrast"
    request.ScheduledProcedureStepID = f"SPS{chance.randrange(10**6):06}"
    request.RequestedProcedureID = f"RP{chance.randrange(10**6):06}"
    study_uid = make_uid("study", seed, patient, study)
    series_uid = make_uid("series", study_uid, series)
    own: dict[str, object] = {
        "SpecificCharacterSet": character_set,
        **dict.fromkeys(_DATES, f"{day:%Y%m%d}"),
        "SOPInstanceUID": f"{series_uid}.1000001",
        "AccessionNumber": f"A{seed}{patient:04}{study:02}",
        "StudyDescription": f"CT {body_part}",
        "SeriesDescription": f"{body_part} {series + 1} 0.6 B30f",
        "PatientName": name,
        "PatientID": f"P{seed}-{patient:05}",
        "PatientBirthDate": f"{born:%Y%m%d}",
        "PatientSex": "FM"[patient % 2],
        "BodyPartExamined": body_part,
        "ProtocolName": f"{body_part.title()}Routine",
        "StudyInstanceUID": study_uid,
        "SeriesInstanceUID": series_uid,
        "StudyID": str(patient * 100 + study),
        "SeriesNumber": str(series + 1),
        "FrameOfReferenceUID": make_uid("frame of reference", series_uid),
        "RequestedProcedureDescription": f"CT {body_part}",
        "PerformedProcedureStepStartTime": "101530.000000",
        "PerformedProcedureStepDescription": f"CT {body_part}",
        "RequestAttributesSequence": [request],
    }
    dataset = pydicom.Dataset()
    for keyword, value in (_SAME_FOR_ALL | own).items():
        setattr(dataset, keyword, value)
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.UID(EXPLICIT_LITTLE)
    return dataset


_DATES = (
    "InstanceCreationDate",
    "StudyDate",
    "SeriesDate",
    "AcquisitionDate",
    "ContentDate",
    "PerformedProcedureStepStartDate",
)

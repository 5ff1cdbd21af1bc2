"""Objects to check: a sound one, and what can be done to it."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, CTImageStorage, EnhancedCTImageStorage, ExplicitVRLittleEndian

from fileroom.testing.hostile import explicit, preamble
from fileroom_plugins.conformance import check
from fileroom_plugins.conformance.messages import Message

UIDS = ("1.2.3.1", "1.2.3.2", "1.2.3.3", "1.2.3.4")


def rules_of(source: bytes | Dataset, area: str = "") -> set[str]:
    """Return the rules that an object breaks, but for what is only worth knowing."""
    return {one.rule for one in check(source) if one.severity != "info" and one.rule.startswith(area)}


def about(source: bytes | Dataset, attribute: str) -> list[Message]:
    """Return the messages about an attribute."""
    return [one for one in check(source) if one.attribute == attribute]


def raw(*elements: bytes, syntax: bytes = b"1.2.840.10008.1.2.1") -> bytes:
    """Return a file of these elements, with file meta information that is whole."""
    head = preamble(syntax)
    meta = head[144:] + explicit(0x00020012, b"UI", b"1.2.3.99")
    return head[:140] + len(meta).to_bytes(4, "little") + meta + b"".join(elements)


def ct(change: Callable[[Dataset], object] | None = None) -> Dataset:
    """Return a CT image against which nothing can be said, changed as wanted."""
    image = Dataset()
    image.SpecificCharacterSet = "ISO_IR 192"
    image.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    image.SOPClassUID = CTImageStorage
    image.SOPInstanceUID, image.StudyInstanceUID, image.SeriesInstanceUID, image.FrameOfReferenceUID = UIDS
    for keyword in ("StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "StudyID"):
        setattr(image, keyword, None)
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "Manufacturer"):
        setattr(image, keyword, None)
    for keyword in (
        "SeriesNumber",
        "AcquisitionNumber",
        "PositionReferenceIndicator",
        "KVP",
        "SliceThickness",
    ):
        setattr(image, keyword, None)
    image.Modality = "CT"
    image.PatientPosition = "HFS"
    image.InstanceNumber = 1
    image.PixelSpacing = [1, 1]
    image.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    image.ImagePositionPatient = [0, 0, 0]
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.Rows, image.Columns, image.BitsAllocated, image.BitsStored, image.HighBit = 4, 2, 16, 12, 11
    image.PixelRepresentation = 0
    image.RescaleIntercept, image.RescaleSlope = 0, 1
    image.PixelData = bytes(16)
    if change is not None:
        change(image)
    return image


def item(**values: object) -> Dataset:
    """Return a sequence item."""
    one = Dataset()
    for keyword, value in values.items():
        setattr(one, keyword, value)
    return one


def enhanced_ct(change: Callable[[Dataset], object] | None = None) -> Dataset:
    """Return an enhanced CT image of two frames with all functional groups that it must have."""
    image = ct()
    for keyword in (
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "PixelSpacing",
        "KVP",
        "SliceThickness",
    ):
        delattr(image, keyword)
    image.SOPClassUID = EnhancedCTImageStorage
    image.NumberOfFrames = 2
    image.PixelData = bytes(32)
    image.ContentDate, image.ContentTime = dt.date(2020, 1, 2), dt.time(1, 2, 3)
    kind = item(
        FrameType=["ORIGINAL", "PRIMARY", "AXIAL", "NONE"],
        PixelPresentation="MONOCHROME",
        VolumetricProperties="VOLUME",
        VolumeBasedCalculationTechnique="NONE",
    )
    code = item(CodeValue="1", CodingSchemeDesignator="99X", CodeMeaning="x")
    shared = item(
        PixelMeasuresSequence=[item(PixelSpacing=[1, 1], SliceThickness=1)],
        PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
        FrameAnatomySequence=[item(FrameLaterality="U", AnatomicRegionSequence=[code])],
        PixelValueTransformationSequence=[item(RescaleIntercept=0, RescaleSlope=1, RescaleType="HU")],
        CTImageFrameTypeSequence=[kind],
    )
    image.SharedFunctionalGroupsSequence = [shared]
    image.PerFrameFunctionalGroupsSequence = [
        item(
            FrameContentSequence=[item(FrameAcquisitionNumber=number)],
            PlanePositionSequence=[item(ImagePositionPatient=[0, 0, number])],
        )
        for number in range(2)
    ]
    if change is not None:
        change(image)
    return image


def as_file(image: Dataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """Write a data set as a file."""
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = UID(syntax)
    buffer = io.BytesIO()
    image.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()

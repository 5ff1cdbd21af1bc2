"""The attributes that every index keeps, as a table.

Five for a patient, eleven for a study, 26 for a series and eleven for an instance: the main DICOM tags
of Orthanc 1.12.5 and later, so that a query written for it finds its keys here. SOPClassUID is ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fileroom.model import Level

if TYPE_CHECKING:
    from collections.abc import Mapping


class MainTag(NamedTuple):
    """One row: keyword, tag number and VR (PS3.6), and whether a query may name it."""

    keyword: str
    tag: int
    vr: str
    searchable: bool = True


REQUEST_TAGS = (
    MainTag("AccessionNumber", 0x00080050, "SH"),
    MainTag("ReferencedStudySequence", 0x00081110, "SQ"),
    MainTag("StudyInstanceUID", 0x0020000D, "UI"),
    MainTag("RequestedProcedureDescription", 0x00321060, "LO"),
    MainTag("RequestedProcedureCodeSequence", 0x00321064, "SQ"),
    MainTag("ScheduledProcedureStepDescription", 0x00400007, "LO"),
    MainTag("ScheduledProtocolCodeSequence", 0x00400008, "SQ"),
    MainTag("ScheduledProcedureStepID", 0x00400009, "SH"),
    MainTag("RequestedProcedureID", 0x00401001, "SH"),
    MainTag("ReasonForTheRequestedProcedure", 0x00401002, "LO"),
    MainTag("ReasonForRequestedProcedureCodeSequence", 0x0040100A, "SQ"),
)
"""What an item of RequestAttributesSequence usually holds (PS3.3 table 10-9)."""

OTHER_TAGS = (
    MainTag("SpecificCharacterSet", 0x00080005, "CS"),
    MainTag("PerformingPhysicianName", 0x00081050, "PN"),
    MainTag("NameOfPhysiciansReadingStudy", 0x00081060, "PN"),
    MainTag("AdmittingDiagnosesDescription", 0x00081080, "LO"),
    MainTag("IssuerOfPatientID", 0x00100021, "LO"),
    MainTag("PatientBirthTime", 0x00100032, "TM"),
    MainTag("OtherPatientNames", 0x00101001, "PN"),
    MainTag("PatientAge", 0x00101010, "AS"),
    MainTag("PatientSize", 0x00101020, "DS"),
    MainTag("PatientWeight", 0x00101030, "DS"),
    MainTag("EthnicGroup", 0x00102160, "SH"),
    MainTag("Occupation", 0x00102180, "SH"),
    MainTag("OtherStudyNumbers", 0x00201070, "IS"),
    MainTag("CompletionFlag", 0x0040A491, "CS"),
    MainTag("CompletionFlagDescription", 0x0040A492, "LO"),
    MainTag("VerificationFlag", 0x0040A493, "CS"),
    MainTag("ContentLabel", 0x00700080, "CS"),
    MainTag("ContentDescription", 0x00700081, "LO"),
)
"""No main tags, but those that a DCMTK storage area has beside them: they are asked for at every start."""

MAIN_TAGS: Mapping[Level, tuple[MainTag, ...]] = {
    Level.PATIENT: (
        MainTag("PatientID", 0x00100020, "LO"),
        MainTag("PatientName", 0x00100010, "PN"),
        MainTag("PatientBirthDate", 0x00100030, "DA"),
        MainTag("PatientSex", 0x00100040, "CS"),
        MainTag("OtherPatientIDs", 0x00101000, "LO"),
    ),
    Level.STUDY: (
        MainTag("StudyInstanceUID", 0x0020000D, "UI"),
        MainTag("StudyDate", 0x00080020, "DA"),
        MainTag("StudyTime", 0x00080030, "TM"),
        MainTag("StudyID", 0x00200010, "SH"),
        MainTag("StudyDescription", 0x00081030, "LO"),
        MainTag("AccessionNumber", 0x00080050, "SH"),
        MainTag("RequestedProcedureDescription", 0x00321060, "LO"),
        MainTag("InstitutionName", 0x00080080, "LO"),
        MainTag("RequestingPhysician", 0x00321032, "PN"),
        MainTag("ReferringPhysicianName", 0x00080090, "PN"),
        MainTag("TimezoneOffsetFromUTC", 0x00080201, "SH"),
    ),
    Level.SERIES: (
        MainTag("SeriesInstanceUID", 0x0020000E, "UI"),
        MainTag("SeriesDate", 0x00080021, "DA"),
        MainTag("SeriesTime", 0x00080031, "TM"),
        MainTag("Modality", 0x00080060, "CS"),
        MainTag("Manufacturer", 0x00080070, "LO"),
        MainTag("StationName", 0x00081010, "SH"),
        MainTag("SeriesDescription", 0x0008103E, "LO"),
        MainTag("BodyPartExamined", 0x00180015, "CS"),
        MainTag("SequenceName", 0x00180024, "SH"),
        MainTag("ProtocolName", 0x00181030, "LO"),
        MainTag("SeriesNumber", 0x00200011, "IS"),
        MainTag("CardiacNumberOfImages", 0x00181090, "IS"),
        MainTag("ImagesInAcquisition", 0x00201002, "IS"),
        MainTag("NumberOfTemporalPositions", 0x00200105, "IS"),
        MainTag("NumberOfSlices", 0x00540081, "US"),
        MainTag("NumberOfTimeSlices", 0x00540101, "US"),
        MainTag("ImageOrientationPatient", 0x00200037, "DS", searchable=False),
        MainTag("SeriesType", 0x00541000, "CS"),
        MainTag("OperatorsName", 0x00081070, "PN"),
        MainTag("PerformedProcedureStepDescription", 0x00400254, "LO"),
        MainTag("AcquisitionDeviceProcessingDescription", 0x00181400, "LO"),
        MainTag("ContrastBolusAgent", 0x00180010, "LO"),
        MainTag("TimezoneOffsetFromUTC", 0x00080201, "SH"),
        MainTag("PerformedProcedureStepStartDate", 0x00400244, "DA"),
        MainTag("PerformedProcedureStepStartTime", 0x00400245, "TM"),
        MainTag("RequestAttributesSequence", 0x00400275, "SQ"),
    ),
    Level.INSTANCE: (
        MainTag("SOPInstanceUID", 0x00080018, "UI"),
        MainTag("SOPClassUID", 0x00080016, "UI"),
        MainTag("InstanceCreationDate", 0x00080012, "DA"),
        MainTag("InstanceCreationTime", 0x00080013, "TM"),
        MainTag("AcquisitionNumber", 0x00200012, "IS"),
        MainTag("ImageIndex", 0x00541330, "US"),
        MainTag("InstanceNumber", 0x00200013, "IS"),
        MainTag("NumberOfFrames", 0x00280008, "IS"),
        MainTag("TemporalPositionIdentifier", 0x00200100, "IS"),
        MainTag("ImagePositionPatient", 0x00200032, "DS", searchable=False),
        MainTag("ImageComments", 0x00204000, "LT"),
        MainTag("ImageOrientationPatient", 0x00200037, "DS", searchable=False),
    ),
}

COMPUTED: Mapping[Level, tuple[str, ...]] = {
    Level.PATIENT: (
        "NumberOfPatientRelatedStudies",
        "NumberOfPatientRelatedSeries",
        "NumberOfPatientRelatedInstances",
    ),
    Level.STUDY: (
        "ModalitiesInStudy",
        "SOPClassesInStudy",
        "NumberOfStudyRelatedSeries",
        "NumberOfStudyRelatedInstances",
    ),
    Level.SERIES: ("NumberOfSeriesRelatedInstances",),
    Level.INSTANCE: (),
}
"""Attributes that an index computes from what it holds (PS3.4 section C.3.4)."""

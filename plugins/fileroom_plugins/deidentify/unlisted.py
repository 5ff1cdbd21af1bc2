"""What PS3.15 table E.1-1 does not list, and tells who or when all the same.

The table is not exhaustive (PS3.15 section E.1.1). These are Fileroom's own additions to it, which
``docs/deidentify.md`` names as such.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from fileroom_plugins.deidentify.actions import Action
from fileroom_plugins.deidentify.dictionary import standard_attributes
from fileroom_plugins.deidentify.uids import is_of_a_kind

if TYPE_CHECKING:
    from collections.abc import Mapping

_GONE = Action.REMOVE_EMPTY_OR_DUMMY

_OF_PATIENTS = """
    PatientBirthDateInAlternativeCalendar PatientDeathDateInAlternativeCalendar TypeOfPatientID
    IssuerOfPatientIDQualifiersSequence BreedRegistrationNumber HL7InstanceIdentifier
    PlacerOrderNumberProcedure FillerOrderNumberProcedure
    PlacerOrderNumberImagingServiceRequestRetired FillerOrderNumberImagingServiceRequestRetired
    StorageMediaFileSetID OwnerID PrintJobID ContactDisplayName BoardingPassID ItineraryID
"""
_OF_INSTITUTIONS = """
    LocalNamespaceEntityID UniversalEntityID AssigningFacilitySequence AssigningJurisdictionCodeSequence
    AssigningAgencyOrDepartmentCodeSequence CodingSchemeResponsibleOrganization CodingSchemeURL
    HangingProtocolCreator HangingProtocolUserGroupName
"""
_OF_DEVICES = (
    "DeviceID GridID NTPSourceAddress RadiationMachineName SubstanceAdministrationDeviceID PrinterName"
)
_OF_CHARACTERISTICS = "PatientBodyMassIndex"
_WRITTEN = """
    DocumentTitle ContentLabel ContentDescription
    GraphicLayerDescription GraphicGroupDescription GraphicGroupLabel
    RTImageDescription RTImageName RTImageLabel BlockName ApplicatorDescription PatientSetupLabel
    FixationDeviceLabel ShieldingDeviceLabel SetupDeviceLabel SetupDeviceDescription SetupReferenceDescription
    GeneralAccessoryDescription MeasuredDoseDescription CalculatedDoseReferenceDescription OverrideReason
    TreatmentTerminationDescription FiducialDescription SegmentDescription ReasonForCancellation
    ReferenceLocationDescription FrameOfInterestDescription AssessmentLabel AssessmentSummaryDescription
    ObservationDescription InformationSummary WorklistLabel ProcedureStepLabel
    ProcedureStepProgressDescription FilmSessionLabel PerformedProcedureTypeDescription
    IdentificationDescriptionTrial SpecimenDescriptionTrial RequestedProcedureDescriptionTrial
    ReportStatusCommentTrial InterventionDescription PartialViewDescription ContainerComponentDescription
    InventoryInstanceDescription InventoryPurpose
"""
_COMMENT = re.compile(r".*(Comments?|Notes)|Comments?On.*")
_COMMENT_VRS = {"LO", "LT", "ST", "UC", "UT"}
_CODE = "URNCodeValue"


def _named(keywords: str, *options: tuple[str, Action]) -> dict[str, Mapping[str, Action]]:
    return {keyword: {"basic": _GONE, **dict(options)} for keyword in keywords.split()}


_DATES = {"basic": _GONE, "retain-full-dates": Action.KEEP, "retain-modified-dates": Action.CLEAN}
_CLEANED = {"basic": _GONE, "clean-descriptors": Action.CLEAN}
_BY_KEYWORD: Mapping[str, Mapping[str, Action]] = {
    **_named(_OF_PATIENTS),
    "GraphicLayer": {"basic": Action.DUMMY},
    # What somebody's earlier de-identification took away, for those who have the key.
    "EncryptedAttributesSequence": {"basic": Action.REMOVE},
    **_named(_OF_INSTITUTIONS, ("retain-institution", Action.KEEP)),
    **_named(_OF_DEVICES, ("retain-device", Action.KEEP)),
    **_named(_OF_CHARACTERISTICS, ("retain-patient-characteristics", Action.KEEP)),
    **_named(_WRITTEN, ("clean-descriptors", Action.CLEAN)),
}
_BY_VR: Mapping[str, Mapping[str, Action]] = {
    **dict.fromkeys(("DA", "DT", "TM"), _DATES),
    "PN": {"basic": _GONE},
    "UI": {"basic": Action.UID, "retain-uids": Action.KEEP},
    "UR": {"basic": _GONE},
}


@functools.cache
def unlisted() -> Mapping[int, Mapping[str, Action]]:
    """Return the additions: tag to the codes of ``basic`` and of each option that has one.

    They may name what the table lists as well, which then goes first. Among them are all names, dates, times,
    addresses on the net and UIDs; UIDs of classes, transfer syntaxes and coding schemes stay.
    """
    found = {}
    for tag, (vr, keyword) in standard_attributes().items():
        codes = _BY_KEYWORD.get(keyword) or _BY_VR.get(vr)
        if codes is None and vr in _COMMENT_VRS and _COMMENT.fullmatch(keyword):
            codes = _CLEANED
        if codes and keyword != _CODE and not (vr == "UI" and is_of_a_kind(tag)):
            found[tag] = codes
    return found

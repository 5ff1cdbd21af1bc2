"""InstanceDescription: the line by which DCMTK's programs tell instances of a series apart.

Where it comes from depends on the SOP class. Found by asking ``dcmqridx`` 3.6.7 about every SOP class of the
standard; it knows those below by name, and shows the comments of all others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fileroom.model import TagValue

_GRAYSCALE_PRESENTATION = "1.2.840.10008.5.1.4.1.1.11.1"
_CONSTANT = {
    "1.2.840.10008.5.1.1.27": "Stored Print",
    "1.2.840.10008.5.1.1.29": "Hardcopy Grayscale Image",
}
_STORAGE = "1.2.840.10008.5.1.4.1.1."
_REPORTS = f"{_STORAGE}88."
_DOCUMENTS = {
    f"{_STORAGE}{number}": f"{name}Storage"
    for number, name in {
        "78.6": "SpectaclePrescriptionReport",
        "79.1": "MacularGridThicknessAndVolumeReport",
        "88.11": "BasicTextSR",
        "88.22": "EnhancedSR",
        "88.33": "ComprehensiveSR",
        "88.34": "Comprehensive3DSR",
        "88.35": "ExtensibleSR",
        "88.40": "ProcedureLog",
        "88.50": "MammographyCADSR",
        "88.59": "KeyObjectSelectionDocument",
        "88.65": "ChestCADSR",
        "88.67": "XRayRadiationDoseSR",
        "88.68": "RadiopharmaceuticalRadiationDoseSR",
        "88.69": "ColonCADSR",
        "88.70": "ImplantationPlanSRDocument",
        "88.71": "AcquisitionContextSR",
        "88.72": "SimplifiedAdultEchoSR",
        "88.73": "PatientRadiationDoseSR",
        "88.74": "PlannedImagingAgentAdministrationSR",
        "88.75": "PerformedImagingAgentAdministrationSR",
        "88.76": "EnhancedXRayRadiationDoseSR",
    }.items()
}
"""SOP Class UID to name, of structured reports."""

_FLAGS = ("VerificationFlag", "CompletionFlag", "CompletionFlagDescription")


def describe(sop_class_uid: str, tags: Mapping[str, TagValue]) -> str:
    """Return an instance's description; it is not cut yet.

    A structured report gives its class and, after commas, verification flag, completion flag and what
    describes that, as far as it has values; a grayscale presentation state its Content Description; all
    else its Image Comments. Of several values the first one counts, but comments are one text.

    Two oddities of DCMTK's are left out: a flag that is there and empty gives two commas, of which headers do
    not tell; and a character whose second byte is that of a backslash ends a value halfway.
    """
    if name := _DOCUMENTS.get(sop_class_uid):
        return ", ".join((name, *(_first(tags[keyword]) for keyword in _FLAGS if keyword in tags)))
    if constant := _CONSTANT.get(sop_class_uid):
        return constant
    if sop_class_uid == _GRAYSCALE_PRESENTATION:
        return _first(tags.get("ContentDescription", ""))
    comments = tags.get("ImageComments", "")
    return comments if isinstance(comments, str) else ""


def described_by(sop_class_uid: str) -> str | None:
    """Return the keyword of the attribute whose value the description is, None where it is made up.

    None also for all else under the root of structured reports, of which another version may know more.
    """
    if sop_class_uid == _GRAYSCALE_PRESENTATION:
        return "ContentDescription"
    made_up = sop_class_uid in _DOCUMENTS or sop_class_uid in _CONSTANT or sop_class_uid.startswith(_REPORTS)
    return None if made_up else "ImageComments"


def _first(value: TagValue) -> str:
    return value.split("\\")[0].strip(" ") if isinstance(value, str) else ""

"""What Oracle Multimedia calls the VRs in its XML documents, and what the ones it never knew are called here.

DT and the VRs that came to the standard after its schemas (OD, OL, OV, SV, UC, UR, UV) are named in the same
way. OWB, USS, EXT and EXP are no VRs of the standard, but of Oracle's dictionaries.
"""

from __future__ import annotations

from fileroom_plugins.standard.vrs import VR_LENGTH

NAMESPACE = "http://xmlns.oracle.com/ord/dicom/metadata_1_0"
ROOT = "DICOM_OBJECT"
ITEM = "ITEM"
EXCEPTION = "EXCEPTION_TYPE"

ELEMENTS = {
    "AE": "APPLICATION_ENTITY",
    "AS": "AGE_STRING",
    "AT": "ATTRIBUTE_TAG",
    "CS": "CODE_STRING",
    "DA": "DATE",
    "DS": "DECIMAL_STRING",
    "DT": "DATE_TIME",
    "FD": "FLOAT_DOUBLE",
    "FL": "FLOAT_SINGLE",
    "IS": "INTEGER_STRING",
    "LO": "LONG_STRING",
    "LT": "LONG_TEXT",
    "OB": "OTHER_BYTE",
    "OD": "OTHER_DOUBLE",
    "OF": "OTHER_FLOAT",
    "OL": "OTHER_LONG",
    "OV": "OTHER_VERY_LONG",
    "OW": "OTHER_WORD",
    "PN": "PERSON_NAME",
    "SH": "SHORT_STRING",
    "SL": "SIGNED_LONG",
    "SQ": "SEQUENCE",
    "SS": "SIGNED_SHORT",
    "ST": "SHORT_TEXT",
    "SV": "SIGNED_VERY_LONG",
    "TM": "TIME",
    "UC": "UNLIMITED_CHARACTERS",
    "UI": "UNIQUE_ID",
    "UL": "UNSIGNED_LONG",
    "UN": "UNKNOWN",
    "UR": "UNIVERSAL_RESOURCE",
    "US": "UNSIGNED_SHORT",
    "UT": "UNLIMITED_TEXT",
    "UV": "UNSIGNED_VERY_LONG",
    "OWB": "OTHER_WORD",
    "USS": "SIGNED_SHORT",
    "EXT": "EXTENDED_TYPE",
    "EXP": EXCEPTION,
}
"""The element for each VR."""

VRS = {element: vr for vr, element in ELEMENTS.items() if len(vr) == VR_LENGTH}
"""The VR for each element."""

"""Concepts of content items whose values say who somebody is (PS3.15 section E.3.4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fileroom_plugins.deidentify.folding import folded

if TYPE_CHECKING:
    from collections.abc import Iterable

CODES = frozenset(
    {
        # DCM, PS3.16 TID 1001 to 1010
        *("121008", "121009", "121010", "121011"),  # Person Observer: Name, Organization, Role
        *("121012", "121013", "121014", "121015", "121016", "121017"),  # Device Observer: UID to Location
        *("121018", "121019", "121020", "121021", "121022", "121023"),  # Procedure: UIDs, orders, accession
        *("121024", "121025", "121026", "121027", "121028"),  # Subject: class, patient, fetus, specimen, UID
        *("121029", "121030", "121031", "121032", "121033", "121036"),  # Subject: name to mother
        *("121038", "121039", "121040", "121041", "121042"),  # Specimen: ID, UID, alternate, accession
        *("121152", "128774", "128775"),  # Person participant's ID and organization
        # DCM, TID 1020 and 1021
        *("113870", "113871", "113872", "113873", "113874"),  # Person: name, ID, issuer, organization, role
        *("113877", "113880"),  # Device: name and serial number
        # LOINC: patient's name and its parts, date of birth, social security number, address, telephone
        *("54125-0", "45392-8", "45393-6", "45394-4", "21112-8", "45396-9", "56799-0", "42077-8"),
        # SNOMED CT: patient's name, date of birth, medical record number
        *("371484003", "184099003", "398225001"),
    }
)
"""Code values, of whatever coding scheme: they are not cleaned, but hidden."""

_WHO = (
    "patient|person|subject|mother|father|physician|doctor|radiologist|technologist|technician|operator|observer"
    "|surgeon|nurse|referrer|author|reviewer|interpreter|provider|contact"
    "|institution|hospital|clinic|department|facility|arzt"
)
_PART = "first|last|given|family|maiden|middle|sur|full|station|device|organi[sz]ation"
_MEANING = re.compile(
    rf"(?:name|address)\b|(?:{_WHO})s?$"
    rf"|.*\b(?:(?:{_WHO}|{_PART})(?:'?s)?[ _-]*(?:name|ids?|identifier|identification|number|address)s?\b"
    r"|mrn\b|ssn\b|medical record|record number|social security|accession|insurance|passport|e-?mail"
    r"|telephone|phone|fax|zip code|postal code|date of birth|birth ?(?:date|day)"
    r"|serial number|geburtsdatum|vorname|nachname)"
)
"""For folded meanings: codes of a house say in words what they are."""


def tells(values: Iterable[str], meaning: str) -> bool:
    """Say whether a concept's values say who somebody is.

    Args:
        values: its Code Value, Long Code Value and URN Code Value. The latter ends in the code, as
            ``urn:oid:1.2.840.10008.2.16.4:121029`` does.
        meaning: its Code Meaning.
    """
    return any(value.rpartition(":")[2] in CODES for value in values) or bool(_MEANING.match(folded(meaning)))

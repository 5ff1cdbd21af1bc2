"""Which patient an object is of, as far as it says."""

from __future__ import annotations

import re

_SAYS_NOTHING = frozenset(
    {
        *("UNKNOWN", "UNBEKANNT", "INCONNU", "DESCONOCIDO", "NONE", "NULL", "NIL", "NA", "NOID"),
        *("ANON", "ANONYM", "ANONYME", "ANONYMOUS", "ANONYMISED", "ANONYMIZED"),
    }
)
_BETWEEN = re.compile(r"[\W_]+")
_ZEROS = re.compile(r"0*", re.ASCII)


def patient_of(patient_id: str, issuer: str) -> str:
    """Return what tells a patient from all others; nothing where the Patient ID does not.

    Hospitals number their patients each for itself, so who gave a number is a part of it. Both are written
    as in HL7 (type CX). An ID without an issuer is the same as it stands.

    Args:
        patient_id: Patient ID (0010,0020). What is written where there is none, such as ``UNKNOWN`` or ``0``,
            counts as empty.
        issuer: Issuer of Patient ID (0010,0021).
    """
    word = _BETWEEN.sub("", patient_id).upper()
    if word in _SAYS_NOTHING or _ZEROS.fullmatch(word):
        return ""
    return f"{patient_id}^^^{issuer}" if issuer else patient_id

"""Dummy values: valid for their VR, the same for everybody."""

from __future__ import annotations

import re

from fileroom_plugins.deidentify.dates import DUMMY_DATE

WORD = "ANONYMIZED"
"""What stands where a text has to."""

TEXTS = {
    "AE": WORD,
    "AS": "000Y",
    "CS": WORD,
    "DA": DUMMY_DATE,
    "DS": "0",
    "DT": f"{DUMMY_DATE}000000",
    "IS": "0",
    "LO": WORD,
    "LT": WORD,
    "PN": WORD,
    "SH": WORD,
    "ST": WORD,
    "TM": "000000",
    "UC": WORD,
    "UR": f"urn:{WORD.lower()}",
    "UT": WORD,
}
"""By VR (PS3.5 table 6.2-1)."""

DEFINED = {
    0x0010_0040: "O",  # Patient's Sex
    0x0400_0565: "CORRECT",  # Reason for the Attribute Modification
    0x0010_2203: "ALTERED",  # Patient's Sex Neutered
    0x0020_0060: "U",  # Laterality
}
"""Attributes that may have certain terms only, of which this one tells nothing."""

PSEUDONYM = re.compile(rb"[A-Z2-7]{16}")
"""What pseudonyms of names and identifiers look like."""

GRAPHIC_LAYER = 0x0070_0002
"""Says by its name to which layer something belongs, so that each name needs another one of its own."""

_SIZES = {"AT": 4, "FD": 8, "FL": 4, "SL": 4, "SS": 2, "SV": 8, "UL": 4, "US": 2, "UV": 8}
_WORDS = {"OB": 2, "OD": 8, "OF": 4, "OL": 4, "OV": 8, "OW": 2, "UN": 2}


def dummy(vr: str, old: bytes, tag: int = 0) -> bytes:
    """Return a dummy value for an attribute.

    Args:
        vr: its VR; not SQ, whose dummies are made of their items, and not UI.
        old: the value that it takes the place of; of it only how many values there are is kept, where they
            are numbers, which other attributes may count.
        tag: of an attribute whose terms are defined.
    """
    if vr in _SIZES:
        return bytes(max(1, len(old) // _SIZES[vr]) * _SIZES[vr])
    if vr in _WORDS:
        return bytes(_WORDS[vr])
    if vr in {"DS", "IS"}:
        return b"\\".join([b"0"] * (old.count(b"\\") + 1))
    return DEFINED.get(tag, TEXTS[vr]).encode("ascii")

"""Value representations, by how they are written (PS3.5 sections 6.2 and 7.1)."""

from __future__ import annotations

BINARY_VRS = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))
"""VRs whose values are strings of bytes or words."""

LONG_VRS = BINARY_VRS | {"SQ", "SV", "UC", "UR", "UT", "UV"}
"""VRs whose length has 32 bits in explicit VR, after two reserved bytes (PS3.5 table 7.1-1)."""

TEXT_VRS = frozenset(("LO", "LT", "PN", "SH", "ST", "UC", "UT"))
"""VRs whose text is encoded as Specific Character Set says (PS3.5 section 6.1.2.3)."""

STRING_VRS = TEXT_VRS | {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI", "UR"}
"""VRs whose values are strings of characters."""

SHORT_VRS = TEXT_VRS - LONG_VRS | frozenset(
    ("AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "SL", "SS", "TM", "UI", "UL", "US")
)
"""VRs whose length has 16 bits in explicit VR (PS3.5 table 7.1-2)."""

VRS = LONG_VRS | SHORT_VRS
"""All VRs (PS3.5 table 6.2-1)."""

PROSE_VRS = frozenset(("LT", "ST", "UR", "UT"))
"""VRs of text with always one value, in which a backslash is a backslash."""

NUMBER_CODES = {
    "FD": "d",
    "FL": "f",
    "SL": "i",
    "SS": "h",
    "SV": "q",
    "UL": "I",
    "US": "H",
    "UV": "Q",
}
"""VRs of binary numbers, and the codes by which `struct` knows them."""

VR_LENGTH = 2
"""Letters of a VR; a longer text is several, joined by ``" or "``, and other attributes tell which."""

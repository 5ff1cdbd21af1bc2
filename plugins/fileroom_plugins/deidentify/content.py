"""Sequences of which only the form is kept, and the content of structured reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom_plugins.deidentify.dummies import WORD, dummy
from fileroom_plugins.deidentify.elements import Element, Fragments, sequence, text_element

if TYPE_CHECKING:
    from fileroom_plugins.deidentify.elements import Items
    from fileroom_plugins.deidentify.leaves import Leaves

_CONCEPT_NAMES = 0x0040_A043
_CODE_VALUE = 0x0008_0100
_CODE_VALUES = (_CODE_VALUE, 0x0008_0119, 0x0008_0120)
"""Code Value, Long Code Value, URN Code Value."""

_FIRST_OF_DATASETS = 0x0008_0000
_COUNTS = {0x0070_0020, 0x0070_0021}
"""Graphic Dimensions and Number of Graphic Points: how much of something else there is."""

_COUNT_SIZE = 2

_TERMS = frozenset(
    {
        *(b"Y", b"N", b"YES", b"NO"),
        *(b"PIXEL", b"DISPLAY", b"MATRIX"),
        *(b"POINT", b"MULTIPOINT", b"POLYLINE", b"POLYGON", b"INTERPOLATED", b"CIRCLE", b"ELLIPSE"),
        *(b"LEFT", b"RIGHT", b"CENTER", b"TOP", b"BOTTOM"),
    }
)
"""Terms of the standard that an attribute's other values depend on, or that viewers need."""

FORM = frozenset(
    {
        *(0x0040_A010, 0x0040_A040, 0x0040_A050),  # Relationship and Value Type, Continuity of Content
        *(0x0040_A043, 0x0040_A504, 0x0040_A730),  # Concept Name, Template and Content Sequence
        *(0x0040_08EA, 0x0040_DB73),  # Measurement Units Code Sequence, Referenced Content Item Identifier
    }
)
"""What says of which form a content item is, and what about, and holds no value of its own."""

IDENTIFYING_CONCEPTS = frozenset(
    {
        *("121008", "121009", "121010", "121011"),  # Person Observer: Name, Organization, Role
        *("121012", "121013", "121014", "121015", "121016", "121017"),  # Device Observer: UID to Location
        *("121018", "121019", "121020", "121021", "121022", "121023"),  # Procedure: UIDs, orders, accession
        *("121024", "121025", "121026", "121027", "121028"),  # Subject: class, patient, fetus, specimen, UID
        *("121029", "121030", "121031", "121032", "121033", "121036"),  # Subject: name to mother
        *("121038", "121039", "121040", "121041", "121042"),  # Specimen: ID, UID, alternate, accession
        *("121152", "128774", "128775"),  # Person participant's ID and organization
    }
)
"""Concepts (PS3.16 TID 1001 to 1010) whose values say who somebody is: they are not cleaned, but hidden."""


def is_identifying(item: Items) -> bool:
    """Say whether a content item's value is hidden because of what its concept name is."""
    names = item.get(_CONCEPT_NAMES)
    if names is None or not isinstance(names.value, list):
        return False
    codes = (name.get(tag) for name in names.value for tag in _CODE_VALUES)
    texts = (code.data.decode("latin-1").strip(" \0") for code in codes if code)
    # A URN code value ends in the code, as urn:oid:1.2.840.10008.2.16.4:121029 does.
    return any(text.rpartition(":")[2] in IDENTIFYING_CONCEPTS for text in texts)


def dummy_content() -> list[Items]:
    """Return a content tree that says nothing: one comment, as the content of any report may have."""
    concept = {
        _CODE_VALUE: text_element("SH", "121106"),
        0x0008_0102: text_element("SH", "DCM"),
        0x0008_0104: text_element("LO", "Comment"),
    }
    item = {
        0x0040_A010: text_element("CS", "CONTAINS"),
        0x0040_A040: text_element("CS", "TEXT"),
        _CONCEPT_NAMES: sequence(concept),
        0x0040_A160: text_element("UT", WORD),
    }
    return [item]


def hollow(item: Items, leaves: Leaves) -> Items:
    """Return an item of the same form that says nothing; of sequences in it the first item.

    Terms of the standard and counts of something else that is there stay. All other values are dummies, and
    private attributes go.
    """
    made: Items = {}
    for tag, element in item.items():
        value = element.value
        if tag >> 16 & 1 or not tag & 0xFFFF or tag < _FIRST_OF_DATASETS or isinstance(value, Fragments):
            continue
        if isinstance(value, list):
            made[tag] = Element("SQ", [hollow(one, leaves) for one in value[:1]], as_un=element.as_un)
        elif element.vr == "UI":
            made[tag] = Element("UI", leaves.uids(element.data))
        elif not element.data or _tells_only_the_form(tag, element):
            made[tag] = element
        else:
            made[tag] = Element(element.vr, dummy(element.vr, element.data, tag))
    return made


def _tells_only_the_form(tag: int, element: Element) -> bool:
    if element.vr == "CS":
        return element.data.strip(b" \0") in _TERMS
    return tag in _COUNTS and len(element.data) == _COUNT_SIZE

"""Sequences of which only the form is kept, and the content of structured reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom_plugins.deidentify.concepts import tells
from fileroom_plugins.deidentify.dummies import GRAPHIC_LAYER, PSEUDONYM, WORD, dummy
from fileroom_plugins.deidentify.elements import Element, Fragments, sequence, text_element
from fileroom_plugins.deidentify.uids import is_of_a_kind

if TYPE_CHECKING:
    from fileroom_plugins.deidentify.elements import Items
    from fileroom_plugins.deidentify.leaves import Leaves

_CONCEPT_NAMES = 0x0040_A043
_CODE_VALUE, _CODE_MEANING = 0x0008_0100, 0x0008_0104
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
        *(b"MULTILINE", b"INFINITELINE", b"CUTLINE", b"RANGELINE", b"RULER", b"AXIS", b"CROSSHAIR"),
        *(b"ARROW", b"RECTANGLE"),
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

_REFERENCES = {b"IMAGE", b"WAVEFORM", b"COMPOSITE"}
"""Value types of content items that refer to objects, and say nothing else (PS3.3 table C.17.3-7)."""

_VALUE_TYPE, _REFERENCED = 0x0040_A040, 0x0008_1199
_OF_REFERENCES = (0x0040_A010, _VALUE_TYPE, _REFERENCED)
_OF_OBJECTS = (0x0008_1150, 0x0008_1155, 0x0008_1160)


def is_identifying(item: Items) -> bool:
    """Say whether a content item's value is hidden because of what its concept name is."""
    names = item.get(_CONCEPT_NAMES)
    if names is None or not isinstance(names.value, list):
        return False
    for name in names.value:
        values = [_text(name, tag) for tag in _CODE_VALUES]
        if tells(values, _text(name, _CODE_MEANING)):
            return True
    return False


def references(items: list[Items]) -> list[Items]:
    """Return those items of a content tree's first level that refer to objects, and of them only that."""
    found = []
    for item in items:
        objects = item.get(_REFERENCED)
        if _text(item, _VALUE_TYPE).encode() not in _REFERENCES or not objects:
            continue
        if isinstance(objects.value, list):
            form = {tag: item[tag] for tag in _OF_REFERENCES if tag in item}
            only = [{tag: one[tag] for tag in _OF_OBJECTS if tag in one} for one in objects.value]
            found.append(form | {_REFERENCED: Element("SQ", only, as_un=objects.as_un)})
    return found


def _text(item: Items, tag: int) -> str:
    element = item.get(tag)
    return element.data.decode("latin-1").strip(" \0") if element else ""


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
            made[tag] = element if is_of_a_kind(tag) else Element("UI", leaves.uids(element.data))
        elif not element.data or _tells_only_the_form(tag, element):
            made[tag] = element
        elif tag == GRAPHIC_LAYER:
            made[tag] = Element(element.vr, leaves.pseudonym(element.data))
        else:
            made[tag] = Element(element.vr, dummy(element.vr, element.data, tag))
    return made


def _tells_only_the_form(tag: int, element: Element) -> bool:
    if element.vr == "CS":
        return element.data.strip(b" \0") in _TERMS
    return tag in _COUNTS and len(element.data) == _COUNT_SIZE


def is_hollow(item: Items) -> bool:
    """Say whether an item may be one that `hollow` made; of UIDs nothing can be told."""
    for tag, element in item.items():
        value = element.value
        if isinstance(value, list):
            if len(value) > 1 or not all(map(is_hollow, value)):
                return False
        elif element.vr != "UI" and element.data and not _tells_only_the_form(tag, element):
            old = element.data.strip(b" \0")
            if tag == GRAPHIC_LAYER and PSEUDONYM.fullmatch(old):
                continue
            if old and old != dummy(element.vr, element.data, tag).strip(b" \0"):
                return False
    return True


def is_dummy_content(items: list[Items]) -> bool:
    """Say whether a content tree may be one that de-identification leaves: a comment, or mere references."""
    (made,) = dummy_content()
    return all(any(_same(item, one) for one in (made, *references([item]))) for item in items)


def _same(one: Items, other: Items) -> bool:
    """Say whether two items have the same attributes and values."""
    if one.keys() != other.keys():
        return False
    for tag, element in one.items():
        value, wanted = element.value, other[tag].value
        if isinstance(value, list) != isinstance(wanted, list):
            return False
        if isinstance(value, list) and isinstance(wanted, list):
            if len(value) != len(wanted) or not all(map(_same, value, wanted)):
                return False
        elif element.data.strip(b" \0") != other[tag].data.strip(b" \0"):
            return False
    return True

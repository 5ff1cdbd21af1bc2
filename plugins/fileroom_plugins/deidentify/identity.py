"""What an object says of the people in it, for finding it again in what they wrote."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fileroom.plugin import CharacterSet
from fileroom_plugins.deidentify.dictionary import keyword_of, vr_of
from fileroom_plugins.deidentify.text import TextCleaner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom_plugins.deidentify.elements import Items

_IDENTIFIES = re.compile(
    r".*(ID|IDs|Identifier|Number|Address|Numbers|InstitutionName|DepartmentName|Residence|StationName)"
)
"""Keywords of attributes of short texts that tell people, orders, devices and places from others."""

_HARMLESS = frozenset(
    {
        *("SeriesNumber", "AcquisitionNumber", "InstanceNumber", "ItemNumber", "TemporalPositionIdentifier"),
        *("ReferencedFrameNumber", "StackID", "MappingResource", "TemplateIdentifier", "ContextIdentifier"),
    }
)
_SHORT = {"LO", "SH", "UC", "AE"}
_LONGEST = 256


def text_cleaner(items: Items, charset: CharacterSet) -> TextCleaner:
    """Return a cleaner that knows the names and identifiers anywhere in an object."""
    names: list[str] = []
    identifiers: list[str] = []
    for vr, keyword, value in _texts(items, charset):
        if vr == "PN":
            names.append(value)
        elif _IDENTIFIES.fullmatch(keyword) and keyword not in _HARMLESS:
            identifiers.append(value)
    return TextCleaner(names, identifiers)


def _texts(items: Items, charset: CharacterSet) -> Iterator[tuple[str, str, str]]:
    """Yield the short texts of an object at any depth: VR, keyword, value."""
    declared = items.get(0x0008_0005)
    charset = CharacterSet.of(declared.data) if declared else charset
    for tag, element in items.items():
        value = element.value
        if isinstance(value, list):
            for item in value:
                yield from _texts(item, charset)
            continue
        vr = vr_of(tag) if element.vr == "UN" else element.vr
        if (vr in _SHORT or vr == "PN") and len(element.data) <= _LONGEST:
            text = charset.decode(element.data, person_name=vr == "PN")
            for one in text.split("\\"):
                yield vr, keyword_of(tag), one.strip(" \0")

"""Values as they stand in a data set, read one by one when a rule asks for them.

They are taken from the bytes of the file, and not from pydicom's values: where one is not what its VR
demands, pydicom fails, or repeats it in a warning; to a rule, it is just a value that is not as it should be.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from pydicom.dataelem import RawDataElement
from pydicom.values import convert_SQ

from fileroom.plugin import CharacterSet
from fileroom_plugins.conformance.reading.dictionary import UNKNOWN
from fileroom_plugins.standard.vrs import BINARY_VRS, NUMBER_CODES, PROSE_VRS, TEXT_VRS

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.dataelem import DataElement

    from fileroom_plugins.conformance.constraints.locators import Step
    from fileroom_plugins.conformance.reading.dictionary import DataDictionary

_META = 0x0002
_CHARACTER_SET = 0x00080005
_PIXEL_REPRESENTATION = 0x00280103

_NUMBERS = {**NUMBER_CODES, "AT": "HH"}


@dataclass(frozen=True, slots=True)
class Found:
    """An attribute as it is in a data set.

    Attributes:
        vr: its VR.
        values: as text, without padding; of a sequence none, and none of what is not text or numbers.
        items: of a sequence.
        filled: whether there is a value or item, be it one that cannot be shown as text.
    """

    vr: str
    values: tuple[str, ...] = ()
    items: Sequence[Dataset] = field(default=(), repr=False)
    filled: bool = False


def find(dataset: Dataset, step: Step, charset: CharacterSet, dictionary: DataDictionary) -> Found | None:
    """Return an attribute, None where it is not there. Group 0002 is looked for in the file meta information.

    Args:
        dataset: an object's data set, or an item.
        step: which attribute; its item number plays no part.
        charset: how text is encoded here.
        dictionary: the VRs of attributes that are without one.
    """
    home: Dataset = getattr(dataset, "file_meta", dataset) if step.tag >> 16 == _META else dataset
    tag = _private_tag(dataset, step, charset) if step.definer else step.tag
    if tag is None or tag not in home:
        return None
    element = _element(home, tag)
    if isinstance(element, RawDataElement):
        vr = element.VR or dictionary.vr(tag, step.definer)
        return _from_raw(home, element._replace(VR=vr), charset)
    return _from_element(element)


def _element(dataset: Dataset, tag: int) -> DataElement | RawDataElement:
    """Return an element that is there, not converted if nobody has looked at it yet."""
    return cast("DataElement | RawDataElement", dataset.get_item(tag, keep_deferred=True))


def charset_of(dataset: Dataset, above: CharacterSet | None = None) -> CharacterSet:
    """Return how a data set's text is encoded: as it says, or else as the one that it lies in."""
    if _CHARACTER_SET not in dataset:
        return above or CharacterSet.of(b"")
    element = _element(dataset, _CHARACTER_SET)
    if isinstance(element, RawDataElement):
        return CharacterSet.of(element.value or b"")
    terms = element.value
    text = terms if isinstance(terms, str) else "\\".join(map(str, terms or ()))
    return CharacterSet.of(text.encode("ascii", "replace"))


def _private_tag(dataset: Dataset, step: Step, charset: CharacterSet) -> int | None:
    """Return where in its group the block of a creator lies (PS3.5 section 7.8.1)."""
    group, low = step.tag >> 16, step.tag & 0xFF
    for block in range(0x10, 0x100):
        tag = group << 16 | block
        if tag in dataset:
            creator = _element(dataset, tag)
            found = (
                _from_raw(dataset, creator._replace(VR="LO"), charset)
                if isinstance(creator, RawDataElement)
                else _from_element(creator)
            )
            if found.values and found.values[0].strip() == step.definer:
                return group << 16 | block << 8 | low
    return None


def _from_raw(dataset: Dataset, raw: RawDataElement, charset: CharacterSet) -> Found:
    vr = raw.VR or UNKNOWN
    data = raw.value or b""
    if vr == "SQ" or (vr == "UN" and raw.length == 0xFFFFFFFF):  # noqa: PLR2004 - undefined
        items = _items(dataset, raw)
        return Found("SQ", items=items, filled=bool(items))
    if vr == "US or SS":
        vr = "SS" if _signed(dataset) else "US"
    elif " " in vr:  # "OB or OW", "US or OW"
        vr = "OW"
    if vr in BINARY_VRS:
        return Found(vr, filled=bool(raw.length))
    if code := _NUMBERS.get(vr):
        values = _numbers(data, code, "<" if raw.is_little_endian else ">")
        return Found(vr, values, filled=bool(data))
    text = charset.decode(data, person_name=vr == "PN") if vr in TEXT_VRS else data.decode("latin-1")
    return _from_text(vr, text)


def _from_text(vr: str, text: str) -> Found:
    parts = [text] if vr in PROSE_VRS else text.split("\\")
    values = tuple(part.strip(" \0") for part in parts)
    filled = any(values)
    return Found(vr, values if filled else (), filled=filled)


def _from_element(element: DataElement) -> Found:
    vr, value = str(element.VR), element.value
    if vr == "SQ":
        return Found(vr, items=value or (), filled=bool(value))
    if vr[:2] in BINARY_VRS:
        return Found(vr, filled=bool(value))
    if value is None:
        return Found(vr)
    if isinstance(value, str) or not isinstance(value, Sequence):
        return _from_text(vr, str(value))
    return _from_text(vr, "\\".join(str(one) for one in value))


def _items(dataset: Dataset, raw: RawDataElement) -> Sequence[Dataset]:
    try:
        value = dataset[raw.tag].value
        if isinstance(value, bytes):  # a sequence that pydicom does not know for one
            value = convert_SQ(value, raw.is_implicit_VR, raw.is_little_endian)
    except Exception:  # noqa: BLE001 - pydicom raises whatever the damage leads to; then there are none
        return ()
    return value if isinstance(value, Sequence) and not isinstance(value, bytes | str) else ()


def _numbers(data: bytes, code: str, order: str) -> tuple[str, ...]:
    size = struct.calcsize(order + code)
    whole = data[: len(data) - len(data) % size]
    if code == "HH":
        return tuple(
            f"{group:04X}{element:04X}" for group, element in struct.iter_unpack(order + code, whole)
        )
    return tuple(repr(number) for (number,) in struct.iter_unpack(order + code, whole))


def _signed(dataset: Dataset) -> bool:
    raw = _element(dataset, _PIXEL_REPRESENTATION) if _PIXEL_REPRESENTATION in dataset else None
    if isinstance(raw, RawDataElement):
        return bool(raw.value and any(raw.value))
    return raw is not None and raw.value == 1

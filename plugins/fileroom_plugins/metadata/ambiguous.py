"""VRs that depend on other attributes: which of several it is (PS3.5 annex A, PS3.6 section 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from fileroom_plugins.standard.vrs import VR_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fileroom_plugins.metadata.elements import DataSet
    from fileroom_plugins.metadata.source import Octets

Doubt: TypeAlias = "tuple[int, tuple[DataSet, ...]]"
"""The tag of an element in doubt, and the data sets around it from the root to the one that holds it."""

_BITS_ALLOCATED = 0x00280100
_PIXEL_REPRESENTATION = 0x00280103
_LUT_DESCRIPTOR = 0x00283002
_LUT_DATA = 0x00283006
_PIXEL_DATA = 0x7FE00010
_WAVEFORM_BITS_ALLOCATED = 0x54001004
_WAVEFORM_GROUP = 0x5400
_BYTE = 8
_SHORT = 2  # bytes of a US or SS
_LONGEST = 64 * 1024  # bytes of numbers that a header is expected to hold


def settle(doubts: Iterable[Doubt], octets: Octets, *, implicit: bool, little_endian: bool) -> None:
    """Replace the elements in doubt by those with the VR that they must have.

    Args:
        doubts: the elements whose VR is several joined by ``" or "``.
        octets: the object's bytes.
        implicit: whether the object has implicit VR.
        little_endian: the order of its bytes.
    """
    for tag, path in doubts:
        elements = path[-1].elements
        at = next((at for at, element in enumerate(elements) if element.tag == tag), None)
        if at is None or len(elements[at].vr) == VR_LENGTH:
            continue  # another one of the same tag took its place
        element = elements[at]
        vr = _vr(tag, element.vr, path, implicit=implicit, little_endian=little_endian)
        value = element.value
        if value is None and vr == "US":
            if element.length > _LONGEST:
                vr = "OW"
            else:
                value = octets.exactly(element.offset, element.length)
        if element.value is None and tag == _PIXEL_DATA and _is_encapsulated(octets, element.offset):
            vr = "OB"
        elements[at] = element._replace(vr=vr, value=value)


def _vr(tag: int, vr: str, path: Sequence[DataSet], *, implicit: bool, little_endian: bool) -> str:
    def number(attribute: int, *, inherited: bool = False) -> int | None:
        for dataset in reversed(path if inherited else path[-1:]):
            element = dataset.find(attribute)
            if element is not None and type(element.value) is bytes and element.length >= _SHORT:
                return int.from_bytes(element.value[:_SHORT], "little" if little_endian else "big")
        return None

    if "OW" not in vr:
        return "SS" if number(_PIXEL_REPRESENTATION, inherited=True) else "US"
    if tag == _LUT_DATA:
        return "US" if number(_LUT_DESCRIPTOR) == 1 else "OW"
    bits = _WAVEFORM_BITS_ALLOCATED if tag >> 16 == _WAVEFORM_GROUP else _BITS_ALLOCATED
    in_bytes = tag == _PIXEL_DATA or bits == _WAVEFORM_BITS_ALLOCATED
    return "OB" if in_bytes and not implicit and (number(bits) or 0) <= _BYTE else "OW"


def _is_encapsulated(octets: Octets, offset: int) -> bool:
    """Say whether the length before a value in implicit VR was undefined."""
    return octets.exactly(offset - 4, 4) == b"\xff\xff\xff\xff"

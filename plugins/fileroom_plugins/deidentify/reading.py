"""From bytes to attributes. Strict: what is not read to its last byte is damaged (PS3.5 section 7)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, cast

from fileroom.plugin import InvalidDatasetError
from fileroom_plugins.deidentify.dictionary import KNOWN
from fileroom_plugins.deidentify.elements import (
    DEEPEST,
    EXPLICIT_HEAD,
    IMPLICIT,
    IMPLICIT_HEAD,
    ITEM,
    ITEM_END,
    LONG,
    SEQUENCE_END,
    UNDEFINED,
    Element,
    Fragments,
)
from fileroom_plugins.standard.vrs import LONG_VRS, VRS

if TYPE_CHECKING:
    from collections.abc import Callable

    from fileroom_plugins.deidentify.dictionary import DataDictionary
    from fileroom_plugins.deidentify.elements import Encoding, Items

MOST_ATTRIBUTES = 50_000
"""An item, or a dataset, may have so many attributes; the standard has some 5,000."""

MOST_ITEMS = 1_000_000
"""A sequence may have so many items; those of large multi-frame images have one for each frame."""

_VRS = {vr.encode(): vr for vr in VRS}
_LONG_VRS = {vr.encode() for vr in LONG_VRS}
_PIXEL_DATA = 0x7FE0_0010
_DELIMITERS = 0xFFFE
_MAY_BE_SEQUENCES = {"SQ", "UN"}
_FIRST_BLOCK, _LAST_BLOCK = 0x10, 0xFF
_LONGEST_CREATOR = 64


class _Source(NamedTuple):
    """What is read.

    Attributes:
        buffer: all of it.
        encoding: how it is written.
        dictionary: the VRs of attributes without one.
        unpack_head: group, element and length of items and of attributes in implicit VR.
    """

    buffer: memoryview
    encoding: Encoding
    dictionary: DataDictionary
    unpack_head: Callable[[memoryview, int], tuple[int, int, int]]

    @classmethod
    def of(cls, buffer: memoryview, encoding: Encoding, dictionary: DataDictionary) -> _Source:
        """Return a source of this encoding."""
        return cls(buffer, encoding, dictionary, cast("Any", IMPLICIT_HEAD[encoding.order].unpack_from))


def read_dataset(
    buffer: memoryview, at: int, encoding: Encoding, dictionary: DataDictionary = KNOWN
) -> Items:
    """Read all attributes from an offset to the end of a buffer.

    Args:
        buffer: the bytes.
        at: the offset.
        encoding: how they are written.
        dictionary: has the VRs of attributes without one.

    Raises:
        InvalidDatasetError: something is cut short, stands where it cannot, or is there twice.
    """
    try:
        return _read_items(_Source.of(buffer, encoding, dictionary), at, len(buffer), 0, delimited=False)[0]
    except struct.error:
        _fail("an attribute is cut short")


def _fail(what: str) -> NoReturn:
    raise InvalidDatasetError(f"damaged: {what}; nothing of this object was passed on")


def _read_items(source: _Source, at: int, end: int, depth: int, *, delimited: bool) -> tuple[Items, int]:
    """Read attributes up to an offset, or to the delimiter of an item; return them and where they end."""
    buffer, encoding, dictionary, unpack_head = source
    implicit = encoding.implicit
    unpack_explicit, unpack_long = EXPLICIT_HEAD[encoding.order].unpack_from, LONG[encoding.order].unpack_from
    found: Items = {}
    while at < end:
        group, element, length = unpack_head(buffer, at)
        tag = group << 16 | element
        at += 8
        if group == _DELIMITERS:
            if tag == ITEM_END and delimited and not length:
                return found, at
            _fail("a delimiter stands where there is nothing to end")
        if implicit:
            vr = _vr_of(found, tag, dictionary)
        else:
            _, _, code, length = unpack_explicit(buffer, at - 8)
            vr = _VRS.get(code) or _fail("an attribute has a VR that does not exist")
            if code in _LONG_VRS:
                (length,) = unpack_long(buffer, at)
                at += 4
        if length == UNDEFINED or vr in _MAY_BE_SEQUENCES:
            one, at = _long_value(source, at, end, depth, tag=tag, vr=vr, length=length)
        elif at + length > end:
            _fail("a value is longer than what is left")
        else:
            one = Element(vr, buffer[at : at + length])
            at += length
        if tag in found or len(found) == MOST_ATTRIBUTES:
            _check_addition(found, tag, one)
        found[tag] = one
    if delimited or at != end:
        _fail("an item does not end where it should")
    return found, at


def _check_addition(found: Items, tag: int, one: Element) -> None:
    """Let an attribute pass that is there twice with one value; writers are known that do that."""
    if tag not in found:
        _fail("an item has more attributes than any real one")
    if isinstance(one.value, list) or one.data != found[tag].data:
        _fail("an attribute is there twice, with different values")


def _long_value(
    source: _Source, at: int, end: int, depth: int, *, tag: int, vr: str, length: int
) -> tuple[Element, int]:
    """Read a value that is, or may be, a sequence or encapsulated; return it and where it ends."""
    undefined = length == UNDEFINED
    stop = end if undefined else at + length
    if stop > end:
        _fail("a value is longer than what is left")
    if vr == "SQ" or (vr == "UN" and (undefined or source.dictionary.vr_of(tag) == "SQ")):
        # What is UN because somebody did not know it has implicit VR (PS3.5 section 6.2.2, note 2).
        as_un = vr == "UN" and not source.encoding.implicit
        inner = _Source.of(source.buffer, IMPLICIT, source.dictionary) if as_un else source
        items, at = _read_sequence(inner, at, stop, depth, delimited=undefined)
        return Element("SQ", items, as_un=as_un), at
    if not undefined:
        return Element(vr, source.buffer[at:stop]), stop
    if tag != _PIXEL_DATA or vr not in {"OB", "OW"}:
        _fail("an attribute that is no sequence has no length")
    stop = _past_fragments(source, at, end)
    return Element(vr, Fragments(source.buffer[at:stop])), stop


def _read_sequence(
    source: _Source, at: int, end: int, depth: int, *, delimited: bool
) -> tuple[list[Items], int]:
    """Read items up to an offset, or to the delimiter of the sequence; return them and where they end."""
    if depth >= DEEPEST:
        raise InvalidDatasetError(f"sequences are nested more than {DEEPEST} deep; that is taken for damage")
    items: list[Items] = []
    while at < end:
        group, element, length = source.unpack_head(source.buffer, at)
        tag = group << 16 | element
        at += 8
        if tag == SEQUENCE_END and delimited and not length:
            return items, at
        if tag != ITEM:
            _fail("something other than an item stands in a sequence")
        undefined = length == UNDEFINED
        stop = end if undefined else at + length
        if stop > end:
            _fail("an item is longer than its sequence")
        one, at = _read_items(source, at, stop, depth + 1, delimited=undefined)
        items.append(one)
        if len(items) > MOST_ITEMS:
            _fail("a sequence has more items than any real one")
    if delimited:
        _fail("a sequence does not end")
    return items, at


def _past_fragments(source: _Source, at: int, end: int) -> int:
    while at < end:
        group, element, length = source.unpack_head(source.buffer, at)
        tag = group << 16 | element
        at += 8
        if tag == SEQUENCE_END and not length:
            return at
        if tag != ITEM or length == UNDEFINED or at + length > end:
            _fail("a fragment of the pixel data is cut short")
        at += length
    _fail("the pixel data does not end")


def _vr_of(before: Items, tag: int, dictionary: DataDictionary) -> str:
    """Return the VR of an attribute without one; a private one's by the creator that came before it."""
    if not tag & 0xFFFF:
        return "UL"
    if not tag >> 16 & 1:
        return dictionary.vr_of(tag) or "UN"
    block = tag >> 8 & 0xFF
    if not tag & 0xFF00:
        return "LO" if _FIRST_BLOCK <= tag & 0xFF <= _LAST_BLOCK else "UN"
    creator = before.get(tag & 0xFFFF_0000 | block)
    return dictionary.private_vr_of(creator_of(creator), tag & 0xFFFF_00FF) or "UN" if creator else "UN"


def creator_of(element: Element) -> str:
    """Return the name that a private creator element holds; of one that is too long, its start."""
    return element.data[:_LONGEST_CREATOR].decode("latin-1").strip(" \0")

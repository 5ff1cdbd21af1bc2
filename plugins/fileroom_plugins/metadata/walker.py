"""The walker: from the bytes of an object to its elements, in one pass that reads no bulk data.

Real files depart from the standard as pydicom knows them to: implicit elements within explicit data,
sequences disguised as unknown, VRs that do not exist. All that is followed here as pydicom follows it; but
memory and depth are bounded, and what is not all there is an error and never a shorter answer.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from fileroom.plugin import CharacterSet, InvalidDatasetError
from fileroom_plugins.metadata.ambiguous import settle
from fileroom_plugins.metadata.elements import (
    CHARACTER_SET,
    ITEM,
    ITEM_END,
    SEQUENCE_END,
    UNDEFINED,
    DataSet,
    Element,
    Object,
)
from fileroom_plugins.metadata.lookup import (
    creator_tag,
    is_creator,
    is_private,
    private_entry,
    standard_entry,
    standard_vrs,
)
from fileroom_plugins.metadata.meta import (
    DEFLATED_LITTLE,
    EXPLICIT_BIG,
    IMPLICIT_LITTLE,
    has_implicit_vr,
    read_meta,
)
from fileroom_plugins.metadata.source import cut_short
from fileroom_plugins.standard.vrs import BINARY_VRS, LONG_VRS, SHORT_VRS, VR_LENGTH

if TYPE_CHECKING:
    from fileroom_plugins.metadata.ambiguous import Doubt
    from fileroom_plugins.metadata.elements import Value
    from fileroom_plugins.metadata.source import Octets

KEPT = 1024
"""Binary values of more bytes are bulk data, and left where they are, unless a caller says otherwise."""

MAX_DEPTH = 64
"""Sequences in sequences are followed so far down; real ones end at about ten."""

BUDGET = 256 << 20
"""Bytes that a header may take in memory, so that no claim and no crowd of empty elements takes more."""

_OVERHEAD = 300  # what Python's objects take for an element or item, besides its value
_UN_GUESSED = 0xFFFF  # a longer value is written as UN if its VR has 16 bits for a length (PS3.5 6.2.2)

_SHORT = {vr.encode(): vr for vr in SHORT_VRS}
_LONG = {vr.encode(): vr for vr in LONG_VRS}
_SHORT_HEADER = 8
_LONG_HEADER = 12
_make = tuple.__new__


def read_object(octets: Octets, *, keep: int = KEPT) -> Object:
    """Read the header of a DICOM file or bare data set.

    Args:
        octets: its bytes.
        keep: binary values of at most so many bytes are held in memory.

    Raises:
        NotDicomError: the bytes are not DICOM.
        InvalidDatasetError: damaged, cut short, nested too deeply or too large.
        OSError: the source could not be read.
    """
    meta = read_meta(octets)
    syntax, position = meta.transfer_syntax, meta.position
    if syntax == DEFLATED_LITTLE:
        octets = octets.inflated(position)
    little_endian = syntax != EXPLICIT_BIG
    walker = _Walker(octets, little_endian=little_endian, keep=keep)
    head = octets.exactly(position, min(6, octets.size - position))
    implicit = has_implicit_vr(head, assumed=syntax == IMPLICIT_LITTLE)
    dataset, end = walker.data_set(position, octets.size, CharacterSet.of(b""), implicit=implicit, depth=0)
    settle(walker.doubts, octets, implicit=implicit, little_endian=little_endian)
    return Object(meta.elements, dataset, syntax, little_endian, octets, end)


class _Walker:
    def __init__(self, octets: Octets, *, little_endian: bool, keep: int) -> None:
        order = "<" if little_endian else ">"
        self._octets = octets
        self._keep = keep
        self._head = struct.Struct(f"{order}HH2sH").unpack_from
        self._length = struct.Struct(f"{order}I").unpack_from
        self._item = struct.Struct(f"{order}HHI").unpack
        self._room = BUDGET
        self._path: list[DataSet] = []
        self.doubts: list[Doubt] = []

    def data_set(  # noqa: C901, PLR0912, PLR0915 - a call for each element would double the time
        self,
        at: int,
        end: int,
        charset: CharacterSet,
        *,
        implicit: bool,
        depth: int,
        delimited: bool = False,
    ) -> tuple[DataSet, int]:
        """Return the data set that begins at an offset, and the offset behind it.

        Args:
            at: offset of its first element.
            end: where what holds it ends.
            charset: that of what holds it.
            implicit: whether VRs are left out.
            depth: the number of sequences around.
            delimited: whether a delimiter ends it.
        """
        dataset = DataSet([], charset)
        self._path.append(dataset)
        append = dataset.elements.append
        octets, keep, head_of, length_of = self._octets, self._keep, self._head, self._length
        short, long = _SHORT.get, _LONG.get
        vrs = standard_vrs() if implicit else {}
        creators: dict[int, str] = {}
        last = -1
        sorted_ = True
        base = limit = 0
        buffer = b""
        while at < end:
            if at + _LONG_HEADER > limit or at < base:
                if end - at < _SHORT_HEADER:
                    if depth or any(octets.exactly(at, end - at)):  # a few zeros at the end are padding
                        raise cut_short()
                    break
                if not octets.hold(at, min(_LONG_HEADER, end - at)):
                    raise cut_short()
                buffer, base = octets.buffer, octets.base
                limit = base + len(buffer)
            group, number, code, length = head_of(buffer, at - base)
            tag = group << 16 | number
            if implicit:
                (length,) = length_of(buffer, at + 4 - base)
                start = at + 8
                vr = vrs.get(tag) or ""
            else:
                vr = short(code) or ""
                start = at + 8
                if not vr:
                    vr = long(code) or ""
                    if vr:
                        if at + _LONG_HEADER > limit:
                            raise cut_short()
                        (length,) = length_of(buffer, start - base)
                        start = at + 12
                    elif code.isalpha() and code.isupper():
                        vr = "UN"  # which is written for a VR that nobody knows
                    else:
                        (length,) = length_of(buffer, at + 4 - base)
            if not vr or vr == "UN":
                if tag == ITEM_END:
                    if not delimited:
                        raise InvalidDatasetError("damaged: an item ends where none has begun")
                    self._finish(dataset, sorted_=sorted_)
                    return dataset, start
                vr = self._known_vr(dataset, creators, tag, vr, length)
            value: Value
            if length == UNDEFINED or vr == "SQ":
                vr, value, stop, length = self._undefined(
                    (tag, vr, start, length), end, dataset.charset, implicit=implicit, depth=depth
                )
                base = limit = 0  # the buffer may have moved
            else:
                stop = start + length
                if stop > end:
                    raise cut_short()
                if length > keep and (vr in BINARY_VRS or "OW" in vr):
                    value = None
                elif stop <= limit:
                    value = buffer[start - base : stop - base]
                    self._room -= length
                else:
                    self._room -= length
                    if self._room < 0:
                        raise _too_large()
                    value = octets.exactly(start, length)
                if tag == CHARACTER_SET and value is not None:
                    dataset.charset = CharacterSet.of(value)
            if len(vr) > VR_LENGTH:
                self.doubts.append((tag, tuple(self._path)))
            if tag <= last:
                sorted_ = False
            last = tag
            self._room -= _OVERHEAD
            if self._room < 0:
                raise _too_large()
            append(_make(Element, (tag, vr, value, start, length)))
            at = stop
        if delimited:
            raise cut_short()
        self._finish(dataset, sorted_=sorted_)
        return dataset, at

    def _finish(self, dataset: DataSet, *, sorted_: bool) -> None:
        if not sorted_:  # and where a tag is there twice, the last one counts
            by_tag = {element.tag: element for element in dataset.elements}
            dataset.elements[:] = [by_tag[tag] for tag in sorted(by_tag)]
        self._path.pop()

    def _known_vr(self, dataset: DataSet, creators: dict[int, str], tag: int, vr: str, length: int) -> str:
        """Return the VR of an element for which the file has none or UN, as dictionaries have it."""
        if vr and length == UNDEFINED:
            return "SQ"  # PS3.5 section 6.2.2
        if not is_private(tag):
            entry = standard_entry(tag) if length < _UN_GUESSED or not vr else None
            return entry.vr if entry else vr or ("" if length == UNDEFINED else "UN")
        if not vr and length == UNDEFINED:
            return ""
        if is_creator(tag):
            return "LO"
        block = creator_tag(tag)
        if block is None:
            return "UN"
        if block not in creators:
            element = dataset.find(block)
            value = element.value if element else None
            creators[block] = dataset.charset.decode(value).rstrip("\0 ") if type(value) is bytes else ""
        entry = private_entry(tag, creators[block])
        return entry.vr if entry else "UN"

    def _undefined(
        self,
        element: tuple[int, str, int, int],
        end: int,
        charset: CharacterSet,
        *,
        implicit: bool,
        depth: int,
    ) -> tuple[str, Value, int, int]:
        """Return VR, value, the offset behind it and the length of a sequence, or of fragments."""
        _, vr, start, length = element
        if not vr:
            is_item = self._octets.size >= start + 8 and self._tag_at(start)[0] == ITEM
            vr = "SQ" if is_item else "UN"
        if vr != "SQ":
            if vr not in BINARY_VRS and "OW" not in vr:
                raise InvalidDatasetError(f"damaged: a value of VR {vr} has no length")
            stop = self._fragments(start, end)
            return vr, None, stop + 8, stop - start
        bound = end if length == UNDEFINED else start + length
        if bound > end:
            raise cut_short()
        items, stop = self._items(
            start, bound, charset, implicit=implicit, depth=depth + 1, delimited=length == UNDEFINED
        )
        return vr, items, stop, stop - start if length == UNDEFINED else length

    def _items(
        self, at: int, end: int, charset: CharacterSet, *, implicit: bool, depth: int, delimited: bool
    ) -> tuple[list[DataSet], int]:
        """Return a sequence's items, and the offset behind it."""
        if depth > MAX_DEPTH:
            raise InvalidDatasetError(f"refused: sequences are nested more than {MAX_DEPTH} deep")
        items: list[DataSet] = []
        while at < end:
            if at + 8 > end:
                raise cut_short()
            tag, length = self._tag_at(at)
            at += 8
            if tag == SEQUENCE_END:
                return items, at if delimited else end
            if tag != ITEM:
                raise InvalidDatasetError("damaged: a sequence holds something else than items")
            self._room -= _OVERHEAD
            bound = end if length == UNDEFINED else at + length
            if bound > end or self._room < 0:
                raise cut_short() if bound > end else _too_large()
            head = self._octets.exactly(at, min(6, bound - at))
            item, at = self.data_set(
                at,
                bound,
                charset,
                implicit=implicit or has_implicit_vr(head, assumed=False),
                depth=depth,
                delimited=length == UNDEFINED,
            )
            items.append(item)
        if delimited:
            raise cut_short()
        return items, at

    def _fragments(self, at: int, end: int) -> int:
        """Return where the delimiter stands that ends encapsulated pixel data (PS3.5 section A.4)."""
        while at + 8 <= end:
            tag, length = self._tag_at(at)
            if tag == SEQUENCE_END:
                return at
            if tag != ITEM or length == UNDEFINED:
                raise InvalidDatasetError("damaged: between the fragments of a value is something else")
            at += 8 + length
        raise cut_short()

    def _tag_at(self, at: int) -> tuple[int, int]:
        group, number, length = self._item(self._octets.exactly(at, 8))
        return group << 16 | number, length


def _too_large() -> InvalidDatasetError:
    return InvalidDatasetError(f"refused: the header takes more than {BUDGET >> 20} MiB")

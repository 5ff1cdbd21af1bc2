"""Headers as DICOM JSON (PS3.18 annex F), written as text without any object in between.

It says what pydicom's ``Dataset.to_json_dict`` says, also where the standard leaves a choice or would have
something else: DS and IS are numbers, an empty value among several texts is an empty text, a sequence
without items is an empty list. Where pydicom fails or loses something, it goes on: a value that is not what
its VR demands is written as text, or as ``UN`` with its bytes; NaN and the infinities, for which JSON has no
numbers, are texts; other empty values among several are null.
"""

from __future__ import annotations

import struct
from base64 import b64encode
from functools import cache, lru_cache, partial
from json.encoder import encode_basestring
from math import isfinite
from typing import TYPE_CHECKING

from fileroom_plugins.metadata.elements import NAME_GROUPS
from fileroom_plugins.metadata.values import LUT_DESCRIPTORS, TEXTS, names, numbers, tags
from fileroom_plugins.standard.vrs import BINARY_VRS, NUMBER_CODES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fileroom.plugin import CharacterSet
    from fileroom_plugins.metadata.bulk import Bulk, Referrer
    from fileroom_plugins.metadata.elements import DataSet, Element, Object

_quote: Callable[[str], str] = encode_basestring
_SPECIAL = {"nan": '"NaN"', "inf": '"Infinity"', "-inf": '"-Infinity"'}


def to_json(source: Object, bulk: Bulk) -> str:
    """Return the data set of an object as the text of one DICOM JSON object.

    The file meta information is no part of it. Bulk data is referred to, or encoded, as ``bulk`` says.

    Raises:
        InvalidDatasetError: bulk data that is to be encoded is not all there.
    """
    writer = _Writer(source, bulk.referrer(source))
    writer.data_set(source.dataset)
    return "".join(writer.pieces)


class _Writer:
    """Writes one object, piece by piece, so that what is long is copied once.

    Attributes:
        pieces: the text so far.
    """

    def __init__(self, source: Object, referrer: Referrer) -> None:
        self._source = source
        self._referrer = referrer
        self._little_endian = source.little_endian
        self._writers = {**_WRITERS, **_binary_writers("<" if source.little_endian else ">")}
        self.pieces: list[str] = []

    def data_set(self, dataset: DataSet) -> None:
        charset = dataset.charset
        writer_of, append = self._writers.get, self.pieces.append
        separator = "{"
        for element in dataset.elements:
            tag, vr, value, _, _ = element
            write = writer_of(vr)
            if write is None or type(value) is not bytes or tag in LUT_DESCRIPTORS:
                append(separator)
                self._other(element)
                separator = ","
                continue
            try:
                append(f"{separator}{_head(tag, vr)}{write(value, charset)}}}")
            except struct.error:  # a binary number that is not all there
                append(separator)
                self._binary("UN", element)
            separator = ","
        append("{}" if separator == "{" else "}")

    def _other(self, element: Element) -> None:
        tag, vr, value, _, _ = element
        if isinstance(value, list):
            self._sequence(tag, value)
            return
        if vr in BINARY_VRS:
            self._binary(vr, element)
            return
        assert value is not None  # of the others, values are there
        if vr == "AT":
            hexadecimal = tags(value, little_endian=self._little_endian)
            found = None if hexadecimal is None else [f'"{one}"' for one in hexadecimal]
        else:
            signed = numbers(tag, vr, value, little_endian=self._little_endian)
            found = None if signed is None else [str(number) for number in signed]
        if found is None:
            self._binary("UN", element)
        else:
            self.pieces.append(f"{_head(tag, vr)}{_values(found)}}}")

    def _sequence(self, tag: int, items: list[DataSet]) -> None:
        separator = f'{_head(tag, "SQ")},"Value":['
        for item in items:
            self.pieces.append(separator)
            self.data_set(item)
            separator = ","
        self.pieces.append("]}" if items else f"{separator}]}}")

    def _binary(self, vr: str, element: Element) -> None:
        head = _head(element.tag, vr)
        if not element.length:
            self.pieces.append(f"{head}}}")
        elif element.length > self._referrer.threshold:
            self.pieces.append(f'{head},"BulkDataURI":{_quote(self._referrer.uri(element))}}}')
        else:
            encoded = b64encode(self._source.bulk(element)).decode("ascii")
            self.pieces += (f'{head},"InlineBinary":"', encoded, '"}')


@lru_cache(maxsize=16384)
def _head(tag: int, vr: str) -> str:
    return f'"{tag:08X}":{{"vr":"{vr}"'


def _values(values: list[str]) -> str:
    return f',"Value":[{",".join(values)}]' if values else ""


def _texts(texts: Callable[[bytes, CharacterSet], list[str]], value: bytes, charset: CharacterSet) -> str:
    found = texts(value, charset)
    if len(found) == 1:
        return f',"Value":[{_quote(found[0])}]'
    return f',"Value":[{",".join(map(_quote, found))}]' if found else ""


def _decimals(value: bytes, charset: CharacterSet) -> str:
    return _values([_decimal(text) for text in TEXTS["DS"](value, charset)])


def _integers(value: bytes, charset: CharacterSet) -> str:
    return _values([_integer(text) for text in TEXTS["IS"](value, charset)])


def _decimal(text: str) -> str:
    try:
        return _float(float(text)) if "_" not in text else _quote(text)
    except ValueError:
        return _quote(text) if text else "null"


def _integer(text: str) -> str:
    try:
        return str(int(text)) if "_" not in text else _quote(text)
    except ValueError:
        pass
    try:
        number = float(text)
        return str(int(number)) if number.is_integer() and "_" not in text else _decimal(text)
    except ValueError:
        return _decimal(text)


def _float(number: float) -> str:
    return repr(number) if isfinite(number) else _SPECIAL[repr(number)]


def _person_names(value: bytes, charset: CharacterSet) -> str:
    found = []
    for groups in names(value, charset):
        named = zip(NAME_GROUPS, groups, strict=False)
        pairs = [f'"{name}":{_quote(text)}' for name, text in named if text or name == "Alphabetic"]
        found.append(f"{{{','.join(pairs)}}}" if pairs else "null")
    return _values(found)


def _numbers(single: struct.Struct, write: Callable[[float], str], value: bytes, _: CharacterSet) -> str:
    if len(value) == single.size:
        return f',"Value":[{write(single.unpack(value)[0])}]'
    return _values([write(number) for (number,) in single.iter_unpack(value)])


@cache
def _binary_writers(order: str) -> Mapping[str, Callable[[bytes, CharacterSet], str]]:
    """Return what writes binary numbers in an order of bytes."""
    return {
        vr: partial(_numbers, struct.Struct(order + code), _float if code in "fd" else str)
        for vr, code in NUMBER_CODES.items()
    }


_WRITERS: Mapping[str, Callable[[bytes, CharacterSet], str]] = {
    **{vr: partial(_texts, texts) for vr, texts in TEXTS.items()},
    "DS": _decimals,
    "IS": _integers,
    "PN": _person_names,
}

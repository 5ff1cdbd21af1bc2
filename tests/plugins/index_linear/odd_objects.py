"""Strategies for objects as they come: padding, several values, character sets, values that are too long."""

from __future__ import annotations

from typing import TypeAlias

from hypothesis import strategies as st
from pydicom.datadict import dictionary_VR, tag_for_keyword

from fileroom_plugins.index_linear.fields import DESCRIBING, HEADER_TAGS
from tests.plugins.index_linear.dicom_bytes import CT, ROOT

Attributes: TypeAlias = "dict[int, tuple[str, bytes]]"

SOP_CLASSES = (
    CT,
    b"1.2.840.10008.5.1.4.1.1.11.1",
    b"1.2.840.10008.5.1.4.1.1.11.2",
    b"1.2.840.10008.5.1.4.1.1.88.11",
    b"1.2.840.10008.5.1.4.1.1.88.59",
    b"1.2.840.10008.5.1.4.1.1.78.6",
    b"1.2.840.10008.5.1.1.27",
    b"1.2.840.10008.5.1.1.29",
    b"1.2.276.0.7230010.3.1.0.1",
)
ALPHABETS = {
    b"": "aZ9 ",
    b"ISO_IR 100": "aZ éüß\xa0",
    b"ISO_IR 126": "aZ αβΩ",
    b"ISO_IR 144": "aZ жщЯ",
    b"ISO_IR 13": "aZ ﾔﾏﾀﾞ",
    b"ISO_IR 192": "aZ éЯ山김",
    b"GB18030": "aZ 王东乗弢",  # the third one has a backslash for its second byte
}
CODECS = {
    b"": "ascii",
    b"ISO_IR 100": "latin_1",
    b"ISO_IR 126": "iso8859_7",
    b"ISO_IR 144": "iso8859_5",
    b"ISO_IR 13": "shift_jis",
    b"ISO_IR 192": "utf_8",
    b"GB18030": "gb18030",
}
EXTENDED = {
    rb"\ISO 2022 IR 87": [b"Yamada", b"\x1b$B;3ED\x1b(B", b"\x1b$B$?$m$&\x1b(B-1"],
    rb"ISO 2022 IR 13\ISO 2022 IR 87": [b"\xd4\xcf\xc0\xde", b"\x1b$B;3ED\x1b(J", b"A"],
    rb"\ISO 2022 IR 149": [b"Hong", b"\x1b$)C\xfb\xf3", b"\x1b$)C\xb1\xe6 \xb5\xbf"],
    rb"ISO 2022 IR 100\ISO 2022 IR 144": [b"J\xe9r\xf4me", b"\x1b-L\xbb\xee\xda"],
}
"""What code extensions look like between two delimiters, as the standard's examples have it."""


def _padded(values: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    heads = st.sampled_from([b"", b"", b" ", b"   "])
    tails = st.sampled_from([b"", b"", b" ", b"   ", b"\0", b"\0\0\0"])
    return st.tuples(heads, values, tails).map(b"".join)


_NUMBERS = st.sampled_from([b"1", b"+07", b" 12", b"3\\4", b"-1.50", b"1e2\\ 2", b"000012"])
_CODES = st.sampled_from([b"", b"CT", b"COMPLETE", b"UNVERIFIED", b"A\\B", b"CT \\MR", b"\\"])
_LABEL = st.just(b"A_LABEL_TOO_LONG_1")
_DATES = st.sampled_from([b"20240229", b"2024.02.29", b"20240229\\20240301", b"120000.123456", b"12:00"])
_UIDS = st.sampled_from([b".1", b".2", b".2.1", b".3".ljust(64 - len(ROOT), b"7")]).map(ROOT.__add__)
_CODED = {
    "UI": _UIDS,
    **dict.fromkeys(("AS", "DA", "TM"), _padded(_DATES)),
    **dict.fromkeys(("IS", "DS"), _padded(_NUMBERS)),
    "CS": _padded(_CODES) | _LABEL,
}
_FLAGS = ("CompletionFlag", "CompletionFlagDescription", "VerificationFlag")
_KEYWORDS = [one for one in HEADER_TAGS if one not in ("SOPInstanceUID", "SpecificCharacterSet")]


def _texts(charset: bytes, delimiters: str) -> st.SearchStrategy[bytes]:
    if charset in EXTENDED:
        parts = st.lists(st.sampled_from(EXTENDED[charset]), min_size=1, max_size=4)
        return st.tuples(st.sampled_from(list(delimiters)), parts).map(
            lambda one: one[0].encode().join(one[1])
        )
    texts = st.text(ALPHABETS[charset] + delimiters, max_size=20)
    return texts.map(lambda text: text.encode(CODECS[charset]))


def _values(charset: bytes, keyword: str) -> st.SearchStrategy[bytes]:
    vr = dictionary_VR(keyword)
    if keyword in _FLAGS:  # an empty one shows in a description, and a NUL ends it: headers tell of neither
        return _CODES.filter(bool).map(lambda value: b"  " + value + b"   ")
    if vr in _CODED:
        return _CODED[vr]
    if vr == "LT":
        return _padded(_texts(charset, "\\" if charset in EXTENDED else "\\\n"))
    texts = _texts(charset, "^=\\" if vr == "PN" else "\\")
    if keyword in DESCRIBING:  # where dcmqridx takes half a character for a value
        texts = texts.map(lambda text: text.replace(b"\x81\\", b"a"))
    return _padded(texts) | texts.map(_too_long)


def _too_long(text: bytes) -> bytes:
    text = text.lstrip(b" ") or b"Z"
    return b"\\".join([text] * (300 // len(text) + 1))


def _attributes(charset: bytes) -> st.SearchStrategy[Attributes]:
    one = st.sampled_from(_KEYWORDS).flatmap(
        lambda keyword: st.tuples(st.just(keyword), _values(charset, keyword))
    )
    declared = {0x00080005: ("CS", charset)} if charset else {}
    return st.lists(one, max_size=12).map(lambda pairs: {**declared, **dict(map(_element, pairs))})


def _element(pair: tuple[str, bytes]) -> tuple[int, tuple[str, bytes]]:
    keyword, value = pair
    tag = tag_for_keyword(keyword)
    assert tag is not None
    return int(tag), (dictionary_VR(tag), value)


def objects() -> st.SearchStrategy[tuple[bytes, Attributes]]:
    """Return SOP classes and attributes, whose texts are as the declared character set wants them."""
    charsets = st.sampled_from([*ALPHABETS, *EXTENDED])
    return st.tuples(st.sampled_from(SOP_CLASSES), charsets.flatmap(_attributes))

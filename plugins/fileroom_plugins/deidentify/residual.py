"""The check after de-identification: is anything of the original's identity left in what came out?

It goes by the two objects and knows nothing of rules, so that a gap in a profile is found as well as a
program's mistake. `needles` tells what is searched for. Searched are all texts, those of private attributes
too, and, as bytes in several encodings, whatever is neither number nor pixel. Not looked into are pixels, and
new values: dummies, shifted dates, new UIDs.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

from fileroom.plugin import CharacterSet
from fileroom_plugins.deidentify.dictionary import keyword_of, vr_of
from fileroom_plugins.deidentify.elements import Fragments
from fileroom_plugins.deidentify.needles import identifies, needles_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fileroom_plugins.deidentify.elements import Element, Items
    from fileroom_plugins.deidentify.needles import Needle
    from fileroom_plugins.deidentify.objects import DicomObject
    from fileroom_plugins.deidentify.report import Report

_CHARSET = 0x0008_0005
_ASCII = CharacterSet.of(b"")
_NUMBERS = {"AT", "FD", "FL", "OD", "OF", "OL", "OV", "SL", "SS", "SV", "UL", "US", "UV"}
_BYTES = {"OB", "OW", "UN"}
_PIXELS = {0x7FE0_0008, 0x7FE0_0009, 0x7FE0_0010}
_NEW_VALUES = {"D", "S", "U"}
_TERMS = {"CS", "AE", "DS", "IS", "AS"}
"""VRs of terms and numbers, which are no place for names."""

_DEVICES = {"Manufacturer", "ManufacturerModelName", "CodeMeaning", "CodingSchemeName", "SoftwareVersions"}
"""Keywords of attributes that may hold a family name, or that of an institution, and are nobody's."""

_SHORTEST_BYTES = 5
_ENCODINGS = ("utf-8", "latin-1", "utf-16-le", "utf-16-be")


class Finding(NamedTuple):
    """Something of the original that was found again; what it is is not told.

    Attributes:
        path: where it was found, as reports have paths.
        keyword: of the attribute there; empty for a private one.
        origin: the keyword of the attribute that it stood in before.
    """

    path: str
    keyword: str
    origin: str


class _Place(NamedTuple):
    within: str
    tag: int
    vr: str
    element: Element
    charset: CharacterSet

    @property
    def path(self) -> str:
        return f"{self.within}{self.tag:08X}"

    @property
    def keyword(self) -> str:
        return keyword_of(self.tag)

    @property
    def text(self) -> str:
        return self.charset.decode(self.element.data, person_name=self.vr == "PN")


def residual(before: DicomObject, after: DicomObject, report: Report) -> tuple[Finding, ...]:
    """Return what of an object's identity is left in the de-identified one, in its order.

    Args:
        before: the original.
        after: what came of it.
        report: what was done, which tells what was meant to stay.
    """
    touched = {one.path: one.action for one in report.touched}
    needles = _needles(before.items, touched)
    if not needles:
        return ()
    new = {path for path, action in touched.items() if action in _NEW_VALUES}
    places = [place for place in _places(after.items, _ASCII) if place.path not in new]
    found = [*_in_texts([place for place in places if place.vr not in _BYTES], needles)]
    found += _in_bytes([place for place in places if place.vr in _BYTES], needles)
    order = {place.path: index for index, place in enumerate(places)} if found else {}
    return tuple(sorted(dict.fromkeys(found), key=lambda one: order[one.path]))


def _needles(items: Items, touched: Mapping[str, str]) -> list[Needle]:
    """Return what to search for: all that identified and was touched, less what was meant to stay."""
    gone: dict[str, Needle] = {}
    stayed: set[str] = set()
    for place in _places(items, _ASCII):
        if not _identifies(place.vr, place.tag):
            continue
        kept = not any(prefix in touched for prefix in _prefixes(place.path))
        for value in place.text.split("\\"):
            for needle in needles_of(place.vr, value, place.keyword):
                if kept:
                    stayed.add(needle.text)
                else:
                    gone.setdefault(needle.text, needle)
    return [needle for text, needle in gone.items() if text not in stayed]


@functools.lru_cache(maxsize=8192)
def _identifies(vr: str, tag: int) -> bool:
    return identifies(vr, keyword_of(tag))


def _prefixes(path: str) -> Iterator[str]:
    """Yield a path and those of the sequences around it, as reports name them."""
    yield path
    while (cut := path.rfind(".")) >= 0:
        path = path[:cut]
        yield path
        path = path[: path.rindex("[")]
        yield path


def _places(items: Items, charset: CharacterSet, within: str = "") -> Iterator[_Place]:
    """Yield all attributes with a value at any depth, pixels and numbers aside."""
    declared = items.get(_CHARSET)
    charset = CharacterSet.of(declared.data) if declared else charset
    for tag, element in items.items():
        vr, value = element.vr, element.value
        if vr in _NUMBERS or tag in _PIXELS:
            continue
        if isinstance(value, list):
            for number, item in enumerate(value, start=1):
                yield from _places(item, charset, f"{within}{tag:08X}[{number}].")
        elif value and not isinstance(value, Fragments):
            yield _Place(within, tag, (vr_of(tag) or "UN") if vr == "UN" else vr, element, charset)


def _in_texts(places: list[_Place], needles: list[Needle]) -> Iterator[Finding]:
    texts = [place.text.casefold() for place in places]
    everything = "\n".join(texts)
    for needle in needles:
        if needle.text not in everything:
            continue
        for place, text in zip(places, texts, strict=True):
            if needle.text in text and _counts(needle, place, text):
                yield Finding(place.path, place.keyword, needle.origin)


def _counts(needle: Needle, place: _Place, text: str) -> bool:
    """Say whether what was found is what it looks like."""
    if needle.kind in {"word", "place"} and (place.vr in _TERMS or place.keyword in _DEVICES):
        return False
    if place.vr == "UI":
        return needle.kind == "uid" and needle.text in {one.strip(" \0") for one in text.split("\\")}
    if place.vr in {"DS", "IS"}:
        return needle.text in {one.strip() for one in text.split("\\")}
    return not needle.whole or bool(_alone(needle.text).search(text))


@functools.lru_cache(maxsize=4096)
def _alone(text: str) -> re.Pattern[str]:
    """Match a text beside which no letter or digit stands; behind digits, as of a date, a time may follow."""
    after = "" if text.isdigit() else r"(?![^\W_])"
    return re.compile(rf"(?<![^\W_]){re.escape(text)}{after}")


def _in_bytes(places: list[_Place], needles: list[Needle]) -> Iterator[Finding]:
    for place in places:
        data = place.element.data.lower()
        for needle in needles:
            if len(needle.text) >= _SHORTEST_BYTES and any(one in data for one in _encoded(needle.text)):
                yield Finding(place.path, place.keyword, needle.origin)


@functools.lru_cache(maxsize=4096)
def _encoded(text: str) -> frozenset[bytes]:
    """Return a text in the encodings that private data may have; of capitals only ASCII is told apart."""
    return frozenset(text.encode(encoding, "ignore").lower() for encoding in _ENCODINGS)

"""The check after de-identification: is anything of the original's identity left in what came out?

It goes by the two objects and knows nothing of rules, so that a gap in a profile is found as well as a
program's mistake. `needles` tells what is searched for, and how it may be written; texts are cleaned by the
same. Searched are all texts, those of private attributes too, and whatever can be read in bytes and numbers.
Not looked into are pixels, and new values: dummies, shifted dates, new UIDs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from fileroom.plugin import CharacterSet
from fileroom_plugins.deidentify.dictionary import keyword_of, vr_of
from fileroom_plugins.deidentify.elements import Fragments
from fileroom_plugins.deidentify.folding import folded, squeezed
from fileroom_plugins.deidentify.identity import meant, needles_in
from fileroom_plugins.deidentify.needles import spans
from fileroom_plugins.deidentify.report import Finding
from fileroom_plugins.deidentify.written_dates import written_dates

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fileroom_plugins.deidentify.elements import Element, Items
    from fileroom_plugins.deidentify.needles import Needle
    from fileroom_plugins.deidentify.objects import DicomObject
    from fileroom_plugins.deidentify.report import Report

_CHARSET = 0x0008_0005
_ASCII = CharacterSet.of(b"")
_PIXELS = {0x7FE0_0008, 0x7FE0_0009, 0x7FE0_0010}
_NEW_VALUES = {"D", "S", "U"}
_TEXTS = {"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"}
_FORMS = {
    "AS": r"(\d{3}[DWMY])?",
    "CS": r"[A-Z0-9 _]{0,16}",
    "DA": r"(\d{4}\.?\d\d\.?\d\d)?",
    "DS": r"[-+]?[0-9.]{0,16}([Ee][-+]?\d{1,3})?",
    "DT": r"(\d{4,14}(\.\d{1,6})?([+-]\d{4})?)?",
    "IS": r"[-+]?\d{0,12}",
    "TM": r"(\d\d(:?\d\d(:?\d\d(\.\d{1,6})?)?)?)?",
    "UI": r"[0-9.]{0,64}",
}
_VALID = {vr: re.compile(form, re.ASCII) for vr, form in _FORMS.items()}
"""What values of these VRs look like (PS3.5 table 6.2-1); one that does not is a text like any other."""

_MAY_EQUAL = {"DS": "id", "IS": "id", "UI": "uid"}
"""Of numbers and UIDs, what is another's as a whole counts."""

_DEVICES = {"Manufacturer", "ManufacturerModelName", "CodeMeaning", "CodingSchemeName", "SoftwareVersions"}
"""Keywords of attributes that may hold a family name, or that of an institution, and are nobody's."""

_RUNS = re.compile(rb"[^\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]{3,}")
_WIDE = {
    "utf-16-le": re.compile(rb"(?:[\x20-\x7e\xa0-\xff]\x00){3,}"),
    "utf-16-be": re.compile(rb"(?:\x00[\x20-\x7e\xa0-\xff]){3,}"),
}
_BINARY = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")


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

    def text(self, *, foreign: bool) -> str:
        """Return what there is to read: of bytes and numbers whatever may be text, in several encodings."""
        data = self.element.data
        if self.vr in _TEXTS or self.vr in _VALID:
            return self.charset.decode(data, person_name=self.vr == "PN")
        return _readable(data, self.charset, foreign=foreign)

    @property
    def is_valid(self) -> bool:
        """Whether values are what they must be in a VR for terms and numbers; AE titles always are."""
        form = _VALID.get(self.vr)
        if form is None:
            return self.vr == "AE"
        values = self.element.data.decode("latin-1").split("\\")
        return all(form.fullmatch(one.strip(" \0")) for one in values)

    @property
    def is_binary(self) -> bool:
        """Whether there is more than text."""
        texts = self.vr in _TEXTS or self.vr in _VALID
        return not texts and bool(_BINARY.search(self.element.data))


def _readable(data: bytes, charset: CharacterSet, *, foreign: bool) -> str:
    """Return what may be text in bytes, as the object's character set has it, UTF-8 and UTF-16.

    Args:
        data: the bytes.
        charset: the object's.
        foreign: UTF-16 is read whole, and not only where it is Latin.
    """
    runs = _RUNS.findall(data)
    joined = b"\n".join(runs)
    whole = charset.decode_joined(joined)
    found = [charset.decode(run) for run in runs] if whole is None else [whole]
    if not joined.isascii():
        found.append(joined.decode("utf-8", "ignore"))
    for encoding, form in _WIDE.items():
        if foreign:
            found += [data[start:].decode(encoding, "ignore") for start in (0, 1)]
        else:
            found += [run.decode(encoding) for run in form.findall(data)]
    return "\n".join(found)


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
    found = {
        Finding(place.path, place.keyword, needle.origin): None
        for place, text, needle in _candidates(places, needles)
        if _counts(needle, place, text)
    }
    order = {place.path: index for index, place in enumerate(places)} if found else {}
    return tuple(sorted(found, key=lambda one: order[one.path]))


def _needles(items: Items, touched: Mapping[str, str]) -> list[Needle]:
    """Return what to search for: all that identified and was touched, less what was meant to stay."""
    gone: dict[str, Needle] = {}
    stayed: set[str] = set()
    for place in _places(items, _ASCII):
        if not meant(place.tag, place.element.vr):
            continue
        kept = not any(prefix in touched for prefix in _prefixes(place.path))
        for needle in needles_in(place.tag, place.element.vr, place.element.data, place.charset):
            if kept:
                stayed.add(needle.text)
            elif needle.sure:
                gone.setdefault(needle.text, needle)
    return [needle for text, needle in gone.items() if text not in stayed]


def _prefixes(path: str) -> Iterator[str]:
    """Yield a path and those of the sequences around it, as reports name them."""
    yield path
    while (cut := path.rfind(".")) >= 0:
        path = path[:cut]
        yield path
        path = path[: path.rindex("[")]
        yield path


def _places(items: Items, charset: CharacterSet, within: str = "") -> Iterator[_Place]:
    """Yield all attributes with a value at any depth, pixels aside."""
    declared = items.get(_CHARSET)
    charset = CharacterSet.of(declared.data) if declared else charset
    for tag, element in items.items():
        vr, value = element.vr, element.value
        if tag in _PIXELS:
            continue
        if isinstance(value, list):
            for number, item in enumerate(value, start=1):
                yield from _places(item, charset, f"{within}{tag:08X}[{number}].")
        elif value and not isinstance(value, Fragments):
            yield _Place(within, tag, (vr_of(tag) or "UN") if vr == "UN" else vr, element, charset)


def _candidates(places: list[_Place], needles: list[Needle]) -> Iterator[tuple[_Place, str, Needle]]:
    """Yield what may be found where; most objects are done when all their texts were looked at in one go."""
    foreign = not all(needle.text.isascii() for needle in needles)
    texts = [folded(place.text(foreign=foreign)) for place in places]
    everything = "\n".join(texts)
    compact = squeezed(everything)
    days = _days(places, texts, {needle.text[:4] for needle in needles if needle.kind == "date"})
    for needle in needles:
        if needle.kind == "date":
            there = needle.text in days
        else:
            there = needle.text in (everything if needle.kind == "uid" else compact)
        if there:
            yield from ((place, text, needle) for place, text in zip(places, texts, strict=True) if text)


def _days(places: list[_Place], texts: list[str], years: set[str]) -> set[str]:
    """Return the days that are written in texts, and in those bytes that name one of the years."""
    if not years:
        return set()
    found = (
        text
        for place, text in zip(places, texts, strict=True)
        if not place.is_binary or any(year in text for year in years)
    )
    return {day for one in written_dates("\n".join(found)) for day in one.days}


def _counts(needle: Needle, place: _Place, text: str) -> bool:
    """Say whether what may be in a place's folded text is there, and is what it looks like."""
    if needle.kind in {"word", "place"} and (place.is_valid or place.keyword in _DEVICES):
        return False
    if place.is_valid and place.vr not in {"AE", "CS", "DA", "DT"}:
        values = {one.strip(" \0") for one in text.split("\\")}
        return _MAY_EQUAL.get(place.vr) == needle.kind and needle.text in values
    if place.vr in {"DA", "DT"} and place.is_valid and needle.kind != "date":
        return False
    if not (needle.within or needle.kind in {"date", "uid"}) and place.is_binary:
        return False  # three letters turn up among any bytes
    return any(True for _ in spans(needle, text))

"""The attributes of an object as texts, to be searched: whatever can be read in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from fileroom.plugin import CharacterSet
from fileroom_plugins.deidentify.dictionary import keyword_of, vr_of
from fileroom_plugins.deidentify.elements import Fragments
from fileroom_plugins.standard.vrs import STRING_VRS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fileroom_plugins.deidentify.elements import Element, Items

_CHARSET = 0x0008_0005
_ASCII = CharacterSet.of(b"")
_PIXELS = {0x7FE0_0008, 0x7FE0_0009, 0x7FE0_0010}
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

_RUNS = re.compile(rb"[^\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]{3,}")
_WIDE = {
    "utf-16-le": re.compile(rb"(?:[\x20-\x7e\xa0-\xff]\x00){3,}"),
    "utf-16-be": re.compile(rb"(?:\x00[\x20-\x7e\xa0-\xff]){3,}"),
}
_BINARY = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")


class Place(NamedTuple):
    """An attribute with a value.

    Attributes:
        within: the path up to it, as reports have paths.
        tag: its tag.
        vr: its VR; the dictionary's where the file has none.
        element: itself.
        charset: in which its texts are written.
    """

    within: str
    tag: int
    vr: str
    element: Element
    charset: CharacterSet

    @property
    def path(self) -> str:
        """Where it is, as reports have paths."""
        return f"{self.within}{self.tag:08X}"

    @property
    def keyword(self) -> str:
        """Its keyword; empty for a private one."""
        return keyword_of(self.tag)

    def text(self, *, foreign: bool) -> str:
        """Return what there is to read: of bytes and numbers whatever may be text, in several encodings."""
        data = self.element.data
        if self.vr in STRING_VRS:
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
        texts = self.vr in STRING_VRS
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


def places(
    items: Items,
    wanted: Callable[[int, str], object] | None = None,
    *,
    charset: CharacterSet = _ASCII,
    within: str = "",
) -> Iterator[Place]:
    """Yield the attributes with a value at any depth, pixels aside.

    Args:
        items: where they are.
        wanted: says by an attribute's tag and VR whether it is; all are unless given.
        charset: of the level above.
        within: the path up to there.
    """
    declared = items.get(_CHARSET)
    charset = CharacterSet.of(declared.data) if declared else charset
    for tag, element in items.items():
        vr, value = element.vr, element.value
        if tag in _PIXELS:
            continue
        if isinstance(value, list):
            for number, item in enumerate(value, start=1):
                where = f"{within}{tag:08X}[{number}]."
                yield from places(item, wanted, charset=charset, within=where)
        elif value and not isinstance(value, Fragments) and (wanted is None or wanted(tag, vr)):
            yield Place(within, tag, (vr_of(tag) or "UN") if vr == "UN" else vr, element, charset)

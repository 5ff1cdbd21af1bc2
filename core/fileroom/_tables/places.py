"""How columns name attributes: by keyword or tag, private ones by their creator, and ways through sequences.

``KVP`` · ``00180060`` · ``(0018,0060)`` · ``0029xx10(SIEMENS CSA HEADER)`` ·
``RequestAttributesSequence[1].ScheduledProcedureStepID``

Constraint documents and the paths of messages are written in the same way, with one difference: here, a
sequence without a number means its first item, since a cell holds one value; ``[*]`` means all items.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, NamedTuple

from fileroom._tags import dictionary
from fileroom.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterable

ALL = 0
"""The item number that ``[*]`` stands for."""

_TAG = r"[0-9A-Fa-f]{4},?[0-9A-Fa-fxX]{2}[0-9A-Fa-f]{2}"
_STEP = re.compile(
    rf"""(?:(?P<tag>{_TAG})(?![0-9A-Za-z])|\((?P<enclosed>{_TAG})\)|(?P<keyword>[A-Za-z]\w*))
        (?:\((?:"(?P<quoted>[^"]*)"|(?P<creator>[^()"]*))\))?
        (?:\[(?P<item>[1-9]\d{{0,8}}|\*)\])?
        (?=\.|$)""",
    re.VERBOSE | re.ASCII,
)
_FIRST_DATASET_GROUP = 0x0008
_FIRST_CREATOR, _LAST_CREATOR = 0x10, 0xFF
_EXPECTED = (
    "expected a keyword, a tag such as 00180060 or (0018,0060), a private one with its creator such as "
    "0029xx10(SIEMENS CSA HEADER), or several of these joined by dots, with an item's number or * in brackets"
)


class Step(NamedTuple):
    """One attribute on the way.

    Attributes:
        tag: group and element as one number; of one with a creator the block's two digits are zero.
        creator: of a private attribute; empty for a standard one, and for a creator itself.
        item: which item or value, from 1; `ALL` for all; None where that was not said.
    """

    tag: int
    creator: str = ""
    item: int | None = None

    @property
    def keyword(self) -> str:
        """Its keyword; empty where it has none."""
        return "" if self.creator else dictionary.entry(self.tag)[0]

    @property
    def vr(self) -> str:
        """Its VR by pydicom's dictionaries; empty where they do not know it."""
        vr, _ = self._entry()
        return {"UN": "", "US or SS": "US"}.get(vr, vr)

    @property
    def has_several(self) -> bool | None:
        """Whether it may have several values; None where the dictionaries do not know it.

        What they know of private ones was gathered from files that may have had one by chance.
        """
        vr, multiplicity = self._entry()
        if vr == "SQ":
            return False
        untold = ("", "1") if self.creator else ("",)
        return None if multiplicity in untold else multiplicity != "1"

    def _entry(self) -> tuple[str, str]:
        """Return VR and multiplicity, both empty where the dictionaries do not know it."""
        from pydicom.datadict import dictionary_VM, dictionary_VR, get_private_entry  # noqa: PLC0415 - slow

        try:
            if self.creator:
                return get_private_entry(self.tag, self.creator)[:2]
            if self.tag >> 16 & 1:
                return "LO", "1"  # a creator
            return dictionary_VR(self.tag), dictionary_VM(self.tag)
        except KeyError:
            return "", ""


def read_place(text: str, others: Iterable[str] = ()) -> tuple[Step, ...]:
    """Return the steps from the data set to an attribute.

    Args:
        text: what was typed.
        others: names that are no attributes, to suggest where one is misspelt.

    Raises:
        QueryError: it names no attribute of a data set; the message says what is wrong with it.
    """
    steps: list[Step] = []
    at = 0
    while not steps or at <= len(text):
        match = _STEP.match(text, at)
        if match is None:
            raise QueryError(f"column {text!r}: {_EXPECTED}")
        try:
            steps.append(_step(match, others))
        except ValueError as error:
            raise QueryError(f"column {text!r}: {error}") from error
        at = match.end() + 1
    for step in steps[:-1]:
        if step.vr not in ("", "SQ"):
            name = step.keyword or f"{step.tag:08x}"
            raise QueryError(f"column {text!r}: {name} is no sequence, and has nothing within it")
    return tuple(steps)


def _step(match: re.Match[str], others: Iterable[str]) -> Step:
    """Return a step; a `ValueError` says why it is none."""
    item = {None: None, "*": ALL}.get(match["item"], match["item"])
    item = item if item is None else int(item)
    creator = (match["quoted"] or match["creator"] or "").strip()
    if keyword := match["keyword"]:
        if creator:
            raise ValueError(f"{keyword} is a keyword: only the tag of a private attribute has a creator")
        return Step(_allowed(_tag_of(keyword, others), keyword), "", item)
    written = match["tag"] or match["enclosed"]
    digits = written.replace(",", "").lower()
    tag = int(digits.replace("x", "0"), 16)
    if tag >> 16 & 1 and creator:
        return Step(tag & 0xFFFF00FF, creator, item)
    if creator:
        raise ValueError(f"{written} is of an even group, and so no private attribute of {creator!r}")
    if "x" in digits or (tag >> 16 & 1 and not _FIRST_CREATOR <= tag & 0xFFFF <= _LAST_CREATOR):
        raise ValueError(
            f"{written} is private, and its creator is missing, as in {digits[:4]}xx{digits[6:]}(CREATOR)"
        )
    return Step(_allowed(tag, written), "", item)


def _allowed(tag: int, written: str) -> int:
    if tag >> 16 < _FIRST_DATASET_GROUP:
        raise ValueError(f"{written} belongs to files or messages, and is no attribute of a data set")
    return tag


def _tag_of(keyword: str, others: Iterable[str]) -> int:
    from pydicom.datadict import repeater_has_keyword, tag_for_keyword  # noqa: PLC0415 - slow to import

    known = dictionary.lookup(keyword)
    tag = known[0] if known else tag_for_keyword(keyword)
    if tag is not None:
        return tag
    if repeater_has_keyword(keyword):
        raise ValueError(f"{keyword} is in several groups: name one of them by its tag, such as 60000010")
    near = dictionary.suggestion(keyword)
    if close := difflib.get_close_matches(keyword.lower(), others, cutoff=0.6):
        near = f": did you mean {' or '.join(close)}?"
    raise ValueError(f"{keyword!r} is not the keyword of a DICOM attribute{near}")

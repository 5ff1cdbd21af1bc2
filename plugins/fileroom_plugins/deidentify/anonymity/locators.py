"""Attributes as documents name them: value locators, tags, keywords, and patterns of these.

A locator is a tag of 8 hexadecimal digits, for a private attribute with its creator in parentheses, or a path
of these through sequences, joined by dots: ``00081140(DICOM).00081155``, ``0029xx10(SIEMENS CSA HEADER)``.
"""

from __future__ import annotations

import fnmatch
import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary
from pydicom.datadict import tag_for_keyword

from fileroom_plugins.deidentify.dictionary import KNOWN
from fileroom_plugins.standard import repeating

if TYPE_CHECKING:
    from fileroom_plugins.deidentify.dictionary import DataDictionary

STANDARD = "DICOM"
"""The definer of standard attributes."""

_STEP = re.compile(
    r"((?:[56]0[xX]{2}|[0-9A-Fa-f]{4}),?[0-9A-Fa-fxX]{2}[0-9A-Fa-f]{2})(?:\(([^()]+)\))?(?:\[(\d+|\*)\])?"
)
_GROUP = re.compile(r"([0-9A-Fa-f]{4}),?[xX]{4}")
_WILD = re.compile(r"[A-Za-z0-9*?]+")
_KEYWORD = re.compile(r"[A-Z][A-Za-z0-9]*")
_GROUPS_OF_THE_FILE = 0x0008
"""Groups beneath are those of commands, file meta information and directories."""


@dataclass(frozen=True, slots=True)
class Locator:
    """One attribute, at one place or anywhere.

    Attributes:
        path: tags from the dataset's through those of sequences down; private ones have their block's two
            digits zero.
        creator: of the last one, if it is private; else empty.
        items: whether an item of a sequence is picked, so that the path means more than was said.
    """

    path: tuple[int, ...]
    creator: str = ""
    items: bool = False

    @property
    def tag(self) -> int:
        """The attribute's own tag."""
        return self.path[-1]

    def vr(self, dictionary: DataDictionary) -> str:
        """Return the attribute's VR, the first of several; empty where the dictionary does not know it."""
        if self.creator:
            return dictionary.private_vr_of(self.creator, self.tag)
        return dictionary.vr_of(self.tag)


def parse_locator(text: str, definer: str = STANDARD) -> Locator:
    """Read a value locator, or the keyword of a standard attribute.

    Args:
        text: the locator.
        definer: who defines its last attribute, if it does not say.

    Raises:
        ValueError: it is none, or names what no rule may touch; the message says what is wrong with it.
    """
    text = text.strip()
    if _KEYWORD.fullmatch(text) and not _STEP.fullmatch(text):
        tag = tag_for_keyword(text)
        if tag is None:
            raise ValueError(f"the standard has no attribute {text}")
        return Locator((_allowed(tag),))
    if "#" in text:
        raise ValueError("a part of a name (#…) cannot be named: the whole attribute is acted on")
    path, creator, items = [], "", False
    steps = _steps(text)
    for index, step in enumerate(steps):
        own = step[2] or (definer if index == len(steps) - 1 else STANDARD)
        tag, creator = _tag(step[1], own)
        path.append(tag)
        items = items or step[3] not in {None, "*"}
    return Locator(tuple(path), creator, items)


def tags_like(pattern: str, dictionary: DataDictionary = KNOWN) -> tuple[int, ...]:
    """Return the standard attributes that a pattern means: ``Patient*``, ``*Date``, ``0010xxxx``.

    What only documents define goes by its name, written as a keyword.

    Raises:
        ValueError: it is none, or means none.
    """
    if group := _GROUP.fullmatch(pattern.strip("()")):
        number = int(group[1], 16)
        found = [tag for tag in (*_keywords().values(), *dictionary.added) if tag >> 16 == number]
    elif _WILD.fullmatch(pattern) and ("*" in pattern or "?" in pattern):
        found = [_keywords()[name] for name in fnmatch.filter(_keywords(), pattern)]
        found += [
            tag
            for tag, one in dictionary.added.items()
            if fnmatch.fnmatchcase(keyword_for(one.name), pattern)
        ]
    else:
        raise ValueError("expected a keyword, a tag, or a pattern of these such as Patient* or 0010xxxx")
    found = [tag for tag in found if tag >> 16 >= _GROUPS_OF_THE_FILE]
    if not found:
        raise ValueError(f"the standard has no attribute like {pattern}")
    return tuple(found)


def keyword_for(name: str) -> str:
    """Return the keyword that PS3.6 would have for a name: ``PatientName`` for ``Patient's Name``."""
    words = re.findall(r"[A-Za-z0-9]+", re.sub(r"['\u2019]s\b", "", name))
    return "".join(word[0].upper() + word[1:] for word in words)


def is_pattern(text: str) -> bool:
    """Say whether a text is meant for several attributes."""
    return "*" in text.partition("[")[0] or "?" in text or bool(_GROUP.fullmatch(text.strip("()")))


def private_tag(text: str) -> int:
    """Return the tag of a private attribute with its block's two digits zero: ``0029xx10`` is 0x00290010.

    Raises:
        ValueError: it is none.
    """
    step = _STEP.fullmatch(text.strip())
    if step is None or step[2] or step[3]:
        raise ValueError("expected the tag of a private attribute, such as 0029xx10")
    return _tag(step[1], "its creator")[0]


def _steps(text: str) -> list[re.Match[str]]:
    """Split a path; a creator's name may hold dots."""
    steps, start = [], 0
    while True:
        step = _STEP.match(text, start)
        if step is None or (step.end() < len(text) and text[step.end()] != "."):
            raise ValueError(
                "expected a tag of 8 hexadecimal digits such as 00100010, with its creator in parentheses if "
                "it is private, or several of these joined by dots"
            )
        steps.append(step)
        if step.end() == len(text):
            return steps
        start = step.end() + 1


def _tag(digits: str, definer: str) -> tuple[int, str]:
    """Return a tag and its creator, empty for a standard one."""
    plain = digits.replace(",", "")
    tag = int(re.sub("[xX]", "0", plain), 16)
    if tag >> 16 & 1:
        if definer == STANDARD:
            raise ValueError(f"{plain} is private: its creator is missing")
        return tag & 0xFFFF00FF, definer
    if definer != STANDARD:
        raise ValueError(f"{plain} is of a group that is not private, and has no creator")
    if "x" in plain[4:].lower():
        raise ValueError(f"{plain}: x stands for a private block, and in a whole group as in 0010xxxx")
    return repeating(_allowed(tag)), ""


def _allowed(tag: int) -> int:
    if tag >> 16 < _GROUPS_OF_THE_FILE or not tag & 0xFFFF:
        raise ValueError("attributes of the file itself and group lengths are written anew in any case")
    return tag


@functools.cache
def _keywords() -> dict[str, int]:
    """Return keyword to tag; repeating groups by their first."""
    plain = {entry[4]: tag for tag, entry in DicomDictionary.items() if entry[4]}
    masks = {entry[4]: int(mask.replace("x", "0"), 16) for mask, entry in RepeatersDictionary.items()}
    return plain | {keyword: repeating(tag) for keyword, tag in masks.items() if keyword}

"""Locators: the way from a data set to the attribute that a rule is about.

Oracle's value locators are understood as they are, ``00100010(DICOM)#UnibyteFamily`` or
``00081140[1].00081155`` (Oracle Multimedia DICOM Developer's Guide, "Value Locators"), and keywords may stand
for tags: ``ReferencedImageSequence[1].ReferencedSOPClassUID``.

- ``[2]`` is the second item of a sequence, or the second value of an attribute that has several; without a
  number, all of them are meant.
- ``(ACME 1.1)`` or ``("ACME (1)")`` after a tag is the creator of a private attribute; of its element number
  the last two digits count (PS3.5 section 7.8.1). ``(DICOM)`` is the standard, and the default.
- ``#Family`` is a component of a person's name, of the alphabetic representation, or of another:
  ``#IdeographicFamily``, ``#Phonetic`` (PS3.5 section 6.2.1).
- A leading ``/`` starts from the whole object, also within an item.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

DICOM = "DICOM"
"""The definer of standard attributes."""

REPRESENTATIONS = {"alphabetic": 0, "unibyte": 0, "ideographic": 1, "phonetic": 2}
"""The groups of a person's name, and where in it they stand; "Unibyte" is Oracle's word."""

NAME_PARTS = {"family": 0, "given": 1, "middle": 2, "prefix": 3, "suffix": 4}
"""The components of a person's name, and where in a group they stand."""

_STEP = re.compile(
    r"""(?P<tag>[0-9A-Fa-f]{4},?[0-9A-Fa-fxX]{2}[0-9A-Fa-f]{2}|\((?P<bare>[0-9A-Fa-f]{4},[0-9A-Fa-fxX]{2}[0-9A-Fa-f]{2})\)|[A-Za-z_]\w*)
        (?:\((?:"(?P<quoted>[^"]*)"|(?P<definer>[^()"]*))\))?
        (?:\[(?P<item>\d{1,9}|\*)\])?""",
    re.VERBOSE | re.ASCII,
)
_HEX = re.compile(r"[0-9A-Fa-f]{4},?[0-9A-Fa-fxX]{2}[0-9A-Fa-f]{2}")
_COMPONENT = re.compile(r"#\s*([A-Za-z]+)")


class LocatorError(ValueError):
    """A text is no locator, or one that makes no sense where it stands.

    Internal, ends as a `fileroom.plugin.DocumentError`.

    Attributes:
        line: where it stands in its document; 0 where who raised this did not know.
    """

    line = 0


class Step(NamedTuple):
    """One attribute on the way.

    Attributes:
        tag: group and element as one number.
        definer: the creator of a private attribute; empty for a standard one.
        item: which item or value, from 1; 0 for all.
    """

    tag: int
    definer: str = ""
    item: int = 0


@dataclass(frozen=True, slots=True)
class Locator:
    """The way to an attribute.

    Attributes:
        steps: from the data set down; empty for what a macro's parameter stands for.
        component: which part of a person's name: representation and, if only one, component; None for all.
        absolute: whether it starts from the whole object, also within an item.
        parameter: the macro's parameter that it starts from; empty for none.
    """

    steps: tuple[Step, ...]
    component: tuple[int, int | None] | None = None
    absolute: bool = False
    parameter: str = ""

    def __str__(self) -> str:
        """Write it with keywords, as in messages."""
        way = ".".join(
            [
                *([self.parameter] if self.parameter else []),
                *(f"{name_of(one)}{_items(one)}" for one in self.steps),
            ]
        )
        return f"{'/' * self.absolute}{way}{_component_text(self.component)}"


def name_of(step: Step) -> str:
    """Return an attribute's keyword, or its tag as ``(gggg,eeee)`` where it has none."""
    from pydicom.datadict import keyword_for_tag  # noqa: PLC0415 - heavy: when needed

    keyword = "" if step.definer else keyword_for_tag(step.tag)
    return keyword or f"({step.tag >> 16:04x},{step.tag & 0xFFFF:04x})"


def read_locator(text: str, parameters: frozenset[str] = frozenset()) -> Locator:
    """Read a locator.

    Args:
        text: as the module's description has it.
        parameters: names that stand for a macro's parameters; ``${name}`` does, too.

    Raises:
        LocatorError: it is none; the message says why.
    """
    rest = text.strip()
    absolute = rest.startswith("/")
    rest = rest[1:] if absolute else rest
    steps: list[Step] = []
    parameter = ""
    component = None
    while True:
        if not steps and not parameter and (named := _parameter(rest, parameters)):
            parameter = named[1] or named[2]
            rest = rest[named.end() :].lstrip()
        else:
            match = _STEP.match(rest)
            if match is None:
                raise LocatorError(
                    f"{text!r} is no attribute: expected a keyword, or a tag of 8 hexadecimal digits"
                )
            steps.append(_step(match))
            rest = rest[match.end() :].lstrip()
        if not rest.startswith("."):
            break
        rest = rest[1:].lstrip()
    if match := _COMPONENT.fullmatch(rest):
        component = _component(match[1])
        rest = ""
    if rest:
        raise LocatorError(f"{text!r} is no attribute: {rest!r} has no place there")
    if absolute and parameter:
        raise LocatorError(f"{text!r}: a parameter knows where it starts, and takes no '/'")
    return Locator(tuple(steps), component, absolute, parameter)


def _parameter(text: str, parameters: frozenset[str]) -> re.Match[str] | None:
    match = re.match(r"\$\{(\w+)\}|([A-Za-z_]\w*)(?![\w(\[])", text)
    if match is None or not (match[1] or match[2] in parameters):
        return None
    if match[1] and match[1] not in parameters:
        raise LocatorError(f"there is no parameter {match[1]!r} here")
    return match


def _step(match: re.Match[str]) -> Step:
    name, definer = match["tag"], match["quoted"] or match["definer"] or ""
    item = 0 if match["item"] in (None, "*") else int(match["item"])
    if item == 0 and match["item"] not in (None, "*"):
        raise LocatorError("items and values are counted from 1")
    definer = "" if definer.strip().upper() == DICOM else definer.strip()
    number = match["bare"] or (name if _HEX.fullmatch(name) else "")
    if not number:
        if definer:
            raise LocatorError(f"{name} is a keyword: only a private tag has a definer in parentheses")
        return Step(_tag_of(name), "", item)
    digits = number.replace(",", "").lower()
    if "x" in digits[:6] and not definer:
        raise LocatorError(f"{name} is the tag of a private attribute: name its creator in parentheses")
    tag = int(digits.replace("x", "0"), 16)
    if definer:
        if not tag >> 16 & 1:
            raise LocatorError(f"{name} is of an even group, and so no private attribute of {definer!r}")
        tag &= 0xFFFF00FF
    return Step(tag, definer, item)


def _tag_of(keyword: str) -> int:
    from pydicom.datadict import tag_for_keyword  # noqa: PLC0415 - heavy: when needed

    tag = tag_for_keyword(keyword)
    if tag is None:
        raise LocatorError(f"no attribute has the keyword {keyword!r}")
    return int(tag)


def _component(text: str) -> tuple[int, int | None]:
    wanted = text.lower()
    if wanted in NAME_PARTS:
        return 0, NAME_PARTS[wanted]
    for name, group in REPRESENTATIONS.items():
        if wanted == name:
            return group, None
        if wanted.startswith(name) and wanted[len(name) :] in NAME_PARTS:
            return group, NAME_PARTS[wanted[len(name) :]]
    known = ", ".join(part.capitalize() for part in NAME_PARTS)
    raise LocatorError(
        f"#{text} is no part of a name: known are {known}, and these after Ideographic or Phonetic"
    )


def _items(step: Step) -> str:
    return f"[{step.item}]" if step.item else ""


def _component_text(component: tuple[int, int | None] | None) -> str:
    if component is None:
        return ""
    group, part = component
    names = ("Alphabetic", "Ideographic", "Phonetic")
    return f"#{names[group]}{'' if part is None else [*NAME_PARTS][part].capitalize()}"

"""Value locators: how documents name an attribute, one within sequences too, or a part of a name.

``00100010`` · ``00091002(ACME 1.1)`` · ``00081140[1].00081155`` · ``00100010#UnibyteFamily``

A tag in eight hexadecimal digits, or its keyword; in parentheses whose it is, if not DICOM's; in brackets the
number of an item from 1, without which it is any; a component of a person name after a ``#``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom_plugins.metadata.blocks import Blocks
from fileroom_plugins.metadata.lookup import is_private, tag_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fileroom_plugins.metadata.elements import DataSet, Element

DICOM = "DICOM"
"""The definer of the standard's attributes."""

_STEP = re.compile(r"\s*([0-9A-Za-z]+)\s*(?:\(([^()]*)\))?\s*(?:\[(\d{1,6}|\*)\])?\s*(?:\.|(?=#|$))")
_HEX = re.compile(r"[0-9A-Fa-f]{8}")
_PARTS = ("Family", "Given", "Middle", "Prefix", "Suffix")
_GROUPS = ("Unibyte", "Ideographic", "Phonetic")
COMPONENTS: Mapping[str, tuple[int, int | None]] = {
    **{group: (number, None) for number, group in enumerate(_GROUPS)},
    **{f"{group}{part}": (n, m) for n, group in enumerate(_GROUPS) for m, part in enumerate(_PARTS)},
}
"""What may follow a ``#``, and which group and component of a name that is."""

_LONGEST = 1999


@dataclass(frozen=True, slots=True)
class Step:
    """One tag on the way.

    Attributes:
        tag: with the block 00 where it is private.
        definer: ``DICOM``, or a Private Creator.
        item: number of the item from 1, None for any.
    """

    tag: int
    definer: str = DICOM
    item: int | None = None


@dataclass(frozen=True, slots=True)
class Locator:
    """A way to an attribute.

    Attributes:
        steps: the tags from the data set down.
        component: of a person name, one of `COMPONENTS`; empty for the whole value.
    """

    steps: tuple[Step, ...]
    component: str = ""

    @classmethod
    def parse(cls, text: str, definer: str = DICOM) -> Locator:
        """Read a locator.

        Args:
            text: see above.
            definer: whose the last tag is where the text does not say.

        Raises:
            ValueError: it is none; the message says why.
        """
        path, marked, component = text.strip().partition("#")
        if len(text) > _LONGEST or (marked and component not in COMPONENTS):
            raise ValueError(f"no component of a name: expected one of {', '.join(COMPONENTS)}")
        steps: list[Step] = []
        at = 0
        while at < len(path):
            match = _STEP.match(path, at)
            if not match or match.end() == at:
                raise ValueError("no locator: expected tags such as 00100010 or 00081140[1].00081155")
            at = match.end()
            whose = match[2] or (definer if at >= len(path) else DICOM)
            item = None if match[3] in {None, "*"} else int(match[3])
            steps.append(Step(_tag(match[1], whose), whose, item))
        if not steps or path.rstrip().endswith("."):
            raise ValueError("no locator: expected a tag such as 00100010")
        return cls(tuple(steps), component)

    def find(self, dataset: DataSet) -> Iterator[tuple[Element, DataSet]]:
        """Yield the elements that this leads to, with the data sets that hold them."""
        yield from _find(self.steps, dataset)


def _find(steps: tuple[Step, ...], dataset: DataSet) -> Iterator[tuple[Element, DataSet]]:
    step, *rest = steps
    element = _element(step, dataset)
    if element is None:
        return
    if not rest:
        yield element, dataset
    elif isinstance(element.value, list):
        for number, item in enumerate(element.value, start=1):
            if step.item in {None, number}:
                yield from _find(tuple(rest), item)


def _element(step: Step, dataset: DataSet) -> Element | None:
    if not is_private(step.tag) or step.definer == DICOM:
        return dataset.find(step.tag)
    blocks = Blocks(dataset)
    return next(
        (
            element
            for element in dataset.elements
            if is_private(element.tag)
            and element.tag & 0xFFFF00FF == step.tag
            and blocks.creator(element.tag) == step.definer
        ),
        None,
    )


def _tag(text: str, definer: str) -> int:
    if _HEX.fullmatch(text):
        tag = int(text, 16)
        return tag & 0xFFFF00FF if definer != DICOM and is_private(tag) else tag
    tag_number = tag_of(text)
    if tag_number is None:
        raise ValueError(f"no tag: {text!r} is neither eight hexadecimal digits nor a keyword")
    return tag_number

"""How long an XPath may take: one that looks through a document for each node of each node is refused.

No XPath can be stopped once it runs, so that what it may cost is told beforehand, by its form and by the size
of the document: every part that may come upon any element, within brackets that are gone through for each.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LONGEST = 4096
"""Characters of an XPath."""

DEEPEST = 32
"""Brackets within brackets."""

SEARCHES = 8
"""Searches through a whole document (``//`` and the like) that one XPath may hold."""

SEARCHES_WITHIN = 1
"""Those of them that may be within its predicates and functions, where each is done for every node."""

TRANSLATED = 128
"""Characters that ``translate()`` may be told to replace; it looks for each of a text among them all."""

MOST_VISITS = 200_000_000
"""Elements that an XPath may come upon in one document, by the worst that its form allows: some seconds."""

_CHARACTERS = 64  # that are looked at in the time of one visit
_UNION = 20  # pairs of nodes that are compared in the time of one visit
_SWEEP = 100  # the same, where nodes of many sets are joined with those that there are already

_TOKEN = re.compile(
    r"""(?P<literal> "[^"]*" | '[^']*' | \.?\d[\d.]*)
    | (?P<search> // | (?:descendant|descendant-or-self|ancestor|ancestor-or-self)\s*::)
    | (?P<sweep> (?:following|preceding)(?:-sibling)?\s*::)
    | (?P<up> \.\.(?!(?:\s*/\s*\.\.)*\s*/\s*@) | parent\s*::)
    | (?P<slash> /)
    | (?P<opens> [\[(])
    | (?P<closes> [\])])
    | (?P<between> [,|=<>+@!-])
    | (?P<name> [$\w][\w.:-]* | \*)
    | (?P<here> \.\.?)""",
    re.VERBOSE,
)


class Visit(NamedTuple):
    """One part of an XPath that may come upon every element.

    Attributes:
        power: how often, as a power of the number of elements.
        share: how many of them take the time of one.
        weight: how many times as long each takes.
    """

    power: int
    share: int = 1
    weight: int = 1


class Cost(NamedTuple):
    """What an XPath may cost.

    Attributes:
        visits: its parts that may come upon every element.
    """

    visits: tuple[Visit, ...]

    def is_bearable(self, elements: int, characters: int, times: int = 1) -> bool:
        """Say whether it can be evaluated in little time.

        Args:
            elements: those of the document.
            characters: those of the document, which may all be compared.
            times: nodes that it is evaluated from.
        """
        size = max(elements, characters // _CHARACTERS)
        visits: int = sum(one.weight * size**one.power // one.share for one in self.visits)
        return times * visits <= MOST_VISITS


def check_cost(xpath: str) -> Cost:
    """Make sure that an XPath can be evaluated in little time in a document of usual size; return its cost.

    Raises:
        ValueError: it is too long or nested too deeply, or searches within searches.
    """
    if len(xpath) > LONGEST:
        raise ValueError(f"an XPath has at most {LONGEST} characters")
    reader = _Reader()
    for match in _TOKEN.finditer(xpath):
        reader.take(match.lastgroup or "", match[0])
    if reader.searches > SEARCHES:
        raise ValueError(f"an XPath has at most {SEARCHES} searches (// and the like)")
    if reader.within > SEARCHES_WITHIN:
        raise ValueError(f"an XPath has at most {SEARCHES_WITHIN} search (// and the like) within brackets")
    return Cost(tuple(reader.visits))


class _Reader:
    """Goes through an XPath's tokens, and knows how often what is between brackets is gone through."""

    def __init__(self) -> None:
        self.visits: list[Visit] = []
        self.searches = self.within = 0
        self._outer: list[tuple[int, bool, int, bool]] = []
        self._power = 0  # of the nodes for which what is within these brackets is evaluated
        self._wide = False  # whether the path here has come upon any node, wherever it began
        self._operand = False  # whether the last token ends an operand, so that / is a step and * a product
        self._weight = 1  # of what is within these brackets
        self._translates = False  # whether they are those of translate()
        self._last = ""  # the last token
        self._begins = True  # whether a path would begin here, and so at one node

    def take(self, kind: str, text: str) -> None:
        self._translated(kind, text)
        is_operator = kind == "name" and self._operand
        match kind:
            case "search" | "sweep":
                self.searches += 1
                self.within += bool(self._outer)
                self._visit(*((1, 1) if kind == "search" or self._begins else (3, _SWEEP)))
            case "up":
                self._visit(1)
            case "slash" if not self._operand:
                self._visit(1)
            case "opens":
                self._open(text)
            case "closes" if self._outer:
                self._power, self._wide, self._weight, self._translates = self._outer.pop()
            case "between" if text == "|":
                self._visit(max(self._power, 1) + 1 - self._power + (self._wide and self._power > 0), _UNION)
            case _:
                pass
        if is_operator or (kind == "between" and text != "@"):
            self._wide = False
        ends = kind in {"literal", "name", "here", "closes"} or (kind == "up" and text == "..")
        self._operand = ends and not is_operator
        self._last = text
        self._begins = is_operator or kind == "opens" or (kind == "between" and text != "@")

    def _translated(self, kind: str, text: str) -> None:
        """Make sure that what is to be replaced by ``translate()`` is short."""
        if self._translates and self._last == "," and (kind != "literal" or len(text) > TRANSLATED + 2):
            raise ValueError(f"translate() replaces by texts of at most {TRANSLATED} characters in an XPath")

    def _visit(self, powers: int, share: int = 1) -> None:
        self.visits.append(Visit(self._power + powers, share, self._weight))
        self._wide = True

    def _open(self, text: str) -> None:
        if len(self._outer) >= DEEPEST:
            raise ValueError(f"an XPath has at most {DEEPEST} brackets within each other")
        self._outer.append((self._power, self._wide, self._weight, self._translates))
        self._translates = self._last == "translate"
        if self._translates:
            self._weight = TRANSLATED
            self.visits.append(Visit(max(self._power, 1), weight=TRANSLATED))
        if text == "[":
            # Steps down come upon each node once, however many predicates they begin in.
            self._power += self._wide or self._power == 0
        self._wide = False

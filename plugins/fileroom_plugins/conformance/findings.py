"""Collecting messages, so that neither a million frames nor hostile files make a million of them."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING

from fileroom_plugins.conformance.messages import Message
from fileroom_plugins.conformance.reading.dictionary import STANDARD, tag_text
from fileroom_plugins.conformance.reading.elements import name

if TYPE_CHECKING:
    from fileroom_plugins.conformance.reading.dictionary import DataDictionary
    from fileroom_plugins.conformance.reading.elements import Level
    from fileroom_plugins.conformance.rules import Rule

ALIKE = 10
"""Messages of one rule about one attribute; further ones are counted."""

MOST = 2000
"""Messages about one object."""


class Findings:
    """The messages about one object, in the order in which they were found.

    Attributes:
        dictionary: which attributes and UIDs there are; those of the standard unless another is given.
    """

    def __init__(self, dictionary: DataDictionary = STANDARD) -> None:
        self.dictionary = dictionary
        self._messages: list[Message] = []
        self._alike: Counter[tuple[str, str]] = Counter()
        self._last: dict[tuple[str, str], int] = {}

    def add(self, rule: Rule, level: Level | None = None, tag: int = 0, text: str = "") -> None:
        """Say that a rule is broken.

        Args:
            rule: the rule.
            level: where; None for the object as a whole.
            tag: of the attribute that it is about; 0 for none, and then it is about the level itself.
            text: details; without a full stop, and without a value of the object.
        """
        attribute = name(tag) if tag else ""
        kind = (rule.name, attribute)
        self._alike[kind] += 1
        if self._alike[kind] > ALIKE or len(self._messages) >= MOST:
            return
        what = f"{rule.says}: {text}" if text else rule.says
        if tag and not attribute.startswith("("):
            first = what[0].lower() if what.startswith(("A ", "An ", "The ", "There ")) else what[0]
            what = f"{attribute} ({tag_text(tag)}): {first}{what[1:]}"
        self._last[kind] = len(self._messages)
        where = level.path(tag) if level is not None else attribute
        self._messages.append(Message(where, rule.severity, rule.name, what, attribute))

    def messages(self) -> list[Message]:
        """Return the messages; the last of many that are alike says how many more there are."""
        found = list(self._messages)
        for kind, place in self._last.items():
            more = self._alike[kind] - ALIKE
            if more > 0:
                last = found[place]
                found[place] = dataclasses.replace(last, message=f"{last.message} (and {more} times more)")
        return found

"""Group lengths (PS3.5 section 7.2): retired but for the file meta information, and still written by many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom_plugins.conformance import rules

if TYPE_CHECKING:
    from fileroom_plugins.conformance.findings import Findings
    from fileroom_plugins.conformance.reading.elements import Element, Level


class GroupLengths:
    """The group lengths (gggg,0000) of one level: each tells the bytes to the end of its group."""

    def __init__(self) -> None:
        self._group = -1
        self._start = 0
        self._claimed = -1

    def see(self, tag: int, at: int, findings: Findings, level: Level) -> None:
        """Note that an element begins."""
        if tag >> 16 != self._group:
            self.check(at, findings, level)
            self._group, self._claimed = tag >> 16, -1

    def claim(self, element: Element, after: int, level: Level) -> None:
        """Note the length that a group claims."""
        if len(element.value) == 4:  # noqa: PLR2004 - UL
            self._claimed = int.from_bytes(element.value, "big" if level.big else "little")
            self._start = after

    def check(self, end: int, findings: Findings, level: Level) -> None:
        """Compare what the group claims with where it ends."""
        if self._claimed >= 0 and self._claimed != end - self._start:
            text = f"{self._claimed} instead of {end - self._start} bytes"
            findings.add(rules.GROUP_LENGTH, level, self._group << 16, text)
        self._claimed = -1

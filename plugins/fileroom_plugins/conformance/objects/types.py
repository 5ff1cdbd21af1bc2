"""Attribute types (PS3.5 section 7.4) and values (PS3.3 section 5.4) of an object, sequences to any depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom_plugins.conformance import rules
from fileroom_plugins.conformance.objects.plans import plan
from fileroom_plugins.conformance.objects.presence import present_modules
from fileroom_plugins.conformance.values.numbers import values_of
from fileroom_plugins.standard import repeating

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom_plugins.conformance.findings import Findings
    from fileroom_plugins.conformance.objects.facts import Choices, Facts
    from fileroom_plugins.conformance.objects.plans import Need, Plan
    from fileroom_plugins.conformance.reading.elements import Element, Level
    from fileroom_plugins.standard import Iod

_MISSING = {
    "1": rules.TYPE_1_MISSING,
    "2": rules.TYPE_2_MISSING,
    "1C": rules.TYPE_1C_MISSING,
    "2C": rules.TYPE_2C_MISSING,
}
_EMPTY = {"1": rules.TYPE_1_EMPTY, "1C": rules.TYPE_1C_EMPTY}
_OVERLAYS = 0x6000


def check_object(iod: Iod, dataset: Level, findings: Findings, *, is_complete: bool = True) -> None:
    """Check a data set against its IOD.

    Args:
        iod: the IOD of its SOP class.
        dataset: the data set.
        findings: what is wrong goes here.
        is_complete: whether all of it was read; else nothing is called missing.
    """
    present = present_modules(iod, dataset, findings) if is_complete else frozenset()
    _Check(findings, is_complete=is_complete).level(dataset, plan(iod, present))


class _Check:
    def __init__(self, findings: Findings, *, is_complete: bool) -> None:
        self._findings = findings
        self._is_complete = is_complete

    def level(self, level: Level, demanded: Plan) -> None:
        if self._is_complete:
            self._missing(level, demanded)
        for tag, element in level.elements.items():
            need = demanded.needs.get(repeating(tag))
            if need is None:
                if not tag >> 16 & 1 and tag & 0xFFFF and self._findings.dictionary.entry(tag) is not None:
                    self._findings.add(rules.NOT_IN_IOD, level, tag)
                continue
            self._present(element, need, level)
            below = demanded.below(tag) if element.items else None
            if below is not None and element.items:
                for item in element.items:
                    self.level(item, below)

    def _missing(self, level: Level, demanded: Plan) -> None:
        elements = level.elements
        for need in demanded.demanding:
            for tag in _tags(need.tag, level):
                if tag in elements:
                    continue
                kind, module = need.at(level)
                if kind not in {"1", "2"} and not any(
                    one.required is not None and one.required(level) for one in need.facts
                ):
                    continue
                rule = _MISSING.get(kind)
                if rule is not None:
                    self._findings.add(rule, level, tag, f"module {module}")

    def _present(self, element: Element, need: Need, level: Level) -> None:
        if element.is_empty:
            kind, module = need.at(level)
            rule = _EMPTY.get(kind)
            if rule is not None:
                self._findings.add(rule, level, element.tag, f"module {module}")
        for facts in need.facts:
            if facts.allowed is not None and not facts.allowed(level):
                self._findings.add(rules.NOT_ALLOWED, level, element.tag, f"module {need.module}")
            if facts.items and element.items is not None:
                self._count(element, facts, level)
            elif facts.enumerated or facts.terms or facts.least is not None or facts.most is not None:
                self._values(element, facts, level)

    def _count(self, element: Element, facts: Facts, level: Level) -> None:
        least, most = facts.items
        count = len(element.items or ())
        if count and not least <= count <= most:
            self._findings.add(
                rules.ITEM_COUNT, level, element.tag, f"{count} items, {least} to {most} expected"
            )

    def _values(self, element: Element, facts: Facts, level: Level) -> None:
        for number, value in enumerate(values_of(element, level)):
            where = f"value {number + 1}" if number else ""
            if value != "" and not _is_among(value, number, facts.enumerated):
                self._findings.add(rules.ENUMERATED, level, element.tag, where)
            elif value != "" and not _is_among(value, number, facts.terms):
                self._findings.add(rules.DEFINED_TERM, level, element.tag, where)
            if isinstance(value, int | float) and not (
                (facts.least is None or value >= facts.least) and (facts.most is None or value <= facts.most)
            ):
                self._findings.add(rules.VALUE_RANGE, level, element.tag, where)


def _is_among(value: object, number: int, choices: Choices) -> bool:
    if len(choices) > 1:
        allowed = choices[number] if number < len(choices) else frozenset()
    else:
        allowed = choices[0] if choices else frozenset()
    return not allowed or value in allowed


def _tags(tag: int, level: Level) -> Iterator[int]:
    """Yield a tag as it is to be looked for: that of an overlay in every group that has one."""
    if tag >> 16 != _OVERLAYS:
        yield tag
        return
    for group in {one >> 16 for one in level.elements if repeating(one) >> 16 == _OVERLAYS}:
        yield group << 16 | tag & 0xFFFF

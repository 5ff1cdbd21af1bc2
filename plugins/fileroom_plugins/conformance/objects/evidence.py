"""Reports and the instances that they refer to (PS3.3 section C.17.2.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom_plugins.conformance import rules
from fileroom_plugins.conformance.values.numbers import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom_plugins.conformance.findings import Findings
    from fileroom_plugins.conformance.reading.elements import Level

_CONTENT, _REFERENCED, _INSTANCE = 0x0040_A730, 0x0008_1199, 0x0008_1155
_EVIDENCE = (0x0040_A375, 0x0040_A385)
"""Current Requested Procedure Evidence Sequence and Pertinent Other Evidence Sequence."""


def check_evidence(dataset: Level, findings: Findings) -> None:
    """See that every instance that a content item refers to is listed as evidence."""
    if _CONTENT not in dataset.elements:
        return
    listed = {
        text(level, _INSTANCE)
        for tag in _EVIDENCE
        for item in _items(dataset, tag)
        for level in item.levels()
        if level.sequence == _REFERENCED
    }
    for item in _items(dataset, _CONTENT):
        for level in item.levels():
            if level.sequence == _REFERENCED and _is_of_content(level):
                uid = text(level, _INSTANCE)
                if uid and uid not in listed:
                    findings.add(rules.EVIDENCE, level, _INSTANCE)


def _is_of_content(level: Level) -> bool:
    """Return whether an item of Referenced SOP Sequence stands in a content item, or in such an item."""
    above = level.parent
    return above is not None and above.sequence in {_CONTENT, _REFERENCED}


def _items(dataset: Level, tag: int) -> Iterator[Level]:
    element = dataset.elements.get(tag)
    return iter(element.items or ()) if element is not None else iter(())

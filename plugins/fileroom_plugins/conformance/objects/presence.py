"""Which modules of its IOD an object has (PS3.3 section A.1.3)."""

from __future__ import annotations

import functools
from collections import Counter
from typing import TYPE_CHECKING

from fileroom_plugins.conformance import rules
from fileroom_plugins.conformance.objects.conditions import condition
from fileroom_plugins.conformance.objects.facts import table
from fileroom_plugins.standard import repeating

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fileroom_plugins.conformance.findings import Findings
    from fileroom_plugins.conformance.objects.conditions import Condition
    from fileroom_plugins.conformance.reading.elements import Level
    from fileroom_plugins.standard import Iod

_REQUIRED = frozenset({"1", "2"})


def present_modules(iod: Iod, dataset: Level, findings: Findings) -> frozenset[str]:
    """Return the optional and conditional modules that an object has, or must have.

    A module counts as present if the object has one of its attributes of type 1, 2, 1C or 2C that no other
    module of the IOD has, or if its condition holds. A mandatory or present module of which the object has no
    attribute is a finding.
    """
    have = {repeating(tag) for tag in dataset.elements}
    present = set()
    for name, marks in _marks(iod).items():
        if marks & have:
            present.add(name)
    for name, holds in _conditions(iod.name).items():
        if name not in present and holds(dataset):
            present.add(name)
    for use in iod.modules:
        required = {tag for tag, attribute in use.attributes.items() if attribute.type in _REQUIRED}
        if (use.usage == "M" or use.name in present) and required and not have & set(use.attributes):
            findings.add(rules.MODULE_MISSING, None, 0, f"{use.name}, of {use.entity}")
    return frozenset(present)


@functools.cache
def _marks(iod: Iod) -> Mapping[str, frozenset[int]]:
    """Return by which attributes each optional or conditional module is known."""
    counts = Counter(tag for use in iod.modules for tag in use.attributes)
    return {
        use.name: frozenset(
            tag
            for tag, attribute in use.attributes.items()
            if counts[tag] == 1 and attribute.type in {"1", "2", "1C", "2C"}
        )
        for use in iod.modules
        if use.usage != "M"
    }


@functools.cache
def _conditions(name: str) -> Mapping[str, Condition]:
    known = table("modules.toml")
    found = {**known.get("*", {}), **known.get(name, {})}
    return {module: condition(text) for module, text in found.items()}

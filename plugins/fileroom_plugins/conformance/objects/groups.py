"""Functional groups of multi-frame objects (PS3.3 section C.7.6.16)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pydicom.datadict import tag_for_keyword

from fileroom_plugins.conformance import rules
from fileroom_plugins.conformance.objects.facts import table
from fileroom_plugins.conformance.objects.plans import PER_FRAME, SHARED
from fileroom_plugins.conformance.values.numbers import number

if TYPE_CHECKING:
    from fileroom_plugins.conformance.findings import Findings
    from fileroom_plugins.conformance.reading.elements import Level
    from fileroom_plugins.standard import Iod

_NUMBER_OF_FRAMES = 0x0028_0008


def check_groups(iod: Iod, dataset: Level, findings: Findings) -> None:
    """Check which functional groups an object has, and where.

    The groups that an IOD demands are in ``tables/groups.toml``; what a group holds is checked with all other
    attributes.
    """
    if SHARED not in dataset.elements and PER_FRAME not in dataset.elements:
        return
    shared = {tag for item in _items(dataset, SHARED) for tag in item.elements}
    frames = _items(dataset, PER_FRAME)
    counts = Counter(tag for item in frames for tag in item.elements)
    expected = number(dataset, _NUMBER_OF_FRAMES)
    if frames and expected is not None and expected != len(frames):
        findings.add(rules.GROUPS_FRAMES, dataset, PER_FRAME, f"{len(frames)} items, {expected} frames")
    for tag in sorted(shared & counts.keys()):
        if not tag >> 16 & 1:
            findings.add(rules.GROUPS_BOTH, dataset, tag)
    for keyword in table("groups.toml").get(iod.name, {}).get("mandatory", ()):
        wanted = tag_for_keyword(keyword)
        assert wanted is not None  # the tables are tested
        if wanted in shared:
            continue
        if not counts[wanted]:
            findings.add(rules.GROUPS_MISSING, dataset, wanted)
        elif counts[wanted] < len(frames):
            findings.add(rules.GROUPS_SOME, dataset, wanted, f"{counts[wanted]} of {len(frames)}")


def _items(dataset: Level, tag: int) -> list[Level]:
    element = dataset.elements.get(tag)
    return list(element.items or ()) if element is not None else []

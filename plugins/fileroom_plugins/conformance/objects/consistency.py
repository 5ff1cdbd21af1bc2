"""Attributes of one level that must fit each other, wherever they stand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fileroom_plugins.conformance import rules
from fileroom_plugins.conformance.values.numbers import number, values_of

if TYPE_CHECKING:
    from fileroom_plugins.conformance.findings import Findings
    from fileroom_plugins.conformance.reading.elements import Level

_COUNTED = {
    0x300A_0110: 0x300A_0111,  # NumberOfControlPoints, ControlPointSequence
    0x300A_0080: 0x300C_0004,  # NumberOfBeams, ReferencedBeamSequence
    0x300A_00A0: 0x300C_000A,  # NumberOfBrachyApplicationSetups, ReferencedBrachyApplicationSetupSequence
    0x300A_00D0: 0x300A_00D1,  # NumberOfWedges, WedgeSequence
    0x300A_00E0: 0x300A_00E3,  # NumberOfCompensators, CompensatorSequence
    0x300A_00ED: 0x300C_00B0,  # NumberOfBoli, ReferencedBolusSequence
    0x300A_00F0: 0x300A_00F4,  # NumberOfBlocks, BlockSequence
}
"""Numbers of items, and the sequences that have them (PS3.3 C.8.8.13, C.8.8.14)."""

_CENTRE, _WIDTH = 0x0028_1050, 0x0028_1051
_POINTS, _CONTOUR = 0x3006_0046, 0x3006_0050
_FRAMES, _OFFSETS = 0x0028_0008, 0x3004_000C
_ORIENTATION = 0x0020_0037
_TOLERANCE = 0.01


def check_consistency(dataset: Level, findings: Findings) -> None:
    """Check counts, windows, contours and orientations, in the data set and in all sequences."""
    for level in dataset.levels():
        _counts(level, findings)
        _lengths(level, findings)
        if _ORIENTATION in level.elements:
            _orientation(level, findings)
    frames = number(dataset, _FRAMES)
    offsets = _count(dataset, _OFFSETS)
    if frames and offsets and offsets != frames:
        findings.add(rules.CONSISTENCY, dataset, _OFFSETS, f"{offsets} values for {frames} frames")


def _counts(level: Level, findings: Findings) -> None:
    for tag in _COUNTED.keys() & level.elements.keys():
        sequence = level.elements.get(_COUNTED[tag])
        expected, items = number(level, tag), len(sequence.items or ()) if sequence is not None else 0
        if sequence is not None and expected is not None and expected != items:
            findings.add(rules.CONSISTENCY, level, tag, f"{expected}, and there are {items} items")


def _lengths(level: Level, findings: Findings) -> None:
    centres, widths = _count(level, _CENTRE), _count(level, _WIDTH)
    if centres and widths and centres != widths:
        findings.add(rules.CONSISTENCY, level, _WIDTH, f"{centres} centres and {widths} widths")
    points, coordinates = number(level, _POINTS), _count(level, _CONTOUR)
    if points is not None and coordinates and coordinates != 3 * points:
        findings.add(rules.CONSISTENCY, level, _CONTOUR, f"{coordinates} coordinates for {points} points")


def _orientation(level: Level, findings: Findings) -> None:
    """Two unit vectors at right angles (PS3.3 C.7.6.2.1.1)."""
    found = values_of(level.elements[_ORIENTATION], level)
    values = [float(one) for one in found if not isinstance(one, str)]
    if len(values) != 6:  # noqa: PLR2004 - another rule's affair
        return
    row, column = values[:3], values[3:]
    lengths = (math.hypot(*row), math.hypot(*column))
    product = sum(a * b for a, b in zip(row, column, strict=True))
    if not (all(abs(length - 1) < _TOLERANCE for length in lengths) and abs(product) < _TOLERANCE):
        findings.add(rules.CONSISTENCY, level, _ORIENTATION, "no two unit vectors at right angles")


def _count(level: Level, tag: int) -> int:
    element = level.elements.get(tag)
    return len(values_of(element, level)) if element is not None else 0

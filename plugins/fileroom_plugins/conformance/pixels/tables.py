"""Palettes, lookup tables and overlays: their data against their descriptors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom_plugins.conformance import rules
from fileroom_plugins.conformance.values.numbers import number, values_of
from fileroom_plugins.standard import repeating

if TYPE_CHECKING:
    from fileroom_plugins.conformance.findings import Findings
    from fileroom_plugins.conformance.reading.elements import Level

_PALETTES = ((0x0028_1101, 0x0028_1201), (0x0028_1102, 0x0028_1202), (0x0028_1103, 0x0028_1203))
_ALPHA = (0x0028_1104, 0x0028_1204)
_DESCRIPTOR, _DATA = 0x0028_3002, 0x0028_3006
_MOST_ENTRIES = 65536
_OVERLAY_ROWS, _OVERLAY_COLUMNS, _OVERLAY_FRAMES, _OVERLAY_DATA = 0x10, 0x11, 0x15, 0x3000


def check_tables(dataset: Level, findings: Findings) -> None:
    """Check the palette of an image (PS3.3 C.7.6.3.1.5) and all lookup tables (C.11.1, C.11.2)."""
    palettes = [pair for pair in (*_PALETTES, _ALPHA) if pair[0] in dataset.elements]
    entries = {_check(dataset, *pair, rules.PIXEL_PALETTE, findings) for pair in palettes} - {0}
    if len(entries) > 1:
        findings.add(
            rules.PIXEL_PALETTE, dataset, palettes[0][0], "the colours have different numbers of entries"
        )
    for level in dataset.levels():
        if _DESCRIPTOR in level.elements:
            _check(level, _DESCRIPTOR, _DATA, rules.LUT, findings)


def _check(level: Level, descriptor: int, data: int, rule: rules.Rule, findings: Findings) -> int:
    """Check one table; return how many entries it has, 0 for what has no good descriptor."""
    found = level.elements[descriptor]
    values = [int(value) for value in values_of(found, level) if isinstance(value, int)]
    if len(values) != 3:  # noqa: PLR2004 - entries, first value mapped, bits of an entry
        return 0
    entries, bits = values[0] & 0xFFFF or _MOST_ENTRIES, values[2]
    if not 1 <= bits <= 16:  # noqa: PLR2004
        findings.add(rule, level, descriptor, f"{bits} bits for an entry")
        return entries
    table = level.elements.get(data)
    if table is not None:
        sizes = {entries * 2, entries + (entries & 1)} if bits <= 8 else {entries * 2}  # noqa: PLR2004
        if table.length not in sizes:
            findings.add(rule, level, data, f"{table.length} bytes for {entries} entries of {bits} bits")
    return entries


def check_overlays(dataset: Level, findings: Findings) -> None:
    """Check that overlay data has a bit for every pixel of every frame (PS3.3 C.9.2)."""
    for tag, element in dataset.elements.items():
        if repeating(tag) != 0x6000_0000 | _OVERLAY_DATA:
            continue
        base = tag & 0xFFFF_0000
        rows, columns = number(dataset, base | _OVERLAY_ROWS), number(dataset, base | _OVERLAY_COLUMNS)
        frames = number(dataset, base | _OVERLAY_FRAMES) or 1
        if rows and columns and element.length < (rows * columns * frames + 7) // 8:
            text = f"{element.length} bytes for {rows} x {columns} bits"
            findings.add(rules.OVERLAY_LENGTH, dataset, tag, text)

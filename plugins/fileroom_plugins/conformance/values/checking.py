"""Every value of an object against its VR, its multiplicity, and the character set that holds there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom_plugins.conformance import rules
from fileroom_plugins.conformance.reading.elements import UNDEFINED
from fileroom_plugins.conformance.values.charsets import ASCII, character_set
from fileroom_plugins.conformance.values.multiplicity import multiplicity
from fileroom_plugins.conformance.values.text import VRS, fault
from fileroom_plugins.conformance.values.uids import uid_fault
from fileroom_plugins.standard.vrs import PROSE_VRS, TEXT_VRS

if TYPE_CHECKING:
    from fileroom_plugins.conformance.findings import Findings
    from fileroom_plugins.conformance.reading.elements import Element, Level
    from fileroom_plugins.conformance.values.charsets import CharacterSet

SPECIFIC_CHARACTER_SET = 0x0008_0005

SIZES = {
    **dict.fromkeys(("US", "SS", "OW"), 2),
    **dict.fromkeys(("UL", "SL", "FL", "AT", "OF", "OL"), 4),
    **dict.fromkeys(("FD", "OD", "SV", "UV", "OV"), 8),
}
"""Bytes of one number, by VR."""

_COUNTED = frozenset({"US", "SS", "US or SS", "UL", "SL", "FL", "AT", "FD", "SV", "UV"})


def check_values(root: Level, findings: Findings) -> None:
    """Check the values of an object; sequences to any depth."""
    _check_level(root, ASCII, findings)


def _check_level(level: Level, outer: CharacterSet, findings: Findings) -> None:
    declared = level.elements.get(SPECIFIC_CHARACTER_SET)
    here = outer
    if declared is not None:
        here, wrong = character_set(declared.value)
        if wrong is not None:
            findings.add(wrong[0], level, SPECIFIC_CHARACTER_SET, wrong[1])
    for element in level.elements.values():
        if element.items is not None:
            for item in element.items:
                _check_level(item, here, findings)
        else:
            _check_element(element, level, here, findings)


def _check_element(element: Element, level: Level, here: CharacterSet, findings: Findings) -> None:
    tag = element.tag
    creator = level.creator(tag)
    known = findings.dictionary.private(tag, creator) if creator else findings.dictionary.entry(tag)
    if known is None:
        if not tag >> 16 & 1 and tag & 0xFFFF:
            findings.add(rules.UNKNOWN, level, tag)
    elif known.retired:
        findings.add(rules.RETIRED, level, tag)
    vr = element.vr
    if not element.length or not element.read:
        if vr in SIZES and element.length != UNDEFINED and element.length % SIZES[vr]:
            findings.add(rules.VR_LENGTH, level, tag, f"no multiple of the {SIZES[vr]} bytes of {vr}")
        return
    if vr in VRS:
        count = _check_text(element, level, here, findings)
    else:
        count = _check_binary(element, level, findings)
    if count and known is not None and not any(one.allows(count) for one in multiplicity(known.vm)):
        findings.add(rules.VM, level, tag, f"{count} values, {known.vm} expected")


def _check_binary(element: Element, level: Level, findings: Findings) -> int:
    """Return how many values there are; 0 where they are not counted."""
    vr = element.vr.partition(" ")[0]  # of several that are possible, all have one size, or are not counted
    size = SIZES.get(vr)
    if size is None:
        return 0
    if element.length % size:
        findings.add(
            rules.VR_LENGTH,
            level,
            element.tag,
            f"{element.length} bytes are no multiple of the {size} of {vr}",
        )
        return 0
    return element.length // size if element.vr in _COUNTED else 0


def _check_text(element: Element, level: Level, here: CharacterSet, findings: Findings) -> int:
    """Return how many values there are."""
    vr, tag = element.vr, element.tag
    raw = element.value
    if raw.isascii() and (b"\x1b" not in raw or vr not in TEXT_VRS):
        text = raw.decode("ascii")
    elif vr not in TEXT_VRS:
        findings.add(rules.VR_CHARACTERS, level, tag, f"characters that {vr} does not allow")
        return 0
    else:
        decoded = here.decode(raw)
        if not isinstance(decoded, str):
            findings.add(decoded[0], level, tag, decoded[1])
            return 0
        text = decoded
    values = [text] if vr in PROSE_VRS else text.split("\\")
    values[-1] = values[-1].rstrip(" \0")
    for number, value in enumerate(values, start=1):
        stripped = value.rstrip(" ") if vr in _TRAILING else value
        if not stripped:
            continue
        wrong = fault(vr, stripped)
        if wrong is None and vr == "UI":
            wrong = uid_fault(stripped, findings.dictionary.uids)
        if wrong is not None:
            text = f"value {number}: {wrong[1]}" if len(values) > 1 and wrong[1] else wrong[1]
            findings.add(wrong[0], level, tag, text)
    return len(values)


_TRAILING = frozenset({"AE", "CS", "DA", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UR", "UT", "DT"})
"""VRs in which trailing spaces are no part of the value."""

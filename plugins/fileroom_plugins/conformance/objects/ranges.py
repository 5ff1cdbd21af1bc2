"""Numbers whose smallest value depends on others, or counts wherever they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom_plugins.conformance import rules
from fileroom_plugins.conformance.values.numbers import number, text, values_of

if TYPE_CHECKING:
    from fileroom_plugins.conformance.findings import Findings
    from fileroom_plugins.conformance.reading.elements import Level

_FRAMES, _ROWS, _COLUMNS = 0x0028_0008, 0x0028_0010, 0x0028_0011
_WIDTH, _FUNCTION = 0x0028_1051, 0x0028_1056
_SPACINGS = (
    0x0018_1164,  # ImagerPixelSpacing
    0x0018_2010,  # NominalScannedPixelSpacing
    0x0028_0030,  # PixelSpacing
)


def check_ranges(dataset: Level, findings: Findings) -> None:
    """Check the sizes of images, spacings and windows, the last two in all sequences too."""
    for tag in (_ROWS, _COLUMNS, _FRAMES):
        size = number(dataset, tag)
        if size is not None and size < 1:
            findings.add(rules.VALUE_RANGE, dataset, tag, "less than 1")
    for level in dataset.levels():
        for tag in _SPACINGS:
            _spacing(level, tag, dataset, findings)
        _window(level, findings)


def _spacing(level: Level, tag: int, image: Level, findings: Findings) -> None:
    """Between rows and between columns: more than 0, or 0 where there is but one (PS3.3 10.7.1.3)."""
    for found, counted in zip(_numbers(level, tag), (_ROWS, _COLUMNS), strict=False):
        if found < 0 or (found == 0 and number(image, counted) != 1):
            findings.add(rules.VALUE_RANGE, level, tag, "not more than 0")
            return


def _window(level: Level, findings: Findings) -> None:
    """At least 1 where the function is linear, which it is unless told; else more than 0 (PS3.3 C.11.2.1)."""
    is_linear = text(level, _FUNCTION) in {"", "LINEAR"}
    for width in _numbers(level, _WIDTH):
        if width < 1 if is_linear else width <= 0:
            why = "less than 1, of a linear function" if is_linear else "not more than 0"
            findings.add(rules.VALUE_RANGE, level, _WIDTH, why)
            return


def _numbers(level: Level, tag: int) -> list[float]:
    element = level.elements.get(tag)
    values = values_of(element, level) if element is not None else ()
    return [one for one in values if not isinstance(one, str)]

"""Value multiplicity: how many values an attribute may have (PS3.5 section 6.4)."""

from __future__ import annotations

import functools
from typing import NamedTuple


class Multiplicity(NamedTuple):
    """How many values may be.

    Attributes:
        least: the fewest.
        most: the most; 0 for any number.
        step: of which number it must be a multiple.
    """

    least: int
    most: int
    step: int

    def allows(self, count: int) -> bool:
        """Return whether so many values may be."""
        return count >= self.least and not (self.most and count > self.most) and count % self.step == 0


@functools.cache
def multiplicity(text: str) -> tuple[Multiplicity, ...]:
    """Return what the data dictionary's text means: any of these will do.

    Args:
        text: such as ``1``, ``2-3``, ``1-n``, ``2-2n`` and ``1-n or 1``.
    """
    return tuple(_one(part.strip()) for part in text.split(" or "))


def _one(text: str) -> Multiplicity:
    least, _, most = text.partition("-")
    if most.endswith("n"):
        return Multiplicity(int(least), 0, int(most[:-1] or 1))
    return Multiplicity(int(least), int(most or least), 1)

"""Which attributes the index keeps at each level, and how their values are made comparable."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fileroom.model import Level, TagValue

FOLDING_VERSION = 1
"""Raised whenever `fold` or `TagSpec.search_values` would answer differently; an index records it."""


class Comparison(enum.Enum):
    """How values of an attribute are made comparable; decided by VR and meaning."""

    EXACT = "exact"  # identifiers, UIDs, coded strings: as they stand, without padding
    FOLDED = "folded"  # names and free text: case, accents and widths do not count
    NUMBER = "number"  # IS, DS, US…: by value, not by spelling
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    SEQUENCE = "sequence"  # items of attributes, one level deep


@dataclass(frozen=True, slots=True)
class TagSpec:
    """One attribute the index keeps.

    Attributes:
        keyword: DICOM keyword (PS3.6).
        tag: group and element as one number, for example ``0x00100010``.
        vr: value representation (PS3.5 section 6.2).
        level: the level it is kept at.
        comparison: how its values are compared.
        searchable: whether a query may name it; a few are only returned (image position, …).
        extra: True for a tag that the configuration added.
    """

    keyword: str
    tag: int
    vr: str
    level: Level
    comparison: Comparison
    searchable: bool = True
    extra: bool = False

    def search_values(self, value: TagValue) -> tuple[str, ...]:
        """Return the comparable forms of a raw value, each once; a search matches if any of them does."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class TagSet:
    """The attributes kept at each level."""

    levels: Mapping[Level, tuple[TagSpec, ...]]

    @classmethod
    def with_extra(cls, extra: Mapping[Level, Sequence[str]]) -> TagSet:
        """Return the main tags plus extra ones, named by keyword, per level."""
        raise NotImplementedError


def fold(text: str) -> str:
    """Return the form of a text in which case, accents and widths do not count."""
    raise NotImplementedError

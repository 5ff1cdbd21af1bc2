"""Which attributes the index keeps at each level, and how their values are made comparable."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from fileroom import comparable
from fileroom.errors import ConfigError
from fileroom.folding import FOLDING_VERSION, fold
from fileroom.main_tags import COMPUTED, MAIN_TAGS
from fileroom.model import Level, TagValue

__all__ = ["FOLDING_VERSION", "Comparison", "TagSet", "TagSpec", "dictionary_spec", "fold"]


class Comparison(enum.Enum):
    """How values of an attribute are made comparable; decided by VR and meaning."""

    EXACT = "exact"  # identifiers, UIDs, coded strings: as they stand, without padding
    FOLDED = "folded"  # names and free text: case, accents and widths do not count
    NUMBER = "number"  # IS, DS, US…: by value, not by spelling
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    SEQUENCE = "sequence"  # items of attributes, one level deep


_FORMS: Mapping[Comparison, Callable[[str], str]] = {
    Comparison.EXACT: str,
    Comparison.FOLDED: fold,
    Comparison.NUMBER: comparable.number,
    Comparison.DATE: comparable.date,
    Comparison.TIME: comparable.time,
    Comparison.DATETIME: comparable.date_and_time,
}
_COMPARISONS: Mapping[str, Comparison] = {
    **dict.fromkeys(("AE", "AS", "CS", "UI", "UR"), Comparison.EXACT),
    **dict.fromkeys(("LO", "LT", "PN", "SH", "ST", "UC", "UT"), Comparison.FOLDED),
    **dict.fromkeys(("DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"), Comparison.NUMBER),
    "DA": Comparison.DATE,
    "TM": Comparison.TIME,
    "DT": Comparison.DATETIME,
    "SQ": Comparison.SEQUENCE,
}
_IDENTIFIER = re.compile(r"(?:IDs?|Identifier|Number|Code|CodeValue)$|OrderNumber")
_FIRST_DATASET_TAG = 0x00080000  # below: command, file meta information, directory


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

    def raw_values(self, value: TagValue) -> tuple[str, ...]:
        """Return the single values in a raw value as they stand, without padding, each once, no empty one.

        A person name gives its component groups, and the whole where there are several. A sequence gives
        nothing: its items are compared key by key (`item_search_values`).
        """
        if not isinstance(value, str) or self.comparison is Comparison.SEQUENCE:
            return ()
        parts = comparable.split(self.vr, value)
        if self.vr == "PN":
            parts = [form for part in parts for form in comparable.name_groups(part)]
        return tuple(dict.fromkeys(filter(None, parts)))

    def search_values(self, value: TagValue) -> tuple[str, ...]:
        """Return the comparable forms of a raw value, each once; a search matches if any of them does.

        They are those of `raw_values`, each folded, or written as `fileroom.comparable` writes numbers, dates
        and times, as `comparison` says. A value that is nothing but padding has none.
        """
        form = _FORMS.get(self.comparison, str)
        return tuple(dict.fromkeys(filter(None, map(form, self.raw_values(value)))))


def item_search_values(item: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the comparable forms of each attribute in a sequence item, by keyword.

    A keyword that the DICOM dictionary does not have is left out.
    """
    specs = {keyword: dictionary_spec(keyword, Level.INSTANCE) for keyword in item}
    return {keyword: spec.search_values(item[keyword]) for keyword, spec in specs.items() if spec}


@lru_cache(maxsize=1024)
def dictionary_spec(keyword: str, level: Level) -> TagSpec | None:
    """Return an attribute of the DICOM dictionary as an extra one of a level.

    None where the dictionary has no such keyword, or its values cannot be kept as text: pixels and other
    bulk data, attribute tags, and what stands before the data set proper (groups below 0008).
    """
    from pydicom.datadict import dictionary_VR, tag_for_keyword  # noqa: PLC0415 - slow to import, seldom needed

    tag = tag_for_keyword(keyword)
    if tag is None or tag < _FIRST_DATASET_TAG:
        return None
    vr = dictionary_VR(tag)
    vr = "US" if vr == "US or SS" else vr
    comparison = _COMPARISONS.get(vr)
    return comparison and TagSpec(keyword, tag, vr, level, _comparison(keyword, vr), extra=True)


def _comparison(keyword: str, vr: str) -> Comparison:
    comparison = _COMPARISONS[vr]
    if comparison is Comparison.FOLDED and vr != "PN" and _IDENTIFIER.search(keyword):
        return Comparison.EXACT
    return comparison


@dataclass(frozen=True, slots=True)
class TagSet:
    """The attributes kept at each level.

    Attributes:
        levels: every level's attributes, the main tags first.
    """

    levels: Mapping[Level, tuple[TagSpec, ...]]
    _keywords: Mapping[tuple[Level, str], TagSpec] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        specs = [spec for level in Level for spec in self.levels.get(level, ())]
        object.__setattr__(self, "_keywords", {(spec.level, spec.keyword): spec for spec in specs})

    @classmethod
    def default(cls) -> TagSet:
        """Return the main tags (`fileroom.main_tags`)."""
        return cls(
            {
                level: tuple(
                    TagSpec(
                        row.keyword, row.tag, row.vr, level, _comparison(row.keyword, row.vr), row.searchable
                    )
                    for row in rows
                )
                for level, rows in MAIN_TAGS.items()
            }
        )

    @classmethod
    def with_extra(cls, extra: Mapping[Level, Sequence[str]]) -> TagSet:
        """Return the main tags plus extra ones, named by keyword, per level.

        Raises:
            ConfigError: a keyword is not in the DICOM dictionary, its values cannot be kept as text, or
                the level keeps it already. The error's path is ``index.extra_tags.<level>``.
        """
        main = cls.default()
        return cls(
            {level: (*main.levels[level], *main._extra_specs(level, extra.get(level, ()))) for level in Level}
        )

    def _extra_specs(self, level: Level, keywords: Sequence[str]) -> list[TagSpec]:
        specs: dict[str, TagSpec] = {}
        for keyword in keywords:
            if keyword in specs:
                raise _extra_error(level, f"{keyword!r} is named twice")
            if self.by_keyword(level, keyword):
                raise _extra_error(level, f"{keyword!r} is kept anyway, as a main tag: leave it out")
            if any(keyword in names for names in COMPUTED.values()):
                raise _extra_error(level, f"{keyword!r} is computed by the index: leave it out")
            spec = dictionary_spec(keyword, level)
            if spec is None:
                reason = "not a keyword of the DICOM dictionary, or its values cannot be kept as text"
                raise _extra_error(level, f"{keyword!r} is {reason}")
            specs[keyword] = spec
        return list(specs.values())

    def by_keyword(self, level: Level, keyword: str) -> TagSpec | None:
        """Return the attribute of that keyword at that level, or None."""
        return self._keywords.get((level, keyword))

    @property
    def tag_numbers(self) -> Mapping[int, TagSpec]:
        """Every tag number to keep, in ascending order, with the attribute it is (at the highest of its levels)."""
        highest_last = [spec for level in reversed(Level) for spec in self.levels.get(level, ())]
        return dict(sorted({spec.tag: spec for spec in highest_last}.items()))


def _extra_error(level: Level, message: str) -> ConfigError:
    return ConfigError(message, f"index.extra_tags.{level.label}")

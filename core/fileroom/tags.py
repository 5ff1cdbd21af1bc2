"""Which attributes the index keeps at each level, and how their values are made comparable."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from fileroom._tags import comparable, dictionary
from fileroom._tags.main_tags import COMPUTED, MAIN_TAGS
from fileroom.errors import ConfigError
from fileroom.folding import FOLDING_VERSION, fold
from fileroom.model import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fileroom.model import TagValue

__all__ = [
    "FOLDING_VERSION",
    "Comparison",
    "TagSet",
    "TagSpec",
    "dictionary_spec",
    "fold",
    "item_search_values",
]


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
    Comparison.FOLDED: fold,
    Comparison.NUMBER: comparable.number,
    Comparison.DATE: comparable.date,
    Comparison.TIME: comparable.time,
    Comparison.DATETIME: comparable.date_and_time,
}
_COMPARISON_OF_VR: Mapping[str, Comparison] = {
    **dict.fromkeys(("AE", "AS", "CS", "UI", "UR"), Comparison.EXACT),
    **dict.fromkeys(("LO", "LT", "PN", "SH", "ST", "UC", "UT"), Comparison.FOLDED),
    **dict.fromkeys(("DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"), Comparison.NUMBER),
    "DA": Comparison.DATE,
    "TM": Comparison.TIME,
    "DT": Comparison.DATETIME,
    "SQ": Comparison.SEQUENCE,
}
_IDENTIFIER = re.compile(r"(?:IDs?|Identifier|Number|Code|CodeValue)$|OrderNumber")


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

        They are those of `raw_values`, each folded, or written as `fileroom._tags.comparable` writes numbers,
        dates and times, as `comparison` says. A value that is nothing but padding has none.
        """
        values = self.raw_values(value)
        form = _FORMS.get(self.comparison)
        return tuple(dict.fromkeys(filter(None, map(form, values)))) if form else values


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
    bulk data, attribute tags, and what stands outside the data set (`fileroom._tags.dictionary.lookup`).
    """
    found = dictionary.lookup(keyword)
    if found is None or found[1] not in _COMPARISON_OF_VR:
        return None
    tag, vr = found
    return TagSpec(keyword, tag, vr, level, _comparison(keyword, vr), extra=True)


def _comparison(keyword: str, vr: str) -> Comparison:
    comparison = _COMPARISON_OF_VR[vr]
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
        """Return the main tags (`fileroom._tags.main_tags`)."""
        return cls({level: _main_specs(level) for level in Level})

    @classmethod
    def with_extra(cls, extra: Mapping[Level, Sequence[str]]) -> TagSet:
        """Return the main tags plus extra ones, named by keyword, per level.

        Raises:
            ConfigError: a keyword is not in the DICOM dictionary, its values cannot be kept as text, or the
                level has it already. The error's path is ``index.extra_tags.<level>``.
        """
        return cls({level: _with_extra(_main_specs(level), level, extra.get(level, ())) for level in Level})

    def reading_too(self, keywords: Sequence[str]) -> TagSet:
        """Return a set for reading headers with: these tags, and those keywords at the instance level.

        Raises:
            ConfigError: a keyword is not in the DICOM dictionary, or its values cannot be kept as text.
        """
        known = {spec.keyword for specs in self.levels.values() for spec in specs}
        more = [keyword for keyword in keywords if keyword not in known]
        instance = _with_extra(self.levels[Level.INSTANCE], Level.INSTANCE, more)
        return TagSet({**self.levels, Level.INSTANCE: instance})

    def by_keyword(self, level: Level, keyword: str) -> TagSpec | None:
        """Return the attribute of that keyword at that level, or None."""
        return self._keywords.get((level, keyword))

    @property
    def tag_numbers(self) -> Mapping[int, TagSpec]:
        """Every tag number to keep, ascending, with its attribute (as the highest of its levels has it)."""
        upwards = [spec for level in reversed(Level) for spec in self.levels.get(level, ())]
        return dict(sorted({spec.tag: spec for spec in upwards}.items()))


def _main_specs(level: Level) -> tuple[TagSpec, ...]:
    return tuple(
        TagSpec(row.keyword, row.tag, row.vr, level, _comparison(row.keyword, row.vr), row.searchable)
        for row in MAIN_TAGS[level]
    )


def _with_extra(main: tuple[TagSpec, ...], level: Level, keywords: Sequence[str]) -> tuple[TagSpec, ...]:
    specs = {spec.keyword: spec for spec in main}
    for keyword in keywords:
        if keyword in specs:
            reason = "is named twice" if specs[keyword].extra else "is a main tag, kept anyway: leave it out"
        elif any(keyword in names for names in COMPUTED.values()):
            reason = "is computed by the index: leave it out"
        elif spec := dictionary_spec(keyword, level):
            specs[keyword] = spec
            continue
        elif dictionary.lookup(keyword):
            reason = "has values that cannot be kept as text"
        else:
            reason = "is not the keyword of a data set's attribute" + dictionary.suggestion(keyword)
        raise ConfigError(f"{keyword!r} {reason}", f"index.extra_tags.{level.label}")
    return tuple(specs.values())

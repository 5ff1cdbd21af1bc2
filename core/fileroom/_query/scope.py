"""Which attributes a search of one level may name, and what to say about the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom._tags import dictionary
from fileroom._tags.main_tags import COMPUTED
from fileroom.errors import KeyNotIndexedError, QueryError
from fileroom.model import Level
from fileroom.tags import dictionary_spec

if TYPE_CHECKING:
    from fileroom.tags import TagSet, TagSpec

_COLLECTED_AS = {"Modality": "ModalitiesInStudy", "SOPClassUID": "SOPClassesInStudy"}


@dataclass(frozen=True, slots=True)
class Scope:
    """The attributes of one level and those above it.

    Attributes:
        level: the level that is searched.
        tags: what the index keeps.
    """

    level: Level
    tags: TagSet

    def is_computed(self, keyword: str) -> bool:
        """Say whether the index computes that attribute for resources of this level."""
        return keyword in COMPUTED[self.level]

    def kept(self, keyword: str) -> TagSpec | None:
        """Return the attribute of that keyword that the index keeps at this level or the nearest above."""
        for number in range(self.level, 0, -1):
            if spec := self.tags.by_keyword(Level(number), keyword):
                return spec
        return None

    def is_indexed(self, spec: TagSpec) -> bool:
        """Say whether the index can be searched by that attribute."""
        return spec.searchable and self.kept(spec.keyword) is spec

    def indexed(self, keyword: str) -> TagSpec:
        """Return the attribute of that keyword, which the index can be searched by.

        Raises:
            KeyNotIndexedError: the index cannot.
            QueryError: nor could anything else (see `attribute`).
        """
        spec = self.attribute(keyword)
        if self.is_indexed(spec):
            return spec
        if self.kept(keyword):
            reason = "is kept to be shown, not to be searched: search"
        else:
            table = f'[index.extra_tags] {self.level.label} = ["{keyword}"]'
            reason = f"is not in the index: add it to {table} and run 'fileroom rebuild', or search"
        raise KeyNotIndexedError(keyword, f"{keyword} {reason} with scan=True, which reads headers")

    def attribute(self, keyword: str) -> TagSpec:
        """Return the attribute of that keyword, whether the index keeps it or only headers tell.

        Raises:
            QueryError: it belongs to a lower level, is computed for another level, has values that no search
                compares, or there is no such keyword.
        """
        if spec := self.kept(keyword):
            return spec
        self._refuse_other_level(keyword)
        if spec := dictionary_spec(keyword, self.level):
            return spec
        if dictionary.lookup(keyword):
            raise QueryError(f"{keyword} has values that cannot be searched")
        raise QueryError(
            f"{keyword!r} is not the keyword of a DICOM attribute{dictionary.suggestion(keyword)}"
        )

    def _refuse_other_level(self, keyword: str) -> None:
        for level in Level:
            if level > self.level and self.tags.by_keyword(level, keyword):
                way_out = f"search the {level.label} level"
                if self.level is Level.STUDY and keyword in _COLLECTED_AS:
                    way_out = f"ask for {_COLLECTED_AS[keyword]}, or {way_out}"
                raise QueryError(f"{keyword} belongs to the {level.label} level, below this one: {way_out}")
            if keyword in COMPUTED[level]:
                raise QueryError(f"{keyword} is computed at the {level.label} level only: search that level")

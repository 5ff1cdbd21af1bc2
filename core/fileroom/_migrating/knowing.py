"""Which tags the source knows of all its resources: an index that took records over may not know them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.errors import KeyNotIndexedError
from fileroom.model import Level
from fileroom.query import Order, Query

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fileroom.archive import Archive
    from fileroom.tags import TagSpec


def unknown_tags(archive: Archive) -> Mapping[Level, frozenset[str]]:
    """Return, for each level, the keywords that the index does not know of every resource.

    An index says so when it is asked to order by them (`fileroom.index.Index.complete`). Of those that cannot
    be asked for, none is known if there is any that is not.
    """
    unknown = {level: frozenset(_unknown(archive, level)) for level in Level}
    if not any(unknown.values()):
        return unknown
    shown = {
        level: {spec.keyword for spec in archive.tags.levels[level] if not spec.searchable} for level in Level
    }
    return {level: keywords | shown[level] for level, keywords in unknown.items()}


def _unknown(archive: Archive, level: Level) -> Iterator[str]:
    for spec in archive.tags.levels[level]:
        if spec.searchable and not _is_known(archive, spec):
            yield spec.keyword


def _is_known(archive: Archive, spec: TagSpec) -> bool:
    try:
        archive.index.find(Query(spec.level, order_by=(Order(spec),), limit=1))
    except KeyNotIndexedError:
        return False
    return True

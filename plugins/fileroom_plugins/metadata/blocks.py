"""Private blocks of a data set: whose they are, and how the same vendor's is found elsewhere (PS3.5 7.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom_plugins.metadata.lookup import creator_tag, is_creator

if TYPE_CHECKING:
    from fileroom_plugins.metadata.elements import DataSet

_BLOCK = 0xFF00


class Blocks:
    """The private blocks of one data set."""

    def __init__(self, dataset: DataSet) -> None:
        self._creators: dict[int, str] = {}
        for element in dataset.elements:
            if is_creator(element.tag) and type(element.value) is bytes:
                self._creators[element.tag] = dataset.charset.decode(element.value).strip("\0 ")
        self._used = {creator_tag(element.tag) for element in dataset.elements}
        self._first: dict[tuple[int, str], int] = {}
        for tag, creator in self._creators.items():
            if creator.isprintable() and creator and tag in self._used:  # others no document could name
                self._first.setdefault((tag >> 16, creator), tag)

    def creator(self, tag: int) -> str:
        """Return whose a private tag is; empty where the data set does not say."""
        return self._creators.get(creator_tag(tag) or 0, "")

    def first(self, tag: int, creator: str) -> int | None:
        """Return the tag of a Private Creator in a tag's group, None where it has no block there."""
        return self._first.get((tag >> 16, creator))

    def is_named(self, tag: int) -> bool:
        """Say whether a Private Creator's tag need not be told, since the tags of its block tell it."""
        return self._first.get((tag >> 16, self._creators.get(tag, ""))) == tag

    def neutral(self, tag: int) -> tuple[int, str]:
        """Return a private tag without its block, and whose it is.

        With its block, and nobody's, where the data set does not say, or has two blocks of one creator.
        """
        creator = self.creator(tag)
        first = self._first.get((tag >> 16, creator))
        if not creator or first != creator_tag(tag):
            return tag, ""
        return tag & ~_BLOCK, creator

"""Elements that are nested by paths, to be filled before they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Tree:
    """One element.

    Attributes:
        name: its name.
        content: what is in it, written already or to be filled still.
    """

    __slots__ = ("content", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.content: list[str | Tree] = []

    def within(self, path: Sequence[str]) -> Tree:
        """Return the element at a path beneath this one, made where it is not there yet."""
        if not path:
            return self
        there = (one for one in self.content if isinstance(one, Tree) and one.name == path[0])
        inner = next(there, None)
        if inner is None:
            inner = Tree(path[0])
            self.content.append(inner)
        return inner.within(path[1:])

    def written(self, attributes: str = "") -> str:
        """Return the text of the element and all that is in it."""
        inner = "".join(one.written() if isinstance(one, Tree) else one for one in self.content)
        return f"<{self.name}{attributes}>{inner}</{self.name}>" if inner else f"<{self.name}{attributes}/>"

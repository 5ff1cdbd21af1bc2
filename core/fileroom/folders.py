"""Folders that storages keep their objects in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def folders_overlap(some: Iterable[Path], others: Iterable[Path]) -> bool:
    """Say whether one of some folders is one of the others, or lies within one, or one within it.

    What lists such a folder may take another's objects for its own. Symbolic links are followed; the folders
    need not be there.
    """
    resolved = [folder.resolve() for folder in others]
    return any(
        one.is_relative_to(other) or other.is_relative_to(one)
        for one in (folder.resolve() for folder in some)
        for other in resolved
    )

"""An open object: read here as far as it is here, and from the storage behind for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Protocol

from fileroom.plugin import RangeFile

if TYPE_CHECKING:
    from collections.abc import Callable

BUFFER = 1 << 16


class Here(Protocol):
    """What is here of an object.

    Attributes:
        size: of the whole object, in bytes.
    """

    size: int

    def read_at(self, position: int, size: int) -> bytes | None:
        """Return bytes from a position, at least one and at most so many; None if they are not to be had."""

    def close(self) -> None:
        """Let go of it; once."""


class OpenObject(RangeFile):
    """Bytes ``start`` to ``end`` of an object, read as if they were the whole file.

    Args:
        here: what is here of the object; closed with this.
        start: offset of the first byte.
        end: offset after the last; not past the end of the object.
        behind: opens the object in the storage behind, for what is not here.
    """

    def __init__(self, here: Here, start: int, end: int, behind: Callable[[], BinaryIO]) -> None:
        super().__init__(end - start)
        self._here = here
        self._start = start
        self._open_behind = behind
        self._behind: BinaryIO | None = None

    def fetch(self, position: int, size: int) -> bytes:
        """Return what is here, or else what the storage behind gives."""
        position += self._start
        data = self._here.read_at(position, size)
        if data is not None:
            return data
        if self._behind is None:
            self._behind = self._open_behind()
        self._behind.seek(position)
        return self._behind.read(size)

    def close(self) -> None:
        """Let go of both."""
        if not self.closed:
            self._here.close()
            if self._behind is not None:
                self._behind.close()
        super().close()

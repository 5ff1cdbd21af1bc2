"""Objects on their way to the storage behind, copied as they pass."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom.plugin import buffers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.plugin import PutItem, Source, Storage, Stored
    from fileroom_plugins.storage_cache.copies import Copies


def put_through(behind: Storage, copies: Copies, items: Sequence[PutItem]) -> list[Stored]:
    """Put objects into the storage behind, and keep copies of them; errors as in ``Storage.put_many``."""
    passing = [_Passing(copies, item) for item in items]
    try:
        stored = behind.put_many([one.item for one in passing])
        for one, put in zip(passing, stored, strict=True):
            one.keep(put.locator)
    finally:
        for one in passing:
            one.copy.discard()
    return stored


class _Passing:
    """An object that is put.

    Attributes:
        item: what to give to the storage behind.
        copy: what is made of it here.
    """

    def __init__(self, copies: Copies, item: PutItem) -> None:
        self.copy = copies.begin()
        self.item = item
        self._buffer = item.source if isinstance(item.source, bytes | memoryview) else None
        if self._buffer is None:
            self.item = replace(item, source=self._copied(item.source))

    def keep(self, locator: str) -> None:
        """Make the copy that of an object."""
        if self._buffer is not None:
            self.copy.write(self._buffer)
        self.copy.publish(locator)

    def _copied(self, source: Source) -> Iterator[bytes]:
        for piece in buffers(source):
            self.copy.write(piece)
            yield piece  # type: ignore[misc]  # a buffer is as good
        self.copy.pause()

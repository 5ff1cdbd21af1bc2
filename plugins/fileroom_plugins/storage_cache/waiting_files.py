"""The files of objects that wait: one folder for all, and a header that keeps what is known of each."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from fileroom.model import Level
from fileroom.plugin import NotFoundError, PutItem, StorageError, buffers
from fileroom_plugins.storage_filesystem.places import Places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_MAGIC = b"FRp1"
_HEADER = struct.Struct(">4sBBH")  # the level, or 0; whether there is a content type; which

HEADER_SIZE = _HEADER.size


class Flat(Places):
    """All in one folder, so that it is listed at once; few files are in it for long."""

    def candidates(self, item: PutItem) -> tuple[str, ...]:
        """Return the key."""
        return (item.key,)

    def path(self, locator: str) -> Path:
        """Return where the file of a key is.

        Raises:
            NotFoundError: it is no key.
        """
        if not KEY.fullmatch(locator):
            raise not_here()
        return self._root / locator

    def lasts(self, folder: Path) -> bool:
        """Yes."""
        del folder
        return True


def headed(item: PutItem, passing: Callable[[int], None]) -> Iterator[bytes]:
    """Yield header and bytes of an object; ``passing`` is told the size of each piece before it comes."""
    has_type = item.content_type is not None
    yield _HEADER.pack(_MAGIC, item.level or 0, has_type, item.content_type or 0)
    for piece in buffers(item.source):
        passing(memoryview(piece).nbytes)
        yield piece  # type: ignore[misc]  # a buffer is as good


def item_of(key: str, header: bytes, size: int, source: Iterable[bytes]) -> PutItem:
    """Return an object as it was put.

    Raises:
        StorageError: that is no header.
    """
    try:
        magic, level, has_type, content_type = _HEADER.unpack(header)
    except struct.error:
        magic = b""
    if magic != _MAGIC:
        raise StorageError(f"storage cache: the file of object {key}, which waits for its upload, is damaged")
    return PutItem(
        key,
        source,
        level=Level(level) if level else None,
        content_type=content_type if has_type else None,
        size=size,
    )


def not_here() -> NotFoundError:
    """Return the error for an object that does not wait."""
    return NotFoundError("storage: the object does not wait for its upload")

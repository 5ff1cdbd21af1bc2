"""A local cache before any other storage: what was used lately is read from a folder of this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fileroom.plugin import InnerStorage, StoragePlugin, hookimpl, parse_size

if TYPE_CHECKING:
    from fileroom.plugin import Storage

_LEAST = 1 << 20


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[storage]`` with ``backend = "cache"``.

    Attributes:
        inner: the storage behind the cache, a table of its own: its ``backend``, and that backend's keys.
        path: the cache's folder, on a local disk. It is made, readable by its owner only, when it is needed.
            Each archive has one of its own, and is refused another's; the processes of one machine that open
            the archive may share it.
        max_size: how many bytes it may hold, at least 1 MB: a number, or a text such as ``"20 GB"``, where a
            GB is 2**30 bytes. What was not read for the longest time goes first.
        write_back: True acknowledges an object as soon as the folder has it durably; the inner storage gets
            it in the background. **Until then it is nowhere else**: other machines do not find it, and it is
            lost with the disk. False acknowledges when the inner storage has it.

    Raises:
        ValueError: ``max_size`` is no size, or too small.
    """

    inner: InnerStorage
    path: Path = Path("cache")
    max_size: int | str = "20gb"
    write_back: bool = False

    def __post_init__(self) -> None:
        """Refuse what is no size."""
        try:
            size = self.max_bytes
        except ValueError as error:
            raise ValueError(f"max_size: {error}") from None
        if size < _LEAST:
            raise ValueError("max_size: must be 1 MB or more")

    @property
    def max_bytes(self) -> int:
        """``max_size`` in bytes."""
        return parse_size(self.max_size) if isinstance(self.max_size, str) else self.max_size

    @property
    def place(self) -> object:
        """That of the storage behind."""
        return self.inner.place


def _open(options: Options) -> Storage:
    from fileroom_plugins.storage_cache.storage import CacheStorage  # noqa: PLC0415 - when needed

    return CacheStorage(
        options.inner.open,
        options.path,
        max_bytes=options.max_bytes,
        write_back=options.write_back,
        place=options.inner.place,
    )


@hookimpl
def fileroom_storage() -> StoragePlugin:
    """Offer the storage."""
    return StoragePlugin("cache", Options, _open, "A local cache before another storage")

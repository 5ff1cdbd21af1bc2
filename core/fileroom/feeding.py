"""The Feed contract: a place outside the archive that objects are taken from.

Files and folders an archive reads by itself (`fileroom.sources`). A feed is for everything else that holds
images: the tables of another system's database, for one. `fileroom.testing.feed` holds each promise below as
a test.
"""

from __future__ import annotations

import abc
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

__all__ = ["Feed", "FeedItem"]


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One object of a feed, which has not been read yet.

    Attributes:
        name: how reports name it, for example ``images 4711``.
        size: in bytes; 0 for what is there without any bytes, such as a NULL.
        open: opens it for reading, seekable, from its start; any number of times, by any thread, as long as
            the feed is open. It raises `OSError`, whose ``strerror`` says why, where this object cannot be
            read, and `FeedError` where the whole feed cannot; so does what it returns.
    """

    name: str
    size: int
    open: Callable[[], BinaryIO]


class Feed(abc.ABC):
    """Objects to take into an archive: what `fileroom.Archive.ingest` can be given.

    - The place is only read.
    - Nothing is held whole by need: neither the list of the objects, nor a large one of them.
    - No message holds an object's bytes, or a password.
    """

    @abc.abstractmethod
    def __iter__(self) -> Iterator[FeedItem]:
        """Yield the objects, each once, in an order that is the same each time.

        Raises:
            FeedError: the place cannot be read, or not any more; says what to do.
        """

    def count(self) -> int | None:
        """Return how many objects there are, about; None where that would be expensive to tell."""
        return None

    def close(self) -> None:  # noqa: B027 - some feeds hold nothing
        """Release what the feed holds. May be called twice; no other call may follow."""

    def __enter__(self) -> Self:
        """Return the feed itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the feed."""
        self.close()

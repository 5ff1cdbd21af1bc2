"""Digests of what passes by: ``"<algorithm>:<hex>"``, to find rot, not to prove anything."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from fileroom.storage import buffers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.storage import Source


class Hashing:
    """An iterable of buffers that hashes what passes through it, once.

    Attributes:
        algorithm: a name `hashlib` knows.
    """

    def __init__(self, algorithm: str, pieces: Iterator[bytes | memoryview]) -> None:
        self.algorithm = algorithm
        self._hasher = hashlib.new(algorithm, usedforsecurity=False)
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        """Yield the buffers."""
        update = self._hasher.update
        for piece in self._pieces:
            update(piece)
            yield piece  # type: ignore[misc]  # buffers: what a storage writes

    @property
    def digest(self) -> str:
        """``"<algorithm>:<hex>"`` of all that passed so far."""
        return f"{self.algorithm}:{self._hasher.hexdigest()}"


def digest_of(source: Source, algorithm: str) -> str:
    """Return ``"<algorithm>:<hex>"`` of a source's bytes."""
    hashing = Hashing(algorithm, buffers(source))
    for _ in hashing:
        pass
    return hashing.digest

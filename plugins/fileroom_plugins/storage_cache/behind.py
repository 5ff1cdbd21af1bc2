"""The storage behind the cache, which may be out of reach when the archive is opened."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from fileroom.plugin import StorageCapabilities, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fileroom.plugin import Storage

_log = logging.getLogger("fileroom.cache")


class Behind:
    """Opens a storage once; call it to get that.

    Args:
        opener: opens it.
        needed: whether it must be in reach now. If not, it is tried again at each use.

    Raises:
        StorageError: it must, and is not.
        ConfigError: it is not configured as it should be.
    """

    def __init__(self, opener: Callable[[], Storage], *, needed: bool) -> None:
        self._opener = opener
        self._storage: Storage | None = None
        self._lock = threading.Lock()
        try:
            self()
        except StorageError as error:
            if needed:
                raise
            _log.warning("cache: the storage behind is out of reach (%s); opened without it", error)

    def __call__(self) -> Storage:
        """Return the storage, open.

        Raises:
            StorageError: it is out of reach.
        """
        if self._storage is None:
            with self._lock:
                if self._storage is None:
                    self._storage = self._opener()
        return self._storage

    @property
    def opened(self) -> Storage | None:
        """The storage, None as long as it was out of reach."""
        return self._storage

    @property
    def capabilities(self) -> StorageCapabilities:
        """What it can do, as far as that is known."""
        return StorageCapabilities() if self._storage is None else self._storage.capabilities

    def close(self) -> None:
        """Close it."""
        if self._storage is not None:
            self._storage.close()

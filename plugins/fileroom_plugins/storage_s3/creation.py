"""Putting an object only where there is none, on servers that can and on those that cannot."""

from __future__ import annotations

import contextlib
import threading
import uuid
from typing import TYPE_CHECKING

from fileroom.plugin import AlreadyExistsError, StorageError
from fileroom_plugins.storage_s3.failures import code_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fileroom_plugins.storage_s3.bucket import Bucket
    from fileroom_plugins.storage_s3.layout import Layout

_MARKER = ".fileroom-storage"
_MARKER_TEXT = b"""\
What lies beneath this prefix is a Fileroom storage: the objects belong to the archive's index. This object
also shows whether the server refuses to put an object where there is one already.
"""
_REFUSED = "PreconditionFailed"


class Creation:
    """Creates objects: never over another's.

    A server with conditional writes (``If-None-Match: *``) decides it. One that ignores the condition, as
    rclone does, would overwrite: there it is asked beforehand what is taken. Keys are random, so that what
    is left is two processes that put the same key at once, which nobody does by chance.

    An upload in parts is completed with the same condition. Some servers that honour it for whole objects
    ignore it there, so that the key is asked for once more just before.
    """

    def __init__(self, bucket: Bucket, layout: Layout) -> None:
        self._bucket = bucket
        self._layout = layout
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._probing = threading.Lock()
        self._conditional: bool | None = None

    @property
    def known_conditional(self) -> bool:
        """Whether the server is known to honour the condition: not before something was put."""
        return bool(self._conditional)

    @contextlib.contextmanager
    def reserved(self, keys: Sequence[str]) -> Iterator[None]:
        """Keep keys from other threads; see that they are free, if the server would not.

        Raises:
            AlreadyExistsError: one is taken, by an object or by another call.
            StorageError: the server could not tell.
        """
        with self._lock:
            busy = self._busy.intersection(keys)
            if busy:
                raise taken(min(busy))
            self._busy.update(keys)
        try:
            if not self._is_conditional():
                self._refuse_taken(keys)
            yield
        finally:
            with self._lock:
                self._busy.difference_update(keys)

    def put(self, key: str, body: bytes | bytearray, mark: str) -> None:
        """Create an object in one request.

        Raises:
            AlreadyExistsError: there is one.
            StorageError: it failed.
        """
        name = self._layout.name(key)
        with self._understood(key, mark):
            self._bucket.put(name, body, mark, create=self.known_conditional)

    def complete(self, key: str, upload: str, etags: Sequence[str], mark: str) -> None:
        """Create an object of the parts of an upload.

        Raises:
            AlreadyExistsError: there is one; the upload is still there.
            StorageError: it failed.
        """
        name = self._layout.name(key)
        if self._bucket.head(name):
            raise taken(key)
        with self._understood(key, mark):
            self._bucket.complete(name, upload, etags, create=self.known_conditional)

    def marked(self, keys: Iterable[str], mark: str) -> Iterator[str]:
        """Yield those keys whose objects were put with this mark, until the server cannot tell any more."""
        with contextlib.suppress(StorageError):
            for key in keys:
                found = self._bucket.head(self._layout.name(key), tries=1)
                if found is not None and found.mark == mark:
                    yield key

    @contextlib.contextmanager
    def _understood(self, key: str, mark: str) -> Iterator[None]:
        """Tell a failure from a success whose answer was lost, and the latter from another's object."""
        try:
            yield
        except StorageError as error:
            if any(self.marked([key], mark)):
                return
            if code_of(error) == _REFUSED:
                raise taken(key) from error
            raise

    def _is_conditional(self) -> bool:
        """Find out, once, by putting the marker where it is: one that honours the condition refuses."""
        with self._probing:
            if self._conditional is None:
                self._conditional = self._refuses_marker() or self._refuses_marker()
            return self._conditional

    def _refuses_marker(self) -> bool:
        try:
            self._bucket.put_marker(f"{self._layout.base}{_MARKER}", _MARKER_TEXT)
        except StorageError as error:
            if code_of(error) == _REFUSED:
                return True
            if code_of(error) != "NotImplemented":
                raise
        return False

    def _refuse_taken(self, keys: Sequence[str]) -> None:
        """Raise if a key has an object. Those of a folder are found with one listing."""
        folders: dict[str, list[str]] = {}
        for key in keys:
            folders.setdefault(self._layout.folder(key), []).append(key)
        for folder, ours in folders.items():
            there = self._listed(folder) if len(ours) > 1 else self._found(ours)
            if both := set(ours).intersection(there):
                raise taken(min(both))

    def _listed(self, folder: str) -> Iterator[str]:
        for page in self._bucket.pages(folder):
            for one in page.get("Contents", []):
                if locator := self._layout.locator(one["Key"]):
                    yield locator

    def _found(self, keys: Iterable[str]) -> Iterator[str]:
        return (key for key in keys if self._bucket.head(self._layout.name(key)))


def new_mark() -> str:
    """Return what tells a call's objects from those of others."""
    return uuid.uuid4().hex


def taken(key: str) -> AlreadyExistsError:
    """Return the error for a key that has an object, or will have one in a moment."""
    return AlreadyExistsError(f"storage: key {key} has an object already, which was kept: use a fresh key")

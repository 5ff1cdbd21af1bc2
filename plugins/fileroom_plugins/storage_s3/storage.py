"""The S3 storage."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, BinaryIO

from fileroom.plugin import (
    AlreadyExistsError,
    ByteRange,
    Deletion,
    InvalidValueError,
    NotFoundError,
    Storage,
    StorageCapabilities,
    Stored,
)
from fileroom_plugins.storage_s3 import listing
from fileroom_plugins.storage_s3.answers import Opened
from fileroom_plugins.storage_s3.batch import Batch
from fileroom_plugins.storage_s3.bucket import Bucket
from fileroom_plugins.storage_s3.creation import Creation
from fileroom_plugins.storage_s3.deleting import delete
from fileroom_plugins.storage_s3.layout import Layout, not_found
from fileroom_plugins.storage_s3.ranges import read_ranges
from fileroom_plugins.storage_s3.reading import BUFFER, RemoteFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.plugin import PutItem
    from fileroom_plugins.storage_s3 import Options

_WHOLE = ByteRange()
_LONGEST_URL = 7 * 24 * 3600
"""Seconds (Amazon S3 User Guide, "Sharing objects with presigned URLs")."""


class S3Storage(Storage):
    """Objects in a bucket; several processes and machines may use it at once.

    Args:
        options: see `fileroom_plugins.storage_s3.Options`.

    Raises:
        ConfigError: there are no credentials, or options that boto3 cannot use.
        StorageError: the bucket is not there, cannot be reached, or must not be listed.
    """

    def __init__(self, options: Options) -> None:
        self._layout = Layout(options.prefix)
        self._bucket = Bucket(options, self._layout.base)
        self._creation = Creation(self._bucket, self._layout)
        self._part_size = options.part_bytes
        self._concurrency = options.concurrency
        self._bucket.check()

    @property
    def capabilities(self) -> StorageCapabilities:  # type: ignore[override]  # known after the first put
        """URLs, keys for locators; and conditional creation, once a put has shown that the server has it."""
        return StorageCapabilities(
            presigned_url=True, conditional_create=self._creation.known_conditional, key_locators=True
        )

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        """Store objects side by side: small ones in one request each, large ones in parts."""
        if not items:
            return []
        if len({item.key for item in items}) < len(items):
            raise AlreadyExistsError(
                "storage: two objects of one call have one key: use a fresh key for each"
            )
        return Batch(
            self._bucket,
            self._layout,
            self._creation,
            items,
            part_size=self._part_size,
            concurrency=self._concurrency,
        ).put()

    def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        """Open an object, or a range of it; its first bytes come with the same request."""
        name = self._layout.name(locator)
        start, end = (byte_range or _WHOLE).start, (byte_range or _WHOLE).end
        if start == end:
            self.stat(locator)
            first = Opened.empty(start)
        else:
            answer = self._bucket.get(name, start, end)
            if answer is None:
                raise not_found(locator)
            first = answer
        return io.BufferedReader(RemoteFile(self._bucket, name, first), BUFFER)

    def read_ranges(self, locator: str, ranges: Sequence[ByteRange]) -> list[bytes]:
        """Return the bytes of several ranges; those that are near each other come with one request."""
        found = read_ranges(self._bucket, self._layout.name(locator), ranges, self._concurrency)
        if found is None:
            raise not_found(locator)
        return found

    def stat(self, locator: str) -> Stored:
        """Return an object's size and time."""
        found = self._bucket.head(self._layout.name(locator))
        if found is None:
            self._bucket.check()  # lest the loss of the bucket be taken for that of an object
            raise not_found(locator)
        return Stored(locator, found.size, found.modified)

    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        """Delete objects, a thousand with each request."""
        names: dict[str, str] = {}
        for locator in locators:
            try:
                names[locator] = self._layout.name(locator)
            except NotFoundError:
                continue
        failed = delete(self._bucket, list(names.values()))
        return [Deletion(locator, failed.get(names.get(locator, ""))) for locator in locators]

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """Yield objects by locator."""
        return listing.objects(self._bucket, self._layout, prefix)

    def discard_unfinished(self, older_than: float) -> int:
        """Abort uploads in parts to which nothing was added for so many seconds."""
        found = list(listing.unfinished(self._bucket, self._layout, time.time() - older_than))
        for name, upload in found:
            self._bucket.abort(name, upload)
        return len(found)

    def presigned_url(self, locator: str, seconds: int) -> str:
        """Return a URL from which anybody can read the object; temporary credentials may end it sooner.

        Raises:
            InvalidValueError: it is to be valid for less than a second, or for more than a week.
        """
        if not 1 <= seconds <= _LONGEST_URL:
            raise InvalidValueError(f"a signed URL is valid for 1 to {_LONGEST_URL} seconds, not {seconds}")
        return self._bucket.url(self._layout.name(locator), seconds)

    def close(self) -> None:
        """Close the connections."""
        self._bucket.close()

"""Finding what is in the bucket: objects, and uploads that nobody completed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.plugin import Stored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom_plugins.storage_s3.bucket import Bucket
    from fileroom_plugins.storage_s3.layout import Layout


def objects(bucket: Bucket, layout: Layout, prefix: str) -> Iterator[Stored]:
    """Yield our objects whose locators begin so, by locator; nothing that others put beside them.

    Raises:
        StorageError: a page of the listing could not be had.
    """
    names_begin = layout.names_begin(prefix)
    if names_begin is None:
        return
    for page in bucket.pages(names_begin):
        for one in page.get("Contents", []):
            locator = layout.locator(one["Key"])
            if locator is not None:
                yield Stored(locator, one["Size"], one["LastModified"].timestamp())


def unfinished(bucket: Bucket, layout: Layout, deadline: float) -> Iterator[tuple[str, str]]:
    """Yield name and id of our uploads to which nothing was written since a time, in seconds since 1970.

    Raises:
        StorageError: they could not be listed.
    """
    for one in bucket.uploads(layout.base):
        name, upload = one["Key"], one["UploadId"]
        if not layout.locator(name) or one["Initiated"].timestamp() > deadline:
            continue
        written = bucket.last_written(name, upload)
        if written is not None and written <= deadline:
            yield name, upload

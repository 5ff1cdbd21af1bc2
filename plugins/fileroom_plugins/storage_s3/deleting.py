"""Deleting many objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.plugin import FileroomError, StorageError
from fileroom_plugins.storage_s3.bucket import MOST_DELETED
from fileroom_plugins.storage_s3.failures import code_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fileroom_plugins.storage_s3.bucket import Bucket

# What servers say that cannot delete many objects at once, or want a checksum that botocore does not send.
_CANNOT = {
    "NotImplemented",
    "MethodNotAllowed",
    "MissingContentMD5",
    "InvalidRequest",
    "MalformedXML",
    "501",
    "405",
}


def delete(bucket: Bucket, names: Sequence[str]) -> Mapping[str, FileroomError]:
    """Delete objects, those that are not there too; return the error of each for which it failed."""
    failed: dict[str, FileroomError] = {}
    for start in range(0, len(names), MOST_DELETED):
        some = names[start : start + MOST_DELETED]
        try:
            failed |= bucket.delete(some)
        except FileroomError as error:
            if code_of(error) in _CANNOT:
                failed |= _one_by_one(bucket, some)
            else:
                failed |= dict.fromkeys(some, error)
    return failed


def _one_by_one(bucket: Bucket, names: Sequence[str]) -> Mapping[str, FileroomError]:
    failed: dict[str, FileroomError] = {}
    for name in names:
        try:
            bucket.delete_one(name)
        except StorageError as error:
            failed[name] = error
    return failed

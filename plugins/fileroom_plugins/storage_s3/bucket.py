"""The requests that the storage makes of a bucket, made again where that may help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from fileroom.plugin import StorageError
from fileroom_plugins.storage_s3.answers import Found, Opened, opened
from fileroom_plugins.storage_s3.attempts import Attempts
from fileroom_plugins.storage_s3.client import connect
from fileroom_plugins.storage_s3.failures import code_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_s3.type_defs import (
        CompletedPartTypeDef,
        ListObjectsV2OutputTypeDef,
        MultipartUploadTypeDef,
    )

    from fileroom.plugin import FileroomError
    from fileroom_plugins.storage_s3 import Options

MARK = "fileroom-put"
"""The user metadata that tells one put's object from another's, lest a lost answer be taken for a refusal."""

MOST_DELETED = 1_000
"""How many objects one request can delete (Amazon S3 API Reference, DeleteObjects)."""

_MISSING = {"404", "NoSuchKey"}
_NO_UPLOAD = {"NoSuchUpload", *_MISSING}


class Bucket:
    """One bucket of one server. Any thread may make requests; so many are made at a time as was configured.

    Names are those of objects in the bucket. All methods raise `StorageError` for what fails, and
    `ConfigError` where no credentials can be found.

    Attributes:
        attempts: how requests are made again.

    Args:
        options: see there.
        prefix: what all names begin with; others need not be allowed.

    Raises:
        ConfigError: a secret cannot be found, or botocore does not like the options.
    """

    def __init__(self, options: Options, prefix: str) -> None:
        self._name = options.bucket
        self._prefix = prefix
        self.attempts = Attempts(f"bucket {options.bucket!r}", options.retries, options.concurrency)
        self._call = self.attempts.call
        self._client = self._call("cannot set up boto3", lambda: connect(options), tries=1)
        self.attempts.where += f" at {urlsplit(self._client.meta.endpoint_url).netloc}"
        self._put_arguments: dict[str, Any] = {}
        if options.sse != "none":
            self._put_arguments["ServerSideEncryption"] = options.sse
        if options.sse_kms_key_id is not None:
            self._put_arguments["SSEKMSKeyId"] = options.sse_kms_key_id
        self._class_arguments: dict[str, Any] = {}
        if options.storage_class is not None:
            self._class_arguments["StorageClass"] = options.storage_class

    def check(self) -> None:
        """Make sure that the bucket is there, and that these credentials may list it.

        It is asked with a request whose refusal has a body: what is wrong with a HEAD nobody says.
        """
        self._call(
            "cannot use the bucket",
            lambda: self._client.list_objects_v2(Bucket=self._name, Prefix=self._prefix, MaxKeys=1),
            tries=2,
        )

    def get(self, name: str, start: int = 0, end: int | None = None, etag: str = "") -> Opened | None:
        """Begin to read an object, or a part of it, which is not empty; None if there is no such object.

        Args:
            name: the object's.
            start: offset of the first byte.
            end: offset after the last, None for the object's end.
            etag: what the object must still have.
        """
        arguments: dict[str, Any] = {"IfMatch": etag} if etag else {}
        if start or end is not None:
            arguments["Range"] = f"bytes={start}-{'' if end is None else end - 1}"

        def send() -> Opened:
            return opened(self._client.get_object(Bucket=self._name, Key=name, **arguments), start, end)

        try:
            return self._call("cannot read an object", send)
        except StorageError as error:
            if code_of(error) == "InvalidRange":
                return Opened.empty(start)
            if code_of(error) in _MISSING:
                return None
            raise

    def get_more(self, name: str, start: int, end: int | None, etag: str) -> Opened:
        """Read on in an object; raises if it has been deleted, or is not the one any more of that ETag.

        Raises:
            StorageError: that, or reading failed.
        """
        answer = self.get(name, start, end, etag)
        if answer is None:
            raise StorageError(
                f"storage s3, {self.attempts.where}: an object was deleted while it was being read"
            )
        if answer.etag not in ("", etag):  # not every server looks at If-Match
            answer.close()
            raise StorageError(
                f"storage s3, {self.attempts.where}: an object was replaced while it was being read"
            )
        return answer

    def head(self, name: str, *, tries: int | None = None) -> Found | None:
        """Return what is known of an object, None if there is none."""
        try:
            answer = self._call(
                "cannot ask for an object",
                lambda: self._client.head_object(Bucket=self._name, Key=name),
                tries,
            )
        except StorageError as error:
            if code_of(error) in _MISSING:
                return None
            if code_of(error).isdigit():
                self.check()  # fails likewise, and is told why
            raise
        marks = {key.lower(): value for key, value in answer["Metadata"].items()}  # rclone capitalises them
        return Found(answer["ContentLength"], answer["LastModified"].timestamp(), marks.get(MARK, ""))

    def put(self, name: str, body: bytes | bytearray, mark: str, *, create: bool) -> None:
        """Put an object in one request; with ``create`` only where there is none yet."""
        arguments: dict[str, Any] = {"IfNoneMatch": "*"} if create else {}
        self._call(
            "cannot write an object",
            lambda: self._client.put_object(
                Bucket=self._name,
                Key=name,
                Body=_body(body),
                Metadata={MARK: mark},
                **arguments,
                **self._put_arguments,
                **self._class_arguments,
            ),
        )

    def put_marker(self, name: str, text: bytes) -> None:
        """Put a small object that is in no other storage class, where there is none yet."""
        self._call(
            "cannot write the storage's marker",
            lambda: self._client.put_object(
                Bucket=self._name, Key=name, Body=text, IfNoneMatch="*", **self._put_arguments
            ),
        )

    def begin(self, name: str, mark: str) -> str:
        """Begin to put an object in parts; return the upload's id."""
        answer = self._call(
            "cannot begin an upload",
            lambda: self._client.create_multipart_upload(
                Bucket=self._name,
                Key=name,
                Metadata={MARK: mark},
                **self._put_arguments,
                **self._class_arguments,
            ),
        )
        return answer["UploadId"]

    def put_part(self, name: str, upload: str, number: int, body: bytes | bytearray) -> str:
        """Put a part, from 1 on; return its ETag."""
        answer = self._call(
            "cannot write a part of an object",
            lambda: self._client.upload_part(
                Bucket=self._name, Key=name, UploadId=upload, PartNumber=number, Body=_body(body)
            ),
        )
        return answer["ETag"]

    def complete(self, name: str, upload: str, etags: Sequence[str], *, create: bool) -> None:
        """Make an object of its parts; with ``create`` only where there is none yet."""
        arguments: dict[str, Any] = {"IfNoneMatch": "*"} if create else {}
        parts: list[CompletedPartTypeDef] = [
            {"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)
        ]
        self._call(
            "cannot complete an upload",
            lambda: self._client.complete_multipart_upload(
                Bucket=self._name, Key=name, UploadId=upload, MultipartUpload={"Parts": parts}, **arguments
            ),
        )

    def abort(self, name: str, upload: str) -> None:
        """Give up an upload, and the parts that are there."""
        try:
            self._call(
                "cannot abort an upload",
                lambda: self._client.abort_multipart_upload(Bucket=self._name, Key=name, UploadId=upload),
            )
        except StorageError as error:
            if code_of(error) not in _NO_UPLOAD:
                raise

    def uploads(self, prefix: str) -> Iterator[MultipartUploadTypeDef]:
        """Yield the uploads under way of objects whose names begin so."""
        markers: dict[str, Any] = {}
        while True:
            try:
                page = self._call(
                    "cannot list the unfinished uploads",
                    lambda: self._client.list_multipart_uploads(Bucket=self._name, Prefix=prefix, **markers),  # noqa: B023 - called at once
                )
            except StorageError as error:
                if code_of(error) in _NO_UPLOAD:  # what rclone says where there is none
                    return
                raise
            yield from page.get("Uploads", [])
            if not page.get("IsTruncated"):
                return
            markers = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}

    def last_written(self, name: str, upload: str) -> float | None:
        """Return when the last part of an upload came, in seconds since 1970.

        0 if none did; None if the upload is completed or aborted.
        """
        newest = 0.0
        markers: dict[str, Any] = {}
        while True:
            try:
                page = self._call(
                    "cannot list the parts of an upload",
                    lambda: self._client.list_parts(Bucket=self._name, Key=name, UploadId=upload, **markers),  # noqa: B023 - called at once
                )
            except StorageError as error:
                if code_of(error) in _NO_UPLOAD:
                    return None
                raise
            times = [one["LastModified"].timestamp() for one in page.get("Parts", [])]
            newest = max([newest, *times])
            if not page.get("IsTruncated"):
                return newest
            markers = {"PartNumberMarker": page["NextPartNumberMarker"]}

    def delete(self, names: Sequence[str]) -> dict[str, FileroomError]:
        """Delete up to `MOST_DELETED` objects in one request; return the errors of those it failed for."""
        answer = self._call(
            "cannot delete objects",
            lambda: self._client.delete_objects(
                Bucket=self._name, Delete={"Objects": [{"Key": name} for name in names], "Quiet": True}
            ),
        )
        failed = {}
        for one in answer.get("Errors", []):
            if one.get("Code") not in _MISSING:
                cause = ClientError({"Error": {"Code": one.get("Code", "")}}, "DeleteObjects")
                failed[one["Key"]] = self.attempts.error(cause, "cannot delete an object")
                failed[one["Key"]].__cause__ = cause
        return failed

    def delete_one(self, name: str) -> None:
        """Delete an object, if there is one."""
        self._call("cannot delete an object", lambda: self._client.delete_object(Bucket=self._name, Key=name))

    def pages(self, prefix: str) -> Iterator[ListObjectsV2OutputTypeDef]:
        """Yield the objects whose names begin so, by name, a page at a time."""
        token: dict[str, Any] = {}
        while True:
            page = self._call(
                "cannot list the objects",
                lambda: self._client.list_objects_v2(Bucket=self._name, Prefix=prefix, **token),  # noqa: B023 - called at once
            )
            yield page
            if not page["IsTruncated"]:
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def url(self, name: str, seconds: int) -> str:
        """Return a signed URL that reads an object for so many seconds; asks nobody."""
        how: Literal["get_object"] = "get_object"
        return self._call(
            "cannot sign a URL",
            lambda: self._client.generate_presigned_url(
                how, Params={"Bucket": self._name, "Key": name}, ExpiresIn=seconds
            ),
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _body(data: bytes | bytearray) -> bytes:
    """Return a body that botocore sends at once; for bytes, it asks first, and sends 16 KiB at a time."""
    return cast("bytes", memoryview(data))

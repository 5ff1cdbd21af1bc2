"""The bytes of a large answer, as they come."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING

from botocore.exceptions import IncompleteReadError

from fileroom_plugins.storage_s3.failures import FAILURES

if TYPE_CHECKING:
    from botocore.response import StreamingBody

    from fileroom_plugins.storage_s3.answers import Opened
    from fileroom_plugins.storage_s3.bucket import Bucket

_WORTH_READING = 64 << 10  # so little is read to its end, so that the connection can be used again


class Flow:
    """What is left of an answer's bytes. A connection that breaks is replaced from where it broke.

    Attributes:
        at: offset in the object of the next byte.
        end: offset after the last.
    """

    def __init__(self, bucket: Bucket, name: str, answer: Opened) -> None:
        self.at, self.end = answer.start, answer.end
        self._bucket = bucket
        self._name = name
        self._etag = answer.etag
        self._body = _body(answer)

    def read(self, size: int) -> bytes:
        """Return at least a byte, and no more than ``size``; none at the end.

        Raises:
            StorageError: the object is gone, or reading failed again and again.
        """
        tried = 0
        while self.at < self.end:
            try:
                data = self._body.read(min(size, self.end - self.at))
                if not data:  # a server that closes early, in good order
                    raise IncompleteReadError(actual_bytes=0, expected_bytes=self.end - self.at)
            except FAILURES as error:
                tried += 1
                self._body.close()
                if not self._bucket.attempts.may_follow(error, tried):
                    raise self._bucket.attempts.error(error, "cannot read an object to its end") from error
                self._body = _body(self._bucket.get_more(self._name, self.at, self.end, self._etag))
            else:
                self.at += len(data)
                return data
        return b""

    def close(self) -> None:
        """Give the connection back, or close it if much is still to come."""
        if self.end - self.at <= _WORTH_READING:
            with contextlib.suppress(*FAILURES):
                self._body.read()
        self._body.close()


def _body(answer: Opened) -> StreamingBody | io.BytesIO:
    return answer.body if answer.body is not None else io.BytesIO(answer.data or b"")

"""What the server says of an object, and its bytes as they come."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import IncompleteReadError

from fileroom.plugin import CHUNK

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of an object without its bytes.

    Attributes:
        size: in bytes.
        modified: in seconds since 1970.
        mark: what told its put from others.
    """

    size: int
    modified: float
    mark: str


@dataclass(frozen=True, slots=True)
class Opened:
    """Bytes ``start`` to ``end`` of an object: all of them, if they are few, or where they come from.

    Attributes:
        start: offset of the first byte.
        end: offset after the last.
        etag: tells these bytes from others that the object may have later.
        data: the bytes, if there are no more than `CHUNK`.
        body: where the others are to be read from. It holds a connection until it is read or closed.
    """

    start: int
    end: int
    etag: str
    data: bytes | None
    body: StreamingBody | None = None

    @classmethod
    def empty(cls, start: int) -> Opened:
        """Return what a range past the object's end has."""
        return cls(start, start, "", b"")

    def close(self) -> None:
        """Let go of the connection, if there is one."""
        if self.body is not None:
            self.body.close()


def opened(answer: GetObjectOutputTypeDef, start: int, end: int | None) -> Opened:
    """Return what the server answered to a request for bytes ``start`` to ``end``.

    Raises:
        IncompleteReadError: these are not the bytes that were asked for.
        botocore.exceptions.BotoCoreError: reading them failed.
    """
    length, body = answer["ContentLength"], answer["Body"]
    told = _CONTENT_RANGE.fullmatch(answer.get("ContentRange", ""))
    first, after, size = (int(told[1]), int(told[2]) + 1, int(told[3])) if told else (0, length, length)
    expected = size if end is None else min(end, size)
    if (first, after) != (start, expected) or length != after - first:
        body.close()
        raise IncompleteReadError(actual_bytes=length, expected_bytes=expected - start)
    if length > CHUNK:
        return Opened(first, after, answer["ETag"], None, body)
    data = body.read()
    if len(data) != length:
        raise IncompleteReadError(actual_bytes=len(data), expected_bytes=length)
    return Opened(first, after, answer["ETag"], data)

"""Objects in a bucket of an S3 server: AWS, Ceph, MinIO, rclone and their kin."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from fileroom.plugin import MissingDependencyError, Secret, StoragePlugin, hookimpl, parse_size

if TYPE_CHECKING:
    from fileroom.plugin import Storage

_MEBIBYTE = 1 << 20
_LEAST_PART, _LARGEST_PART = 5 * _MEBIBYTE, 5 << 30  # Amazon S3 User Guide, "multipart upload limits"
_MOST_AT_ONCE = 256
_LONGEST_PREFIX = 900  # a name has at most 1024 bytes, of which 42 are ours
_FOR_EVER = float("inf")
_URL = re.compile(r"https?://([^/:@\[\]]+|\[[0-9a-f:]+\])(:\d{1,5})?(/[^?#]*)?")


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[storage]`` with ``backend = "s3"``.

    Attributes:
        bucket: the bucket, which must be there.
        prefix: what the names of all objects begin with, a slash after it. Several archives may share a
            bucket if each has a prefix of its own.
        endpoint_url: where the server is, as ``https://host:port``; None for Amazon's.
        region: what requests are signed for; None for what boto3 finds in the environment, else
            ``us-east-1``.
        access_key_id: whose the requests are. None leaves it to boto3 to find credentials, in the
            environment, in ``~/.aws``, or with the machine's role.
        secret_access_key: what belongs to it.
        session_token: what belongs to temporary credentials.
        addressing_style: ``path`` names the bucket in the path of a URL, ``virtual`` in its host;
            ``auto`` does what the server's address suggests.
        storage_class: of new objects, such as ``STANDARD_IA``; None for the bucket's own.
        sse: encryption at rest that is asked of the server.
        sse_kms_key_id: the key for ``aws:kms``; None for the account's own.
        part_size: bytes of a part, a number or a text such as ``"16mb"``, from 5 mb to 5 gb. What is smaller
            is put in one request, what is not in parts of this size, of which there may be 10,000.
        concurrency: how many requests are made at the same time, 1 to 256. A put that is in parts holds as
            many of them in memory.
        connect_timeout: seconds to wait for a connection.
        read_timeout: seconds to wait for the server to send, or to take, something.
        retries: how often a request is made again that failed for a reason that may pass.
        verify: False accepts any certificate of the server: for tests only.
        ca_bundle: a file of PEM certificates that the server's is checked against; None for the usual ones.

    Raises:
        ValueError: an option is out of its range, or does not go with another.
    """

    bucket: str
    prefix: str = ""
    endpoint_url: str | None = None
    region: str | None = None
    access_key_id: str | None = None
    secret_access_key: Secret | None = None
    session_token: Secret | None = None
    addressing_style: Literal["auto", "path", "virtual"] = "auto"
    storage_class: str | None = None
    sse: Literal["none", "AES256", "aws:kms"] = "none"
    sse_kms_key_id: str | None = None
    part_size: int | str = 8 * _MEBIBYTE
    concurrency: int = 8
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    retries: int = 5
    verify: bool = True
    ca_bundle: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what no server could make sense of."""
        _check_prefix(self.prefix)
        if self.endpoint_url is not None:
            _check_endpoint(self.endpoint_url)
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("access_key_id and secret_access_key: give both, or neither")
        if self.session_token is not None and self.access_key_id is None:
            raise ValueError("session_token: goes with access_key_id and secret_access_key")
        if self.sse_kms_key_id is not None and self.sse != "aws:kms":
            raise ValueError('sse_kms_key_id: goes with sse = "aws:kms"')
        if self.ca_bundle is not None and not self.verify:
            raise ValueError("ca_bundle: has no effect with verify = false")
        if not _LEAST_PART <= self.part_bytes <= _LARGEST_PART:
            raise ValueError(f"part_size: expected {_LEAST_PART} to {_LARGEST_PART} bytes, 5mb to 5gb")
        _check_range("concurrency", self.concurrency, 1, _MOST_AT_ONCE)
        _check_range("retries", self.retries, 0, 100)
        for name in ("connect_timeout", "read_timeout"):
            if not 0 < getattr(self, name) < _FOR_EVER:
                raise ValueError(f"{name}: expected a number of seconds above 0")

    @property
    def part_bytes(self) -> int:
        """``part_size`` in bytes."""
        return parse_size(self.part_size) if isinstance(self.part_size, str) else self.part_size

    @property
    def place(self) -> tuple[str | None, str, str]:
        """Server, bucket and prefix: whatever else changes, objects lie there."""
        return self.endpoint_url, self.bucket, self.prefix.strip("/")


def _check_range(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise ValueError(f"{name}: expected a number from {least} to {most}, not {value}")


def _check_prefix(prefix: str) -> None:
    components = prefix.strip("/").split("/") if prefix.strip("/") else []
    if any(one in ("", ".", "..") or not one.isprintable() for one in components):
        raise ValueError("prefix: expected names with slashes between them, none of them empty, '.' or '..'")
    if len(prefix.encode()) > _LONGEST_PREFIX:
        raise ValueError(f"prefix: longer than {_LONGEST_PREFIX} bytes")


def _check_endpoint(url: str) -> None:
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise ValueError("endpoint_url: credentials do not belong there: use access_key_id")
    if not _URL.fullmatch(url):
        raise ValueError("endpoint_url: expected http:// or https://, a host, and perhaps a port and a path")


def _open(options: Options) -> Storage:
    try:
        from fileroom_plugins.storage_s3.storage import S3Storage  # noqa: PLC0415 - boto3 is slow
    except ImportError as error:
        message = f"storage 's3' needs {error.name or 'a package'}: pip install 'fileroom[s3]'"
        raise MissingDependencyError(message, "s3", "fileroom") from error
    return S3Storage(options)


@hookimpl
def fileroom_storage() -> StoragePlugin:
    """Offer the storage."""
    return StoragePlugin("s3", Options, _open, "A bucket of an S3 server")

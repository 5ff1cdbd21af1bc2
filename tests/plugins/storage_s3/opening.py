"""Opening the storage over a bucket of a test's own."""

from __future__ import annotations

from typing import Any

from fileroom.plugin import Secret
from fileroom_plugins.storage_s3 import Options
from fileroom_plugins.storage_s3.storage import S3Storage
from tests.servers.s3 import S3Server

MEBIBYTE = 1 << 20


def options(server: S3Server, **changed: Any) -> Options:
    """Return options for a bucket: with small parts, for large ones are no different."""
    return Options(
        **{
            "bucket": server.bucket,
            "prefix": "archive/one",
            "endpoint_url": server.endpoint_url,
            "region": server.region,
            "access_key_id": server.access_key,
            "secret_access_key": Secret(server.secret_key),
            "addressing_style": "path",
            "part_size": 5 * MEBIBYTE,
            "concurrency": 4,
            "retries": 2,
            **changed,
        }
    )


def open_s3(server: S3Server, **changed: Any) -> S3Storage:
    """Open the storage."""
    return S3Storage(options(server, **changed))

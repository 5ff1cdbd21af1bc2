"""S3 servers: how to reach one, and a bucket of its own for each test."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_REMOVAL = 2.0
"""Seconds for which the removal of a bucket is tried."""


@dataclass(frozen=True)
class S3Server:
    """How to reach a bucket.

    Attributes:
        endpoint_url: the server's address.
        access_key: who asks.
        secret_key: the proof.
        region: any, where the server does not care.
        bucket: the test's own, empty.
    """

    endpoint_url: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str
    bucket: str

    def client(self) -> S3Client:
        """Return a client of boto3's own, with which tests look behind the storage's back.

        All buckets of a server share it, and it works on after it was closed.
        """
        return _client(self.endpoint_url, self.access_key, self.secret_key, self.region)


@functools.lru_cache(maxsize=8)
def _client(endpoint_url: str, access_key: str, secret_key: str, region: str) -> S3Client:
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=endpoint_url,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        region_name=region,
        config=Config(
            # rclone answers a range read with the checksum of the whole object.
            response_checksum_validation="when_required",
            request_checksum_calculation="when_required",
            s3={"addressing_style": "path"},
        ),
    )


@contextmanager
def bucket(endpoint_url: str, access_key: str, secret_key: str) -> Iterator[S3Server]:
    """Make a bucket, and remove it with all that is in it afterwards, unless the test has."""
    server = S3Server(endpoint_url, access_key, secret_key, "us-east-1", f"test-{uuid4().hex}")
    client = server.client()
    try:
        client.create_bucket(Bucket=server.bucket)
        yield server
        _remove(client, server.bucket)
    finally:
        client.close()


def _remove(client: S3Client, name: str) -> None:
    from botocore.exceptions import ClientError

    if name not in {one["Name"] for one in client.list_buckets()["Buckets"]}:
        return
    deadline = time.monotonic() + _REMOVAL
    while True:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=name):
            for one in page.get("Contents", []):
                client.delete_object(Bucket=name, Key=one["Key"])
        try:
            client.delete_bucket(Bucket=name)
        except ClientError as error:
            # What a process had sent that was killed may arrive after all was listed.
            if error.response["Error"]["Code"] != "BucketNotEmpty":
                raise
            if time.monotonic() > deadline:
                return  # rclone keeps the folders of uploads that were cut off; the server goes with the run
        else:
            return

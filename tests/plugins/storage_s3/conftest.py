"""What makes tests with boto3 quick."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from botocore.loaders import JSONFileLoader

from fileroom_plugins.storage_s3 import Options, bucket, client
from tests.plugins.storage_s3.faulty_server import FaultyServer, before
from tests.servers.s3 import S3Server

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="session", autouse=True)
def _descriptions_read_once() -> Iterator[None]:
    """Most of the time that a new client takes goes into reading boto3's descriptions of AWS."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", functools.cache(JSONFileLoader.load_file))
        patch.setattr(JSONFileLoader, "__hash__", lambda _: 0)
        patch.setattr(JSONFileLoader, "__eq__", lambda *_: True)
        yield


@pytest.fixture(scope="session", autouse=True)
def _one_client_for_a_server() -> Iterator[None]:
    """Making a client takes longer than most tests; one that was closed works on."""
    make = functools.lru_cache(maxsize=8)(client.connect)

    def connect(options: Options) -> S3Client:
        if options.access_key_id is None or options.ca_bundle is not None:  # depends on more than options
            return client.connect(options)
        return make(replace(options, bucket="any", prefix=""))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bucket, "connect", connect)
        yield


@pytest.fixture
def faulty(moto_s3: S3Server) -> Iterator[FaultyServer]:
    """A bucket on moto, by way of a server that makes faults."""
    with before(moto_s3) as server:
        yield server

"""What makes tests with boto3 quick."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pytest
from botocore.loaders import JSONFileLoader

from tests.plugins.storage_s3.faulty_server import FaultyServer, before
from tests.servers.s3 import S3Server


@pytest.fixture(scope="session", autouse=True)
def _descriptions_read_once() -> Iterator[None]:
    """Most of the time that a new client takes goes into reading boto3's descriptions of AWS."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", functools.cache(JSONFileLoader.load_file))
        patch.setattr(JSONFileLoader, "__hash__", lambda _: 0)
        patch.setattr(JSONFileLoader, "__eq__", lambda *_: True)
        yield


@pytest.fixture
def faulty(moto_s3: S3Server) -> Iterator[FaultyServer]:
    """A bucket on moto, by way of a server that makes faults."""
    with before(moto_s3) as server:
        yield server

"""The S3 storage keeps every promise, on each server that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fileroom.testing.storage import StorageContract
from fileroom.testing.storage_atomic import AtomicContract
from fileroom.testing.storage_concurrency import ConcurrencyContract
from tests.plugins.storage_s3.opening import open_s3
from tests.servers.s3 import S3Server

if TYPE_CHECKING:
    from fileroom.testing.storage_case import OpenStorage


class TestOnRclone(StorageContract):
    """A server that ignores the condition of a conditional write."""

    @pytest.fixture
    def open_storage(self, rclone_s3: S3Server) -> OpenStorage:
        return lambda: open_s3(rclone_s3, concurrency=2)  # parts in memory, of which the kit allows three


@pytest.mark.slow
class TestOnCeph(StorageContract):
    """A server that honours it."""

    @pytest.fixture
    def open_storage(self, ceph_s3: S3Server) -> OpenStorage:
        return lambda: open_s3(ceph_s3, concurrency=2)


class TestAtomicOnMoto(AtomicContract):
    """Another that honours it, and is always there."""

    @pytest.fixture
    def open_storage(self, moto_s3: S3Server) -> OpenStorage:
        return lambda: open_s3(moto_s3)


@pytest.mark.slow
class TestConcurrencyOnMoto(ConcurrencyContract):
    """The same."""

    @pytest.fixture
    def open_storage(self, moto_s3: S3Server) -> OpenStorage:
        return lambda: open_s3(moto_s3)

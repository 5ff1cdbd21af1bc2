"""The S3 storage keeps every promise, on each server that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fileroom.testing.storage import StorageContract
from tests.plugins.storage_s3.opening import open_s3
from tests.servers.s3 import S3Server

if TYPE_CHECKING:
    from fileroom.testing.storage_case import OpenStorage


class TestOnRclone(StorageContract):
    """A server that ignores the condition of a conditional write."""

    @pytest.fixture
    def open_storage(self, rclone_s3: S3Server) -> OpenStorage:
        return lambda: open_s3(rclone_s3, concurrency=2)


class TestOnMoto(StorageContract):
    """A server that honours it, and keeps objects in this process's memory."""

    holds_in_memory = True

    @pytest.fixture
    def open_storage(self, moto_s3: S3Server) -> OpenStorage:
        return lambda: open_s3(moto_s3, concurrency=2)

"""How many requests things take, and how much memory."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

import pytest

from fileroom.plugin import ByteRange, PutItem
from fileroom.testing.storage_case import content, listed, new_item, new_key, sample
from fileroom_plugins.storage_s3.storage import S3Storage
from tests.plugins.storage_s3.faulty_server import Fault, FaultyServer, before
from tests.plugins.storage_s3.opening import MEBIBYTE, open_s3
from tests.servers.s3 import S3Server

BLOCK = 64 << 10


@pytest.fixture
def storage(faulty: FaultyServer) -> Iterator[S3Storage]:
    storage = open_s3(faulty.s3)
    storage.put(new_key(), b"what finds out about the server")
    storage.delete([one.locator for one in storage.list()])
    faulty.requests.clear()
    yield storage
    storage.close()


def test_opening_asks_once(faulty: FaultyServer) -> None:
    open_s3(faulty.s3).close()
    assert faulty.since(0) == ["GET"]


def test_a_put_takes_one_request(faulty: FaultyServer, storage: S3Storage) -> None:
    storage.put_many([new_item(sample(100)) for _ in range(20)])
    assert faulty.since(0) == ["PUT"] * 20


@pytest.mark.parametrize("size", [100, 6 * MEBIBYTE], ids=["whole", "in parts"])
def test_what_is_sent_is_signed_with_its_digest(faulty: FaultyServer, storage: S3Storage, size: int) -> None:
    storage.put(new_key(), sample(size))
    sent = [one for one in faulty.requests if one.is_put]
    assert sum(len(one.body) for one in sent) == size
    for one in sent:
        assert one.headers["x-amz-content-sha256"] == hashlib.sha256(one.body).hexdigest()


def test_a_server_without_conditions_is_asked_once_for_all_keys_of_a_batch(rclone_s3: S3Server) -> None:
    with before(rclone_s3) as faulty:
        storage = open_s3(faulty.s3)
        storage.put(new_key(), b"what finds out about the server")
        faulty.requests.clear()
        storage.put_many([PutItem("abcd" + new_key()[4:], b"bytes") for _ in range(20)])
        assert sorted(faulty.since(0)) == ["GET"] + ["PUT"] * 20
        assert not storage.capabilities.conditional_create
        storage.close()


def test_what_the_server_can_is_known_after_the_first_put(faulty: FaultyServer) -> None:
    storage = open_s3(faulty.s3)
    known = [storage.capabilities.conditional_create]
    storage.put(new_key(), b"bytes")
    known.append(storage.capabilities.conditional_create)
    assert known == [False, True]
    storage.close()


def test_a_server_that_knows_no_conditions_is_done_without(faulty: FaultyServer) -> None:
    storage = open_s3(faulty.s3)
    conditional = Fault(lambda one: "if-none-match" in one.headers, 100, status=501, code="NotImplemented")
    faulty.faults = [conditional]
    key = new_key()
    storage.put(key, b"bytes")
    assert not storage.capabilities.conditional_create
    assert content(storage, key) == b"bytes"
    storage.close()


def test_reading_an_object_takes_one_request(faulty: FaultyServer, storage: S3Storage) -> None:
    locator = storage.put(new_key(), sample(5 * MEBIBYTE)).locator
    faulty.requests.clear()
    with storage.open(locator) as file:
        while file.read(100_000):
            pass
    assert faulty.since(0) == ["GET"]


def test_a_range_takes_one_request(faulty: FaultyServer, storage: S3Storage) -> None:
    locator = storage.put(new_key(), sample(5 * MEBIBYTE)).locator
    faulty.requests.clear()
    with storage.open(locator, ByteRange(3_000_001, 3_000_001 + BLOCK)) as file:
        assert file.read() == sample(5 * MEBIBYTE)[3_000_001 : 3_000_001 + BLOCK]
    assert faulty.since(0) == ["GET"]


def test_each_read_at_random_takes_one_request(faulty: FaultyServer, storage: S3Storage) -> None:
    size = 20 * MEBIBYTE
    data = sample(size)
    locator = storage.put(new_key(), data).locator
    with storage.open(locator) as file:
        for start in random.Random(7).sample(range(size - BLOCK), 20):
            faulty.requests.clear()
            file.seek(start)
            assert file.read(BLOCK) == data[start : start + BLOCK]
            assert faulty.since(0) == ["GET"]
            assert faulty.requests[0].headers["range"] == f"bytes={start}-{start + BLOCK - 1}"


def test_reads_that_follow_one_another_take_ever_fewer_requests(
    faulty: FaultyServer, storage: S3Storage
) -> None:
    data = sample(12 * MEBIBYTE)
    locator = storage.put(new_key(), data).locator
    with storage.open(locator) as file:
        file.seek(MEBIBYTE)
        faulty.requests.clear()
        read = b"".join(iter(lambda: file.read(30_000), b""))
    assert read == data[MEBIBYTE:]
    assert len(faulty.requests) == 4  # 64 KiB, 256 KiB, 1 MiB, and the rest


def test_a_little_that_is_skipped_takes_no_request(faulty: FaultyServer, storage: S3Storage) -> None:
    data = sample(5 * MEBIBYTE)
    locator = storage.put(new_key(), data).locator
    faulty.requests.clear()
    with storage.open(locator) as file:
        for start in range(0, 5 * MEBIBYTE, 200_000):
            file.seek(start)
            assert file.read(10) == data[start : start + 10]
    assert faulty.since(0) == ["GET"]


def test_near_ranges_take_one_request_and_far_ones_one_each(faulty: FaultyServer, storage: S3Storage) -> None:
    data = sample(5 * MEBIBYTE)
    locator = storage.put(new_key(), data).locator
    near = [ByteRange(start, start + 100) for start in range(0, 500_000, 5_000)]
    far = [ByteRange(start * MEBIBYTE, start * MEBIBYTE + 10) for start in (4, 2, 3)]
    faulty.requests.clear()
    assert storage.read_ranges(locator, near) == [data[one.start : one.end] for one in near]
    assert faulty.since(0) == ["GET"]
    faulty.requests.clear()
    assert storage.read_ranges(locator, far) == [data[one.start : one.end] for one in far]
    assert faulty.since(0) == ["GET"] * 3


def test_many_are_deleted_with_one_request(faulty: FaultyServer, storage: S3Storage) -> None:
    stored = storage.put_many([new_item(b"x") for _ in range(20)])
    faulty.requests.clear()
    storage.delete([one.locator for one in stored])
    assert faulty.since(0) == ["POST"]


def test_a_server_that_cannot_delete_many_deletes_one_by_one(
    faulty: FaultyServer, storage: S3Storage
) -> None:
    stored = storage.put_many([new_item(b"x") for _ in range(5)])
    faulty.faults = [
        Fault(lambda one: one.method == "POST", 100, status=501, code="NotImplemented"),
        Fault(lambda one: stored[2].locator in one.path, 100, status=403, code="AccessDenied"),
    ]
    deletions = storage.delete([one.locator for one in stored])
    assert [one.error is None for one in deletions] == [True, True, False, True, True]
    faulty.faults.clear()
    assert listed(storage) == {stored[2].locator: 1}


def test_closing_a_file_early_does_not_wait_for_the_rest(faulty: FaultyServer, storage: S3Storage) -> None:
    locator = storage.put(new_key(), sample(12 * MEBIBYTE)).locator
    for _ in range(3):
        with storage.open(locator) as file:
            assert file.read(10) == sample(10)


def test_no_more_parts_than_configured_are_held_at_a_time(faulty: FaultyServer) -> None:
    """A source is not read on before a part that was read from it has been put."""
    storage = open_s3(faulty.s3, concurrency=3)
    held = []

    def source() -> Iterator[bytes]:
        for number in range(60):
            put = sum("partNumber" in one.path for one in faulty.requests)
            held.append(number * MEBIBYTE - put * 5 * MEBIBYTE)
            yield bytes(MEBIBYTE)

    storage.put(new_key(), source())
    assert 5 * MEBIBYTE <= max(held) <= 3 * 5 * MEBIBYTE
    storage.close()


@pytest.mark.slow
@pytest.mark.parametrize("server", ["rclone_s3", "ceph_s3"])
def test_more_objects_than_fit_a_page_are_listed_and_deleted(
    server: str, request: pytest.FixtureRequest
) -> None:
    storage = open_s3(request.getfixturevalue(server), concurrency=16)
    stored = [one.locator for one in storage.put_many([new_item(b"x") for _ in range(2_100)])]
    found = [one.locator for one in storage.list()]
    assert found == sorted(stored)
    assert all(one.error is None for one in storage.delete(stored))
    assert list(storage.list()) == []
    storage.close()

"""What goes wrong on the way, and what becomes of it: made again where that may help, told where not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fileroom.errors import AlreadyExistsError, ConfigError, StorageError, StorageFullError
from fileroom.plugin import ByteRange, Secret
from fileroom.testing.storage_case import content, listed, new_item, new_key, sample
from fileroom_plugins.storage_s3 import attempts
from fileroom_plugins.storage_s3.storage import S3Storage
from tests.plugins.storage_s3.faulty_server import Fault, FaultyServer, Request
from tests.plugins.storage_s3.opening import MEBIBYTE, open_s3
from tests.servers.s3 import S3Server

PASSING = [
    *((500, "InternalError"), (503, "SlowDown"), (503, "ServiceUnavailable"), (429, "TooManyRequests")),
    *((502, ""), (504, ""), (400, "RequestTimeout"), (400, "BadDigest"), (409, "OperationAborted")),
]
FINAL = [
    (403, "AccessDenied", "permission"),
    (403, "InvalidAccessKeyId", "access_key_id"),
    (403, "SignatureDoesNotMatch", "secret_access_key"),
    (403, "RequestTimeTooSkewed", "clocks"),
    (404, "NoSuchBucket", "no such bucket"),
    (400, "InvalidStorageClass", "storage_class"),
    (400, "EntityTooLarge", "part_size"),
    (400, "AuthorizationHeaderMalformed", "region"),
    (400, "ExpiredToken", "credentials"),
    (418, "Teapot", "Teapot"),
]
FULL = [(403, "QuotaExceeded"), (507, "InsufficientStorage"), (507, "XMinioStorageFull")]


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "_FIRST_PAUSE", 0.01)


@pytest.fixture
def storage(faulty: FaultyServer) -> Iterator[S3Storage]:
    storage = open_s3(faulty.s3, read_timeout=1.0)
    storage.put(new_key(), b"before all faults")
    storage.delete([one.locator for one in storage.list()])
    yield storage
    storage.close()


def is_put(request: Request) -> bool:
    return request.is_put


def is_get(request: Request) -> bool:
    return request.is_get


def everything(_: Request) -> bool:
    return True


@pytest.mark.parametrize(("status", "code"), PASSING)
def test_what_may_pass_is_tried_again(
    faulty: FaultyServer, storage: S3Storage, status: int, code: str
) -> None:
    faulty.faults = [Fault(everything, 2, status=status, code=code)]
    locator = storage.put(new_key(), b"bytes").locator
    faulty.faults = [Fault(everything, 2, status=status, code=code)]
    assert content(storage, locator) == b"bytes"


def test_tries_end(faulty: FaultyServer, storage: S3Storage) -> None:
    faulty.faults = [Fault(is_put, 100, status=503, code="SlowDown")]
    with pytest.raises(StorageError, match="overloaded"):
        storage.put(new_key(), b"bytes")
    assert sum(one.is_put for one in faulty.requests) == 1 + 3  # the first, before the faults


@pytest.mark.parametrize(("status", "code", "advice"), FINAL)
def test_what_will_not_pass_is_told_at_once(
    faulty: FaultyServer, storage: S3Storage, status: int, code: str, advice: str
) -> None:
    tried = len(faulty.requests)
    faulty.faults = [Fault(is_put, 100, status=status, code=code)]
    with pytest.raises(StorageError, match=advice) as raised:
        storage.put(new_key(), b"bytes")
    assert faulty.s3.bucket in str(raised.value)
    assert "127.0.0.1" in str(raised.value)
    assert faulty.since(tried).count("PUT") == 1


@pytest.mark.parametrize(("status", "code"), FULL)
def test_no_space_is_an_error_of_its_own(
    faulty: FaultyServer, storage: S3Storage, status: int, code: str
) -> None:
    faulty.faults = [Fault(is_put, 100, status=status, code=code)]
    with pytest.raises(StorageFullError, match="space"):
        storage.put(new_key(), b"bytes")


@pytest.mark.parametrize("size", [100, 12 * MEBIBYTE], ids=["whole", "in parts"])
def test_a_put_whose_answer_is_lost_is_no_refusal(
    faulty: FaultyServer, storage: S3Storage, size: int
) -> None:
    faulty.faults = [Fault(lambda one: one.is_put or "uploadId" in one.path, 1, lost=True)]
    key = new_key()
    assert storage.put(key, sample(size)).size == size
    assert content(storage, key) == sample(size)


def test_an_upload_whose_completion_is_not_answered_is_complete(
    faulty: FaultyServer, storage: S3Storage
) -> None:
    faulty.faults = [Fault(lambda one: one.method == "POST" and "uploadId" in one.path, lost=True)]
    key = new_key()
    storage.put(key, sample(6 * MEBIBYTE))
    assert content(storage, key) == sample(6 * MEBIBYTE)


def test_a_put_that_arrived_though_all_answers_were_lost_has_succeeded(
    faulty: FaultyServer, storage: S3Storage
) -> None:
    faulty.faults = [Fault(is_put, 100, lost=True)]
    stored = storage.put(new_key(), b"bytes")
    assert listed(storage) == {stored.locator: 5}


def test_another_objects_key_is_refused_though_the_first_answer_was_lost(
    faulty: FaultyServer, storage: S3Storage
) -> None:
    key = new_key()
    storage.put(key, b"first")
    faulty.faults = [Fault(is_put, 1, lost=True)]
    with pytest.raises(AlreadyExistsError):
        storage.put(key, b"second")
    assert content(storage, key) == b"first"


def test_what_was_put_before_another_failed_is_taken_back(faulty: FaultyServer, storage: S3Storage) -> None:
    items = [new_item(sample(100)) for _ in range(10)]
    faulty.faults = [Fault(lambda one: one.is_put and items[5].key in one.path, 100, status=403)]
    with pytest.raises(StorageError, match="access denied"):
        storage.put_many(items)
    assert listed(storage) == {}


@pytest.mark.parametrize("ending", ["complete", "abort"])
def test_an_upload_that_ends_while_abandoned_ones_are_looked_for_is_passed_over(
    faulty: FaultyServer, moto_s3: S3Server, storage: S3Storage, ending: str
) -> None:
    client, keys = moto_s3.client(), sorted(new_key() for _ in range(2))
    uploads: list[tuple[dict[str, Any], Any]] = []
    for key in keys:
        name: dict[str, Any] = {"Bucket": faulty.s3.bucket, "Key": f"archive/one/{key[:2]}/{key[2:4]}/{key}"}
        upload = {**name, "UploadId": client.create_multipart_upload(**name)["UploadId"]}
        etag = client.upload_part(**upload, PartNumber=1, Body=b"part")["ETag"]
        uploads.append((upload, {"Parts": [{"PartNumber": 1, "ETag": etag}]}))

    def end_it_first(request: Request) -> bool:
        upload, parts = uploads[0]
        if request.method == "GET" and upload["UploadId"] in request.path:
            if ending == "complete":
                client.complete_multipart_upload(**upload, MultipartUpload=parts)
            else:
                client.abort_multipart_upload(**upload)
            return True
        return False

    faulty.faults = [Fault(end_it_first, times=1)]
    assert storage.discard_unfinished(-5) == 1
    assert list(listed(storage)) == (keys[:1] if ending == "complete" else [])
    assert "Uploads" not in client.list_multipart_uploads(Bucket=faulty.s3.bucket)
    client.close()


@pytest.mark.parametrize("step", ["partNumber=2", "uploadId"], ids=["a part", "the completion"])
def test_a_failed_upload_is_aborted(faulty: FaultyServer, storage: S3Storage, step: str) -> None:
    method = "PUT" if step == "partNumber=2" else "POST"
    faulty.faults = [Fault(lambda one: step in one.path and one.method == method, 100, status=403)]
    with pytest.raises(StorageError, match="access denied"):
        storage.put(new_key(), (sample(MEBIBYTE) for _ in range(20)))
    assert "Uploads" not in faulty.s3.client().list_multipart_uploads(Bucket=faulty.s3.bucket)
    assert listed(storage) == {}


def test_nothing_more_is_read_of_a_source_whose_part_failed(faulty: FaultyServer, storage: S3Storage) -> None:
    read = []

    def source() -> Iterator[bytes]:
        for number in range(400):
            read.append(number)
            yield bytes(MEBIBYTE)

    faulty.faults = [Fault(lambda one: "partNumber=1" in one.path, 100, status=403)]
    with pytest.raises(StorageError):
        storage.put(new_key(), source())
    assert len(read) < 100


@pytest.mark.parametrize("bytes_of_body", [0, 1, 70_000, 1_200_000])
def test_an_answer_that_breaks_off_is_read_on_from_there(
    faulty: FaultyServer, storage: S3Storage, bytes_of_body: int
) -> None:
    data = sample(3 * MEBIBYTE)
    locator = storage.put(new_key(), data).locator
    asked = len(faulty.requests)
    faulty.faults = [Fault(is_get, 2, bytes_of_body=bytes_of_body)]
    assert content(storage, locator) == data
    assert len(faulty.since(asked)) == 3


def test_a_small_answer_that_breaks_off_is_asked_for_again(faulty: FaultyServer, storage: S3Storage) -> None:
    locator = storage.put(new_key(), sample(1_000)).locator
    faulty.faults = [Fault(is_get, 2, bytes_of_body=500)]
    assert storage.read_ranges(locator, [ByteRange(10, 900)]) == [sample(1_000)[10:900]]


def test_an_answer_that_always_breaks_off_is_an_error(faulty: FaultyServer, storage: S3Storage) -> None:
    locator = storage.put(new_key(), sample(3 * MEBIBYTE)).locator
    faulty.faults = [Fault(is_get, 100, bytes_of_body=0)]
    with storage.open(locator) as file, pytest.raises(StorageError, match="connection broke"):
        file.read()


def test_a_server_that_falls_silent_is_not_waited_for(faulty: FaultyServer, storage: S3Storage) -> None:
    locator = storage.put(new_key(), b"bytes").locator
    faulty.faults = [Fault(is_get, 1, silent=True)]
    assert content(storage, locator) == b"bytes"


def test_a_silent_server_is_named(faulty: FaultyServer) -> None:
    storage = open_s3(faulty.s3, read_timeout=0.2, retries=0)
    faulty.faults = [Fault(everything, 100, silent=True)]
    with pytest.raises(StorageError, match=r"127\.0\.0\.1.*did not answer in time"):
        storage.stat(new_key())
    storage.close()


def test_the_loss_of_the_bucket_is_not_the_loss_of_objects(moto_s3: S3Server) -> None:
    storage = open_s3(moto_s3)
    locator = storage.put(new_key(), b"bytes").locator
    _remove_bucket(moto_s3)
    for action in (
        lambda: storage.stat(locator),
        lambda: storage.open(locator),
        lambda: storage.read_ranges(locator, [ByteRange()]),
        lambda: storage.put(new_key(), b"bytes"),
        lambda: list(storage.list()),
        lambda: storage.discard_unfinished(0),
    ):
        with pytest.raises(StorageError, match="there is no such bucket: create it"):
            action()
    (deletion,) = storage.delete([locator])
    assert "no such bucket" in str(deletion.error)
    storage.close()


def _remove_bucket(server: S3Server) -> None:
    client = server.client()
    for one in client.list_objects_v2(Bucket=server.bucket)["Contents"]:
        client.delete_object(Bucket=server.bucket, Key=one["Key"])
    client.delete_bucket(Bucket=server.bucket)
    client.close()


@pytest.mark.parametrize(
    ("changed", "advice"),
    [
        ({"bucket": "not-there"}, "no such bucket"),
        ({"access_key_id": "nobody-we-know"}, "check access_key_id"),
        ({"secret_access_key": Secret("hush-hush-hush-hush")}, "check secret_access_key"),
        ({"endpoint_url": "http://127.0.0.1:1"}, "cannot be reached"),
    ],
)
def test_opening_says_what_is_wrong(rclone_s3: S3Server, changed: dict[str, object], advice: str) -> None:
    with pytest.raises(StorageError, match=advice) as raised:
        open_s3(rclone_s3, **changed)
    assert "hush" not in f"{raised.value} {raised.value.__cause__}"
    assert rclone_s3.secret_key not in f"{raised.value} {raised.value.__cause__}"


@pytest.mark.parametrize("server", ["rclone_s3", pytest.param("ceph_s3", marks=pytest.mark.slow)])
def test_a_wrong_clock_is_named(
    server: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3, storage = request.getfixturevalue(server), None
    with monkeypatch.context() as clocks:
        for name in ("botocore.auth.get_current_datetime", "botocore.compat.get_current_datetime"):
            clocks.setattr(name, lambda *_: datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=1))
        clocks.setattr(time, "time", lambda now=time.time: now() - 3600)
        with pytest.raises(StorageError, match="clocks"):
            storage = open_s3(s3)
    assert storage is None


def test_a_name_that_no_bucket_can_have_is_a_matter_of_configuration(rclone_s3: S3Server) -> None:
    with pytest.raises(ConfigError, match="check bucket"):
        open_s3(rclone_s3, bucket="no/such name")


def test_a_missing_bundle_of_certificates_is_a_matter_of_configuration(
    rclone_s3: S3Server, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="ca_bundle"):
        open_s3(rclone_s3, ca_bundle=tmp_path / "none.pem")


def test_no_credentials_anywhere_is_a_matter_of_configuration(
    rclone_s3: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(ConfigError, match="no credentials"):
        open_s3(rclone_s3, access_key_id=None, secret_access_key=None)


def test_credentials_are_found_where_boto3_looks(
    rclone_s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", rclone_s3.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", rclone_s3.secret_key)
    storage = open_s3(rclone_s3, access_key_id=None, secret_access_key=None)
    assert list(storage.list()) == []
    storage.close()

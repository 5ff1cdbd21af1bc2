"""What lies in the bucket in the end: names, marks, encryption; what is left over; who else may read it."""

from __future__ import annotations

import multiprocessing
import time
import urllib.error
import urllib.request
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest

from fileroom.errors import AlreadyExistsError, InvalidValueError, NotFoundError
from fileroom.storage import PutItem
from fileroom.testing.storage_case import content, listed, new_item, new_key, sample
from fileroom.testing.storage_machine import storage_machine
from tests.plugins.storage_s3.opening import MEBIBYTE, open_s3
from tests.servers.s3 import S3Server

RACERS = 4


def test_objects_lie_under_the_prefix_by_their_first_digits(rclone_s3: S3Server) -> None:
    storage = open_s3(rclone_s3, prefix="/sites/north/")
    key = new_key()
    storage.put(key, b"bytes")
    names = {one["Key"] for one in rclone_s3.client().list_objects_v2(Bucket=rclone_s3.bucket)["Contents"]}
    assert names == {"sites/north/.fileroom-storage", f"sites/north/{key[:2]}/{key[2:4]}/{key}"}
    storage.close()


def test_prefixes_keep_archives_apart(rclone_s3: S3Server) -> None:
    one, other = open_s3(rclone_s3, prefix="one"), open_s3(rclone_s3, prefix="")
    mine, theirs = one.put(new_key(), b"one").locator, other.put(new_key(), b"other").locator
    assert (listed(one), listed(other)) == ({mine: 3}, {theirs: 5})
    with pytest.raises(NotFoundError):
        one.stat(theirs)
    one.close()
    other.close()


def test_what_others_put_there_is_neither_listed_nor_read(rclone_s3: S3Server) -> None:
    storage = open_s3(rclone_s3, prefix="p")
    key = storage.put(new_key(), b"bytes").locator
    for name in ("p/README", f"p/{key}", f"p/00/00/{key}", f"p/{key[:2]}/{key[2:4]}/{key}.bak"):
        rclone_s3.client().put_object(Bucket=rclone_s3.bucket, Key=name, Body=b"others")
    assert listed(storage) == {key: 5}
    storage.close()


@pytest.mark.parametrize("size", [10, 6 * MEBIBYTE], ids=["whole", "in parts"])
def test_storage_class_and_encryption_are_asked_for(moto_s3: S3Server, size: int) -> None:
    storage = open_s3(
        moto_s3, prefix="", storage_class="STANDARD_IA", sse="aws:kms", sse_kms_key_id="the-key"
    )
    key = storage.put(new_key(), sample(size)).locator
    told = moto_s3.client().head_object(Bucket=moto_s3.bucket, Key=f"{key[:2]}/{key[2:4]}/{key}")
    assert (told["StorageClass"], told["ServerSideEncryption"]) == ("STANDARD_IA", "aws:kms")
    assert "the-key" in told["SSEKMSKeyId"]
    storage.close()


@pytest.mark.parametrize("server", ["rclone_s3", "moto_s3", pytest.param("ceph_s3", marks=pytest.mark.slow)])
def test_uploads_that_nobody_completed_are_discarded(server: str, request: pytest.FixtureRequest) -> None:
    s3: S3Server = request.getfixturevalue(server)
    storage, client = open_s3(s3, prefix="p"), s3.client()
    key = new_key()
    foreign = client.create_multipart_upload(Bucket=s3.bucket, Key="somebody/elses")["UploadId"]
    name = f"p/{key[:2]}/{key[2:4]}/{key}"
    upload = client.create_multipart_upload(Bucket=s3.bucket, Key=name)["UploadId"]
    client.upload_part(Bucket=s3.bucket, Key=name, UploadId=upload, PartNumber=1, Body=b"part")
    assert storage.discard_unfinished(3_600) == 0
    time.sleep(1.1)  # servers tell times in whole seconds
    assert storage.discard_unfinished(0) == 1
    assert storage.discard_unfinished(0) == 0
    left = [one["UploadId"] for one in client.list_multipart_uploads(Bucket=s3.bucket)["Uploads"]]
    assert left == [foreign]
    assert storage.put(key, b"as good as new").locator == key
    part: dict[str, Any] = {"Bucket": s3.bucket, "Key": "somebody/elses", "UploadId": foreign}
    etag = client.upload_part(**part, PartNumber=1, Body=b"part")["ETag"]
    client.complete_multipart_upload(**part, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    storage.close()


def test_anybody_reads_what_a_url_is_given_for_until_it_expires(rclone_s3: S3Server) -> None:
    storage = open_s3(rclone_s3)
    url = storage.presigned_url(storage.put(new_key(), sample(1_000)).locator, 60)
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == sample(1_000)
    assert rclone_s3.secret_key not in url
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"))
    storage.close()


@pytest.mark.parametrize("seconds", [0, -1, 7 * 24 * 3600 + 1])
def test_a_url_for_a_time_that_no_server_allows_is_refused(rclone_s3: S3Server, seconds: int) -> None:
    storage = open_s3(rclone_s3)
    with pytest.raises(InvalidValueError):
        storage.presigned_url(new_key(), seconds)
    storage.close()


def test_what_is_no_locator_has_no_url(rclone_s3: S3Server) -> None:
    storage = open_s3(rclone_s3)
    with pytest.raises(NotFoundError):
        storage.presigned_url("../../somebody/elses", 60)
    storage.close()


@pytest.mark.slow
@pytest.mark.parametrize("server", ["moto_s3", "ceph_s3"])
def test_of_several_processes_that_put_one_key_one_succeeds(
    server: str, request: pytest.FixtureRequest
) -> None:
    s3: S3Server = request.getfixturevalue(server)
    storage = open_s3(s3)
    with ProcessPoolExecutor(RACERS, multiprocessing.get_context("spawn")) as pool:
        for _ in range(3):
            key = new_key()
            results = list(pool.map(_put, [s3] * RACERS, [key] * RACERS, range(RACERS)))
            (winner,) = (number for number, succeeded in enumerate(results) if succeeded)
            assert content(storage, key) == sample(1_000, winner)
            assert sorted(listed(storage).values()) == [9, 1_000]
            storage.delete(list(listed(storage)))
    storage.close()


def _put(server: S3Server, key: str, number: int) -> bool:
    storage = open_s3(server)
    try:
        storage.put_many([new_item(b"beside it"), PutItem(key, sample(1_000, number))])
    except AlreadyExistsError:
        return False
    finally:
        storage.close()
    return True


@pytest.mark.slow
@pytest.mark.parametrize("server", ["rclone_s3", "ceph_s3"])
def test_a_life_agrees_with_a_dictionary(server: str, request: pytest.FixtureRequest) -> None:
    s3: S3Server = request.getfixturevalue(server)
    storage_machine(lambda folder: open_s3(s3, prefix=folder.name))("runTest").debug()

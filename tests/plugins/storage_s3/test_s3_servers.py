"""What docs/s3.md says of servers: what some of them check, and some do not."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from fileroom.errors import StorageError
from fileroom.testing.storage_case import content, listed, new_key, sample
from tests.plugins.storage_s3.faulty_server import Fault, before
from tests.plugins.storage_s3.opening import MEBIBYTE, open_s3
from tests.servers.s3 import S3Server

ON_CEPH = pytest.param("ceph_s3", marks=pytest.mark.slow)


@pytest.fixture
def s3(server: str, request: pytest.FixtureRequest) -> S3Server:
    found: S3Server = request.getfixturevalue(server)
    return found


@pytest.mark.parametrize("size", [100, 6 * MEBIBYTE], ids=["whole", "in parts"])
@pytest.mark.parametrize("server", [ON_CEPH])
def test_bytes_that_changed_on_the_way_are_refused(s3: S3Server, size: int) -> None:
    with before(s3) as faulty:
        storage = open_s3(faulty.s3, retries=1)
        storage.put(new_key(), b"what finds out about the server")
        storage.delete(list(listed(storage)))
        faulty.faults = [Fault(lambda one: one.is_put, 100, changed=True)]
        with pytest.raises(StorageError, match="did not arrive as they were sent"):
            storage.put(new_key(), sample(size))
        assert listed(storage) == {}
        faulty.faults = [Fault(lambda one: one.is_put, changed=True)]
        assert content(storage, storage.put(new_key(), sample(size)).locator) == sample(size)
        storage.close()


@pytest.mark.parametrize("server", ["rclone_s3"])
def test_bytes_that_changed_on_the_way_are_stored(s3: S3Server) -> None:
    with before(s3) as faulty:
        storage = open_s3(faulty.s3)
        storage.put(new_key(), b"what finds out about the server")
        faulty.faults = [Fault(lambda one: one.is_put, changed=True)]
        locator = storage.put(new_key(), sample(100)).locator
        assert content(storage, locator) != sample(100)
        storage.close()


@pytest.mark.parametrize(
    ("server", "is_refused"),
    [("moto_s3", True), ("rclone_s3", False), pytest.param("ceph_s3", False, marks=pytest.mark.slow)],
)
def test_the_second_upload_in_parts_of_a_name(s3: S3Server, is_refused: bool) -> None:
    client = s3.client()
    uploads = []
    for body in (b"first", b"second"):
        upload = client.create_multipart_upload(Bucket=s3.bucket, Key="name")["UploadId"]
        part = client.upload_part(Bucket=s3.bucket, Key="name", UploadId=upload, PartNumber=1, Body=body)
        uploads.append((upload, part["ETag"]))
    refused = []
    for upload, etag in uploads:
        try:
            client.complete_multipart_upload(
                Bucket=s3.bucket,
                Key="name",
                UploadId=upload,
                MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]},
                IfNoneMatch="*",
            )
        except ClientError as error:
            refused.append((upload, error.response["Error"]["Code"]))
    assert refused == ([(uploads[1][0], "PreconditionFailed")] if is_refused else [])
    client.close()

"""Each test has a database or a bucket of its own, and finds it empty."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import create_engine, text

from tests.servers.proxy import Proxy
from tests.servers.s3 import S3Server


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_an_empty_postgres_database(postgres_url: str, turn: int) -> None:
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE TABLE alone (number integer)")
        found = connection.execute("SELECT count(*) FROM pg_class WHERE relname = 'alone'").fetchone()
    assert found == (1,)


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_an_empty_mariadb_database(mariadb_url: str, turn: int) -> None:
    engine = create_engine(mariadb_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alone (number integer)"))
        assert connection.execute(text("SHOW TABLES")).all() == [("alone",)]
    engine.dispose()


@pytest.fixture(params=["rclone_s3", "ceph_s3", "moto_s3"])
def bucket(request: pytest.FixtureRequest) -> S3Server:
    server = request.getfixturevalue(request.param)
    assert isinstance(server, S3Server)
    return server


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_an_empty_bucket(bucket: S3Server, turn: int) -> None:
    client = bucket.client()
    assert "Contents" not in client.list_objects_v2(Bucket=bucket.bucket)
    client.put_object(Bucket=bucket.bucket, Key="one/two", Body=b"bytes")
    assert client.get_object(Bucket=bucket.bucket, Key="one/two")["Body"].read() == b"bytes"
    client.close()


def test_a_bucket_can_be_reached_by_way_of_a_proxy(bucket: S3Server) -> None:
    with Proxy(bucket.endpoint_url) as proxy:
        client = replace(bucket, endpoint_url=proxy.url).client()
        client.put_object(Bucket=bucket.bucket, Key="name", Body=b"bytes")
        client.close()
        assert proxy.connections >= 1

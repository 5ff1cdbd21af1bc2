"""Servers that die while they are read, and imports that go on afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import fileroom
from fileroom.errors import FeedError
from fileroom.reports import IngestStoppedError
from fileroom.testing.datasets import make_instance
from fileroom.testing.feed import sample
from fileroom_plugins.table_feed import feed as feed_module
from fileroom_plugins.table_feed.feed import TableFeed
from tests.plugins.table_feed.tables import Database, names
from tests.servers.proxy import Proxy

SERVERS = ["postgres", "mariadb"]
IMAGES = 60


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Database:
    """A database that is reached over the network."""
    database: Database = request.getfixturevalue(request.param)
    return database


def open_by(proxy: Proxy, table: str = "images") -> TableFeed:
    return TableFeed(proxy.url, table, "id", "image")


def test_a_server_that_dies_between_pages_is_an_error_of_the_feed(
    server: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "PAGE", 5)
    server.put(server.table(), {n: sample(n) for n in range(50)})
    with Proxy(server.url) as proxy, open_by(proxy) as feed:
        items = iter(feed)
        seen = [next(items)]
        proxy.refuse()
        with pytest.raises(FeedError, match="cannot be re"):
            seen += list(items)
        proxy.pass_everything()
        assert len(names(feed)) == 50


def test_a_server_that_dies_within_a_large_image_is_an_error_of_the_feed(server: Database) -> None:
    data = sample(1, 5 << 20)
    server.put(server.table(), {1: data})
    with Proxy(server.url) as proxy, open_by(proxy) as feed:
        (item,) = feed
        with item.open() as file:
            assert file.read(100_000) == data[:100_000]
            proxy.cut("client", after=100_000)
            with pytest.raises(FeedError, match="images cannot be read"):
                file.read()
        with item.open() as file:
            assert file.read() == data


def test_a_connection_that_was_lost_meanwhile_is_one_failure_and_then_made_anew(server: Database) -> None:
    server.put(server.table(), {1: b"x"})
    with Proxy(server.url) as proxy, open_by(proxy) as feed:
        proxy.refuse()
        proxy.pass_everything()
        with pytest.raises(FeedError):
            list(feed)
        assert names(feed) == ["1"]


def test_an_import_whose_server_dies_says_so_in_one_sentence_and_goes_on_when_it_is_run_again(
    server: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "PAGE", 10)
    monkeypatch.setattr("fileroom._archive.run.BATCH_OBJECTS", 5)
    server.put(server.table(), {n: make_instance(instance_number=n) for n in range(IMAGES)})
    with Proxy(server.url) as proxy, fileroom.open(tmp_path / "archive") as archive:
        options: dict[str, Any] = {"url": proxy.url, "table": "images", "key": "id", "data": "image"}

        def die(_: object) -> None:
            proxy.refuse()

        with archive.feed("sql", **options) as feed, pytest.raises(IngestStoppedError) as caught:
            archive.ingest(feed, on_outcome=die)
        text = str(caught.value)
        assert text.startswith(f"the import stopped: database {server.backend}://127.0.0.1:")
        assert "import again to go on" in text
        assert "\n" not in text
        assert not server.password or server.password not in text
        stored = caught.value.report.stored
        assert 0 < stored < IMAGES
        assert archive.statistics().instances == stored
        proxy.pass_everything()
        with archive.feed("sql", **options) as feed:
            again = archive.ingest(feed)
        assert (again.already_stored, again.stored) == (stored, IMAGES - stored)

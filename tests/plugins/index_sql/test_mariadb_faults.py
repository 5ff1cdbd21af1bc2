"""What can happen on the way to MariaDB, and what the index says then: one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from fileroom.errors import CatalogError, SchemaError
from fileroom.index import SetMetadata
from fileroom.options import Secret
from fileroom.tags import TagSet
from fileroom.testing.entries import entry
from fileroom.testing.index_case import ids_of, state
from fileroom_plugins.databases.errors import OutcomeUnknownError
from fileroom_plugins.index_sql.schema import schema_of
from fileroom_plugins.index_sql.sql import Options, open_index
from tests.servers.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.index import Index
    from tests.plugins.index_sql.servers import ServerIndex

TAGS = TagSet.default()
BATCH = [entry(instance=f"1.{number}") for number in range(20)]


def opened(url: str) -> Index:
    return open_index(Options(Secret(url)), TAGS)


@pytest.fixture
def proxy(mariadb_index: ServerIndex) -> Iterator[Proxy]:
    with Proxy(mariadb_index.url) as standing:
        yield standing


@pytest.mark.parametrize("arrives", [False, True])
def test_a_commit_whose_outcome_nobody_knows_may_be_done_again(proxy: Proxy, *, arrives: bool) -> None:
    index = opened(proxy.url)
    index.commit([entry("before")])
    proxy.cut("client" if arrives else "server", once=b"\x03COMMIT")
    with pytest.raises(OutcomeUnknownError, match="nobody can tell"):
        index.commit(BATCH)
    outcomes = index.commit(BATCH)
    assert {outcome.status for outcome in outcomes} == {"already_stored" if arrives else "stored"}
    assert {outcome.garbage for outcome in outcomes} == {()}
    index.close()


def test_a_connection_that_is_cut_before_the_commit_has_done_nothing(proxy: Proxy) -> None:
    index = opened(proxy.url)
    index.commit([entry("before")])
    before = state(index)
    proxy.cut("client", once=b"INSERT INTO")
    with pytest.raises(CatalogError, match="the connection was lost: check that it runs, then try again"):
        index.commit(BATCH)
    assert state(index) == before
    assert index.commit(BATCH)[0].status == "stored"
    index.close()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"password": "hunter2"}, "refused the user or its password"),
        ({"database": "no_such"}, "/no_such: there is no such database"),
    ],
)
def test_what_the_server_refuses_is_one_sentence_without_a_password(
    mariadb_url: str, change: dict[str, str], message: str
) -> None:
    url = make_url(mariadb_url).set(**change)  # type: ignore[arg-type]
    with pytest.raises(CatalogError, match=message) as caught:
        opened(url.render_as_string(hide_password=False))
    assert "hunter2" not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_a_text_that_cannot_be_written_is_refused_without_being_shown(mariadb_index: ServerIndex) -> None:
    index = mariadb_index.open(TAGS)
    with pytest.raises(CatalogError, match="UTF-8 cannot write") as caught:
        index.commit([entry("Secret^Name\udcff")])
    assert caught.value.__cause__ is None
    assert index.statistics().instances == 0
    index.close()


def test_tables_that_were_made_by_half_are_made_to_the_end(mariadb_url: str) -> None:
    index = opened(mariadb_url)
    database = index._database  # type: ignore[attr-defined]
    schema = schema_of(TAGS, database)

    def undo(connection: object) -> None:
        for table in (schema.info, schema.change, schema.attachment):
            connection.execute(text(f"DROP TABLE `{table.name}`"))  # type: ignore[attr-defined]

    database.write(undo)
    index.close()
    again = opened(mariadb_url)
    assert again.commit(BATCH)[0].status == "stored"
    assert again.statistics().instances == len(BATCH)
    again.close()


def test_another_programs_database_is_left_alone(mariadb_url: str) -> None:
    index = opened(mariadb_url)
    database = index._database  # type: ignore[attr-defined]
    database.write(lambda connection: connection.execute(text("DROP TABLE info")))
    database.write(lambda connection: connection.execute(text("CREATE TABLE notes (text TEXT)")))
    index.close()
    with pytest.raises(SchemaError, match="not those of an index"):
        opened(mariadb_url)


def test_what_a_deadlock_undid_is_not_committed_by_half(mariadb_index: ServerIndex) -> None:
    database = mariadb_index.database

    def lose() -> None:
        with database.unit():
            database.write(lambda connection: connection.execute(text("UPDATE total SET patients = 9")))
            # As InnoDB does for its victim: the whole transaction is gone, and the error says which.
            signal = "SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'Deadlock'"
            with pytest.raises(CatalogError, match="do all of it again"):
                database.write(lambda connection: connection.execute(text(signal)))

    with pytest.raises(CatalogError, match="do all of it again"):
        lose()
    index = mariadb_index.open(TAGS)
    assert index.statistics().patients == 0
    index.close()


@pytest.mark.parametrize("size", [9 << 20, 17 << 20])
def test_a_value_that_is_larger_than_a_packet_is_told_apart_from_a_lost_connection(
    mariadb_index: ServerIndex, size: int
) -> None:
    index = opened(mariadb_index.url)
    index.commit([entry()])
    edit = SetMetadata(ids_of(entry()).study, "n", "'" * size)  # which the driver doubles
    with pytest.raises(
        CatalogError, match="raise its max_allowed_packet, which is 16,777,216 bytes"
    ) as caught:
        index.edit([edit])
    assert "reached" not in str(caught.value)
    assert index.statistics().instances == 1
    index.close()

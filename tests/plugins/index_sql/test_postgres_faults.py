"""What can happen to a PostgreSQL server and the way to it, and what the index says then: one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy.engine import make_url

from fileroom.errors import CatalogError, ConfigError, SchemaError
from fileroom.model import Level
from fileroom.options import Secret
from fileroom.query import Query
from fileroom.tags import TagSet
from fileroom.testing.entries import entry
from fileroom.testing.index_case import details_of, ids_of, state
from fileroom_plugins.databases.errors import DatabaseFullError, OutcomeUnknownError
from fileroom_plugins.index_sql.postgres import Options, open_index
from tests.servers.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.index import Index
    from tests.plugins.index_sql.servers import ServerIndex
    from tests.servers.postgres import PostgresServer

TAGS = TagSet.default()
BATCH = [entry(instance=f"1.{number}") for number in range(20)]


def commit_much(url: str) -> None:
    """Commit for longer than any limit of time: a fast server may be done with a little before it is over."""
    index = opened(url)
    for number in range(200):
        index.commit([entry(instance=f"{number}.{one}") for one in range(50)])


def opened(url: str) -> Index:
    return open_index(Options(Secret(url)), TAGS)


def causes(error: BaseException) -> list[BaseException]:
    chain = [error]
    while chain[-1].__cause__ is not None:
        chain.append(chain[-1].__cause__)
    return chain


@pytest.fixture
def proxy(postgres_index: ServerIndex) -> Iterator[Proxy]:
    with Proxy(postgres_index.url) as standing:
        yield standing


def execute(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def test_after_a_restart_of_the_server_the_next_call_works(own_postgres: PostgresServer) -> None:
    index = opened(own_postgres.url())
    index.commit(BATCH[:1])
    own_postgres.stop()
    own_postgres.start()
    assert index.statistics().instances == 1
    own_postgres.stop()
    own_postgres.start()
    assert index.commit(BATCH)[1].status == "stored"
    index.close()


def test_a_killed_server_is_named_and_keeps_what_it_acknowledged(own_postgres: PostgresServer) -> None:
    index = opened(own_postgres.url())
    index.commit(BATCH)
    before = state(index)
    own_postgres.kill()
    where = make_url(own_postgres.url())
    with pytest.raises(CatalogError, match=f"postgresql://{where.host}:{where.port}/.*check that it runs"):
        index.commit([entry("later")])
    with pytest.raises(CatalogError, match="cannot be reached"):
        index.find(Query(Level.STUDY))
    own_postgres.start()
    assert state(index) == before
    assert index.commit([entry("later")])[0].status == "stored"
    index.close()


@pytest.mark.parametrize("arrives", [False, True])
def test_a_commit_whose_outcome_nobody_knows_may_be_done_again(proxy: Proxy, *, arrives: bool) -> None:
    index = opened(proxy.url)
    index.commit([entry("before")])
    proxy.cut("client" if arrives else "server", once=b"COMMIT\0")
    with pytest.raises(OutcomeUnknownError, match="nobody can tell"):
        index.commit(BATCH)
    outcomes = index.commit(BATCH)
    assert {outcome.status for outcome in outcomes} == {"already_stored" if arrives else "stored"}
    # The first try's locators are those that the index points at: none of them is garbage.
    assert {outcome.garbage for outcome in outcomes} == {()}
    assert len(details_of(index, ids_of(BATCH[0]).instance).attachments) == 1
    assert index.statistics().instances == 1 + len(BATCH)
    index.close()


@pytest.mark.parametrize("once", [b"BEGIN", b"COPY", b"nextval"])
def test_a_connection_that_is_cut_before_the_commit_has_done_nothing(proxy: Proxy, once: bytes) -> None:
    index = opened(proxy.url)
    index.commit([entry("before")])
    before = state(index)
    proxy.cut("client", once=once)
    with pytest.raises(CatalogError, match="the connection was lost: check that it runs, then try again"):
        index.commit(BATCH)
    assert state(index) == before
    assert index.commit(BATCH)[0].status == "stored"
    index.close()


def test_a_full_disk_is_one_sentence_and_nothing_is_half_there(postgres_index: ServerIndex) -> None:
    index = opened(postgres_index.url)
    index.commit([entry("before")])
    before = state(index)
    execute(
        postgres_index.url,
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$",
        "CREATE TRIGGER full_disk BEFORE INSERT ON attachment EXECUTE FUNCTION full_disk()",
    )
    try:
        with pytest.raises(DatabaseFullError, match="no space left on its disk: free some"):
            index.commit(BATCH)
        assert state(index) == before
    finally:
        execute(postgres_index.url, "DROP FUNCTION full_disk CASCADE")
    assert index.commit(BATCH)[0].status == "stored"
    index.close()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("LOGIN CONNECTION LIMIT 0", "takes no more connections: lower pool_size"),
        ("NOLOGIN", "refused the role or its password"),
        ("LOGIN", "lacks a privilege: make it the owner"),
        (
            "LOGIN IN ROLE postgres; ALTER ROLE {role} SET statement_timeout = 1",
            "was cancelled: it took",
        ),
    ],
)
def test_what_the_server_does_not_let_a_role_do_is_one_sentence(
    postgres_url: str, setting: str, message: str
) -> None:
    role = f"restricted_{make_url(postgres_url).database}"
    execute(postgres_url, *f"CREATE ROLE {role} {setting.format(role=role)}".split("; "))
    try:
        url = make_url(postgres_url).set(username=role).render_as_string(hide_password=False)
        with pytest.raises(CatalogError, match=message) as caught:
            commit_much(url)
        assert role not in str(caught.value)
    finally:
        execute(postgres_url, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_who_may_only_read_is_told_of_the_changes_that_have_a_sequence(postgres_url: str) -> None:
    role = f"reader_{make_url(postgres_url).database}"
    index = opened(postgres_url)
    index.commit(BATCH)
    seen = index.changes(limit=1000)
    index.commit([entry("later")])
    execute(
        postgres_url, f"CREATE ROLE {role} LOGIN", f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"
    )
    try:
        reader = opened(make_url(postgres_url).set(username=role).render_as_string(hide_password=False))
        assert reader.changes(limit=1000) == seen
        assert not reader.wait_for_changes(seen.last, 0.1)
        later = index.changes(since=seen.last).changes
        assert reader.changes(since=seen.last).changes == later
        assert reader.count(Query(Level.INSTANCE)) == len(BATCH) + 1
        reader.close()
    finally:
        execute(postgres_url, f"DROP OWNED BY {role}", f"DROP ROLE {role}")
    index.close()


def test_a_contradiction_that_stays_is_not_taken_for_other_writers(postgres_index: ServerIndex) -> None:
    index = opened(postgres_index.url)
    index.commit(BATCH)
    execute(
        postgres_index.url,
        "CREATE TABLE by_hand AS SELECT id FROM series",
        "ALTER TABLE by_hand ADD FOREIGN KEY (id) REFERENCES series",
    )
    try:
        with pytest.raises(
            CatalogError, match="if nobody else was writing, the tables were damaged"
        ) as caught:
            index.remove([ids_of(BATCH[0]).patient])
        assert all("Key (" not in str(cause) for cause in causes(caught.value))
    finally:
        execute(postgres_index.url, "DROP TABLE by_hand")
    index.remove([ids_of(BATCH[0]).patient])
    index.close()


def test_a_wrong_password_is_one_sentence_that_does_not_repeat_it(own_postgres: PostgresServer) -> None:
    rules = own_postgres._room / "data" / "pg_hba.conf"
    rules.write_text("host all all all scram-sha-256\n")
    execute(own_postgres.url(), "SELECT pg_reload_conf()")
    url = make_url(own_postgres.url()).set(password="hunter2").render_as_string(hide_password=False)
    with pytest.raises(CatalogError, match="refused the role or its password: check those in") as caught:
        opened(url)
    assert "hunter2" not in repr(causes(caught.value))


def test_a_missing_database_is_one_sentence(postgres_url: str) -> None:
    url = make_url(postgres_url).set(database="no_such").render_as_string(hide_password=False)
    with pytest.raises(CatalogError, match="/no_such: there is no such database: create it"):
        opened(url)


@pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "u:secret@h", "postgresql://u:secret@h:port/d"])
def test_what_is_no_url_of_postgresql_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        opened(url)
    assert "secret" not in repr(causes(caught.value))


def test_a_server_that_is_not_there_is_one_sentence(postgres_url: str) -> None:
    with Proxy(postgres_url) as gone:
        gone.refuse()
        with pytest.raises(CatalogError, match="cannot be reached"):
            opened(gone.url)


@pytest.mark.parametrize("usable", [True, False])
def test_trigrams_in_a_schema_of_their_own_are_used_by_who_may(postgres_url: str, *, usable: bool) -> None:
    with psycopg.connect(postgres_url) as connection:
        known = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
        if known.fetchone() is None:
            pytest.skip("this PostgreSQL has no pg_trgm: set FILEROOM_TEST_POSTGRES to one that has")
    role = f"owner_{make_url(postgres_url).database}"
    execute(
        postgres_url,
        'CREATE SCHEMA "Else where"',
        'CREATE EXTENSION pg_trgm SCHEMA "Else where"',
        f"CREATE ROLE {role} LOGIN",
        f"GRANT ALL ON SCHEMA public TO {role}",
        *([f'GRANT USAGE ON SCHEMA "Else where" TO {role}'] if usable else []),
    )
    try:
        index = opened(make_url(postgres_url).set(username=role).render_as_string(hide_password=False))
        index.commit(BATCH)
        (plan,) = (line for line in index.plans() if line.startswith("studies by a part of a PatientName"))
        assert ("trigrams" in plan) is usable
        index.close()
    finally:
        execute(postgres_url, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_another_programs_database_is_left_alone(postgres_url: str) -> None:
    execute(postgres_url, "CREATE TABLE notes (text text)")
    with pytest.raises(SchemaError, match="not those of an index"):
        opened(postgres_url)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("Secret^Name\udcff", "lone surrogate"),
        ("Secret^Name\0", "a text holds a character that PostgreSQL cannot keep"),
    ],
)
@pytest.mark.parametrize("count", [1, 20])
def test_errors_and_their_causes_show_no_value(
    postgres_index: ServerIndex, value: str, message: str, count: int
) -> None:
    index = opened(postgres_index.url)
    with pytest.raises(CatalogError, match=message) as caught:
        index.commit([entry(f"{value}{number}") for number in range(count)])
    assert "Secret" not in repr(causes(caught.value)) + "".join(map(str, causes(caught.value)))
    assert index.statistics().instances == 0
    index.close()


def test_a_number_of_more_than_64_bits_is_refused(postgres_index: ServerIndex) -> None:
    index = opened(postgres_index.url)
    with pytest.raises(CatalogError, match="more than 64 bits"):
        index.commit([entry(stamp=2**63)])
    assert index.statistics().instances == 0
    index.close()


def test_who_waits_for_changes_is_told_that_the_server_went(own_postgres: PostgresServer) -> None:
    index = opened(own_postgres.url())
    own_postgres.stop()
    with pytest.raises(CatalogError, match="cannot be reached"):
        index.wait_for_changes(0, 5)
    index.close()

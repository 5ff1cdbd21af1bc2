from __future__ import annotations

import sqlite3
import sys
import threading
from pathlib import Path

import pytest

from fileroom.errors import CatalogError, ConfigError, IntegrityError, MissingDependencyError
from fileroom_plugins.deidentify.keyed import KeyedPseudonyms
from fileroom_plugins.deidentify.mapping import MappedPseudonyms
from fileroom_plugins.deidentify.sealing import Pair, Seal

KEY, OTHER = b"sixteen bytes...", b"sixteen others.."


def store(folder: Path, source_key: bytes | None = None, key: bytes = KEY) -> MappedPseudonyms:
    return MappedPseudonyms(f"sqlite:///{folder / 'pseudonyms.sqlite'}", key, KeyedPseudonyms(source_key))


def test_what_was_given_is_given_again_whatever_new_ones_would_be(tmp_path: Path) -> None:
    first = store(tmp_path)
    given = (first.uid("1.2.3"), first.text("id", "4711"), first.days("4711"))
    first.close()
    again = store(tmp_path)  # whose source has made up another key
    assert (again.uid("1.2.3"), again.text("id", "4711"), again.days("4711")) == given
    again.close()


def test_different_identifiers_and_kinds_get_different_ones(tmp_path: Path) -> None:
    mapped = store(tmp_path)
    given = [
        mapped.uid("1.2.3"),
        mapped.uid("1.2.4"),
        mapped.text("id", "1.2.3"),
        mapped.text("name", "1.2.3"),
    ]
    mapped.close()
    assert len(set(given)) == 4


def test_days_may_be_the_same_for_many_patients(tmp_path: Path) -> None:
    mapped = store(tmp_path)
    given = {mapped.days(str(patient)) for patient in range(120)}
    mapped.close()
    assert all(-3650 <= days <= -1 for days in given)


def test_the_tables_tell_nothing(tmp_path: Path) -> None:
    mapped = store(tmp_path)
    given = mapped.text("name", "Meyer^Anna")
    mapped.uid("1.2.840.113619.4711")
    mapped.close()
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for told in ("Meyer", "Anna", "113619", given):
        assert told.encode() not in raw


def test_the_key_reverses_what_was_given(tmp_path: Path) -> None:
    mapped = store(tmp_path)
    uid, text = mapped.uid("1.2.3"), mapped.text("id", "4711")
    mapped.days("4711")
    assert list(mapped.reverse([uid, text, "never given"])) == [
        Pair("uid", "1.2.3", uid),
        Pair("id", "4711", text),
    ]
    assert {pair[:2] for pair in mapped.pairs()} == {("uid", "1.2.3"), ("id", "4711"), ("days", "4711")}
    mapped.close()


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    store(tmp_path).close()
    with pytest.raises(ConfigError, match="another key"):
        store(tmp_path, key=OTHER)


def test_all_pairs_are_exported_though_they_come_in_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fileroom_plugins.deidentify.mapping._AT_ONCE", 3)
    mapped = store(tmp_path)
    for number in range(10):
        mapped.uid(f"1.2.{number}")
    assert {pair.old for pair in mapped.pairs()} == {f"1.2.{number}" for number in range(10)}
    mapped.close()


@pytest.fixture(
    params=["sqlite", "postgres", pytest.param("mariadb", marks=pytest.mark.slow)],
)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{(tmp_path / 'pseudonyms.sqlite').as_posix()}"
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


def test_writers_at_the_same_time_agree(url: str) -> None:
    ready = threading.Barrier(4)
    given: list[list[str]] = [[] for _ in range(4)]

    def work(into: list[str]) -> None:
        ready.wait()
        own = MappedPseudonyms(url, KEY, KeyedPseudonyms())  # each would give another one
        into.extend(own.uid(f"1.2.{number}") for number in range(30))
        own.close()

    threads = [threading.Thread(target=work, args=(one,)) for one in given]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert given[0] == given[1] == given[2] == given[3]
    assert len(set(given[0])) == 30


def test_any_database_keeps_and_reverses_what_was_given(url: str) -> None:
    for _ in range(2):
        mapped = MappedPseudonyms(url, KEY, KeyedPseudonyms())
        given = mapped.text("name", "Müller^Änne")
        mapped.days("4711")
        assert list(mapped.reverse([given])) == [Pair("name", "Müller^Änne", given)]
        assert len(list(mapped.pairs())) == 2
        mapped.close()


def test_a_damaged_row_is_told_and_not_taken_for_another(tmp_path: Path) -> None:
    mapped = store(tmp_path)
    uid = mapped.uid("1.2.3")
    with sqlite3.connect(tmp_path / "pseudonyms.sqlite") as connection:
        connection.execute("UPDATE deidentify_pair SET sealed = zeroblob(100)")
    connection.close()
    with pytest.raises(IntegrityError, match="cannot be opened"):
        list(mapped.reverse([uid]))
    mapped.close()


def test_a_store_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    store(tmp_path).close()
    with sqlite3.connect(tmp_path / "pseudonyms.sqlite") as connection:
        connection.execute("UPDATE deidentify_info SET value = '2' WHERE name = 'schema'")
    connection.close()
    with pytest.raises(CatalogError, match="newer version"):
        store(tmp_path)


def test_sealed_pairs_differ_though_they_are_the_same(tmp_path: Path) -> None:
    seal = Seal(KEY)
    pair = Pair("name", "Meyer^Anna", "ABC")
    one, other = seal.close(pair), seal.close(pair)
    assert one != other
    assert seal.open(one) == seal.open(other) == pair
    assert len(seal.close(Pair("name", "M", "ABC"))) == len(one)


def test_without_cryptography_there_is_no_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    with pytest.raises(MissingDependencyError, match=r"fileroom\[deidentify\]"):
        store(tmp_path)


def test_a_name_is_one_however_it_is_written_and_told_as_it_came_first(tmp_path: Path) -> None:
    mapped = store(tmp_path)
    given = mapped.text("name", "Meyer^Anna")
    again, pairs = mapped.text("name", "MEYER^ANNA^^"), list(mapped.reverse([given]))
    mapped.close()
    assert again == given
    assert pairs == [Pair("name", "Meyer^Anna", given)]

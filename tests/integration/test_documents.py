"""The repository of documents: what is inserted is checked, versioned, published together, and found."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.errors import (
    AlreadyExistsError,
    DocumentError,
    FileroomError,
    InvalidValueError,
    NotFoundError,
    NotSupportedError,
    PluginNotFoundError,
    RevisionError,
)
from fileroom.markup import LARGEST
from fileroom.model import ARCHIVE_ID
from fileroom.testing.datasets import make_instance
from tests.integration.document_kinds import BROKEN, KINDS, RINGS, SPOILT


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with opened(tmp_path) as archive:
        yield archive


SET = {"content": "fileroom document set"}
LISTED = {"name": "a", "kind": "list"}


def opened(tmp_path: Path) -> Archive:
    return fileroom.open(tmp_path / "archive", register=KINDS)


def names(archive: Archive) -> list[str]:
    return [one.name for one in archive.documents.list() if not one.built_in]


def insert(archive: Archive, *documents: tuple[str, bytes]) -> None:
    """Insert documents together; their names end in their kinds."""
    with archive.documents.edit() as session:
        for name, data in documents:
            session.insert(name, name.rpartition(".")[2], data)


def objects(archive: Archive) -> int:
    return len(list(archive.storage.list()))


# Inserting and reading


def test_a_document_is_there_for_all_once_it_is_inserted(archive: Archive, tmp_path: Path) -> None:
    inserted = archive.documents.insert("a.list", "list", b"default.list")
    assert (inserted.name, inserted.kind, inserted.version, inserted.size) == ("a.list", "list", 1, 12)
    assert inserted.refers_to == ("default.list",)
    assert inserted.published is not None
    with opened(tmp_path) as another:
        found = another.documents.get("a.list")
        assert (found.data, found.kind, found.version) == (b"default.list", "list", 1)
        assert found.related["default.list"].data == b""
    assert objects(archive) == 1


@pytest.mark.parametrize("give", ["bytes", "path", "text", "file", "pieces"])
def test_a_document_comes_from_bytes_paths_files_and_pieces(
    archive: Archive, tmp_path: Path, give: str
) -> None:
    path = tmp_path / "a.list"
    path.write_bytes(b"default.list")
    data = path.read_bytes()
    sources: dict[str, Any] = {
        "bytes": data,
        "path": path,
        "text": str(path),
        "file": io.BytesIO(data),
        "pieces": iter([data[:5], data[5:]]),
    }
    archive.documents.insert("a.list", "list", sources[give])
    assert archive.documents.get("a.list").data == data


def test_each_insertion_makes_a_version_and_old_ones_stay(archive: Archive) -> None:
    for data in (b"", b"default.list", b"", b""):
        archive.documents.insert("a.list", "list", data)
    assert archive.documents.get("a.list").version == 3
    assert [archive.documents.get("a.list", number).data for number in (1, 2, 3)] == [
        b"",
        b"default.list",
        b"",
    ]
    assert [one.version for one in archive.documents.history("a.list")] == [1, 2, 3]
    with pytest.raises(NotFoundError, match="has no version 4: there are 1, 2, 3"):
        archive.documents.get("a.list", 4)


def test_only_so_many_versions_are_kept(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fileroom._documents.contents.KEPT_VERSIONS", 2)
    for number in range(4):
        archive.documents.insert("a.list", "list", b"\n" * number)
    assert [one.version for one in archive.documents.history("a.list")] == [3, 4]
    with pytest.raises(NotFoundError):
        archive.documents.get("a.list", 1)


def test_what_was_deleted_can_come_back_and_its_numbers_do_not(archive: Archive) -> None:
    archive.documents.insert("a.list", "list", b"")
    archive.documents.delete("a.list")
    with pytest.raises(NotFoundError):
        archive.documents.get("a.list")
    assert archive.documents.get("a.list", 1).data == b""
    assert [one.deleted for one in archive.documents.history("a.list")] == [False, True]
    with pytest.raises(NotFoundError):
        archive.documents.delete("a.list")
    assert archive.documents.insert("a.list", "ring", b"").version == 3
    with pytest.raises(NotFoundError, match="has no version 2"):
        archive.documents.get("a.list", 2)


def test_a_document_is_checked_by_its_kind(archive: Archive) -> None:
    for data, message in (
        (b"\n!", r"^a\.list:2: a line is wrong$"),
        (b"?", "failed on it with Zero"),
    ):
        with pytest.raises(DocumentError, match=message) as caught:
            archive.documents.insert("a.list", "list", data)
        assert "patient" not in str(caught.value)
    with pytest.raises(DocumentError, match="has more than"):
        archive.documents.insert("a.list", "list", bytes(LARGEST + 1))
    with pytest.raises(PluginNotFoundError):
        archive.documents.insert("a.list", "nonsense", b"")
    with pytest.raises(NotFoundError):
        archive.documents.insert("a.list", "list", Path("nowhere.list"))
    assert names(archive) == []
    assert objects(archive) == 0


@pytest.mark.parametrize("name", ["", "x" * 101, "a/b", "a\\b", "..", "a\n", "CON", " a", "a.", "a\0"])
def test_a_name_that_could_be_no_file_is_refused(archive: Archive, name: str) -> None:
    with pytest.raises(InvalidValueError, match="name"):
        archive.documents.insert(name, "list", b"")


@pytest.mark.parametrize("name", ["x" * 100, "rules.xml", "Regeln für CT", "規則"])
def test_other_names_are_taken(archive: Archive, name: str) -> None:
    archive.documents.insert(name, "list", b"")
    assert names(archive) == [name]


def test_names_are_for_one_kind(archive: Archive) -> None:
    archive.documents.insert("a.list", "list", b"")
    with pytest.raises(InvalidValueError, match="is of kind list: delete it first"):
        archive.documents.insert("a.list", "ring", b"")
    with pytest.raises(InvalidValueError, match="comes with a plugin"):
        archive.documents.insert("default.list", "ring", b"")


def test_what_is_not_there_is_not_found_with_a_hint(archive: Archive) -> None:
    archive.documents.insert("first.list", "list", b"")
    for ask in (archive.documents.get, archive.documents.history, archive.documents.delete):
        with pytest.raises(NotFoundError, match=r"no document 'frist\.list'.*did you mean 'first\.list'"):
            ask("frist.list")


# What comes with plugins


def test_documents_of_plugins_are_listed_and_cannot_be_deleted(archive: Archive) -> None:
    listed = [one for one in archive.documents.list() if one.kind in ("list", "ring")]
    assert [(one.name, one.version, one.built_in) for one in listed] == [
        ("default.list", 0, True),
        ("other.list", 0, True),
    ]
    assert archive.documents.get("other.list").related["default.list"].kind == "list"
    assert [one.version for one in archive.documents.history("other.list")] == [0]
    with pytest.raises(NotSupportedError, match="comes with a plugin"):
        archive.documents.delete("default.list")


def test_a_document_may_stand_for_a_plugins_own_and_give_way_again(archive: Archive) -> None:
    archive.documents.insert("user.list", "list", b"default.list")
    archive.documents.insert("default.list", "list", b"other.list")
    assert archive.documents.get("default.list").version == 1
    assert archive.documents.get("default.list", 0).data == b""
    assert [one.version for one in archive.documents.history("default.list")] == [0, 1]
    archive.documents.delete("default.list")
    assert archive.documents.get("default.list").version == 0
    assert [one.name for one in archive.documents.list()].count("default.list") == 1


# References


def test_a_document_that_refers_to_nothing_is_not_published(archive: Archive) -> None:
    with pytest.raises(DocumentError, match=r"a\.list: refers to the document 'b\.list', which is not there"):
        archive.documents.insert("a.list", "list", b"b.list")
    assert names(archive) == []


def test_a_document_that_others_refer_to_stays(archive: Archive) -> None:
    archive.documents.insert("a.list", "list", b"")
    archive.documents.insert("b.list", "list", b"a.list")
    with pytest.raises(DocumentError, match=r"a\.list: cannot be deleted: 'b\.list' refer to it"):
        archive.documents.delete("a.list")
    archive.documents.delete("b.list")
    archive.documents.delete("a.list")
    assert names(archive) == []


def test_a_document_keeps_what_others_need_of_it(archive: Archive) -> None:
    insert(archive, ("a.list", b""), ("b.list", b"a.list"), ("c.list", b"b.list"), ("d.list", b"-"))
    refused = r"^a\.list: 'b\.list', 'c\.list' refer to it and could be used no more: b\.list:1: 'a\.list' is"
    with pytest.raises(DocumentError, match=refused):
        archive.documents.insert("a.list", "list", b"-")
    with pytest.raises(DocumentError, match=refused):
        insert(archive, ("a.list", b"-"))
    with pytest.raises(DocumentError, match=r"^e\.list:1: 'd\.list' is of no use"):
        archive.documents.insert("e.list", "list", b"d.list")
    assert {one.version for one in archive.documents.list() if not one.built_in} == {1}
    with archive.documents.edit() as session:
        session.insert("a.list", "list", b"-")
        session.insert("b.list", "list", b"")
    assert archive.documents.get("a.list").version == 2


def test_a_document_that_stands_for_a_plugins_own_has_what_that_has(archive: Archive) -> None:
    with pytest.raises(DocumentError, match=r"^default\.list: 'other\.list' refer to it and could be"):
        archive.documents.insert("default.list", "list", b"-")
    archive.documents.insert("default.list", "list", b"")


def test_rings_are_for_kinds_that_allow_them(archive: Archive) -> None:
    insert(archive, ("a.ring", b"b.ring"), ("b.ring", b"a.ring default.list"))
    assert set(archive.documents.get("a.ring").related) == {"b.ring", "default.list"}
    with pytest.raises(DocumentError, match="in a ring"):
        insert(archive, ("a.list", b"b.list"), ("b.list", b"a.list"))
    with pytest.raises(DocumentError, match="in a ring"):
        archive.documents.insert("a.list", "list", b"a.list")
    with pytest.raises(DocumentError, match="in a ring"):
        insert(archive, ("a.list", b"c.ring"), ("c.ring", b"a.list"))
    assert names(archive) == ["a.ring", "b.ring"]


def test_too_many_related_documents_are_refused(archive: Archive) -> None:
    chain = ((f"{number}.list", f"{number + 1}.list".encode()) for number in range(102))
    with pytest.raises(DocumentError, match="more than 100"):
        insert(archive, *chain, ("102.list", b""))
    assert names(archive) == []


# Edit sessions


def test_a_session_publishes_all_at_once(archive: Archive, tmp_path: Path) -> None:
    with opened(tmp_path) as another, archive.documents.edit() as session:
        session.insert("a.list", "list", b"b.list")
        session.insert("b.list", "list", b"")
        assert [one.name for one in session.list()] == ["a.list", "b.list"]
        assert {one.published for one in session.changes()} == {None}
        assert names(another) == names(archive) == []
        published = session.publish()
        assert names(another) == ["a.list", "b.list"]
        assert [(one.name, one.version) for one in published] == [("a.list", 1), ("b.list", 1)]
        assert None not in {one.published for one in published}
    assert objects(archive) == 1


def test_an_error_rolls_a_session_back(archive: Archive) -> None:
    archive.documents.insert("a.list", "list", b"")
    with suppress(KeyError), archive.documents.edit() as session:
        session.delete("a.list")
        raise KeyError
    assert names(archive) == ["a.list"]
    assert archive.documents.draft() is None
    assert objects(archive) == 1


def test_a_rolled_back_session_leaves_no_trace(archive: Archive) -> None:
    session = archive.documents.edit()
    session.insert("a.list", "list", b"")
    session.rollback()
    assert archive.details(ARCHIVE_ID).attachments == ()
    assert objects(archive) == 0
    with pytest.raises(NotFoundError, match="over"):
        session.insert("b.list", "list", b"")


def test_a_session_that_is_not_shared_is_its_owners_alone(archive: Archive, tmp_path: Path) -> None:
    with opened(tmp_path) as another, archive.documents.edit() as session:
        session.insert("a.list", "list", b"")
        draft = another.documents.draft()
        assert draft is not None
        assert [one.name for one in draft.changes()] == ["a.list"]
        for attempt in (
            lambda: draft.insert("b.list", "list", b""),
            lambda: draft.delete("a.list"),
            draft.publish,
            draft.rollback,
        ):
            with pytest.raises(AlreadyExistsError, match="session of its own"):
                attempt()
        with pytest.raises(AlreadyExistsError), another.documents.draft() as led_on:  # type: ignore[union-attr]
            led_on.insert("b.list", "list", b"")
        session.insert("c.list", "list", b"a.list")
    assert names(archive) == ["a.list", "c.list"]


def test_a_shared_session_outlives_the_process_and_is_led_on(archive: Archive, tmp_path: Path) -> None:
    first = archive.documents.edit(shared=True)
    first.insert("a.list", "list", b"")
    with opened(tmp_path) as another:
        draft = another.documents.draft()
        assert draft is not None
        assert draft.started == first.started
        draft.insert("b.list", "list", b"a.list")
        with pytest.raises(RevisionError, match="somebody else"):
            first.insert("c.list", "list", b"")
        draft.publish()
        assert names(another) == ["a.list", "b.list"]
    with pytest.raises(RevisionError):
        first.publish()


def test_there_is_one_session_at_a_time_and_nobody_publishes_past_it(archive: Archive) -> None:
    archive.documents.insert("a.list", "list", b"")
    session = archive.documents.edit()
    for attempt in (
        archive.documents.edit,
        lambda: archive.documents.insert("b.list", "list", b""),
        lambda: archive.documents.delete("a.list"),
    ):
        with pytest.raises(AlreadyExistsError, match="is editing") as caught:
            attempt()
        assert not isinstance(caught.value, RevisionError)
    session.rollback()
    archive.documents.insert("b.list", "list", b"")


def test_a_session_makes_one_version_of_each_document(archive: Archive) -> None:
    archive.documents.insert("a.list", "list", b"")
    with archive.documents.edit() as session:
        for data in (b"default.list", b"other.list"):
            assert session.insert("a.list", "list", data).version == 2
        session.insert("b.list", "list", b"")
        session.delete("b.list")
        assert [one.name for one in session.changes()] == ["a.list"]
    assert [one.version for one in archive.documents.history("a.list")] == [1, 2]
    with archive.documents.edit() as session:
        session.insert("a.list", "list", b"")
        session.insert("a.list", "list", b"other.list")
        assert session.changes() == []
        session.delete("a.list")
        session.insert("a.list", "list", b"other.list")
        assert session.changes() == []
    assert archive.documents.get("a.list").version == 2


def test_updating_is_deleting_and_inserting_in_one_session(archive: Archive) -> None:
    archive.documents.insert("a.list", "list", b"")
    archive.documents.insert("b.list", "list", b"a.list")
    with archive.documents.edit() as session:
        session.delete("a.list")
        session.insert("a.list", "list", b"default.list")
    assert archive.documents.get("a.list").version == 2
    with pytest.raises(DocumentError, match="not there"), archive.documents.edit() as session:
        session.delete("a.list")


def test_a_session_that_cannot_be_published_goes_on(archive: Archive) -> None:
    session = archive.documents.edit()
    session.insert("a.list", "list", b"b.list")
    with pytest.raises(DocumentError):
        session.publish()
    session.insert("b.list", "list", b"")
    session.check()
    session.publish()
    assert names(archive) == ["a.list", "b.list"]


# Processors


def test_processors_go_by_what_is_published_and_see_new_versions(archive: Archive) -> None:
    stored = archive.store(make_instance()).check().instance
    assert stored is not None

    def read(name: str) -> bytes:
        (product,) = stored.process("reading", document=name, keep=False)
        return product.data

    assert read("other.list") == b"0 default.list []"
    archive.documents.insert("mine.list", "list", b"default.list")
    assert read("mine.list") == b"1 default.list []"
    archive.documents.insert("default.list", "list", b"\n")
    assert read("mine.list") == b"1 default.list [\n]"
    archive.documents.insert("mine.list", "list", b"other.list default.list")
    assert read("mine.list").startswith(b"2 other.list")
    archive.documents.delete("mine.list")
    with pytest.raises(NotFoundError):
        read("mine.list")


def test_a_processor_that_stays_open_goes_by_what_was_published_last(
    archive: Archive, tmp_path: Path
) -> None:
    stored = archive.store(make_instance()).check().instance
    assert stored is not None

    def read() -> bytes:
        (product,) = stored.process("reading", keep=False)
        return product.data

    assert [read(), read()] == [b"0  []"] * 2
    opened_once = archive.plugins.processor("reading")
    with opened(tmp_path) as another:
        another.documents.insert("default.list", "list", b"\n")
        another.documents.insert("unrelated.list", "list", b"")
    assert read() == b"1 \n []"
    again = archive.plugins.processor("reading")
    assert opened_once is not again is archive.plugins.processor("reading")


def test_another_process_sees_what_was_published_without_opening_anew(
    archive: Archive, tmp_path: Path
) -> None:
    with opened(tmp_path) as another:
        assert another.documents.published("a.list") is None
        for number in (1, 2, 3):
            archive.documents.insert("a.list", "list", b"\n" * number)
            found = another.documents.published("a.list")
            assert found is not None
            assert found.version == number


def test_a_kind_that_cannot_be_loaded_keeps_nothing_from_being_read(archive: Archive, tmp_path: Path) -> None:
    archive.documents.insert("a.list", "list", b"other.list")
    archive.documents.insert("a.ring", "ring", b"a.list")
    with fileroom.open(tmp_path / "archive", register=[RINGS]) as another:
        assert names(another) == ["a.list", "a.ring"]
        assert another.documents.get("a.list").data == b"other.list"
        another.documents.delete("a.ring")
        with pytest.raises(FileroomError):
            another.documents.insert("a.list", "list", b"")


def test_a_kind_that_is_broken_hides_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with fileroom.open(tmp_path / "archive", register=[*KINDS, BROKEN]) as archive:
        archive.documents.insert("a.list", "list", b"default.list")
        assert names(archive) == ["a.list"]
        assert "broken" in archive.documents.kinds()
    assert "documents of kind broken are left out" in caplog.text


def test_a_plugins_own_document_that_is_wrong_keeps_no_other_from_being_published(
    archive: Archive, tmp_path: Path
) -> None:
    archive.documents.insert("a.list", "list", b"other.list")
    with fileroom.open(tmp_path / "archive", register=[SPOILT]) as another:
        another.documents.insert("b.list", "list", b"default.list")
        assert names(another) == ["a.list", "b.list"]
        with pytest.raises(DocumentError, match=r"other\.list:1: a line is wrong"):
            another.documents.insert("c.list", "list", b"other.list")


# Sets in folders


def test_a_document_is_exported_and_never_over_another_file(archive: Archive, tmp_path: Path) -> None:
    archive.documents.insert("a.list", "list", b"")
    archive.documents.insert("a.list", "list", b"other.list")
    assert archive.documents.export("a.list", tmp_path / "out").read_bytes() == b"other.list"
    with pytest.raises(AlreadyExistsError):
        archive.documents.export("a.list", tmp_path / "out")
    assert archive.documents.export("a.list", tmp_path / "old", 1).read_bytes() == b""
    assert archive.documents.export("other.list", tmp_path / "out").read_bytes() == b"default.list"


def test_all_documents_move_to_another_archive_as_a_set(archive: Archive, tmp_path: Path) -> None:
    with archive.documents.edit() as session:
        session.insert("z.list", "list", b"")
        session.insert("a.list", "list", b"m.list")
        session.insert("m.list", "list", b"z.list other.list")
        session.insert("a.ring", "ring", b"b.ring a.list")
        session.insert("b.ring", "ring", b"a.ring")
    manifest = archive.documents.export_all(tmp_path / "set")
    listed = json.loads(manifest.read_text())["documents"]
    order = [one["name"] for one in listed]
    assert order.index("z.list") < order.index("m.list") < order.index("a.list") < order.index("a.ring")
    with fileroom.open(tmp_path / "another", register=KINDS) as another:
        inserted = another.documents.insert_all(tmp_path / "set")
        assert [one.name for one in inserted] == order
        assert names(another) == names(archive)
        assert another.documents.get("m.list").data == b"z.list other.list"
        before = another.documents.list()
        another.documents.insert_all(tmp_path / "set")
        assert another.documents.list() == before


@pytest.mark.parametrize(
    ("manifest", "error"),
    [
        (None, NotFoundError),
        (b"no json", InvalidValueError),
        (b"[" * 100_000, InvalidValueError),
        (b'{"content": "other"}', InvalidValueError),
        (json.dumps(SET | {"documents": [LISTED | {"file": "../secret"}]}).encode(), InvalidValueError),
        (json.dumps(SET | {"documents": [LISTED | {"file": "gone"}]}).encode(), NotFoundError),
    ],
)
def test_a_folder_that_is_no_set_is_one_error(
    archive: Archive, tmp_path: Path, manifest: bytes | None, error: type[Exception]
) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "secret").write_bytes(b"")
    if manifest is not None:
        (tmp_path / "set" / "manifest.json").write_bytes(manifest)
    with pytest.raises(error):
        archive.documents.insert_all(tmp_path / "set")
    assert names(archive) == []
    assert archive.documents.draft() is None

"""``fileroom documents``: inserting, editing in a draft, checking, exporting."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

import fileroom
from fileroom._dispatch import Dispatch
from fileroom.config import Config
from tests.integration.cli_runs import run, run_json
from tests.integration.document_kinds import KINDS


@pytest.fixture(autouse=True)
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the toy kinds be installed."""

    def opened(cls: type[Dispatch], config: Config, plugins: Iterable[object] = ()) -> Dispatch:
        return cls(config, [*plugins, *KINDS])

    monkeypatch.setattr(Dispatch, "open", classmethod(opened))


@pytest.fixture
def where(tmp_path: Path) -> Path:
    run("-a", tmp_path / "archive", "init")
    return tmp_path / "archive"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.list"
    path.write_bytes(b"default.list")
    return path


def listed(where: Path, *words: object) -> list[tuple[str, int]]:
    found = run_json("-a", where, "documents", "list", *words)
    return [(one["name"], one["version"]) for one in found if one["kind"] in ("list", "ring")]


BUILT_IN = [("default.list", 0), ("other.list", 0)]


def test_a_document_is_inserted_shown_listed_and_deleted(where: Path, file: Path) -> None:
    said = run("-a", where, "documents", "insert", file, "--kind", "list").stdout
    assert said == "a.list: list, version 1\n"
    assert run("-a", where, "documents", "show", "a.list").stdout == "default.list"
    assert listed(where) == [("a.list", 1), *BUILT_IN]
    table = run("-a", where, "documents", "list", "--kind", "list").stdout
    assert "with a plugin" in table
    assert " UTC" in table
    shown = run_json("-a", where, "documents", "show", "a.list")
    assert shown == {
        "name": "a.list",
        "kind": "list",
        "version": 1,
        "related": ["default.list"],
        "text": "default.list",
    }
    assert run("-a", where, "documents", "delete", "a.list").stdout == "deleted a.list\n"
    history = run_json("-a", where, "documents", "history", "a.list")
    assert [(one["version"], one["deleted"]) for one in history] == [(1, False), (2, True)]
    assert "deleted" in run("-a", where, "documents", "history", "a.list").stdout
    assert run("-a", where, "documents", "show", "a.list", "--version", "1").stdout == "default.list"
    assert listed(where) == BUILT_IN


def test_the_standard_input_is_inserted_under_a_name(where: Path) -> None:
    given = ("documents", "insert", "-", "--kind", "list", "--name", "b.list")
    assert run_json("-a", where, "documents", "kinds")
    run("-a", where, *given, given=b"other.list")
    assert run("-a", where, "documents", "show", "b.list").stdout == "other.list"


def test_a_draft_is_seen_by_nobody_before_it_is_published(where: Path, file: Path, tmp_path: Path) -> None:
    second = tmp_path / "b.list"
    second.write_bytes(b"a.list")
    assert "seen by nobody else" in run("-a", where, "documents", "edit").stdout
    said = run("-a", where, "documents", "insert", second, "--kind", "list").stdout
    assert "in the draft only" in said
    assert listed(where) == BUILT_IN
    assert listed(where, "--draft") == [("b.list", 1)]
    assert "not yet" in run("-a", where, "documents", "list", "--draft").stdout
    assert "--draft shows" in run("-a", where, "documents", "list").stdout
    assert "refers to the document 'a.list'" in run("-a", where, "documents", "publish", code=1).stderr
    run("-a", where, "documents", "insert", file, "--kind", "list")
    assert "is editing" in run("-a", where, "documents", "edit", code=1).stderr
    published = run_json("-a", where, "documents", "publish")
    assert [(one["name"], one["version"]) for one in published] == [("a.list", 1), ("b.list", 1)]
    assert listed(where) == [("a.list", 1), ("b.list", 1), *BUILT_IN]
    assert "nobody is editing" in run("-a", where, "documents", "publish", code=1).stderr


def test_a_draft_is_dropped(where: Path, file: Path) -> None:
    run("-a", where, "documents", "insert", file, "--kind", "list")
    run("-a", where, "documents", "edit")
    assert run_json("-a", where, "documents", "delete", "a.list") == {"deleted": "a.list", "draft": True}
    assert run("-a", where, "documents", "rollback").stdout == "dropped the draft\n"
    assert run_json("-a", where, "documents", "rollback") == {"dropped": False}
    assert listed(where) == [("a.list", 1), *BUILT_IN]


def test_the_session_of_a_program_is_left_alone(where: Path, file: Path) -> None:
    with fileroom.open(where) as archive, archive.documents.edit() as session:
        session.insert("b.list", "list", b"")
        for words in (("insert", file, "--kind", "list"), ("delete", "b.list"), ("publish",)):
            refused = run("-a", where, "documents", *words, code=1).stderr
            assert "a program is editing the documents in a session of its own" in refused
        assert listed(where, "--draft") == [("b.list", 1)]
    assert listed(where) == [("b.list", 1), *BUILT_IN]


def test_documents_move_to_another_archive_as_a_folder(where: Path, file: Path, tmp_path: Path) -> None:
    run("-a", where, "documents", "insert", file, "--kind", "list")
    run("-a", where, "documents", "export", "--all", tmp_path / "set")
    assert json.loads((tmp_path / "set" / "manifest.json").read_text())["documents"][0]["name"] == "a.list"
    run("-a", tmp_path / "another", "init")
    inserted = run_json("-a", tmp_path / "another", "documents", "insert", tmp_path / "set")
    assert [one["name"] for one in inserted] == ["a.list"]
    path = run_json("-a", where, "documents", "export", "a.list", tmp_path / "one")["path"]
    assert Path(path).read_bytes() == b"default.list"
    refused = run("-a", where, "documents", "export", "a.list", tmp_path / "one", code=1)
    assert "there already" in refused.stderr


def test_a_file_is_checked_without_an_archive(tmp_path: Path, file: Path) -> None:
    nowhere = tmp_path / "nowhere"
    said = run("-a", nowhere, "documents", "check", file, "--kind", "list").stdout
    assert said == "a.list is a sound document of kind list\nit refers to default.list\n"
    file.write_bytes(b"x\n!")
    error = run("-a", nowhere, "documents", "check", file, "--kind", "list", code=1).stderr
    assert error == "error: a.list:2: a line is wrong\n"
    refused = run("-a", nowhere, "documents", "check", file, "--kind", "nonsense", code=2)
    assert refused.stderr.startswith("error: no kind of documents 'nonsense': there are ")
    assert not nowhere.exists()


def test_kinds_are_listed_without_an_archive(tmp_path: Path) -> None:
    found: list[dict[str, Any]] = run_json("-a", tmp_path / "nowhere", "documents", "kinds")
    by_kind = {one["kind"]: one["documents"] for one in found}
    assert by_kind["list"] == ["default.list", "other.list"]
    assert by_kind["ring"] == []
    assert "other.list" in run("-a", tmp_path / "nowhere", "documents", "kinds").stdout


def test_all_are_dropped_only_with_a_yes(where: Path, file: Path) -> None:
    run("-a", where, "documents", "insert", file, "--kind", "list")
    assert "nothing was dropped" in run("-a", where, "documents", "clear", code=1, given="n\n").stderr
    assert run("-a", where, "documents", "clear", "--yes").stdout == "dropped all documents\n"
    assert run_json("-a", where, "documents", "clear", "--yes") == {"dropped": False}
    assert listed(where) == BUILT_IN


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["insert", "FILE"], "--kind is missing"),
        (["insert", "-", "--kind", "list"], "--name is missing"),
        (["insert", "FOLDER", "--kind", "list"], "leave out"),
        (["export", "a.list"], "expected: export"),
        (["export", "--all", "x", "y"], "expected: export"),
    ],
)
def test_what_makes_no_sense_is_refused(where: Path, file: Path, words: list[str], message: str) -> None:
    paths = {"FILE": str(file), "FOLDER": str(file.parent)}
    error = run("-a", where, "documents", *(paths.get(word, word) for word in words), code=2).stderr
    assert message in error


def test_a_document_that_is_not_there_is_one_line(where: Path) -> None:
    for command in ("show", "history", "delete"):
        error = run("-a", where, "documents", command, "gone.list", code=1).stderr
        assert error.startswith("error: no document 'gone.list'")


def test_a_name_that_windows_keeps_for_a_device_is_told_to_be_one(where: Path, tmp_path: Path) -> None:
    (tmp_path / "con.xml").write_bytes(b"default.list")
    for words in (("documents", "check"), ("-a", where, "documents", "insert")):
        said = run(*words, tmp_path / "con.xml", "--kind", "list", code=1).stderr
        assert "it is not that of a device of Windows, such as con.xml" in said
    insert = ("-a", where, "documents", "insert", tmp_path / "con.xml", "--kind", "list")
    assert run(*insert, "--name", "other.xml").stdout == "other.xml: list, version 1\n"


def test_an_empty_set_is_told_to_be_one(where: Path, tmp_path: Path) -> None:
    run("-a", where, "documents", "export", "--all", tmp_path / "set")
    said = run("-a", where, "documents", "insert", tmp_path / "set").stdout
    assert said == "there is no document in this set\n"


def test_what_is_no_text_is_neither_xml_nor_toml(tmp_path: Path) -> None:
    (tmp_path / "random.xml").write_bytes(bytes(range(128, 256)))
    said = run("documents", "check", tmp_path / "random.xml", "--kind", "anonymity", code=1).stderr
    assert "neither XML nor TOML: not UTF-8" in said

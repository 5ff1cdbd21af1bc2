"""Commands on single resources, from show and cat to export and delete, and the log of what they did."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shutil
import zipfile
from pathlib import Path

import pytest

import fileroom
from fileroom.testing.datasets import make_instance, make_uid
from tests.integration.cli_runs import run, run_json, start

STUDY = make_uid("study", "P1")
SERIES = make_uid("series", STUDY, "CT")
FILES = {number: make_instance(patient_id="P1", instance_number=number) for number in (1, 2)}
MARKS = {"PatientName": "Hidden^Name", "AccessionNumber": "P1"}


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A patient with two instances, and another one whose AccessionNumber is the first one's PatientID."""
    folder = tmp_path_factory.mktemp("resources")
    for number, data in FILES.items():
        (folder / f"{number}.dcm").write_bytes(data)
    (folder / "other.dcm").write_bytes(make_instance(patient_id="P2", tags=MARKS))
    (folder / "archive").mkdir()
    (folder / "archive" / "fileroom.toml").write_text(
        '[plugins]\nenable = ["imaging"]\n[content_types]\nreport = 1024\n', "utf-8"
    )
    run("-a", folder / "archive", "import", *folder.glob("*.dcm"))
    return folder / "archive"


@pytest.fixture
def where(imported: Path, tmp_path: Path) -> Path:
    """The archive, to be changed at will."""
    return Path(shutil.copytree(imported, tmp_path / "archive"))


def id_of(where: Path, level: str, uid: str) -> str:
    with fileroom.open(where) as archive:
        (found,) = [one for one in archive.lookup(uid) if one.level.label == level]
        return found.id


def test_show_has_all_about_a_resource(where: Path) -> None:
    run("-a", where, "label", STUDY, "add", "teaching")
    run("-a", where, "metadata", STUDY, "set", "reviewed-by", "Dr. Roe")
    run("-a", where, "attach", STUDY, __file__, "--type", "report")
    (shown,) = run_json("-a", where, "show", STUDY)
    assert shown["level"] == "study"
    assert shown["tags"]["StudyInstanceUID"] == STUDY
    assert shown["children"] == {"level": "series", "count": 1}
    assert shown["labels"] == ["teaching"]
    assert shown["metadata"] == {"reviewed-by": "Dr. Roe"}
    assert [one["name"] for one in shown["attachments"]] == ["report"]
    text = run("-a", where, "show", STUDY).stdout
    assert all(
        part in text for part in ("study\n", shown["id"], "1 series", "teaching", "Dr. Roe", "report", "2024")
    )
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("level", ["patient", "study", "series", "instance"])
def test_show_takes_public_ids_and_uids_of_every_level(level: str, where: Path) -> None:
    uid = {"patient": "P2", "study": STUDY, "series": SERIES, "instance": make_uid("instance", SERIES, 1)}[
        level
    ]
    public = id_of(where, level, uid)
    (by_id,), (by_uid,) = run_json("-a", where, "show", public), run_json("-a", where, "show", uid)
    assert by_id == by_uid
    assert (by_id["id"], by_id["level"]) == (public, level)


def test_show_lists_all_that_an_identifier_may_mean(where: Path) -> None:
    assert sorted(one["level"] for one in run_json("-a", where, "show", "P1")) == ["patient", "study"]
    text = run("-a", where, "show", "P1").stdout
    assert "2 resources have this identifier" in text


def test_an_identifier_is_never_a_pattern(where: Path) -> None:
    for pattern in ("P*", "P?", "P1\\P2"):
        run("-a", where, "show", pattern, code=1)
        run("-a", where, "delete", "--yes", pattern, code=1)
    assert run_json("-a", where, "stats")["instances"] == 3


def test_an_ambiguous_identifier_is_an_error_with_ids_and_no_names(where: Path) -> None:
    result = run("-a", where, "delete", "--yes", "P1", code=1)
    assert f"patient {id_of(where, 'patient', 'P1')}" in result.stderr
    assert "study " in result.stderr
    assert "Hidden" not in result.stderr


def test_an_unknown_identifier_ends_with_1_and_a_public_id_is_repeated(where: Path) -> None:
    unknown = "-".join(["00000000"] * 5)
    assert f"nothing has the id {unknown}" in run("-a", where, "show", unknown, code=1).stderr
    assert "nothing has this identifier" in run("-a", where, "attachments", "nobody", code=1).stderr


def test_attach_list_cat_replace_detach(where: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.txt"
    report.write_bytes(b"first")
    attached = run_json("-a", where, "attach", STUDY, report, "--type", "report")
    assert attached == {
        "content_type": 1024, "name": "report", "media_type": "application/octet-stream", "size": 5,
        "digest": f"md5:{hashlib.md5(b'first').hexdigest()}", "revision": 1,
    }  # fmt: skip
    assert "revision 2" in run("-a", where, "attach", STUDY, "-", "--type", "1024", given=b"second").stdout
    assert run("-a", where, "cat", STUDY, "--type", "report").stdout_bytes == b"second"
    (listed,) = run_json("-a", where, "attachments", STUDY)
    assert (listed["name"], listed["size"], listed["revision"]) == ("report", 6, 2)
    assert "report" in run("-a", where, "attachments", STUDY).stdout
    assert run_json("-a", where, "detach", STUDY, "--type", "report") == {"detached": "report"}
    assert run_json("-a", where, "attachments", STUDY) == []
    assert "no such attachment" in run("-a", where, "detach", STUDY, "--type", "report", code=1).stderr


@pytest.mark.parametrize("name", ["nonsense", "70000", "16"])
def test_attach_refuses_content_types_that_are_unknown_or_reserved(name: str, where: Path) -> None:
    result = run("-a", where, "attach", STUDY, __file__, "--type", name, code=1)
    assert result.stderr.startswith("error: ")


def test_the_dicom_file_cannot_be_detached(where: Path) -> None:
    instance = make_uid("instance", SERIES, 1)
    assert run("-a", where, "detach", instance, "--type", "dicom", code=1).stderr.startswith("error: ")
    assert run("-a", where, "cat", instance).stdout_bytes == FILES[1]


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ("128-132", b"DICM"),
        ("0-0", b""),
        (f"{len(FILES[1]) - 3}-", FILES[1][-3:]),
        ("0-99999999", FILES[1]),
        ("99999999-", b""),
    ],
)
def test_cat_writes_ranges_without_their_end(span: str, expected: bytes, where: Path, tmp_path: Path) -> None:
    words = ["-a", where, "cat", make_uid("instance", SERIES, 1), "--range", span]
    assert run(*words).stdout_bytes == expected
    printed = run_json(*words)
    assert base64.b64decode(printed["data"]) == expected
    assert printed["size"] == len(FILES[1])
    run(*words, "-o", tmp_path / "piece")
    assert (tmp_path / "piece").read_bytes() == expected


def test_cat_refuses_a_terminal(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True, raising=False)
    result = run("-a", where, "cat", make_uid("instance", SERIES, 1), code=2)
    assert "would garble this terminal" in result.stderr
    assert result.stdout_bytes == b""


def test_cat_of_a_large_attachment_goes_out_in_pieces(where: Path, tmp_path: Path) -> None:
    data = bytes(range(256)) * 20_000
    (tmp_path / "large").write_bytes(data)
    run("-a", where, "attach", STUDY, tmp_path / "large", "--type", "2000")
    process = start("-a", where, "cat", STUDY, "--type", "2000", cwd=tmp_path)
    assert process.communicate(timeout=60) == (data, b"")
    assert base64.b64decode(run_json("-a", where, "cat", STUDY, "--type", "2000")["data"]) == data


def test_metadata_is_set_shown_and_unset(where: Path) -> None:
    assert run_json("-a", where, "metadata", STUDY, "set", "reviewed-by", "Dr. Roe") == {
        "reviewed-by": "Dr. Roe"
    }
    assert "-5" in run("-a", where, "metadata", STUDY, "set", "delta", "--", "-5").stdout
    assert "Dr. Roe" in run("-a", where, "metadata", STUDY).stdout
    assert run_json("-a", where, "metadata", STUDY, "unset", "reviewed-by") == {"delta": "-5"}
    assert (
        "no metadata of that name"
        in run("-a", where, "metadata", STUDY, "unset", "reviewed-by", code=1).stderr
    )
    run("-a", where, "metadata", STUDY, "set", "x" * 65, "value", code=2)


def test_labels_are_added_shown_and_removed(where: Path) -> None:
    assert run_json("-a", where, "label", STUDY) == []
    assert run_json("-a", where, "label", STUDY, "add", "teaching", "chest") == ["chest", "teaching"]
    assert run("-a", where, "label", STUDY, "remove", "chest").stdout == "teaching\n"
    assert "1 to 64 letters" in run("-a", where, "label", STUDY, "add", "two words", code=2).stderr


def test_process_attaches_what_the_processor_makes(where: Path) -> None:
    pytest.importorskip("PIL")
    printed = run_json("-a", where, "process", "thumbnail", STUDY)
    ((made,),) = printed["made"].values()
    assert (made["name"], made["media_type"], printed["failures"]) == ("thumbnail", "image/jpeg", {})
    instance = make_uid("instance", SERIES, 2)
    assert "thumbnail (image/jpeg" in run("-a", where, "process", "thumbnail", instance).stdout
    assert run("-a", where, "cat", instance, "--type", "thumbnail").stdout_bytes[:3] == b"\xff\xd8\xff"


def test_process_goes_on_after_an_object_it_can_do_nothing_for(where: Path, tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    (tmp_path / "text.dcm").write_bytes(make_instance(patient_id="P3", rows=0))
    run("-a", where, "import", tmp_path / "text.dcm")
    result = run("-a", where, "process", "thumbnail", "P3", STUDY, "--json", code=1)
    printed = json.loads(result.stdout)
    assert list(printed["failures"]) == [id_of(where, "patient", "P3")]
    assert len(printed["made"]) == 1
    assert "no processor 'nonsense'" in run("-a", where, "process", "nonsense", STUDY, code=2).stderr


def test_export_writes_the_bytes_that_came_in_and_goes_on_when_run_again(where: Path, tmp_path: Path) -> None:
    words = ["-a", where, "export", STUDY, "-o", tmp_path / "out", "--template", "{InstanceNumber}.dcm"]
    assert run_json(*words) == {
        "written": 2,
        "skipped": 0,
        "bytes": sum(map(len, FILES.values())),
        "failures": {},
    }
    assert {int(path.stem): path.read_bytes() for path in (tmp_path / "out").iterdir()} == FILES
    (tmp_path / "out" / "1.dcm").unlink()
    assert "skipped 1 file" in run(*words).stdout


def test_export_makes_zip_files_and_streams(where: Path, tmp_path: Path) -> None:
    run("-a", where, "export", STUDY, "--zip", tmp_path / "out.zip")
    result = run("-a", where, "export", STUDY, "--zip", "-")
    assert "wrote 2 files" in result.stderr
    for source in (tmp_path / "out.zip", io.BytesIO(result.stdout_bytes)):
        with zipfile.ZipFile(source) as file:
            assert sorted(file.read(name) for name in file.namelist()) == sorted(FILES.values())
    run("-a", where, "export", STUDY, "--zip", "-", "--json", code=2)
    assert "error: " in run("-a", where, "export", STUDY, "--zip", tmp_path / "out.zip", code=1).stderr


def test_export_tells_what_it_could_not_write(where: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "1.dcm").write_bytes(b"something else")
    words = ["-a", where, "export", STUDY, "-o", tmp_path / "out", "--template", "{InstanceNumber}.dcm"]
    result = run(*words, "--json", code=1)
    printed = json.loads(result.stdout)
    assert (printed["written"], len(printed["failures"])) == (1, 1)
    assert (tmp_path / "out" / "1.dcm").read_bytes() == b"something else"


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_delete_asks_first_without_names_and_does_nothing_without_a_yes(answer: str, where: Path) -> None:
    result = run("-a", where, "delete", "P2", given=answer, code=1)
    assert f"patient {id_of(where, 'patient', 'P2')}: 1 instance" in result.stderr
    assert "nothing was deleted" in result.stderr
    assert "Hidden" not in result.stderr
    assert run_json("-a", where, "stats")["instances"] == 3


def test_delete_says_what_is_gone_and_what_remains(where: Path) -> None:
    series = id_of(where, "series", SERIES)
    result = run("-a", where, "delete", make_uid("instance", SERIES, 1), given="y\n")
    assert result.stdout == f"deleted 1 instance\nwhat was above remains: {series}\n"
    study = id_of(where, "study", STUDY)
    printed = run_json("-a", where, "delete", STUDY, "--yes")
    assert printed["removed"] == {"instance": 1, "series": 1, "study": 1, "patient": 1}
    assert printed["remaining"] == {study: None}
    run("-a", where, "show", STUDY, code=1)


def test_deleting_several_of_which_one_is_unknown_deletes_nothing(where: Path) -> None:
    run("-a", where, "delete", "--yes", "P2", "nobody", code=1)
    assert run_json("-a", where, "stats")["patients"] == 2


def test_changes_are_read_page_by_page(where: Path) -> None:
    run("-a", where, "delete", "--yes", "P2")
    seen: list[dict[str, object]] = []
    page = {"last": 0, "done": False}
    while not page["done"]:
        page = run_json("-a", where, "changes", "--since", page["last"], "--limit", "3")
        seen += page["changes"]
    assert [one["type"] for one in seen].count("NewInstance") == 3
    assert [one["type"] for one in seen].count("Deleted") == 4
    assert sorted(one["sequence"] for one in seen) == [one["sequence"] for one in seen]  # type: ignore[type-var]
    assert set(seen[0]) == {"sequence", "type", "level", "id", "date"}
    text = run("-a", where, "changes", "--limit", "2").stdout
    assert "more: fileroom changes --since" in text
    assert max(map(len, text.splitlines())) <= 80
    only = run_json("-a", where, "changes", "--type", "deleted", "--type", "NewStudy")["changes"]
    assert {one["type"] for one in only} == {"Deleted", "NewStudy"}


def test_stats_are_the_totals(where: Path) -> None:
    printed = run_json("-a", where, "stats")
    sizes = {name: printed.pop(name) for name in ("bytes", "stored_bytes")}
    assert printed.pop("notes") == []
    assert printed == {"patients": 2, "studies": 2, "series": 2, "instances": 3, "attachments": 3}
    assert sizes["stored_bytes"] == sizes["bytes"] > sum(map(len, FILES.values()))
    assert ["instances", "3"] in [line.split() for line in run("-a", where, "stats").stdout.splitlines()]

"""``fileroom check`` and ``fileroom messages``, and the messages that an archive keeps."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import fileroom
from fileroom import conformance
from fileroom.attachments import put_attachment
from fileroom.content_types import CONFORMANCE
from fileroom.errors import IntegrityError
from fileroom.testing.datasets import make_instance
from tests.integration.cli_runs import run, run_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.archive import Archive

RULES = """
[[rule]]
name = "Accession"
check = "AccessionNumber is not empty"
message = "no accession number"
[[rule]]
name = "Small"
check = "Rows < 32"
message = "large"
severity = "warning"
"""
KEYS = {"path", "severity", "rule", "message", "attribute"}
HOUSE = ("--no-iod", "--rules")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    path = tmp_path / "house.toml"
    path.write_text(RULES)
    return path


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "good.dcm").write_bytes(make_instance(tags={"AccessionNumber": "A-1"}))
    bad = make_instance(instance_number=2, tags={"AccessionNumber": "", "PatientName": "Hidden^Name"})
    (folder / "bad.dcm").write_bytes(bad)
    return folder


@pytest.fixture
def archive(tmp_path: Path, files: Path) -> Iterator[Archive]:
    with fileroom.open(tmp_path / "archive") as opened:
        opened.ingest(files)
        yield opened


def test_the_messages_about_one_file_have_five_keys_and_errors_fail(files: Path, house: Path) -> None:
    found = run_json("check", files / "bad.dcm", *HOUSE, house, code=1)
    assert [set(row) for row in found] == [KEYS, KEYS]
    assert found[0] == {
        "path": "AccessionNumber",
        "severity": "error",
        "rule": "house.toml/Accession",
        "message": "no accession number",
        "attribute": "AccessionNumber",
    }
    assert [row["severity"] for row in run_json("check", files / "good.dcm", *HOUSE, house)] == ["warning"]


def test_messages_about_several_objects_name_them(files: Path, house: Path) -> None:
    found = run_json("check", files, *HOUSE, house, code=1)
    assert [set(row) for row in found] == [KEYS | {"object"}] * 3
    assert {Path(row["object"]).name for row in found if row["severity"] == "error"} == {"bad.dcm"}


def test_people_get_a_table_without_a_patients_values(files: Path, house: Path) -> None:
    shown = run("check", files, *HOUSE, house, code=1, COLUMNS="200").stdout
    assert "no accession number" in shown
    assert "2 objects checked: 1 with errors; 3 messages" in shown
    assert "Hidden" not in shown
    alone = run("check", files / "good.dcm", *HOUSE, house).stdout
    assert "no error; 1 message" in alone
    nothing = run("check", files / "good.dcm", *HOUSE, house, "--severity", "error").stdout
    assert nothing.strip() == "no error; 0 messages"


def test_the_standard_is_what_objects_are_checked_against_without_rules(files: Path) -> None:
    found = run_json("check", files / "good.dcm", code=1)
    assert all("/" in row["rule"] for row in found)
    assert any(row["rule"].startswith("iod/") for row in found)


def test_rules_come_with_fileroom_too_and_several_are_checked(files: Path, house: Path) -> None:
    found = run_json(
        "check", files / "bad.dcm", "--no-iod", "--rules", "site-basics", "--rules", house, code=1
    )
    assert {row["rule"].partition("/")[0] for row in found} == {"site-basics", "house.toml"}


def test_single_rules_are_asked_for_by_name(files: Path, house: Path) -> None:
    bad = files / "bad.dcm"
    found = run_json("check", bad, "--rules", house, "--rule", "Accession", code=1)
    assert [row["rule"] for row in found] == ["house.toml/Accession"]
    both = run_json("check", bad, "--rules", house, "--rule", "Small", "--rule", "OracleOrdObject")
    assert [row["rule"] for row in both] == ["house.toml/Small"]
    assert any(
        row["rule"].startswith("iod/") for row in run_json("check", bad, "--iod", "--rule", "Patient", code=1)
    )
    said = run("check", bad, "--rules", house, "--rule", "Nowhere", code=1).stderr
    assert "'Nowhere'" in said
    assert "Accession, Small" in said
    assert "OracleOrdObject" in said


def test_processes_check_the_same(files: Path, house: Path) -> None:
    alone = run_json("check", files, *HOUSE, house, code=1)
    together = run_json("check", files, *HOUSE, house, "--jobs", "2", code=1)
    assert sorted(map(str, together)) == sorted(map(str, alone))


def test_what_is_no_dicom_is_one_line_and_the_rest_is_checked(files: Path, house: Path) -> None:
    (files / "notes.dcm").write_bytes(b"nothing of the kind" * 20)
    result = run("check", *sorted(files.iterdir()), *HOUSE, house, "--json", code=1)
    found = json.loads(result.stdout)
    assert [set(row) for row in found if "reason" not in row] == [KEYS | {"object"}] * 3
    (missed,) = [row for row in found if "reason" in row]
    assert set(missed) == {"object", "reason"}
    assert Path(missed["object"]).name == "notes.dcm"
    (line,) = [one for one in result.stderr.splitlines() if "notes.dcm" in one]
    assert line.endswith("DICOM") or "DICOM" in line


def test_what_could_not_be_checked_is_counted_as_that(files: Path, tmp_path: Path) -> None:
    endless = tmp_path / "endless.toml"
    endless.write_text('[[rule]]\nname = "Endless"\ncheck = \'rule("Endless")\'\n')
    shown = run("check", files, *HOUSE, endless, code=1).stdout
    assert "0 objects checked: 0 with errors; 0 messages; 2 objects could not be checked" in shown
    (alone,) = run_json("check", files / "good.dcm", *HOUSE, endless, code=1)
    assert "Endless" in alone["reason"]


@pytest.mark.skipif(sys.platform != "linux", reason="the names of files are text there")
def test_sarif_names_a_file_whose_name_is_no_text_by_its_bytes(
    files: Path, house: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (files / "bad.dcm").rename(files / os.fsdecode(b"\xffad.dcm"))
    monkeypatch.chdir(tmp_path)
    named = ("files/good.dcm", os.fsdecode(b"files/\xffad.dcm"))
    run("check", *named, *HOUSE, house, "--sarif", "check.sarif", code=1)
    found = json.loads(Path("check.sarif").read_text("utf-8"))["runs"][0]["results"]
    places = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in found}
    assert places == {"files/good.dcm", "files/%FFad.dcm"}


def test_sarif_has_results_with_places_and_what_could_not_be_checked(
    files: Path, house: Path, tmp_path: Path
) -> None:
    (files / "a b.dcm").write_bytes(b"nothing of the kind" * 20)
    target = tmp_path / "check.sarif"
    run("check", *sorted(files.iterdir()), *HOUSE, house, "--sarif", target, code=1)
    log = json.loads(target.read_text("utf-8"))
    (one,) = log["runs"]
    assert (log["version"], one["tool"]["driver"]["name"]) == ("2.1.0", "fileroom")
    rules = [rule["id"] for rule in one["tool"]["driver"]["rules"]]
    assert {rules[result["ruleIndex"]] for result in one["results"]} == set(rules)
    levels = {result["ruleId"]: result["level"] for result in one["results"]}
    assert levels == {"house.toml/Accession": "error", "house.toml/Small": "warning"}
    location = one["results"][0]["locations"][0]
    assert location["logicalLocations"][0]["fullyQualifiedName"] in ("AccessionNumber", "Rows")
    assert location["physicalLocation"]["artifactLocation"]["uri"].startswith("file://")
    (invocation,) = one["invocations"]
    assert invocation["executionSuccessful"] is False
    place = invocation["toolExecutionNotifications"][0]["locations"][0]["physicalLocation"]
    assert "a%20b.dcm" in place["artifactLocation"]["uri"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--rules", "nowhere"), 1, "no constraint document 'nowhere'"),
        (("--severity", "fatal"), 2, "--severity"),
        (("--keep",), 2, "--keep is for what is in the archive"),
    ],
)
def test_what_makes_no_sense_is_one_line(files: Path, words: tuple[str, ...], code: int, said: str) -> None:
    result = run("check", files / "good.dcm", *words, code=code)
    assert said in result.stderr


def test_a_wrong_document_is_one_line_with_its_line(files: Path, house: Path) -> None:
    house.write_text("[[rule]]\nname = 'R'\ncheck = 'PatientID exist'")
    result = run("check", files, *HOUSE, house, code=1)
    assert "house.toml:3: in 'check': expected a comparison" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_kept_messages_are_listed_as_oracle_listed_them(
    archive: Archive, tmp_path: Path, house: Path
) -> None:
    where = tmp_path / "archive"
    before = datetime.now(UTC) - timedelta(seconds=1)
    assert "no messages" in run("-a", where, "messages").stdout
    run("-a", where, "check", "study", "--keep", *HOUSE, house, code=1)
    shown = run("-a", where, "messages", COLUMNS="200").stdout
    for heading in ("SOP_INSTANCE_UID", "RULE_NAME", "MESSAGE", "MSG_TYPE", "MSG_TIME"):
        assert heading in shown
    found = run_json("-a", where, "messages", "study")
    assert len(found) == 3
    (error,) = run_json("-a", where, "messages", "--severity", "error")
    (bad,) = archive.find("instance", InstanceNumber="2")
    assert error["sop_instance_uid"] == bad.uid
    assert (error["rule_name"], error["msg_type"], error["id"]) == ("house.toml/Accession", "error", bad.id)
    assert before <= datetime.fromisoformat(error["msg_time"]) <= datetime.now(UTC)
    assert {one["message"] for one in run_json("-a", where, "messages", "--rule", "Small")} == {"large"}
    assert len(run_json("-a", where, "messages", "--rule", "house.toml/*")) == 3
    assert run_json("-a", where, "messages", "--rule", "iod/*") == []
    assert run_json("-a", where, "messages", "--since", "2100-01-01") == []
    assert len(run_json("-a", where, "messages", bad.id, "--since", "2020-01-01T00:00")) == 2
    assert "expected a date" in run("-a", where, "messages", "--since", "soon", code=2).stderr


def test_what_messages_come_to_can_be_searched(archive: Archive, tmp_path: Path, house: Path) -> None:
    run("-a", tmp_path / "archive", "check", "instance", "--keep", *HOUSE, house, "--jobs", "2", code=1)
    (bad,) = archive.find("instance", metadata={"conformance": "errors"})
    assert bad.tags["InstanceNumber"] == "2"
    assert datetime.fromisoformat(bad.metadata["conformance-made"]).tzinfo is not None
    assert {one.id for one in conformance.checked(archive)} == {one.id for one in archive.find("instance")}
    assert [one.message for one in conformance.messages(archive, [bad], severity="error")] == [
        "no accession number"
    ]


def test_a_file_is_checked_by_the_documents_of_the_archive(
    archive: Archive, tmp_path: Path, files: Path, house: Path
) -> None:
    archive.documents.insert("ours", "constraint", house)
    found = run_json("-a", tmp_path / "archive", "check", files / "bad.dcm", *HOUSE, "ours", code=1)
    assert {row["rule"] for row in found} == {"ours/Accession", "ours/Small"}


def test_an_attachment_that_holds_no_messages_is_one_clear_error(archive: Archive) -> None:
    (one, *_) = archive.find("instance")
    put_attachment(archive, one.id, CONFORMANCE.number, b"{")
    with pytest.raises(IntegrityError, match="does not hold messages: check it again"):
        list(conformance.messages(archive, [one]))


def test_messages_that_were_kept_without_a_time_have_that_of_receipt(archive: Archive) -> None:
    (one, *_) = archive.find("instance")
    row = {"path": "", "severity": "info", "rule": "a/b", "message": "m", "attribute": ""}
    put_attachment(archive, one.id, CONFORMANCE.number, json.dumps([row]).encode())
    (kept,) = conformance.messages(archive, [one])
    assert kept.time == one.received

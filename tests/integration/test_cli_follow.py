"""``fileroom changes --follow``, ``stats --plans`` and ``url``."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest

import fileroom
from fileroom.model import Level
from fileroom.plugin import Storage
from fileroom.query import Query
from fileroom.testing.datasets import make_instance
from fileroom_plugins.index_sql.index import SqlIndex
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage
from tests.integration.cli_runs import run, run_json, start

STUDY = "1.2.826.0.1.3680043.8.498.12"


def instance(number: int) -> bytes:
    return make_instance(patient_id="SECRET", study_uid=STUDY, sop_uid=f"{STUDY}.1.{number}")


@pytest.fixture
def where(tmp_path: Path) -> Path:
    with fileroom.open(tmp_path / "archive") as archive:
        archive.store(instance(1)).check()
    return tmp_path / "archive"


def test_following_prints_a_line_for_each_change(where: Path) -> None:
    lines = run("-a", where, "changes", "--follow", "--limit", "4").stdout.splitlines()
    assert [line.split()[3:5] for line in lines] == [
        *(["NewPatient", "patient"], ["NewStudy", "study"]),
        *(["NewSeries", "series"], ["NewInstance", "instance"]),
    ]
    assert all("SECRET" not in line for line in lines)
    later = run("-a", where, "changes", "--follow", "--limit", "1", "--since", "2", "--type", "NewInstance")
    assert later.stdout.splitlines() == lines[3:]


def test_json_of_what_is_followed_is_one_object_a_line(where: Path) -> None:
    lines = run("-a", where, "changes", "--follow", "--limit", "4", "--json").stdout.splitlines()
    assert [json.loads(line) for line in lines] == run_json("-a", where, "changes")["changes"]


@pytest.mark.skipif(sys.platform == "win32", reason="no signal for one process there")
def test_what_comes_is_printed_as_it_comes_until_ctrl_c(where: Path) -> None:
    process = start("-a", where, "changes", "--follow", "--json", cwd=where)
    assert process.stdout is not None
    seen = [json.loads(process.stdout.readline()) for _ in range(4)]
    with fileroom.open(where) as archive:
        archive.store(instance(2)).check()
    seen.append(json.loads(process.stdout.readline()))
    assert [one["type"] for one in seen[3:]] == ["NewInstance"] * 2
    process.send_signal(signal.SIGINT)
    rest, said = process.communicate(timeout=30)
    assert (process.returncode, rest) == (130, b"")
    assert said.decode().split() == ["interrupted"]


def test_a_type_that_does_not_exist_cannot_be_followed(where: Path) -> None:
    assert "Nonsense" in run("-a", where, "changes", "--follow", "--type", "Nonsense", code=2).stderr


def test_plans_are_shown_when_asked_for(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SqlIndex, "plans", lambda _: iter(["PatientID: by ix_one", "StudyDate: all rows"]))
    assert "plans" not in run_json("-a", where, "stats")
    assert run_json("-a", where, "stats", "--plans")["plans"] == [
        "PatientID: by ix_one",
        "StudyDate: all rows",
    ]
    said = run("-a", where, "stats", "--plans").stdout.splitlines()
    assert said[-2:] == ["PatientID: by ix_one", "StudyDate: all rows"]
    monkeypatch.setattr(SqlIndex, "plans", lambda _: iter(()))
    assert "does not tell" in run("-a", where, "stats", "--plans").stdout


def test_a_url_is_shown_where_the_storage_has_any(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fileroom.open(where) as archive:
        (found,) = archive.index.find(Query(Level.INSTANCE)).records
        locator = archive.get(found.id).attachments["dicom"].record.locator

    def presigned(storage: Storage, locator: str, seconds: int) -> str:
        return f"https://host.example/{locator}?for={seconds}"

    refused = run("-a", where, "url", found.id, code=1).stderr
    assert "has no URLs" in refused
    monkeypatch.setattr(FilesystemStorage, "presigned_url", presigned)
    assert run("-a", where, "url", found.id).stdout == f"https://host.example/{locator}?for=3600\n"
    said = run_json("-a", where, "url", found.id, "--type", "dicom", "--seconds", "60")
    assert said == {"url": f"https://host.example/{locator}?for=60", "seconds": 60}
    run("-a", where, "url", found.id, "--seconds", "0", code=2)
    run("-a", where, "url", found.id, "--type", "thumbnail", code=1)


def test_a_time_that_cannot_be_is_refused_before_the_storage_is_asked(where: Path) -> None:
    with fileroom.open(where) as archive:
        (found,) = archive.find("instance")
        with pytest.raises(fileroom.InvalidValueError, match="0 seconds"):
            found.attachments["dicom"].presigned_url(0)
        with pytest.raises(fileroom.NotSupportedError):
            found.attachments["dicom"].presigned_url()

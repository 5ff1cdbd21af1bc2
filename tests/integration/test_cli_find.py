"""``fileroom find``: JSON, CSV and tables of what the index answers."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

import fileroom
from fileroom.testing.datasets import make_instance
from tests.integration.cli_runs import run, run_json

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three patients: Müller with CT and MR, Doe and Roe with CT."""
    folder = tmp_path_factory.mktemp("find")
    people = {"P1": "Müller^Jürgen", "P2": "Doe^Jane", "P3": "Roe^Richard"}
    for number, (patient_id, name) in enumerate(people.items()):
        tags = {
            "PatientName": name,
            "StudyDate": f"2024010{number + 1}",
            "StudyDescription": "=1+1",
            "PatientWeight": str(70 + number),
        }
        for modality in ("CT", "MR") if patient_id == "P1" else ("CT",):
            for instance in (1, 2):
                data = make_instance(
                    patient_id=patient_id,
                    modality=modality,
                    instance_number=instance,
                    tags=tags,
                    character_set="ISO_IR 192",
                )
                (folder / f"{patient_id}{modality}{instance}.dcm").write_bytes(data)
    run("-a", folder / "archive", "import", *folder.glob("*.dcm"))
    return folder / "archive"


def test_json_is_a_list_of_id_level_uid_and_tags(where: Path) -> None:
    (found,) = run_json("-a", where, "find", "series", "PatientName=müller*", "Modality=MR")
    assert list(found) == ["id", "level", "uid", "tags"]
    assert found["level"] == "series"
    assert found["uid"] == found["tags"]["SeriesInstanceUID"]
    assert found["tags"]["PatientName"] == "Müller^Jürgen"
    assert found["tags"]["StudyDate"] == "20240101"
    assert found["tags"]["Modality"] == "MR"


def test_nothing_found_is_an_empty_list_and_no_failure(where: Path) -> None:
    assert run_json("-a", where, "find", "study", "PatientID=nobody") == []
    assert run("-a", where, "find", "study", "PatientID=nobody").stdout == "no study found\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["PatientName=muller*"], ["P1"]),
        (["PatientName=muller*", "--exact"], []),
        (["PatientID=P1", "PatientID=P3"], ["P1", "P3"]),
        (["PatientID=P1", "StudyDate=20240102-"], []),
        (["StudyDate=20240102-"], ["P2", "P3"]),
        (["--order", "-StudyDate"], ["P3", "P2", "P1"]),
        (["--order=-StudyDate", "--limit", "2"], ["P3", "P2"]),
        (["--order", "StudyDescription,-PatientName"], ["P3", "P1", "P2"]),
        (["ModalitiesInStudy=MR"], ["P1"]),
        (["PatientWeight=71", "--scan"], ["P2"]),
    ],
    ids=" ".join,
)
def test_keys_and_options_choose_and_order(words: list[str], expected: list[str], where: Path) -> None:
    found = run_json("-a", where, "find", "study", *words)
    assert [one["tags"]["PatientID"] for one in found] == expected


def test_computed_attributes_are_returned_on_demand(where: Path) -> None:
    words = [
        "--return",
        "ModalitiesInStudy,NumberOfStudyRelatedSeries",
        "--return",
        "NumberOfStudyRelatedInstances",
    ]
    (found,) = run_json("-a", where, "find", "study", "PatientID=P1", *words)
    assert found["tags"]["ModalitiesInStudy"] == "CT\\MR"
    assert found["tags"]["NumberOfStudyRelatedSeries"] == "2"
    assert found["tags"]["NumberOfStudyRelatedInstances"] == "4"


def test_labels_and_metadata_are_conditions(where: Path) -> None:
    run("-a", where, "label", "P2", "add", "teaching")
    run("-a", where, "metadata", "P3", "set", "reviewed-by", "Dr. Roe")
    labelled = run_json("-a", where, "find", "patient", "--label", "teaching")
    reviewed = run_json("-a", where, "find", "patient", "--metadata", "reviewed-by=Dr.*")
    assert [one["uid"] for one in (*labelled, *reviewed)] == ["P2", "P3"]


def test_a_scan_says_how_many_files_it_reads(where: Path) -> None:
    result = run("-a", where, "find", "study", "PatientWeight=71", "--scan", "--json")
    assert result.stderr == "reading the headers of up to 8 files\n"
    assert len(json.loads(result.stdout)) == 1


def test_a_key_that_is_not_indexed_is_named_with_the_ways_out(where: Path) -> None:
    result = run("-a", where, "find", "study", "PatientWeight=71", code=2)
    assert "PatientWeight" in result.stderr
    assert "extra_tags" in result.stderr
    assert "--scan" in result.stderr
    assert result.stdout == ""


def test_csv_has_a_header_and_values_as_they_are(where: Path) -> None:
    output = run("-a", where, "find", "study", "--csv", "--order", "PatientID").stdout
    rows = list(csv.DictReader(io.StringIO(output)))
    assert [row["PatientName"] for row in rows] == ["Müller^Jürgen", "Doe^Jane", "Roe^Richard"]
    assert {row["StudyDescription"] for row in rows} == {"=1+1"}
    assert list(rows[0])[:3] == ["id", "level", "uid"]
    assert {"StudyDate", "PatientID", "AccessionNumber"} <= rows[0].keys()


def test_csv_has_only_the_columns_that_are_asked_for(where: Path) -> None:
    words = ["--csv", "--return", "PatientID,NumberOfStudyRelatedInstances", "--order", "PatientID"]
    lines = run("-a", where, "find", "study", *words).stdout.splitlines()
    assert lines[0] == "id,level,uid,PatientID,NumberOfStudyRelatedInstances"
    assert [line.split(",", 3)[3] for line in lines[1:]] == ["P1,4", "P2,2", "P3,2"]


@pytest.mark.parametrize("level", ["patient", "study", "series", "instance"])
def test_tables_fit_80_columns_with_whole_ids(level: str, where: Path) -> None:
    shown = run("-a", where, "find", level, "PatientName=Müller*").stdout
    assert max(map(len, shown.splitlines())) <= 80
    assert "Müller^Jürgen  P1" in shown
    for one in run_json("-a", where, "find", level, "PatientName=Müller*"):
        assert one["id"] in shown


def test_a_table_shows_what_is_returned_and_how_many_there_are(where: Path) -> None:
    shown = run("-a", where, "find", "study", "--return", "AccessionNumber", COLUMNS="130").stdout
    assert "AccessionNumber" in shown
    assert shown.endswith("3 studies\n")


def test_a_table_without_a_limit_ends_somewhere_and_says_so(
    where: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fileroom.cli.finding.SHOWN", 2)
    assert (
        "the first 2 studies; --limit, --json and --csv give more" in run("-a", where, "find", "study").stdout
    )
    assert run("-a", where, "find", "study", "--limit", "3").stdout.endswith("3 studies\n")


@pytest.mark.parametrize("columns", ["80", "132"])
def test_a_long_name_ruins_no_other_column(columns: str, tmp_path: Path) -> None:
    with fileroom.open(tmp_path) as archive:
        name = "=".join(["Lang" * 16] * 3)
        archive.store(make_instance(tags={"PatientName": name})).check()
        archive.store(make_instance(patient_id="P-2")).check()
    for level in ("patient", "study", "series", "instance"):
        shown = run("-a", tmp_path, "find", level, COLUMNS=columns).stdout
        assert max(map(len, shown.splitlines())) <= int(columns)
        headings = next(line for line in shown.splitlines() if "Patient, " in line).split()
        assert (
            headings[3:]
            == {
                "patient": ["Born", "Sex", "Studies", "Images"],
                "study": ["Study", "Series", "Images"],
                "series": ["Series", "Study", "Images"],
                "instance": ["Series", "Image", "Frames"],
            }[level]
        )
        assert all(one["id"] in shown for one in run_json("-a", tmp_path, "find", level))

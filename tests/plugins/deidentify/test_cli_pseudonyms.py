from __future__ import annotations

import csv
import json
import os
import stat
from pathlib import Path

import pydicom
import pytest

from tests.integration.cli_runs import run, run_json
from tests.plugins.deidentify.samples import IDENTIFIER, NAME, as_bytes, dataset


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "deidentify.key"
    path.write_text("a key for tests only\n")
    return path


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "image.dcm"
    path.write_bytes(as_bytes(dataset()))
    return path


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{(tmp_path / 'map.sqlite').as_posix()}"


def test_a_mapping_store_tells_whom_pseudonyms_stand_for(
    image: Path, tmp_path: Path, key: Path, url: str
) -> None:
    store = ("--mapping", url, "--key-file", key)
    run("deidentify", image, "-o", tmp_path / "new.dcm", *store)
    made = pydicom.dcmread(tmp_path / "new.dcm")
    told = run_json("pseudonyms", "reverse", made.PatientID, made.StudyInstanceUID, *store)
    assert [(one["kind"], one["original"]) for one in told] == [("id", IDENTIFIER), ("uid", "1.2.3.4.5.2")]
    missing = run("pseudonyms", "reverse", "NOBODY", *store, code=1)
    assert "stand for nobody" in missing.stderr


def test_a_mapping_store_is_exported_for_its_owners_eyes(
    image: Path, tmp_path: Path, key: Path, url: str
) -> None:
    store = ("--mapping", url, "--key-file", key)
    run("deidentify", image, "-o", tmp_path / "new.dcm", *store)
    table = tmp_path / "map.csv"
    run("pseudonyms", "export", *store, "-o", table)
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["kind"], row["original"]) for row in rows} >= {("id", IDENTIFIER), ("name", NAME)}
    if os.name == "posix":
        assert stat.S_IMODE(table.stat().st_mode) == 0o600
    lines = run("pseudonyms", "export", *store, "--json").stdout.splitlines()
    assert [json.loads(line)["pseudonym"] for line in lines] == [row["pseudonym"] for row in rows]


def test_an_export_never_goes_into_a_file_that_others_may_read(
    image: Path, tmp_path: Path, key: Path, url: str
) -> None:
    store = ("--mapping", url, "--key-file", key)
    run("deidentify", image, "-o", tmp_path / "new.dcm", *store)
    table = tmp_path / "map.csv"
    table.write_text("of somebody else's")
    table.chmod(0o644)
    assert "there is such a file already" in run("pseudonyms", "export", *store, "-o", table, code=1).stderr
    assert table.read_text() == "of somebody else's"


def test_the_key_alone_tells_whom_of_an_archive_they_stand_for(
    image: Path, tmp_path: Path, key: Path
) -> None:
    archive = tmp_path / "archive"
    run("-a", archive, "import", image)
    run("deidentify", image, "-o", tmp_path / "new.dcm", "--key-file", key)
    made = pydicom.dcmread(tmp_path / "new.dcm")
    wanted = (made.PatientID, made.PatientName, made.SOPInstanceUID)
    told = run_json("-a", archive, "pseudonyms", "reverse", *wanted, "--key-file", key)
    assert {one["original"] for one in told} == {IDENTIFIER, NAME, "1.2.3.4.5.1"}
    other = tmp_path / "other.key"
    other.write_text("another key for tests")
    run("-a", archive, "pseudonyms", "reverse", made.PatientID, "--key-file", other, code=1)


def test_the_key_alone_tells_whom_the_id_of_an_issuer_stands_for(tmp_path: Path, key: Path) -> None:
    archive = tmp_path / "archive"
    for number, issuer in (("1", "HOSP_A"), ("2", "HOSP_B")):
        image = dataset(
            PatientID="1",
            IssuerOfPatientID=issuer,
            StudyInstanceUID=f"1.2.3.{number}",
            SOPInstanceUID=f"1.2.3.4.{number}",
        )
        path = tmp_path / f"{number}.dcm"
        path.write_bytes(as_bytes(image))
        run("-a", archive, "import", path)
        run("deidentify", path, "-o", tmp_path / f"new-{number}.dcm", "--key-file", key)
    wanted = [pydicom.dcmread(tmp_path / f"new-{number}.dcm").PatientID for number in (1, 2)]
    told = run_json("-a", archive, "pseudonyms", "reverse", *wanted, "--key-file", key)
    assert [one["original"] for one in told] == ["1^^^HOSP_A", "1^^^HOSP_B"]


def test_nothing_is_told_without_the_key(tmp_path: Path, url: str) -> None:
    archive = tmp_path / "archive"
    run("-a", archive, "init")
    for words in (("export", "--mapping", url), ("reverse", "X")):
        assert "--key-file" in run("-a", archive, "pseudonyms", *words, code=2).stderr


def test_another_key_opens_no_store(image: Path, tmp_path: Path, key: Path, url: str) -> None:
    run("deidentify", image, "-o", tmp_path / "new.dcm", "--mapping", url, "--key-file", key)
    other = tmp_path / "other.key"
    other.write_text("another key for tests")
    told = run("pseudonyms", "export", "--mapping", url, "--key-file", other, code=2)
    assert "another key" in told.stderr


def test_a_key_without_a_store_or_an_archive_reverses_nothing(tmp_path: Path, key: Path) -> None:
    nowhere = tmp_path / "nowhere"
    run("-a", nowhere, "pseudonyms", "reverse", "X", "--key-file", key, code=2)
    run("-a", nowhere, "pseudonyms", "export", "--key-file", key, code=2)

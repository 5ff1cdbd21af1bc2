"""``fileroom register``: into areas and archives, beside the real dcmqridx, and what it prints."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fileroom
from fileroom.config import AREA
from fileroom.testing.datasets import make_instance
from tests.dcmtk import dcmtk, needs_dcmtk
from tests.integration.cli_runs import run, run_json, start
from tests.integration.originals import instance, snapshot, three_files, write_corpus

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a storage area needs locks that Windows has not")

GOLDEN = Path(__file__).parents[1] / "data" / "indexdat"
AREAS = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())

folder = pytest.fixture(three_files, name="folder")


def printed_by_dcmqridx(area: Path) -> bytes:
    return subprocess.run([dcmtk("dcmqridx"), "-p", str(area)], check=True, capture_output=True).stdout


def dcmqridx(*words: object) -> None:
    subprocess.run([dcmtk("dcmqridx"), *map(str, words)], check=True, capture_output=True)


def printed(area: Path, *words: object) -> bytes:
    return run("register", "-p", area, *words).stdout_bytes


# Areas --------------------------------------------------------------------------------------------------


def test_a_new_folder_becomes_an_area_and_the_files_stay(tmp_path: Path, folder: Path) -> None:
    before = snapshot(folder)
    shown = run("register", tmp_path / "area", folder / "0.dcm", folder).stdout
    assert "4 files" in shown
    assert ["stored", "3"] in [line.split() for line in shown.splitlines()]
    assert ["already", "stored", "1"] in [line.split() for line in shown.splitlines()]
    assert (tmp_path / "area" / "index.dat").is_file()
    assert not (tmp_path / "area" / "fileroom.toml").exists()
    assert snapshot(folder) == before
    assert run_json("-a", tmp_path / "area", "stats")["instances"] == 3
    assert run_json("-a", tmp_path / "area", "verify") == []


def test_who_may_enter_a_new_area_is_said(tmp_path: Path, folder: Path) -> None:
    area = tmp_path / "area"
    assert f"chown -R dcmtk: {area}" in run("register", area, folder).stderr
    assert run("register", area, folder).stderr == "", "once is enough"
    open_to_all = tmp_path / "open"
    open_to_all.mkdir(mode=0o755)
    assert run("register", open_to_all, folder).stderr == ""
    assert run("register", tmp_path / "json", folder, "--json").stderr == ""


@needs_dcmtk
@pytest.mark.parametrize("options", [[], ["-n"], ["--jobs", "2"]], ids=["new", "not-new", "jobs"])
def test_dcmqridx_reads_what_we_registered_and_we_print_what_it_prints(
    tmp_path: Path, folder: Path, options: list[str]
) -> None:
    latin = make_instance(patient_id="L-1", tags={"PatientName": "Müller^Jörg"}, character_set="ISO_IR 100")
    (folder / "latin.dcm").write_bytes(latin)
    area = tmp_path / "area"
    shown = printed(area, *options, *sorted(folder.glob("*.dcm")))
    assert shown == printed_by_dcmqridx(area)
    assert b'PatientName: "M\xfcller^J\xf6rg"' in shown
    assert shown.count(b"is NOT new" if "-n" in options else b"is new") == 4
    assert f"Filename: {folder / 'latin.dcm'}".encode() in shown


@needs_dcmtk
def test_an_area_that_dcmqridx_made_is_gone_on_with(tmp_path: Path, folder: Path) -> None:
    area = tmp_path / "area"
    area.mkdir()
    dcmqridx("-n", area, folder / "0.dcm")
    assert printed(area) == printed_by_dcmqridx(area)
    report = run_json("register", area, folder)
    assert (report["stored"], report["already_stored"]) == (2, 1)
    (folder / "9.dcm").write_bytes(instance(9))
    dcmqridx(area, folder / "9.dcm")
    assert run_json("register", area, folder)["already_stored"] == 4
    shown = printed(area)
    assert shown == printed_by_dcmqridx(area)
    assert shown.endswith(b"RECORDS IN THIS INDEXFILE: 4\n")


@pytest.mark.parametrize("name", AREAS)
def test_the_listing_of_an_area_is_that_of_dcmqridx(tmp_path: Path, name: str) -> None:
    shutil.copytree(GOLDEN / name, tmp_path / name)
    assert printed(tmp_path / name) == (GOLDEN / name / "print.txt").read_bytes()


@pytest.mark.parametrize("there", [True, False], ids=["originals", "nowhere"])
@pytest.mark.parametrize("words", [[], ["--json"]], ids=["text", "json"])
def test_printing_what_is_no_area_makes_none(folder: Path, there: bool, words: list[str]) -> None:
    before = snapshot(folder.parent)
    said = run("register", "-p", folder if there else folder / "no" / "where", *words, code=2).stderr
    assert "is no archive and no storage area" in said
    assert snapshot(folder.parent) == before
    assert sorted(path.name for path in folder.iterdir()) == ["0.dcm", "1.dcm", "2.dcm"]


def test_an_empty_area_is_listed(tmp_path: Path) -> None:
    fileroom.open(tmp_path / "area", **AREA).close()  # type: ignore[arg-type]
    result = run("register", "-p", tmp_path / "area")
    assert result.stdout_bytes == (GOLDEN / "empty" / "print.txt").read_bytes()
    assert result.stderr == ""


def test_an_area_can_lie_among_the_originals(folder: Path) -> None:
    before = snapshot(folder)
    assert run_json("register", folder, folder / "0.dcm")["stored"] == 1
    assert run_json("register", folder, folder)["stored"] == 2
    assert before.items() <= snapshot(folder).items()
    assert run_json("-a", folder, "verify") == []


# Archives -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["folder", "toml", "index"])
def test_any_archive_takes_files_where_they_lie(tmp_path: Path, folder: Path, kind: str) -> None:
    where = tmp_path / "archive"
    if kind == "index":
        fileroom.open(where).close()
    else:
        run("-a", where, "init")
    area = where / "fileroom.toml" if kind == "toml" else where
    assert run_json("register", area, folder)["stored"] == 3
    assert not (where / "index.dat").exists()
    assert run_json("-a", where, "verify") == []
    shown = printed(where).decode()
    assert shown.count("RECORD NUMBER") == 3
    assert f"Filename: {folder / '0.dcm'}\n" in shown
    assert shown.endswith("RECORDS IN THIS INDEXFILE: 3\n")


def test_overwrite_decides_about_what_is_there(tmp_path: Path, folder: Path) -> None:
    area = tmp_path / "area"
    run("register", area, folder)
    (folder / "0.dcm").write_bytes(instance(0, rows=20))
    assert run_json("register", area, folder, code=1)["conflict"] == 1
    assert run_json("register", area, folder, "--overwrite", "if-changed")["replaced"] == 1
    assert run_json("register", area, folder, "--overwrite", "always")["replaced"] == 3
    run("-a", area, "verify")


# What is said, and how it ends --------------------------------------------------------------------------


def test_json_is_one_document_with_or_without_the_listing(tmp_path: Path, folder: Path) -> None:
    area = tmp_path / "area"
    report = run_json("register", area, folder)
    assert report["stored"] == 3
    assert "instances" not in report
    latin = make_instance(patient_id="L-1", tags={"PatientName": "Müller^Jörg"}, character_set="ISO_IR 100")
    (folder / "latin.dcm").write_bytes(latin)
    listed = run_json("register", area, "-p", folder)
    assert (listed["stored"], listed["already_stored"], listed["records"]) == (1, 3, 4)
    assert [one["images"] for one in listed["studies"]] == [3, 1]
    assert [one["number"] for one in listed["instances"]] == [0, 1, 2, 3]
    assert listed["instances"][3]["values"]["PatientName"] == "Müller^Jörg"
    assert listed["instances"][3]["file_name"] == str(folder / "latin.dcm")


def test_beside_the_listing_what_became_of_the_files_goes_to_the_standard_error(
    tmp_path: Path, folder: Path
) -> None:
    (folder / "damaged.dcm").write_bytes(instance(5)[:300])
    result = run("register", "-p", tmp_path / "area", folder, code=1)
    assert result.stdout.startswith("-- DB Index File --\n")
    assert result.stdout.endswith("RECORDS IN THIS INDEXFILE: 3\n")
    assert ["stored", "3"] in [line.split() for line in result.stderr.splitlines()]
    assert "Not registered" in result.stderr
    assert "damaged.dcm" in result.stderr.replace("\n", "")


def test_failures_are_listed_and_the_report_has_all(tmp_path: Path, folder: Path) -> None:
    (folder / "damaged.dcm").write_bytes(instance(5)[:300])
    result = run("register", tmp_path / "area", folder, "--report", tmp_path / "r.jsonl", code=1)
    assert "Not registered" in result.stdout
    lines = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text("ascii").splitlines()]
    assert [line["status"] for line in lines] == ["stored"] * 3 + ["rejected"]
    assert lines[3]["reason"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-a", "archive", "register", "area", "0.dcm"], "the archive is the first word here"),
        (["register", "area"], "name the files to register"),
        (["register", "area", "nothing.dcm"], "does not exist"),
        (["register", "area.toml", "0.dcm"], "no archive at area.toml"),
        (["register"], "Missing argument"),
    ],
    ids=["option", "no-files", "missing", "toml", "nothing"],
)
def test_wrong_usage_ends_with_2_and_makes_nothing(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(folder)
    assert said in run(*words, code=2).stderr
    assert sorted(path.name for path in folder.iterdir()) == ["0.dcm", "1.dcm", "2.dcm"]


def test_a_file_in_place_of_the_area_is_no_archive(folder: Path) -> None:
    before = snapshot(folder)
    result = run("register", folder / "0.dcm", folder / "1.dcm", code=2)
    assert result.stderr.startswith("error: ")
    assert snapshot(folder) == before


def test_an_index_that_is_none_of_dcmtks_is_left_alone(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "index.dat").write_bytes(b"something else entirely")
    result = run("register", tmp_path, folder, code=2)
    assert "index.dat that cannot be used" in result.stderr
    assert (tmp_path / "index.dat").read_bytes() == b"something else entirely"


@pytest.mark.skipif(sys.platform != "linux", reason="needs a pseudo-terminal as Linux has it")
def test_on_a_terminal_values_cannot_steer_it_and_are_read_in_their_character_set(
    tmp_path: Path, folder: Path
) -> None:
    evil = make_instance(patient_id="E", tags={"ImageComments": "\x1b[31mred\r\nalert\x07"})
    (folder / "evil.dcm").write_bytes(evil)
    japanese = {"PatientName": "Yamada^Tarou=山田^太郎"}
    (folder / "name.dcm").write_bytes(
        make_instance(patient_id="J", tags=japanese, character_set=["", "ISO 2022 IR 87"])
    )
    area = tmp_path / "area"
    assert b"\x1b[31mred" in printed(area, folder), "what goes to a file is as it is"
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "fileroom", "register", "-p", str(area)],
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    os.close(theirs)
    shown = b""
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        while True:
            try:
                piece = terminal.read(4096)
            except OSError:  # how Linux tells that the other end was closed
                break
            if not piece:
                break
            shown += piece
    assert process.wait(60) == 0
    assert "山田^太郎" in shown.decode()
    assert b"\x1b" not in shown
    assert b"\x07" not in shown
    assert "[31mred\ufffd\ufffdalert\ufffd" in shown.decode()


# At once ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("area", [True, False], ids=["area", "sqlite"])
def test_two_processes_register_the_same_files_at_once(tmp_path: Path, area: bool) -> None:
    count = 300
    folder = write_corpus(tmp_path / "corpus", count)
    before = snapshot(folder)
    where = tmp_path / "archive"
    fileroom.open(where, **(AREA if area else {})).close()  # type: ignore[arg-type]
    processes = [start("register", where, folder, "--json", cwd=tmp_path) for _ in range(2)]
    reports = [json.loads(process.communicate(timeout=120)[0]) for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sum(report["stored"] for report in reports) == count
    assert sum(report["already_stored"] for report in reports) == count
    with fileroom.open(where) as archive:
        assert archive.statistics().instances == count
        assert list(archive.verify()) == []
    assert snapshot(folder) == before


@needs_dcmtk
def test_dcmqridx_and_register_share_an_area_at_once(tmp_path: Path) -> None:
    folder = write_corpus(tmp_path / "corpus", 200)
    files = sorted(folder.rglob("*.dcm"))
    area = tmp_path / "area"
    fileroom.open(area, **AREA).close()  # type: ignore[arg-type]
    theirs = subprocess.Popen([dcmtk("dcmqridx"), str(area), *map(str, files[100:])])
    ours = start("register", area, *files[:100], "--json", cwd=tmp_path)
    assert json.loads(ours.communicate(timeout=120)[0])["stored"] == 100
    assert theirs.wait(120) == 0
    shown = printed(area)
    assert shown == printed_by_dcmqridx(area)
    assert all(f"Filename: {path}\n".encode() in shown for path in files)
    with fileroom.open(area) as archive:
        assert archive.statistics().instances == 200
        assert list(archive.verify()) == []

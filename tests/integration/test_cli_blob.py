"""``fileroom blob import``: what it counts, reports and says, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

import fileroom
from fileroom.testing.datasets import Corpus, make_instance
from tests.integration.cli_runs import run, run_json, start

SECRET = "geheim"
COUNTS = ("stored", "already_stored", "replaced", "conflict", "rejected", "quarantined", "ignored")


def make_table(file: Path, *images: bytes | str | None) -> str:
    """Make a database with a table of images, numbered from 1 on; return its URL."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE images (id INTEGER PRIMARY KEY, image BLOB)")
        connection.executemany("INSERT INTO images VALUES (?, ?)", enumerate(images, start=1))
        connection.commit()
    return f"sqlite:///{file.as_posix()}"


@pytest.fixture
def mixed(tmp_path: Path) -> str:
    """Two good images, a conflicting one, a damaged one, a letter, and nothing."""
    good = (make_instance(instance_number=n) for n in (1, 2))
    damaged = make_instance(instance_number=3)[:300]
    conflicting = make_instance(instance_number=1, rows=9)
    return make_table(tmp_path / "pacs.sqlite", *good, conflicting, damaged, "Dear colleague", None)


def words(url: str | None, *more: object, table: str = "images") -> list[object]:
    return ["blob", "import", table, "--key", "id", "--data", "image", *([url] if url else []), *more]


def counts(printed: dict[str, int]) -> dict[str, int]:
    return {name: printed[name] for name in COUNTS if printed[name]}


def test_json_counts_every_row(mixed: str, tmp_path: Path) -> None:
    printed = run_json("-a", tmp_path / "archive", *words(mixed), code=1)
    assert counts(printed) == {"stored": 2, "conflict": 1, "quarantined": 1, "ignored": 2}


def test_an_import_makes_the_archive_and_again_finds_everything_there(tmp_path: Path) -> None:
    url = make_table(tmp_path / "pacs.sqlite", *(one.data for one in Corpus(20, 6_000)))
    first = run_json("-a", tmp_path / "new", *words(url))
    again = run_json("-a", tmp_path / "new", *words(url))
    assert (counts(first), counts(again)) == ({"stored": 20}, {"already_stored": 20})
    assert (tmp_path / "new" / "fileroom.toml").is_file()
    with fileroom.open(tmp_path / "new") as archive:
        assert archive.statistics().instances == 20


def test_people_are_told_of_rows(mixed: str, tmp_path: Path) -> None:
    shown = run("-a", tmp_path / "archive", *words(mixed), code=1).stdout
    assert shown.startswith("6 rows, ")
    assert "Row and reason" in shown
    assert "images 4" in shown
    assert f"damaged images are kept: fileroom -a {tmp_path / 'archive'} quarantine list" in shown


def test_a_table_without_rows_is_told(tmp_path: Path) -> None:
    url = make_table(tmp_path / "pacs.sqlite")
    assert run("-a", tmp_path / "archive", *words(url)).stdout == "the table has no such rows\n"


def test_a_report_names_rows_by_their_key(mixed: str, tmp_path: Path) -> None:
    report = tmp_path / "report.jsonl"
    run("-a", tmp_path / "archive", *words(mixed, "--report", report), code=1)
    lines = [json.loads(line) for line in report.read_text("ascii").splitlines()]
    assert {line["path"]: line["status"] for line in lines} == {
        "images 1": "stored",
        "images 2": "stored",
        "images 3": "conflict",
        "images 4": "quarantined",
        "images 5": "ignored",
        "images 6": "ignored",
    }


def test_it_goes_on_after_a_key(mixed: str, tmp_path: Path) -> None:
    assert counts(run_json("-a", tmp_path / "archive", *words(mixed, "--after", 4))) == {"ignored": 2}


def test_the_url_may_come_from_the_environment_or_a_file(mixed: str, tmp_path: Path) -> None:
    archive = ("-a", tmp_path / "archive")
    run(*archive, *words(None, "--url-env", "OLD_PACS", "--json"), code=1, OLD_PACS=mixed)
    file = tmp_path / "url"
    file.write_text(f"{mixed}\n")
    printed = run_json(*archive, *words(None, "--url-file", file), code=1)
    assert printed["already_stored"] == 2


def test_a_file_with_the_url_starts_at_the_current_folder(
    mixed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "url").write_text(mixed)
    monkeypatch.chdir(tmp_path)
    run("-a", tmp_path / "elsewhere" / "archive", *words(None, "--url-file", "url"), code=1)


@pytest.mark.parametrize(
    "given", [[], ["sqlite:///x", "--url-env", "X"], ["--url-env", "X", "--url-file", "x"]]
)
def test_the_url_is_given_in_one_way(given: list[str], tmp_path: Path) -> None:
    result = run("-a", tmp_path / "archive", *words(None, *given), code=2)
    assert result.stderr == "error: which database? Give one of URL, --url-env and --url-file\n"
    assert not (tmp_path / "archive").exists()


def test_an_environment_variable_that_is_not_set_is_told(tmp_path: Path) -> None:
    result = run("-a", tmp_path / "archive", *words(None, "--url-env", "OLD_PACS"), code=2)
    assert result.stderr == "error: feed.url: the environment variable 'OLD_PACS' is not set, or empty\n"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("images", "imagez"), "there is no table 'imagez' that the user may see; this database has: images"),
        (("id", "nr"), "images has no column 'nr'; there are: id, image"),
        (("image", "pixels"), "images has no column 'pixels'; there are: id, image"),
    ],
)
def test_a_wrong_table_or_column_is_one_line_and_exit_code_2(
    mixed: str, tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    wrong = [change[1] if word == change[0] else word for word in words(mixed)]
    assert run("-a", tmp_path / "archive", *wrong, code=2).stderr == f"error: {message}\n"


def test_a_database_that_is_not_there_is_one_line_without_the_password(tmp_path: Path) -> None:
    url = f"postgresql://me:{SECRET}@127.0.0.1:1/pacs"
    result = run("-a", tmp_path / "archive", *words(url), code=1)
    assert result.stderr.startswith("error: database postgresql://127.0.0.1:1/pacs cannot be reached")
    assert result.stderr.count("\n") == 1
    assert SECRET not in result.output


@pytest.mark.parametrize("url", [f"me:{SECRET}@host/pacs", f"postgresql://me:12@{SECRET}@host/pacs"])
def test_a_url_that_is_none_is_refused_without_being_repeated(url: str, tmp_path: Path) -> None:
    result = run("-a", tmp_path / "archive", *words(url), code=2)
    assert result.stderr.startswith("error: not a database URL")
    assert SECRET not in result.output


def test_a_database_that_fails_in_its_course_ends_with_the_counts_so_far_and_goes_on(tmp_path: Path) -> None:
    images = [one.data for one in Corpus(700, 6_000)]
    file = tmp_path / "pacs.sqlite"
    url = make_table(file, *images)
    whole = file.read_bytes()
    with file.open("r+b") as damaged:
        damaged.seek(len(whole) // 4 * 3)
        damaged.write(b"\xff" * (len(whole) // 4))
    archive = ("-a", tmp_path / "archive")
    result = run(*archive, *words(url, "--json"), code=1)
    stored = json.loads(result.stdout)["stored"]
    assert 0 < stored < 700
    assert result.stderr.startswith("error: the import stopped: database sqlite://")
    assert "images cannot be read (DatabaseError SQLITE_CORRUPT)" in result.stderr
    assert result.stderr.count("\n") == 1
    file.write_bytes(whole)
    printed = run_json(*archive, *words(url))
    assert counts(printed) == {"stored": 700 - stored, "already_stored": stored}


@pytest.mark.skipif(os.name == "nt", reason="signals to a process of its own are POSIX")
def test_ctrl_c_ends_with_a_true_report_and_the_same_command_goes_on(tmp_path: Path) -> None:
    url = make_table(tmp_path / "pacs.sqlite", *(one.data for one in Corpus(2000, 6_000)))
    process = start("-a", "archive", *words(url, "--json", "--report"), "first.jsonl", cwd=tmp_path)
    report = tmp_path / "first.jsonl"
    deadline = time.monotonic() + 60
    while not (report.exists() and report.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"interrupted: run the same command to go on" in errors
    stored = json.loads(output)["stored"]
    assert 0 < stored < 2000
    assert len(report.read_text("ascii").splitlines()) == stored
    again = run_json("-a", tmp_path / "archive", *words(url))
    assert counts(again) == {"stored": 2000 - stored, "already_stored": stored}


def test_the_command_itself_needs_no_database_library() -> None:
    code = "import sys, fileroom.cli.blob; print('sqlalchemy' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed == "False\n"

"""Paths that name no file with an object in it: pipes, devices, links that lead nowhere, empty folders."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pydicom
import pytest

import fileroom
from fileroom.errors import NotFoundError
from fileroom.testing.datasets import make_instance
from fileroom_plugins.metadata import header
from tests.integration.cli_runs import ENVIRONMENT, run, run_json

DICOMDIR = Path(pydicom.__file__).parent / "data/test_files/dicomdirtests/DICOMDIR"

COMMANDS = {
    "header": (["header"], []),
    "header to files": (["header"], ["-o", "out"]),
    "query-xml": (["query-xml", "//VALUE"], []),
    "process": (["process", "thumbnail"], ["-o", "out"]),
    "picture": (["process"], ["fileFormat=PNGF", "-o", "out"]),
    "transcode": (["transcode"], ["--to", "rle", "-o", "out"]),
    "deidentify": (["deidentify"], ["-o", "out"]),
    "anonymous": (["anonymous"], []),
    "check": (["check"], []),
}

posix = pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes and devices here")


@pytest.fixture(autouse=True)
def _there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """A pipe that nobody writes to: who opens it waits for ever."""
    os.mkfifo(tmp_path / "pipe.dcm")
    return tmp_path / "pipe.dcm"


@posix
@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_no_regular_file_is_refused_at_once_and_the_rest_goes_on(
    name: str, pipe: Path, tmp_path: Path
) -> None:
    (tmp_path / "image.dcm").write_bytes(make_instance())
    before, after = COMMANDS[name]
    said = run(*before, pipe, "/dev/zero", "image.dcm", *after, code=1).stderr
    for path in (pipe, "/dev/zero"):
        assert said.count(f"{path}: cannot be read: not a regular file") == 1
    assert "image.dcm:" not in said


@posix
def test_a_document_is_read_from_no_pipe(pipe: Path, tmp_path: Path) -> None:
    run("-a", tmp_path / "archive", "init")
    for path in (pipe, "/dev/zero"):
        for words in (["documents", "check"], ["-a", tmp_path / "archive", "documents", "insert"]):
            said = run(*words, path, "--kind", "anonymity", code=1).stderr
            assert "cannot be read: not a regular file" in said
    (tmp_path / "set").mkdir()
    os.mkfifo(tmp_path / "set" / "manifest.json")
    said = run("-a", tmp_path / "archive", "documents", "insert", "set", code=1).stderr
    assert "'manifest.json' of a set of documents cannot be read: not a regular file" in said


@posix
def test_functions_wait_for_no_pipe_either(pipe: Path, tmp_path: Path) -> None:
    for path in (pipe, "/dev/zero"):
        with pytest.raises(NotFoundError, match="the file cannot be read: it is not a regular file"):
            fileroom.process(path, "thumbnail")
        with pytest.raises(NotFoundError, match="the file cannot be read: not a regular file"):
            header(path)
    with pytest.raises(NotFoundError, match="the file cannot be read: it is a folder"):
        fileroom.process(tmp_path, "thumbnail")


@posix
def test_an_object_in_standard_input_is_read_where_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "image.dcm").write_bytes(make_instance(patient_id="P1"))
    with (tmp_path / "image.dcm").open("rb") as file:
        words = [sys.executable, "-m", "fileroom", "header", "/dev/stdin"]
        shown = subprocess.run(words, stdin=file, capture_output=True, env=ENVIRONMENT, check=True).stdout
    assert b'"P1"' in shown


@pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links")
@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("link", ["link", "link.dcm", "./link"])
def test_a_link_that_leads_nowhere_is_a_failure(name: str, link: str, tmp_path: Path) -> None:
    (tmp_path / link).symlink_to("gone.dcm")
    before, after = COMMANDS[name]
    said = run(*before, link, *after, code=1).stderr
    assert said == f"error: {link}: a symbolic link that leads nowhere\n"
    (tmp_path / "image.dcm").write_bytes(make_instance())
    said = run(*before, link, "image.dcm", *after, code=1).stderr
    assert f"{link}: a symbolic link that leads nowhere\n" in said


def test_a_file_that_is_not_there_is_named() -> None:
    assert run("header", "gone.dcm", code=1).stderr == "error: gone.dcm: no such file is there\n"
    assert "gone.dcm: no such" in run("process", "gone.dcm", "fileFormat=PNGF", "-o", "out", code=1).stderr
    assert run("header", "~nobody-at-all/gone.dcm", code=1).stderr.endswith("no such file is there\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_folder_without_objects_is_said_to_have_none(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("none of these is DICOM")
    before, after = COMMANDS[name]
    assert run(*before, "empty", *after).stderr == "empty: there is no DICOM file in this folder\n"


def test_a_search_that_finds_nothing_says_so(tmp_path: Path) -> None:
    run("-a", tmp_path / "archive", "init")
    said = run("-a", tmp_path / "archive", "header", "study", "PatientID=nobody").stderr
    assert said == "the search found nothing\n"
    assert run_json("-a", tmp_path / "archive", "header", "study", "PatientID=nobody") == []


@pytest.mark.parametrize("name", COMMANDS)
def test_a_folder_is_done_without_the_directory_of_a_medium_in_it(name: str, tmp_path: Path) -> None:
    medium, plain = tmp_path / "medium", tmp_path / "plain"
    for folder in (medium, plain):
        folder.mkdir()
        (folder / "image").write_bytes(make_instance())
    shutil.copy(DICOMDIR, medium / "DICOMDIR")
    before, after = COMMANDS[name]
    code = 1 if name in {"anonymous", "check"} else 0  # for what the image lacks
    without = run(*before, plain, *after, code=code)
    done = run(*before, medium, *after, code=code)
    assert done.stderr.count("DICOMDIR: passed over") == 1
    assert "passed over" not in without.stderr
    if name in {"process", "transcode", "deidentify"}:
        run(*before, medium / "DICOMDIR", *after, code=1)


def test_of_a_folder_what_cannot_be_read_is_named_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "dicom").mkdir()
    (tmp_path / "dicom" / "empty.dcm").touch()
    said = run("header", "dicom", code=1).stderr
    assert "empty.dcm: cannot be looked into: empty file" in said


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")  # noqa: PTH110
@pytest.mark.parametrize("words", [["header"], ["header", "--json"], ["check"]])
def test_an_output_that_is_full_is_named(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "image.dcm").write_bytes(make_instance())
    command = [sys.executable, "-m", "fileroom", *words, "image.dcm"]
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, env=ENVIRONMENT, check=False)
    assert done.returncode == 1
    reason = os.strerror(errno.ENOSPC)
    assert done.stderr.decode() == f"error: the output cannot be written: {reason}; --traceback shows where\n"
    said = run("header", "image.dcm", "-o", "/dev/full", code=1).stderr
    assert said == f"error: -o: full cannot be written: {reason}\n"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "image.dcm").write_bytes(make_instance())
    (tmp_path / "dicom").mkdir()
    said = run("header", "dicom", "-o", Path("image.dcm/out"), code=1).stderr
    assert f"-o: {Path('image.dcm/out')} cannot be made: " in said


def test_a_question_that_nothing_answers_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "image.dcm").write_bytes(make_instance())
    result = run("query-xml", "//NOTHING", "image.dcm")
    assert (result.stdout, result.stderr) == ("", "nothing found\n")

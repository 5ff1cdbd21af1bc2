"""``-o`` with ``--missing``: a run that was interrupted goes on, and loses no object on the way."""

from __future__ import annotations

import itertools
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from fileroom.testing.datasets import make_instance
from tests.integration.cli_runs import run, run_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NUMBERS = (1, 2, 3)

COMMANDS = {
    "header": ["header", "--missing"],
    "header of Oracle": ["header", "--format", "oracle-xml", "--missing"],
    "thumbnail": ["process", "thumbnail", "--missing", "thumbnail"],
    "picture": ["process", "--missing", "picture"],
    "transcode": ["transcode", "--to", "rle", "--missing"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files that are called by UIDs, as archives call them, without a suffix."""
    made = tmp_path / "dicom"
    made.mkdir()
    for number in NUMBERS:
        (made / f"1.2.3.{number}").write_bytes(make_instance(sop_uid=f"1.2.{number}", instance_number=number))
    return made


@pytest.fixture
def archive(tmp_path: Path, folder: Path) -> Path:
    run("-a", tmp_path / "archive", "import", folder)
    return tmp_path / "archive"


def words_of(name: str, objects: list[object], out: Path) -> list[object]:
    first, *others = COMMANDS[name]
    objects = [*objects, "fileFormat=PNGF"] if name == "picture" else objects
    if first == "process" and others[0] == "thumbnail":
        first, others = "process thumbnail", others[1:]
    return [*first.split(), *objects, *others, "-o", out]


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ctrl-C, once the first object is done."""

    @contextmanager
    def counting(*_: object) -> Iterator[Callable[[], None]]:
        steps = itertools.count()
        yield lambda: signal.raise_signal(signal.SIGINT) if not next(steps) else None

    with monkeypatch.context() as patched:
        patched.setattr("fileroom.cli.making.counting", counting)
        yield


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("stored", [True, False])
def test_what_has_its_file_is_not_done_again(
    name: str, archive: Path, folder: Path, tmp_path: Path, *, stored: bool
) -> None:
    out = tmp_path / "out"
    objects: list[object] = ["instance"] if stored else [folder]
    done = run_json("-a", archive, *words_of(name, objects, out))
    files = sorted(out.iterdir())
    assert sorted(file for one in done for file in one["files"]) == [str(file) for file in files]
    assert len(files) == len(NUMBERS)
    files[1].unlink()
    again = run("-a", archive, *words_of(name, objects, out))
    assert again.stdout.count("\n") == 1
    assert str(files[1]) in again.stdout
    assert "skipped 2 objects with a file there" in again.stderr
    assert sorted(out.iterdir()) == files


@pytest.mark.usefixtures("interrupted")
@pytest.mark.parametrize("name", COMMANDS)
def test_ctrl_c_says_that_missing_goes_on(name: str, folder: Path, tmp_path: Path) -> None:
    said = run(*words_of(name, [folder], tmp_path / "out"), code=130).stderr
    assert "interrupted: --missing goes on where it ended" in said
    assert len(list((tmp_path / "out").iterdir())) == 1


@pytest.mark.usefixtures("interrupted")
@pytest.mark.parametrize("words", [["header"], ["query-xml", "//VALUE"], ["anonymous"], ["check"]])
def test_ctrl_c_says_of_what_is_shown_only_that_it_begins_again(words: list[str], folder: Path) -> None:
    said = run(*words, folder, code=130).stderr
    assert "interrupted: what was done until then is shown, and the same command begins again" in said


def test_files_of_one_name_in_different_folders_are_told_apart_by_what_is_made(tmp_path: Path) -> None:
    for number in NUMBERS:
        (tmp_path / "dicom" / str(number)).mkdir(parents=True)
        data = make_instance(sop_uid=f"1.2.{number}", instance_number=number)
        (tmp_path / "dicom" / str(number) / "image.dcm").write_bytes(data)
    words = ("header", tmp_path / "dicom", "-o", tmp_path / "out", "--missing")
    run(*words)
    (tmp_path / "out" / "image.json").unlink()
    run(*words)
    headers = {path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert len(headers) == len(NUMBERS), "one is not taken for another"


def test_an_object_in_the_very_folder_is_not_taken_for_what_is_made_of_it(tmp_path: Path) -> None:
    (tmp_path / "1.2.1.dcm").write_bytes(make_instance(sop_uid="1.2.1"))
    run("transcode", tmp_path / "1.2.1.dcm", "--to", "rle", "--missing", "-o", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.2.1-2.dcm", "1.2.1.dcm"]


def test_one_file_that_is_there_is_left_as_it_is(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text("there")
    run("header", folder / "1.2.3.1", "-o", tmp_path / "one.json", "--missing")
    assert (tmp_path / "one.json").read_text() == "there"
    run("header", folder / "1.2.3.1", "-o", tmp_path / "one.json")
    assert (tmp_path / "one.json").read_text() != "there"


def test_missing_makes_sense_with_files_and_known_types_only(folder: Path, tmp_path: Path) -> None:
    assert "--missing is for -o" in run("header", folder, "--missing", code=2).stderr
    words = ("process", "thumbnail", folder, "-o", tmp_path / "out", "--missing", "thumbnial")
    assert "did you mean 'thumbnail'" in run(*words, code=1).stderr


def test_json_names_the_files_of_headers_and_tables(archive: Path, folder: Path, tmp_path: Path) -> None:
    (folder / "damaged.dcm").write_bytes((folder / "1.2.3.1").read_bytes()[:400])
    printed = run_json("header", folder, "-o", tmp_path / "out", code=1)
    *files, damaged = sorted(printed, key=lambda one: "reason" in one)
    assert {tuple(one) for one in files} == {("object", "files")}
    assert damaged["object"] == str(folder / "damaged.dcm")
    table = run_json("-a", archive, "table", "study", "-o", tmp_path / "studies.csv")
    assert table == [{"object": "study", "files": [str(tmp_path / "studies.csv")]}]
    assert "-o --json lists files" in run("-a", archive, "table", "study", "--json", code=2).stderr

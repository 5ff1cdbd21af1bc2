"""``fileroom demo``: on a fresh folder, in a fresh process, without and with the imaging extra."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import fileroom
from fileroom.cli import demo, picture
from tests.integration.cli_runs import ENVIRONMENT, run, run_json


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("demo")
    program = [sys.executable, "-m", "fileroom", "demo", "try"]
    # A proxy that leads nowhere: the demo needs no network.
    environment = {**ENVIRONMENT, "COLUMNS": "80", "https_proxy": "http://127.0.0.1:9"}
    result = subprocess.run(
        program, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
    return folder / "try", result.stdout


def test_the_demo_imports_real_files_and_stores_something_of_each_kind(walked: tuple[Path, str]) -> None:
    folder, _ = walked
    counts = run_json("-a", folder, "stats")
    assert counts["instances"] > 60
    assert counts["patients"] > 10
    assert run_json("-a", folder, "verify") == []


def test_the_demo_prints_each_command_before_its_output(walked: tuple[Path, str]) -> None:
    _, shown = walked
    commands = re.findall(r"^\$ fileroom -a try (\w+)", shown, re.MULTILINE)
    assert [name for name in commands if name not in ("process", "cat")] == [
        "import", "stats", "find", "find", "show", "attach", "attachments", "export",
    ]  # fmt: skip
    assert "Jérôme" in shown


def test_the_commands_of_the_demo_can_be_typed_again(walked: tuple[Path, str]) -> None:
    folder, shown = walked
    (line,) = re.findall(r"^\$ (fileroom -a try find study .*)$", shown, re.MULTILINE)
    words = line.replace("fileroom", f"{sys.executable} -m fileroom", 1)
    if os.name == "nt":
        pytest.skip("the line is for another shell")
    result = subprocess.run(
        words, shell=True, cwd=folder.parent, env=ENVIRONMENT, capture_output=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, b"")


def test_the_demo_ends_with_a_picture(walked: tuple[Path, str]) -> None:
    pytest.importorskip("PIL")
    folder, shown = walked
    file = folder / "demo-files" / "thumbnail.jpg"
    assert file.read_bytes()[:3] == b"\xff\xd8\xff"
    assert str(Path("try") / "demo-files" / "thumbnail.jpg") in shown
    drawn = shown[shown.index("The picture is in") :].splitlines()[1:-2]
    assert len(drawn) > 10
    assert max(map(len, drawn)) <= 80


def test_no_line_of_the_demo_but_its_commands_is_wider_than_80_columns(walked: tuple[Path, str]) -> None:
    _, shown = walked
    assert [line for line in shown.splitlines() if len(line) > 80 and not line.startswith("$ ")] == []


def test_the_demo_exports_what_it_imported(walked: tuple[Path, str]) -> None:
    folder, _ = walked
    assert list((folder / "demo-files" / "export").rglob("*.dcm"))


def test_the_demo_can_be_run_again_and_as_json(walked: tuple[Path, str]) -> None:
    folder, _ = walked
    result = run("demo", folder, "--json", FILEROOM_STORAGE__ROOT="/nowhere", FILEROOM_ARCHIVE="/nowhere")
    printed = json.loads(result.stdout)
    assert printed["archive"] == str(folder)
    assert len(printed["commands"]) >= 8
    assert "$ fileroom" in result.stderr


def test_the_demo_without_the_imaging_extra_says_what_to_install_and_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "list_plugins", list)
    shown = run("demo", tmp_path / "try").stdout
    assert "pip install 'fileroom[imaging]'" in shown
    assert "thumbnail" not in shown
    with fileroom.open(tmp_path / "try") as archive:
        assert archive.plugins.processors == ()


def test_the_demo_keeps_away_from_folders_that_hold_something_else(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("Dear colleague")
    assert "holds something else" in run("demo", tmp_path / "mine", code=2).stderr
    assert "makes an archive of its own" in run("-a", tmp_path / "mine", "demo", code=2).stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


def test_a_picture_is_drawn_in_colour_where_the_terminal_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    image = pytest.importorskip("PIL.Image")
    image.new("RGB", (8, 8), (250, 10, 10)).save(tmp_path / "red.png")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLORTERM", "truecolor")
    assert picture.draw(tmp_path / "red.png")
    assert "\x1b[38;2;250;10;10;48;2;250;10;10m\u2580" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    assert picture.draw(tmp_path / "red.png")
    plain = capsys.readouterr().out
    assert "\x1b" not in plain
    assert plain.isascii()

"""What all commands have in common: help, options, exit codes, and errors of one line without values."""

from __future__ import annotations

import importlib
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import click
import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.cli.application import COMMANDS, cli
from fileroom.testing.datasets import make_instance
from tests.integration.cli_runs import ENVIRONMENT, run, run_json, start

NAMES = [name for section in COMMANDS.values() for name in section]
NEED_ARCHIVE = {
    "find": ["study"],
    "show": ["ID"],
    "export": ["ID", "-o", "out"],
    "browse": [],
    "send": ["ID", "--to", "AET@host:104"],
    "echo": ["workstation"],
    "cat": ["ID"],
    "url": ["ID"],
    "attachments": ["ID"],
    "attach": ["ID", __file__, "--type", "1024"],
    "detach": ["ID", "--type", "1024"],
    "metadata": ["ID"],
    "label": ["ID"],
    "process": ["thumbnail", "ID"],
    "processing": ["status"],
    "header": ["ID"],
    "query-xml": ["//VALUE", "ID"],
    "transcode": ["ID", "--to", "rle", "-o", "out"],
    "deidentify": ["ID", "-o", "out"],
    "anonymous": ["ID"],
    "check": ["ID"],
    "messages": ["ID"],
    "table": ["study"],
    "documents": ["list"],
    "move": [],
    "delete": ["ID", "--yes"],
    "stats": [],
    "changes": [],
    "verify": [],
    "sweep": [],
    "rebuild": [],
    "compact": [],
    "config": [],
    "quarantine": ["list"],
}


def command_of(name: str) -> click.Command:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    return command


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled")
    source = folder / "one.dcm"
    source.write_bytes(make_instance(patient_id="SECRET-ID", tags={"PatientName": "Hidden^Name"}))
    run("-a", folder / "archive", "import", source)
    return folder / "archive"


@pytest.fixture
def filled(imported: Path, tmp_path: Path) -> Path:
    """An archive of one instance, to be changed at will."""
    return Path(shutil.copytree(imported, tmp_path / "archive"))


def test_the_help_lists_every_command_in_its_section() -> None:
    shown = run("--help").stdout
    for title, section in COMMANDS.items():
        assert f"{title}:\n" in shown
        assert all(f"  {name:<13}  {short}\n" in shown for name, (_, short) in section.items())


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_the_common_options_and_an_example(name: str) -> None:
    shown = run(name, "--help").stdout
    for expected in ("--archive PATH", "--json", "--traceback", "Examples:\n  "):
        assert expected in shown
    assert f"fileroom {name}" in shown.replace("fileroom -a /data/images", "fileroom")


def test_the_command_alone_and_a_group_alone_show_their_help() -> None:
    assert "Usage: fileroom [OPTIONS]" in run().stdout
    assert "retry" in run("quarantine").stdout


def test_help_imports_no_command_no_rich_and_no_pydicom() -> None:
    program = (
        "import sys; from fileroom.cli.application import cli; cli.main(['--help'], standalone_mode=False);"
        "print(*sys.modules, file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(result.stderr.split())
    assert (
        not {"rich", "pydicom", "sqlalchemy", "pluggy", "fileroom.archive", "fileroom.cli.finding"} & loaded
    )


def test_the_version_is_that_of_the_distribution() -> None:
    assert run("--version").stdout == f"fileroom {fileroom.__version__}\n"


def test_the_program_runs_as_a_module(tmp_path: Path) -> None:
    process = start("--version", cwd=tmp_path)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output.split()[0], errors) == (0, b"fileroom", b"")


@pytest.mark.parametrize("name", NEED_ARCHIVE)
def test_a_command_on_a_path_without_archive_fails_in_one_line_and_makes_nothing(
    name: str, tmp_path: Path
) -> None:
    where = tmp_path / "nowhere"
    words = [name, *NEED_ARCHIVE[name]]
    result = run("-a", where, *words, code=2)
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("error: no archive at ")
    assert f"fileroom -a {where} init" in result.stderr
    assert result.stdout == ""
    assert not where.exists()


def test_all_commands_but_those_that_make_one_need_an_archive() -> None:
    others = {
        "init",
        "import",
        "register",
        "import-config",
        "demo",
        "migrate",
        "plugins",
        "blob",
        "pseudonyms",
    }
    assert set(NAMES) - set(NEED_ARCHIVE) == others


@pytest.mark.parametrize("position", ["before", "after", "environment", "toml"])
def test_the_archive_is_named_before_or_after_the_command_or_by_the_environment(
    position: str, filled: Path
) -> None:
    words: dict[str, list[object]] = {
        "before": ["-a", filled, "stats", "--json"],
        "after": ["stats", "--json", "--archive", filled],
        "environment": ["--json", "stats"],
        "toml": ["--json", "stats", "-a", filled / "fileroom.toml"],
    }
    variable = str(filled) if position == "environment" else None
    assert '"instances": 1' in run(*words[position], FILEROOM_ARCHIVE=variable).stdout


def test_the_option_wins_over_the_environment(filled: Path, tmp_path: Path) -> None:
    run("-a", filled, "stats", FILEROOM_ARCHIVE=str(tmp_path / "nowhere"))


def test_init_makes_a_folder_with_a_configuration_to_edit_and_is_harmless_later(tmp_path: Path) -> None:
    where = tmp_path / "new" / "archive"
    assert run_json("-a", where, "init") == {"archive": str(where), "created": True}
    configuration = where / "fileroom.toml"
    configuration.write_text(configuration.read_text("utf-8") + "\n# mine\n", "utf-8")
    assert run_json("-a", where, "init") == {"archive": str(where), "created": False}
    assert configuration.read_text("utf-8").endswith("# mine\n")
    assert run_json("-a", where, "stats")["instances"] == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_nobody_else_may_read_a_new_archive(tmp_path: Path) -> None:
    where = tmp_path / "archive"
    source = tmp_path / "one.dcm"
    source.write_bytes(make_instance())
    run("-a", where, "import", source)
    assert stat.S_IMODE(where.stat().st_mode) == 0o700
    index = [path for path in where.iterdir() if path.name.startswith("index.sqlite")]
    assert index
    assert {stat.S_IMODE(path.stat().st_mode) for path in index} == {0o600}


def test_init_writes_a_toml_file_under_the_name_given(tmp_path: Path) -> None:
    run("-a", tmp_path / "conf" / "mine.toml", "init")
    assert (tmp_path / "conf" / "mine.toml").is_file()
    assert run_json("-a", tmp_path / "conf" / "mine.toml", "find", "study") == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("[index]\nbackand = 'sqlite'", "backand"),
        ("[storage]\nbackend = 7", "storage.backend"),
        ("nonsense", "TOML"),
    ],
)
def test_a_wrong_configuration_ends_with_2_and_names_the_key(text: str, path: str, filled: Path) -> None:
    (filled / "fileroom.toml").write_text(text, "utf-8")
    result = run("-a", filled, "stats", code=2)
    assert result.stderr.startswith("error: ")
    assert path in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["find"],
        ["find", "study", "--limit", "0"],
        ["find", "galaxy"],
        ["find", "study", "--csv", "--json"],
        ["import"],
        ["export", "ID"],
        ["cat", "ID", "--range", "9-3"],
        ["metadata", "ID", "set", "name"],
        ["label", "ID", "add"],
        ["quarantine", "discard"],
        ["changes", "--type", "Nonsense"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2_and_one_line(words: list[str], filled: Path) -> None:
    result = run("-a", filled, *words, code=2)
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["find", "PatientName=Hidden^Name"], 2),
        (["find", "Hidden^Name"], 2),
        (["find", "study", "Hidden^Name"], 2),
        (["show", "P1", "Hidden^Name"], 2),
        (["label", "Hidden^Name", "frobnicate"], 2),
        (["find", "study", "patientName=Hidden^Name"], 2),
        (["find", "study", "StudyDate=Hidden^Name"], 2),
        (["find", "study", "PatientWeight=Hidden^Name"], 2),
        (["find", "study", "limit=Hidden^Name"], 2),
        (["show", "Hidden^Name"], 1),
        (["delete", "--yes", "Hidden^Name"], 1),
        (["export", "Hidden^Name", "-o", "out"], 1),
        (["process", "nonsense", "SECRET-ID"], 2),
    ],
    ids=str,
)
def test_no_error_repeats_a_value_of_a_patient(words: list[str], code: int, filled: Path) -> None:
    result = run("-a", filled, *words, code=code)
    assert result.stderr.startswith("error: ")
    assert "Hidden" not in result.stderr
    assert "SECRET" not in result.stderr


def test_an_unexpected_error_is_one_line_and_a_traceback_on_demand_only(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Archive) -> None:
        raise RuntimeError("Hidden^Name")

    monkeypatch.setattr(Archive, "statistics", fail)
    result = run("-a", filled, "stats", code=1)
    assert result.stderr == "internal error: RuntimeError; run again with --traceback, and report it\n"
    invoked = click.testing.CliRunner().invoke(cli, ["-a", str(filled), "stats", "--traceback"])
    assert "RuntimeError: Hidden^Name" in invoked.stderr


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (MemoryError(), 1, "error: out of memory"),
        (PermissionError(13, "Permission denied", "/x/Hidden^Name"), 1, "error: Permission denied"),
    ],
    ids=["interrupt", "memory", "system"],
)
def test_errors_of_the_system_are_one_line(
    error: BaseException, code: int, said: str, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Archive) -> None:
        raise error

    monkeypatch.setattr(Archive, "statistics", fail)
    result = run("-a", filled, "stats", code=code)
    assert said in result.stderr
    assert "Hidden" not in result.stderr


def test_values_cannot_steer_the_terminal_or_pass_for_markup(tmp_path: Path) -> None:
    name = "[bold red]Evil[/] :smile:"
    source = tmp_path / "odd\x1b[2J[red].dcm"
    source.write_bytes(
        make_instance(
            tags={"PatientName": name, "StudyDescription": "a\x07b\u202ec"}, character_set="ISO_IR 192"
        )
    )
    damaged = tmp_path / "damaged\x1b[2J[red].dcm"
    damaged.write_bytes(source.read_bytes()[:300])
    where = tmp_path / "archive"
    shown = run("-a", where, "import", source, damaged, code=1).stdout
    shown += run("-a", where, "find", "study").stdout + run("-a", where, "show", "ID-1", code=0).stdout
    assert name in shown
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)


@pytest.mark.parametrize(
    "words", [["find", "patient"], ["find", "patient", "--json"], ["show", "M1"], ["import", "."]]
)
def test_a_console_of_few_characters_shows_others_as_escapes(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "one.dcm").write_bytes(
        make_instance(patient_id="M1", tags={"PatientName": "Müller^山田"}, character_set="ISO_IR 192")
    )
    run("-a", tmp_path / "archive", "import", tmp_path / "one.dcm")
    process = start(*words, cwd=tmp_path, PYTHONIOENCODING="ascii")
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, b"")
    assert output.isascii()
    assert words[0] == "import" or b"u5c71" in output


def test_a_reader_that_goes_away_gets_no_traceback(filled: Path, tmp_path: Path) -> None:
    process = start("-a", filled, "find", "study", "--json", cwd=tmp_path)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) in (0, 1)


def test_warnings_of_libraries_stay_away_from_the_terminal(tmp_path: Path) -> None:
    source = tmp_path / "one.dcm"
    source.write_bytes(make_instance().replace(b"20240229", b"2024022X"))
    process = start("-a", "archive", "import", source, "--jobs", "1", cwd=tmp_path)
    assert process.communicate(timeout=60)[1] == b""
    assert process.returncode == 0


def test_every_command_module_is_named_in_the_table() -> None:
    for section in COMMANDS.values():
        for place, _ in section.values():
            module, _, name = place.partition(":")
            assert isinstance(getattr(importlib.import_module(f"fileroom.cli.{module}"), name), click.Command)


def test_the_installed_command_is_the_same_program() -> None:
    (script,) = (
        entry
        for entry in importlib.import_module("importlib.metadata").entry_points(group="console_scripts")
        if entry.name == "fileroom"
    )
    assert script.value == "fileroom.cli:main"
    assert ENVIRONMENT.get("FILEROOM_ARCHIVE") is None

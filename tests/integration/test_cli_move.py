"""``fileroom move``: what it says, and how it exits."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import fileroom
from fileroom.cli import moving
from fileroom.cli.interruption import Interruption
from fileroom.testing.datasets import Corpus
from tests.integration.cli_runs import run, run_json

COUNT = 12
TOML = """
[storage]
backend = "tiered"
default = "{default}"
[storage.tiers.images]
backend = "filesystem"
root = "images"
[storage.tiers.small]
backend = "sql"
path = "small.sqlite"
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("move") / "archive"
    folder.mkdir()
    (folder / "fileroom.toml").write_text(TOML.format(default="images"), encoding="utf-8")
    with fileroom.open(folder) as archive:
        archive.ingest([one.data for one in Corpus(COUNT, 4_000)])
    return folder


@pytest.fixture
def folder(filled: Path, tmp_path: Path) -> Path:
    """An archive whose bytes all lie in one tier, and belong into the other."""
    folder = Path(shutil.copytree(filled, tmp_path / "archive"))
    (folder / "fileroom.toml").write_text(TOML.format(default="small"), encoding="utf-8")
    return folder


def sizes(said: str) -> dict[str, int]:
    """Return how many attachments lie in each tier, as the table says."""
    rows = [line.split() for line in said.splitlines()]
    return {row[0]: int(row[1]) for row in rows if row and row[0] in ("images", "small")}


def test_it_moves_and_says_what_lies_where(folder: Path) -> None:
    would = run("-a", folder, "move", "--dry-run").stdout
    assert would.startswith(f"would move {COUNT} attachments, 4")
    said = run("-a", folder, "move").stdout
    assert said.startswith(f"moved {COUNT} attachments, 4")
    assert sizes(would) == sizes(said) == {"small": COUNT}
    again = run("-a", folder, "move").stdout
    assert again.startswith("moved 0 attachments, 0 bytes")
    assert f"; {COUNT} lay where they belong" in again
    assert run("-a", folder, "verify").stdout == "everything is as it was recorded\n"
    assert not any(path.is_file() for path in (folder / "images").glob("*/*/*"))


def test_a_search_or_ids_can_be_moved_to_a_tier(folder: Path) -> None:
    with fileroom.open(folder) as archive:
        study = next(iter(archive.find("study")))
        count = archive.within(study.id, fileroom.Level.INSTANCE).count()
    assert 0 < count < COUNT
    said = run_json("-a", folder, "move", "study", f"StudyInstanceUID={study.uid}", "--to", "small")
    assert said["counts"]["moved"] == count
    assert said["counts"]["tiers"].keys() == {"small"}
    assert run_json("-a", folder, "move", study.id, "--to", "images")["counts"]["moved"] == count


def test_json_has_counts_and_failures(folder: Path) -> None:
    with fileroom.open(folder) as archive:
        records = list(archive.index.attachments())
        archive.storage.delete([records[3][1].locator])
    said = run_json("-a", folder, "move", code=1)
    assert (said["counts"]["moved"], said["counts"]["failed"]) == (COUNT - 1, 1)
    (failure,) = said["failures"]
    assert (failure["id"], failure["content_type"]) == (records[3][0], 1)
    assert "is not there" in failure["reason"]


def test_what_could_not_be_moved_is_a_table_and_exit_code_1(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "SHOWN", 2)
    with fileroom.open(folder) as archive:
        lost = [record.locator for _, record in archive.index.attachments()][:5]
        archive.storage.delete(lost)
    said = run("-a", folder, "move", code=1).stdout
    assert said.startswith(f"moved {COUNT - 5} attachments")
    assert "Why it was not moved" in said
    assert "5 attachments could not be moved, of which 2 are listed" in said
    assert max(map(len, said.splitlines())) <= 80


def test_wrong_usage_is_one_sentence_and_exit_code_2(folder: Path, tmp_path: Path) -> None:
    assert "tiers are images, small" in run("-a", folder, "move", "--to", "x", code=2).stderr
    assert "expected KEY=VALUE" in run("-a", folder, "move", "study", "x", code=2).stderr
    with fileroom.open(tmp_path / "plain"):
        pass
    said = run("-a", tmp_path / "plain", "move", code=2).stderr
    assert "'filesystem' has no tiers" in said
    assert run("-a", folder, "move", "00000000", code=1).stderr.startswith("error: nothing has")


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="a storage area needs locks that Windows has not")
def test_an_index_that_cannot_note_moves_is_one_sentence(tmp_path: Path) -> None:
    toml = TOML.format(default="images").replace('"sql"\npath = "small.sqlite"', '"filesystem"\nroot = "b"')
    (tmp_path / "fileroom.toml").write_text(f'[index]\nbackend = "linear"\n{toml}', encoding="utf-8")
    fileroom.open(tmp_path).close()
    said = run("-a", tmp_path / "fileroom.toml", "move", code=2).stderr
    assert "'linear' cannot note where bytes were moved to" in said


def test_ctrl_c_ends_in_order_and_the_next_run_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entered: list[Interruption] = []

    class Known(Interruption):
        def __init__(self) -> None:
            super().__init__()
            entered.append(self)

    def interrupt(_: object) -> None:
        signal.raise_signal(signal.SIGINT)
        assert entered[0].stop.wait(10)

    @contextmanager
    def interrupting() -> Iterator[object]:
        yield interrupt

    with monkeypatch.context() as patched:
        patched.setattr("fileroom.moving.BATCH_OBJECTS", 5)
        patched.setattr(moving, "Interruption", Known)
        patched.setattr(moving, "move_progress", interrupting)
        first = run("-a", folder, "move", code=130)
    assert "run the same command to go on" in first.stderr
    assert first.stdout.startswith("moved 5 attachments")
    assert run("-a", folder, "move").stdout.startswith(f"moved {COUNT - 5} attachments")
    assert run("-a", folder, "verify").stdout == "everything is as it was recorded\n"


def test_a_tier_that_cannot_be_written_to_stops_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fileroom_plugins.storage_sql.storage import SqlStorage

    def full(*_: object) -> None:
        raise fileroom.StorageFullError("no space is left")

    monkeypatch.setattr(SqlStorage, "put_many", full)
    said = run("-a", folder, "move", code=1).stderr
    assert "the move stopped: run the same command to go on" in said
    assert "no space is left" in said
    assert run("-a", folder, "verify").stdout == "everything is as it was recorded\n"


def test_workers_of_an_import_heed_the_rules(tmp_path: Path) -> None:
    toml = TOML.format(default="images") + '[[storage.rules]]\nto = "small"\nmax_size = "8 kb"\n'
    (tmp_path / "fileroom.toml").write_text(toml, encoding="utf-8")
    (tmp_path / "in").mkdir()
    for number, one in enumerate(Corpus(COUNT, 4_000)):
        (tmp_path / "in" / f"{number}.dcm").write_bytes(one.data)
    run("-a", tmp_path / "fileroom.toml", "import", tmp_path / "in", "--jobs", 2)
    assert sizes(run("-a", tmp_path / "fileroom.toml", "move").stdout) == {"small": COUNT}

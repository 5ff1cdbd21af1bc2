"""``fileroom migrate``: what it says, and how it exits."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import fileroom
from fileroom.cli import migrating
from fileroom.cli.interruption import Interruption
from fileroom.testing.datasets import Corpus, make_instance
from tests.integration.cli_runs import run, run_json
from tests.integration.migration_archives import tree

COUNT = 30


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("migrate") / "archive"
    with fileroom.open(folder) as archive:
        archive.ingest([one.data for one in Corpus(COUNT, 4_000)])
        study = next(iter(archive.find("study")))
        study.attach(1024, b"report")
        study.labels.add("seen")
    return folder


@pytest.fixture
def source(filled: Path, tmp_path: Path) -> Path:
    """An archive to be changed at will, and the current folder's neighbour."""
    return Path(shutil.copytree(filled, tmp_path / "source"))


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "target"


def everything(folder: Path) -> list[str]:
    """Return all names beneath a folder."""
    return sorted(str(path) for path in folder.rglob("*"))


def migrate(source: Path, target: Path, *words: str, code: int = 0) -> str:
    return run("migrate", "--from", source, "--to", target, *words, code=code).stdout


def test_it_copies_and_says_so(source: Path, target: Path) -> None:
    said = migrate(source, target).splitlines()
    assert said[0].startswith(f"copied {COUNT} instances and 1 attachment, 119.")
    assert said[1:] == ["carried over 74 changes", "compared 72 resources: nothing differs"]
    assert (target / "fileroom.toml").exists()
    assert run("-a", target, "verify").stdout == "everything is as it was recorded\n"
    assert f"{COUNT} there already" in migrate(source, target)


def test_json_has_counts_and_differences(source: Path, target: Path) -> None:
    said = run_json("migrate", "--from", source, "--to", target)
    assert said["counts"]["instances"] == COUNT
    assert said["counts"]["differences"] == 0
    assert said["differences"] == []
    with fileroom.open(target) as archive:
        (study,) = archive.find("study", labels=["seen"])
        study.labels.add("again")
    said = run_json("migrate", "--from", source, "--to", target, "--drop", "changes", code=1)
    reason = "differs"
    assert said["differences"] == [
        {"id": study.id, "level": "study", "what": "labels", "name": "", "reason": reason}
    ]


def test_differences_are_a_table_and_exit_code_1(source: Path, target: Path) -> None:
    with fileroom.open(source) as archive:
        for number, (_, record) in enumerate(list(archive.index.attachments())):
            if number % 2:
                path = archive.storage.local_path(record.locator)
                path.chmod(0o600)
                path.unlink()
    said = migrate(source, target, code=1)
    assert "bytes of dicom" in said
    assert max(map(len, said.splitlines())) <= 80
    assert len(run_json("migrate", "--from", source, "--to", target, code=1)["differences"]) >= COUNT // 2


def test_a_long_list_of_differences_is_cut(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrating, "SHOWN", 2)
    with fileroom.open(source) as archive:
        archive.storage.delete([record.locator for _, record in archive.index.attachments()][:5])
    assert "more: --json lists them all" in migrate(source, target, code=1).splitlines()[-1]


NO_AREAS = pytest.mark.skipif(os.name == "nt", reason="a storage area needs locks that Windows has not")


def test_a_live_source_is_followed_until_it_is_quiet(source: Path, target: Path) -> None:
    said = migrate(source, target, "--live", "--quiet", "0")
    assert "nothing differs" in said
    with fileroom.open(source) as archive:
        archive.store(make_instance(patient_id="LATER")).check()
    report = run_json("migrate", "--from", source, "--to", target, "--live", "--quiet", "0")
    assert report["counts"]["instances"] == 1
    assert report["differences"] == []


def test_a_live_source_cannot_be_followed_without_its_log(source: Path, target: Path) -> None:
    said = run("migrate", "--from", source, "--to", target, "--live", "--drop", "changes", code=2).stderr
    assert "--live follows the change log" in said


@pytest.mark.parametrize("kind", ["new", "empty", "toml", pytest.param("area", marks=NO_AREAS)])
def test_a_dry_run_says_what_would_be_and_leaves_nothing_behind(
    source: Path, tmp_path: Path, kind: str
) -> None:
    target = tmp_path / "target"
    if kind in ("toml", "area"):
        index = 'backend = "linear"\npath = "new"' if kind == "area" else 'backend = "sqlite"\npath = "new/i"'
        target = target.with_suffix(".toml")
        target.write_text(f'[index]\n{index}\n[storage]\nbackend = "filesystem"\nroot = "new"\n')
    elif kind == "empty":
        target.mkdir()
    before = everything(tmp_path)
    assert migrate(source, target, "--dry-run").startswith(f"would copy {COUNT} instances and 1 attachment")
    assert everything(tmp_path) == before


def test_a_dry_run_onto_an_archive_counts_what_is_there(source: Path, target: Path) -> None:
    migrate(source, target)
    (target / "fileroom.toml").write_text('[plugins]\nenable = ["journal"]\n')
    before = everything(target)
    assert f"would copy 0 instances, 0 bytes; {COUNT} there already" in migrate(source, target, "--dry-run")
    assert everything(target) == before


@pytest.mark.parametrize("words", [[], ["--dry-run"]], ids=["migrate", "dry-run"])
def test_somebodys_files_make_no_target(source: Path, target: Path, words: list[str]) -> None:
    target.mkdir()
    (target / "0.dcm").write_bytes(make_instance())
    refused = run("migrate", "--from", source, "--to", target, *words, code=2).stderr
    assert "has files in it, and is no archive" in refused
    assert [path.name for path in target.iterdir()] == ["0.dcm"]


def test_what_is_dropped_stays(source: Path, target: Path) -> None:
    migrate(source, target, "--drop", "attachments", "--drop", "labels")
    with fileroom.open(target) as archive:
        assert archive.statistics().attachments == COUNT
        assert archive.find("study", labels=["seen"]).count() == 0


def test_a_refusal_is_wrong_usage_and_names_the_way_out(source: Path, target: Path) -> None:
    with fileroom.open(target) as archive:
        archive.store(make_instance()).check()
    refused = run("migrate", "--from", source, "--to", target, code=2).stderr
    assert "changes: the target has a change log of its own" in refused
    assert "--drop changes leaves that behind" in refused
    migrate(source, target, "--drop", "changes")


def test_an_archive_is_not_migrated_onto_itself(source: Path) -> None:
    refused = run("migrate", "--from", source, "--to", source, code=2).stderr
    assert "in one folder" in refused
    assert "--drop" not in refused


def test_toml_files_say_where_everything_lies(source: Path, tmp_path: Path) -> None:
    (tmp_path / "from.toml").write_text(
        '[index]\nbackend = "sqlite"\npath = "source/index.sqlite"\n'
        '[storage]\nbackend = "filesystem"\nroot = "source/storage"\n'
    )
    (tmp_path / "to.toml").write_text(
        '[index]\nbackend = "sqlite"\npath = "new.sqlite"\n'
        '[storage]\nbackend = "filesystem"\nroot = "new"\nlayout = "{PatientID}/{SOPInstanceUID}.dcm"\n'
    )
    migrate(tmp_path / "from.toml", tmp_path / "to.toml")
    assert len(list((tmp_path / "new").rglob("*.dcm"))) == COUNT


@pytest.mark.parametrize(("one", "other"), [("nowhere", "target"), ("source", "no.toml")])
def test_what_is_not_there_is_said(source: Path, tmp_path: Path, one: str, other: str) -> None:
    assert source.exists()
    before = tree(tmp_path)
    assert "error: " in run("migrate", "--from", tmp_path / one, "--to", tmp_path / other, code=2).stderr
    assert tree(tmp_path) == before


def test_a_variable_that_would_be_for_both_archives_is_refused(source: Path, target: Path) -> None:
    words = ("migrate", "--from", source, "--to", target)
    assert "for both archives" in run(*words, code=2, FILEROOM_STORAGE__ROOT="x").stderr
    assert not target.exists()


def test_the_source_is_only_read(source: Path, target: Path) -> None:
    (source / "fileroom.toml").write_text(
        '[plugins]\nenable = ["journal"]\n[plugins.journal]\npath = "journal.jsonl"\n'
        '[ingest]\nbefore_store = ["admission"]\n[plugins.admission]\nmodalities = ["MR"]\n'
    )
    before = tree(source)
    migrate(source, target)
    assert tree(source) == before


def test_ctrl_c_ends_in_order_and_the_next_run_goes_on(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
        patched.setattr(migrating, "Interruption", Known)
        patched.setattr(migrating, "migration_progress", interrupting)
        first = run("migrate", "--from", source, "--to", target, code=130)
    assert "run the same command to go on" in first.stderr
    assert "compared" not in first.stdout
    assert "nothing differs" in migrate(source, target)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions bind neither Windows nor root")
def test_a_target_that_cannot_be_written_is_one_error(source: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    run("migrate", "--from", source, "--to", closed / "target", code=1)

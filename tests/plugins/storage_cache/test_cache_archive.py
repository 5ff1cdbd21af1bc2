"""An archive with a cache: configured, imported into, looked after, and without the cache again."""

from __future__ import annotations

from pathlib import Path

import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.config import load_config
from fileroom.errors import ConfigError
from fileroom.testing.datasets import Corpus
from fileroom_plugins.storage_cache import uploading
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage
from tests.integration.cli_runs import run, run_json
from tests.plugins.storage_cache.caches import copies_in, until, waiting_in

FILES = 30
WAYS = pytest.mark.parametrize("way", ["false", "true"], ids=["through", "back"])


def configure(folder: Path, way: str = "false", more: str = "") -> Path:
    """Write a configuration with a cache, and one beside it without."""
    folder.mkdir(exist_ok=True)
    inner = 'backend = "filesystem"\nroot = "far"\n'
    index = '[index]\npath = "index.sqlite"\n'
    (folder / "bare.toml").write_text(f"{index}[storage]\n{inner}", encoding="utf-8")
    toml = folder / "fileroom.toml"
    toml.write_text(
        f'{index}[storage]\nbackend = "cache"\nwrite_back = {way}\n{more}[storage.inner]\n{inner}',
        encoding="utf-8",
    )
    return toml


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    for instance in Corpus(FILES, 20_000):
        path = folder / instance.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(instance.data)
    return folder


@WAYS
def test_an_import_is_behind_the_cache_when_the_command_ends(tmp_path: Path, source: Path, way: str) -> None:
    toml = configure(tmp_path / "archive", way)
    run("-a", toml, "import", source, "--jobs", "2")
    far = FilesystemStorage(tmp_path / "archive" / "far")
    assert len(list(far.list())) == FILES
    assert len(copies_in(tmp_path / "archive" / "cache")) == FILES
    for config in (toml, toml.with_name("bare.toml")):
        with fileroom.open(config) as archive:
            assert list(archive.verify()) == []
            assert archive.sweep(grace=0, dry_run=True).orphans == 0
            assert archive.statistics().instances == FILES


@WAYS
def test_a_lost_index_is_made_anew(tmp_path: Path, source: Path, way: str) -> None:
    toml = configure(tmp_path / "archive", way)
    with fileroom.open(toml) as archive:
        archive.ingest([source])
    for path in toml.parent.glob("index.sqlite*"):
        path.unlink()
    with fileroom.open(toml) as archive:
        archive.rebuild()
        assert archive.statistics().instances == FILES
        assert list(archive.verify()) == []


@WAYS
def test_what_is_deleted_is_gone_behind(tmp_path: Path, source: Path, way: str) -> None:
    toml = configure(tmp_path / "archive", way)
    with fileroom.open(toml) as archive:
        archive.ingest([source])
        for patient in list(archive.find("patient")):
            patient.delete()
    assert list(FilesystemStorage(tmp_path / "archive" / "far").list()) == []
    assert copies_in(tmp_path / "archive" / "cache") == []
    assert waiting_in(tmp_path / "archive" / "cache") == set()


def test_the_folders_of_the_archive_are_not_imported(tmp_path: Path, source: Path) -> None:
    toml = configure(tmp_path / "archive")
    with fileroom.open(toml) as archive:
        archive.ingest([source])
        outcomes = archive.ingest([tmp_path / "archive"])
        assert not outcomes.already_stored + outcomes.conflict


@WAYS
def test_a_dry_run_of_a_migration_makes_nothing(tmp_path: Path, source: Path, way: str) -> None:
    with fileroom.open(tmp_path / "from") as archive:
        archive.ingest([source])
    toml = configure(tmp_path / "to", way)
    before = sorted((tmp_path / "to").rglob("*"))
    told = run_json("migrate", "--from", tmp_path / "from", "--to", toml, "--dry-run")
    assert told["counts"]["instances"] == FILES
    assert sorted((tmp_path / "to").rglob("*")) == before
    told = run_json("migrate", "--from", tmp_path / "from", "--to", toml)
    assert told["counts"]["instances"] == FILES
    with fileroom.open(toml.with_name("bare.toml")) as archive:
        assert list(archive.verify()) == []
        assert archive.statistics().instances == FILES


def test_an_import_goes_on_without_the_storage_behind_and_stats_tell(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploading, "_ANOTHERS", 0.1)
    toml = configure(tmp_path / "archive", "true")
    cache, far = (tmp_path / "archive" / name for name in ("cache", "far"))
    fileroom.open(toml).close()
    far.rename(far.with_name("away"))
    far.touch()  # where a file stands, no folder can be made
    with fileroom.open(toml) as archive:
        archive.ingest([source])
        assert list(archive.verify()) == []
    notes = run_json("-a", toml, "stats")["notes"]
    assert len(waiting_in(cache)) == FILES
    for told in (f"{FILES} objects", "the last upload failed", "out of reach", "of at most 20gb"):
        assert any(told in note for note in notes), told
    far.unlink()
    far.with_name("away").rename(far)
    with fileroom.open(toml):
        until(lambda: not waiting_in(cache))
    with fileroom.open(toml.with_name("bare.toml")) as archive:
        assert list(archive.verify()) == []
        assert archive.statistics().instances == FILES


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ('max_size = "20 GiB"\n', "max_size"),
        ("max_size = 1000\n", "max_size"),
        ("max_size = -1\n", "max_size"),
        ("path = 1\n", "storage.path"),
    ],
)
def test_what_is_wrong_in_its_table_is_told(tmp_path: Path, more: str, key: str) -> None:
    toml = configure(tmp_path / "archive", more=more)
    with pytest.raises(ConfigError, match=key):
        fileroom.open(toml)


def test_a_cache_may_lie_before_a_cache(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "archive"
    far = {"backend": "filesystem", "root": str(folder / "far")}
    inner = {"backend": "cache", "path": str(folder / "slow"), "inner": far}
    storage = {"backend": "cache", "path": str(folder / "fast"), "write_back": True, "inner": inner}
    index = {"backend": "sqlite", "path": str(folder / "index.sqlite")}
    folder.mkdir()
    with Archive(load_config(storage=storage, index=index)) as archive:
        archive.ingest([source])
        assert list(archive.verify()) == []
    assert [len(copies_in(folder / name)) for name in ("fast", "slow")] == [FILES, FILES]

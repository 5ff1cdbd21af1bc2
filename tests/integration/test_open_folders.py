"""Folders with files that are called as those of a storage area are, and are not, or not any more."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

import fileroom
from fileroom.config import AREA, load_config
from fileroom.errors import StorageError
from fileroom.testing.datasets import make_instance
from tests.areas import open_area, unprivileged
from tests.integration.cli_runs import run, run_json
from tests.integration.originals import snapshot

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the linear index needs flock")

GOLDEN = Path(__file__).parents[1] / "data" / "indexdat" / "three"
NOT_DCMTKS = {"empty": b"", "text": b"name;value\n", "cut": b"QRD", "other": b"\0" * 50_000}
NOT_OURS = {
    "empty": b"",
    "text": b"motor=1\n",
    "JSON": b'{"fileroom":"sidecar","version":1}\n',
    "other": b'0123abcd {"app":"sidecar"}\n',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Somebody's folder."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "notes.txt").write_bytes(b"mine")
    return folder


def refusal(folder: Path) -> str:
    """Make sure that a folder is refused and stays as it is; return what was said."""
    before = snapshot(folder)
    with pytest.raises(fileroom.ConfigError) as caught:
        fileroom.open(folder)
    for words in (["stats"], ["import", GOLDEN], ["init"], ["browse"]):
        assert run("-a", folder, *words, code=2).stderr == f"error: {caught.value}\n"
    assert run("register", folder, GOLDEN, code=2).stderr == f"error: {caught.value}\n"
    assert snapshot(folder) == before
    assert str(folder) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("content", NOT_DCMTKS)
def test_an_index_dat_that_is_none_of_dcmtks_makes_no_area(folder: Path, content: str) -> None:
    (folder / "index.dat").write_bytes(NOT_DCMTKS[content])
    told = refusal(folder)
    assert "an index.dat that cannot be used" in told
    assert "fileroom register FOLDER FOLDER" in told
    assert "fileroom.toml" in told


@pytest.mark.parametrize("content", NOT_OURS)
def test_a_sidecar_that_is_none_of_ours_makes_no_area(folder: Path, content: str) -> None:
    (folder / "fileroom.sidecar").write_bytes(NOT_OURS[content])
    assert "a fileroom.sidecar that cannot be used" in refusal(folder)
    (folder / "index.dat").write_bytes(b"somebody's")
    assert "an index.dat and a fileroom.sidecar that cannot be used" in refusal(folder)


@pytest.mark.parametrize("name", ["index.dat", "fileroom.sidecar"])
@pytest.mark.parametrize("kind", ["folder", "fifo"])
def test_what_is_no_file_makes_no_area(folder: Path, name: str, kind: str) -> None:
    if kind == "folder":
        (folder / name).mkdir()
    else:
        os.mkfifo(folder / name)
    with pytest.raises(fileroom.ConfigError, match="cannot be used"):
        load_config(folder)


@pytest.mark.parametrize("version", [b"QRDB05", b"QRDB07", b"QRDBxy and more"])
def test_an_index_dat_of_any_version_makes_an_area(folder: Path, version: bytes) -> None:
    (folder / "index.dat").write_bytes(version)
    assert load_config(folder).index.name == "linear"


def test_a_configuration_file_says_what_a_folder_is(folder: Path) -> None:
    (folder / "index.dat").write_bytes(b"somebody's")
    run("-a", folder / "fileroom.toml", "init")
    run("-a", folder, "import", GOLDEN)
    assert run_json("-a", folder, "stats")["instances"] == 3
    assert (folder / "index.dat").read_bytes() == b"somebody's"


def test_an_area_whose_index_is_damaged_is_made_anew_as_the_message_says(tmp_path: Path) -> None:
    area = tmp_path / "area"
    with fileroom.open(area, **AREA) as archive:  # type: ignore[arg-type]
        for number in range(3):
            archive.store(make_instance(instance_number=number)).check()
    (area / "fileroom.sidecar").unlink()
    (area / "index.dat").write_bytes(b"garbage")
    assert "fileroom register FOLDER FOLDER" in refusal(area)
    (area / "index.dat").rename(tmp_path / "index.dat")
    assert run_json("register", area, area)["stored"] == 3
    assert run_json("-a", area, "rebuild") == {"refreshed": 3, "adopted": 0, "unreadable": 0}
    assert run_json("-a", area, "stats")["instances"] == 3
    assert run_json("-a", area, "verify") == []
    assert run_json("-a", area, "sweep", "--dry-run")["orphans"] == 0


def test_beside_a_sidecar_it_is_enough_to_move_a_damaged_index_away(tmp_path: Path) -> None:
    area = shutil.copytree(GOLDEN, tmp_path / "area")
    with fileroom.open(area) as archive:
        next(iter(archive.find("study"))).labels.add("mine")
    (area / "index.dat").write_bytes(b"garbage")
    assert "fileroom.sidecar" in refusal(area)
    (area / "index.dat").unlink()
    with fileroom.open(area) as archive:
        assert archive.count("study", labels=["mine"]) == 1
        assert archive.count("instance") == 3


def test_an_area_that_is_configured_and_cannot_be_opened_stays_as_it_is(folder: Path) -> None:
    (folder / "index.dat").write_bytes(b"somebody's")
    before = snapshot(folder)
    with pytest.raises(fileroom.CatalogError, match=r"index\.dat"):
        fileroom.open(folder, **AREA)  # type: ignore[arg-type]
    assert snapshot(folder) == before


def test_a_folder_that_may_not_be_looked_into_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    with unprivileged():
        told = run("-a", closed, "stats", code=1).stderr
    assert told == f"error: {closed} cannot be looked into: Permission denied\n"


def test_an_archive_whose_folder_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=re.escape(str(tmp_path / "file" / "archive"))):
        fileroom.open(tmp_path / "file" / "archive")


def test_the_settings_of_a_storage_area_come_from_the_area(tmp_path: Path) -> None:
    open_area(tmp_path).close()
    origins = {line["key"]: line["origin"] for line in run_json("-a", tmp_path, "config")}
    assert origins["index.backend"] == origins["storage.root"] == "area"

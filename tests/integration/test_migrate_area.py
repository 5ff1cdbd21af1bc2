"""Into a storage area of DCMTK, and out of one that DCMTK made."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

import fileroom
from fileroom.migrating import migrate
from fileroom.testing.datasets import Corpus
from fileroom.testing.index_case import all_changes
from fileroom_plugins import index_linear, storage_filesystem
from tests.areas import unprivileged
from tests.dcmtk import Server, needs_dcmtk, printed, register
from tests.integration.migration_archives import Memory, open_archive, sound, told, tree

pytestmark = needs_dcmtk

COUNT = 60


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    for number, one in enumerate(Corpus(COUNT, 4_000)):
        (folder / f"{number:03}.dcm").write_bytes(one.data)
    return folder


def test_what_dcmtk_registered_is_carried_over(files: Path, tmp_path: Path) -> None:
    area = tmp_path / "area"
    area.mkdir()
    register(area, *sorted(files.iterdir()))
    before = tree(area), tree(files)
    with fileroom.open(area) as source, fileroom.open(tmp_path / "target") as target:
        report = migrate(source, target)
        assert told(report) == []
        assert report.instances == target.statistics().instances == COUNT
        assert sound(target)
        (first, *_) = target.find("series", Manufacturer="EXAMPLE*")
        assert first["InstitutionName"] == "General Hospital", "which index.dat does not hold"
        assert told(migrate(source, target)) == []
    now = tree(area)
    assert (now["index.dat"], tree(files)) == (before[0]["index.dat"], before[1])
    assert set(now) - set(before[0]) <= {".fileroom-storage", "fileroom.sidecar"}


def test_an_area_that_may_only_be_read_is_carried_over_and_stays_as_it_is(files: Path) -> None:
    plugins, memory = [index_linear, storage_filesystem], Memory()
    with tempfile.TemporaryDirectory() as name:  # for pytest's own folders are closed to others
        area = Path(name, "area")
        Path(name).chmod(0o755)
        shutil.copytree(files, area)
        register(area, *sorted(area.iterdir()))
        # Once in vain, to have loaded all modules, which others need not be able to read.
        with fileroom.open(area) as source, open_archive(memory, "memory", Path(name, "vain")) as target:
            migrate(source, target)
        (area / "fileroom.sidecar").unlink()
        area.chmod(0o555)
        (area / "index.dat").chmod(0o444)
        before = tree(area)
        with open_archive(memory, "memory", Path(name)) as target:
            with unprivileged(), fileroom.open(area, register=plugins) as source:
                report = migrate(source, target)
            assert told(report) == []
            assert report.instances == target.statistics().instances == COUNT
            assert (report.changes, sound(target)) == (0, True)
            assert len(all_changes(target.index)) > COUNT, "what arrived is logged there"
        assert tree(area) == before
        area.chmod(0o755)


def test_dcmqrscp_serves_what_was_migrated_into_an_area(files: Path, tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "source") as source:
        source.ingest([files])
        study = next(iter(source.find("study")))
        study.attach(1024, b"what DCMTK does not see")
        study.metadata["reviewed"] = "yes"
        index, storage = {"backend": "linear", "path": "."}, {"backend": "filesystem", "root": "."}
        with fileroom.open(tmp_path / "area", index=index, storage=storage) as target:
            assert told(migrate(source, target)) == []
            assert sound(target)
            uid = study.uid
            count = source.count("instance", StudyInstanceUID=uid)
    shown = printed(tmp_path / "area")
    assert len(shown.records) == COUNT
    with Server(tmp_path / "area") as server:
        (found,) = server.find(tmp_path / "found", "STUDY", f"StudyInstanceUID={uid}")
        assert found.StudyInstanceUID == uid
        assert len(server.get(tmp_path / "got", "STUDY", f"StudyInstanceUID={uid}")) == count
    with fileroom.open(tmp_path / "area") as area_again, fileroom.open(tmp_path / "back") as back:
        assert told(migrate(area_again, back)) == []
        (study,) = back.find("study", StudyInstanceUID=uid)
        assert (study.metadata["reviewed"], study.attachments[1024].read()) == (
            "yes",
            b"what DCMTK does not see",
        )

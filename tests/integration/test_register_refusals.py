"""What cannot be registered, and names that are hard to register."""

from __future__ import annotations

import logging
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.events import Decision, Quarantine, Reject, Replace
from fileroom.plugin import hookimpl
from fileroom.reports import Status
from fileroom.storage import external_path
from fileroom.testing.datasets import hostile_files
from tests.integration.originals import (
    INDEXES,
    any_archive,
    ids,
    instance,
    locators,
    open_archive,
    refused,
    snapshot,
    three_files,
)

posix = pytest.mark.skipif(os.name == "nt", reason="names and files that only POSIX has")
archive = pytest.fixture(any_archive, params=INDEXES, name="archive")
folder = pytest.fixture(three_files, name="folder")


def test_what_is_no_plain_file_is_refused_with_a_reason(archive: Archive, folder: Path) -> None:
    with zipfile.ZipFile(folder / "more.zip", "w") as file:
        file.writestr("9.dcm", instance(9))
    (folder / "empty.dcm").touch()
    (folder / "letter.txt").write_text("Dear colleague")
    with (folder / "0.dcm").open("rb") as opened:
        report = archive.register([folder, b"bytes", instance(8), opened, folder / "nothing.dcm"])
    assert report.stored == 3
    assert refused(report) == {
        "more.zip": "a ZIP file: import it instead",
        "empty.dcm": "empty file",
        "letter.txt": "no DICOM object",
        "<source 2>": "not a file on this machine: import it instead",
        "<source 3>": "not a file on this machine: import it instead",
        "<source 4>": "not a file on this machine: import it instead",
        "nothing.dcm": "no such file or folder",
    }
    assert (report.rejected, report.ignored) == (5, 2)


def test_damaged_files_are_rejected_and_nothing_is_set_aside(tmp_path: Path) -> None:
    folder = tmp_path / "hostile"
    folder.mkdir()
    for number, (_, data) in enumerate(hostile_files()):
        (folder / f"{number}.dcm").write_bytes(data)
    before = snapshot(folder)
    with fileroom.open(tmp_path / "archive") as archive:
        report = archive.register(folder)
        assert report.quarantined == 0
        assert report.rejected > 5
        assert all(one.reason for one in report if one.status is Status.REJECTED)
        assert list(archive.quarantine.list()) == []
        assert not archive.config.quarantine.exists()
        assert list(archive.verify()) == []
    assert snapshot(folder) == before


@pytest.mark.parametrize(
    ("decision", "reason"),
    [
        (Reject("not today"), "not today"),
        (Quarantine("odd"), "odd"),
        (Replace(instance(5)), "an intervention would change the file: import it instead"),
    ],
    ids=["reject", "quarantine", "replace"],
)
def test_an_intervention_can_refuse_but_not_change(
    tmp_path: Path, folder: Path, decision: Decision, reason: str
) -> None:
    class Gate:
        @hookimpl
        def fileroom_before_store(self, incoming: Any) -> Decision | None:
            return decision if incoming.header.tags["InstanceNumber"] == "2" else None

    before = snapshot(folder)
    with fileroom.open(tmp_path / "a", register=[Gate()]) as archive:
        report = archive.register(folder)
        assert (report.stored, report.rejected) == (2, 1)
        assert refused(report) == {"1.dcm": reason}
        assert not archive.config.quarantine.exists()
    assert snapshot(folder) == before


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_a_name_that_no_locator_can_hold_is_refused(archive: Archive, folder: Path) -> None:
    bad = [folder / "line\nfeed.dcm", Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.dcm"))]
    for number, path in enumerate(bad):
        path.write_bytes(instance(number + 10))
    report = archive.register(folder)
    assert (report.stored, report.rejected) == (3, 2)
    for one in report:
        if one.status is Status.REJECTED:
            assert "plain text" in one.reason
            assert one.name.isprintable()


def test_a_long_path_is_kept_whole(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["x" * 100] * 3)
    folder.mkdir(parents=True)
    path = folder / "ä long name.dcm"
    path.write_bytes(instance(0))
    assert archive.register(path).stored == 1
    assert [external_path(one) for one in locators(archive)] == [path]
    assert list(archive.verify()) == []


@posix
def test_a_symbolic_link_is_registered_by_its_own_name(
    archive: Archive, folder: Path, tmp_path: Path
) -> None:
    (folder / "0.dcm").rename(tmp_path / "target.dcm")
    (folder / "0.dcm").symlink_to(tmp_path / "target.dcm")
    (folder / "broken.dcm").symlink_to(tmp_path / "nothing")
    (tmp_path / "linked").symlink_to(folder)
    report = archive.register(tmp_path / "linked")
    assert refused(report) == {"broken.dcm": "broken symbolic link"}
    assert {external_path(one) for one in locators(archive)} == {
        tmp_path / "linked" / f"{number}.dcm" for number in range(3)
    }
    archive.delete(ids(archive))
    assert (folder / "0.dcm").is_symlink()
    assert (tmp_path / "target.dcm").read_bytes() == instance(0)


@posix
def test_pipes_and_sockets_are_never_opened(archive: Archive, folder: Path) -> None:
    os.mkfifo(folder / "fifo.dcm")
    report = archive.register([folder, folder / "fifo.dcm"])
    assert (report.stored, report.ignored) == (3, 2)
    assert refused(report) == {"fifo.dcm": "not a regular file"}


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(archive: Archive, folder: Path) -> None:
    (folder / "1.dcm").chmod(0)
    report = archive.register(folder)
    assert (report.stored, report.rejected) == (2, 1)


def test_relative_paths_become_absolute_and_dots_go_where_they_mean_nothing(
    archive: Archive, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    archive.register("../originals/./0.dcm")
    assert [external_path(one) for one in locators(archive)] == [folder / "0.dcm"]


@posix
def test_dots_past_a_link_keep_their_meaning(archive: Archive, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "0.dcm").write_bytes(instance(9))
    (folder / "link").symlink_to(tmp_path / "deep" / "er")
    named = folder / "link" / ".." / "0.dcm"  # not folder / "0.dcm"
    assert archive.register(named).stored == 1
    assert list(archive.verify()) == []
    with archive.get(ids(archive)[0]).open() as file:  # type: ignore[attr-defined]
        assert file.read() == instance(9)


def test_no_patients_value_and_no_file_name_is_logged(
    tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    named = folder / "Roe Pseudonymous.dcm"
    named.write_bytes(instance(4)[:300])
    with open_archive(tmp_path / "a", "sqlite") as archive:
        report = archive.register(folder, jobs=2)
        named.unlink()
        (folder / "0.dcm").unlink()
        findings = [str(one) for one in archive.verify()]
    texts = [caplog.text, *findings, *(one.reason for one in report)]
    assert not any(word in text for text in texts for word in ("Roe", "ID-1", "originals"))

"""Records that lead astray: to the index itself, to what is no file, to files that are somebody else's."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import NotFoundError, StorageError
from fileroom_plugins.index_linear.fields import FILE_NAME
from fileroom_plugins.index_linear.record import encode
from tests.areas import identity_of, open_area
from tests.plugins.index_linear.written import (
    index_dat,
    problems_of,
    record_of,
    unchanged,
    write_area,
)

if TYPE_CHECKING:
    from pathlib import Path

    from fileroom_plugins.index_linear.record import Record


@pytest.mark.parametrize(
    "name",
    [
        "index.dat",
        "./index.dat",
        "../area/index.dat",
        "{area}/index.dat",
        "area/fileroom.sidecar",
        "x/../index.dat",
    ],
)
def test_a_record_that_leads_to_the_index_is_passed_over(
    area: Path, records: list[Record], name: str
) -> None:
    lost = replace(records[0], file_name=name.format(area=area).encode())
    write_area(area, index_dat([lost, records[1]]))
    assert problems_of(area, found=1) == [
        "index.dat, record 0: its file name is that of the index itself: it is passed over"
    ]


@pytest.mark.parametrize("name", [b"\xff\xfe.dcm", b"a\nb.dcm", b"\x1b[31m.dcm"])
def test_a_record_whose_file_name_is_no_text_is_passed_over(
    area: Path, records: list[Record], name: bytes
) -> None:
    write_area(area, index_dat([replace(records[0], file_name=name), records[1]]))
    (problem,) = problems_of(area, found=1)
    assert problem.startswith("index.dat, record 0: ")


@pytest.mark.parametrize(
    "name",
    [".", "..", "/", "/nowhere/at/all", "../../../../etc", "folder", "loop", "fifo", "x" * 256, "/dev/null"],
)
def test_a_record_that_leads_to_no_file_is_a_finding(area: Path, records: list[Record], name: str) -> None:
    (area / "folder").mkdir()
    (area / "loop").symlink_to(area / "loop")
    os.mkfifo(area / "fifo")
    write_area(area, index_dat([replace(records[0], file_name=name.encode()), records[1]]))
    problems_of(area, found=2)
    with open_area(area) as archive:
        (finding,) = archive.verify()
        assert finding.problem in ("missing", "unreadable")
        (instance,) = [one for one in archive.find("instance") if one.id == finding.id]
        with pytest.raises((NotFoundError, StorageError)):
            instance.open()
        instance.delete()
        assert archive.count("instance") == 1


@pytest.mark.parametrize(
    "name", ["fileroom.toml", ".fileroom-storage", "../area/notes.txt", "../source/other.dcm"]
)
def test_deleting_an_instance_takes_no_file_that_is_not_the_archives(
    area: Path, records: list[Record], name: str
) -> None:
    write_area(area, index_dat([replace(records[0], file_name=name.encode())]))
    if name.startswith("."):
        with open_area(area):
            pass
    if not (area / name).exists():
        (area / name).write_text("")
    with unchanged(area / name), open_area(area) as archive:
        (instance,) = archive.find("instance")
        instance.delete()
        archive.sweep(grace=0)
        assert archive.count("instance") == 0


def test_a_record_that_leads_to_an_attachment_does_not_take_its_file_along(
    area: Path, files: list[Path]
) -> None:
    with open_area(area) as archive:
        (kept, _) = (archive.store(file).instance for file in files[:2])
        assert kept
        attached = kept.attach(1024, b"of the user")
        (record,) = [one for one in archive.details(kept.id).attachments if one.content_type != 1]
        path = archive.storage.local_path(record.locator)
        content = (area / FILE_NAME).read_bytes()
        write_area(area, content + encode(record_of(files[2], file_name=bytes(path))))
        (instance,) = archive.find("instance", SOPInstanceUID=identity_of(files[2]).sop_instance_uid)
        instance.delete()
        assert attached.open().read() == b"of the user"
        assert list(archive.verify()) == []


@pytest.mark.parametrize("gone", ["files", "folder"])
def test_an_instance_whose_folder_is_away_outlives_its_record(
    area: Path, records: list[Record], gone: str
) -> None:
    """DCMTK may drop a record while a disk is not mounted; where only files went, they were deleted."""
    write_area(area, index_dat(records))
    source = area.with_name("source")
    with open_area(area) as archive:
        assert archive.count("instance") == 3
        if gone == "folder":
            source.rename(source.with_name("away"))
        else:
            for file in source.iterdir():
                file.unlink()
        write_area(area, index_dat(records[:1]))
        assert archive.count("instance") == (3 if gone == "folder" else 1)


@pytest.mark.parametrize("relative", ["CT_00000001.dcm", "./CT_00000001.dcm", "area/CT_00000001.dcm"])
def test_names_that_are_relative_start_at_the_area(area: Path, files: list[Path], relative: str) -> None:
    (area / "CT_00000001.dcm").write_bytes(files[0].read_bytes())
    write_area(area, index_dat([record_of(files[0], file_name=relative.encode())]))
    assert problems_of(area, found=1) == []
    with open_area(area) as archive:
        (instance,) = archive.find("instance")
        assert instance.open().read() == files[0].read_bytes()

"""The sidecar: torn, damaged, newer, replaced by others, and never lost in silence."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import zlib
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import CatalogError
from fileroom.testing.datasets import make_instance
from tests.areas import changes_of, make_files, open_area

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fileroom.archive import Archive
    from fileroom.resources import Study

NAME = "fileroom.sidecar"


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return make_files(tmp_path / "source", studies=2, images=2)


@pytest.fixture
def area(tmp_path: Path, files: list[Path]) -> Path:
    """An area of two studies; the first has a label, metadata, and an attachment."""
    with open_area(tmp_path / "area") as archive:
        assert archive.ingest(files[:3]).stored == 3
        study = first_study(archive)
        study.labels.add("mine")
        study.metadata["reader"] = "nobody"
        study.attach(1024, b"of the user")
    return tmp_path / "area"


@pytest.fixture
def archive(area: Path) -> Iterator[Archive]:
    with open_area(area) as archive:
        yield archive


def line(content: object) -> bytes:
    """Write a line as the sidecar has them."""
    data = json.dumps(content).encode()
    return b"%08x %b\n" % (zlib.crc32(data), data)


def first_study(archive: Archive) -> Study:
    (study,) = archive.find("study", PatientID="P0")
    return study


def shown(archive: Archive) -> int:
    """Return how many instances DCMTK sees."""
    listing = archive.index.listing()
    assert listing
    return len(list(listing.instances))


def everything(archive: Archive) -> list[object]:
    """Return all that is known."""
    return [
        [
            (one.id, one.tags, archive.details(one.id))
            for level in ("patient", "study", "series", "instance")
            for one in archive.find(level)
        ],
        changes_of(archive),
        archive.statistics(),
    ]


# Cut short, damaged --------------------------------------------------------------------------------------


@pytest.mark.parametrize("left", [1, 8, 9, 40, -1])
def test_a_line_that_a_crash_cut_short_counts_for_nothing(area: Path, left: int) -> None:
    sidecar = area / NAME
    whole = sidecar.read_bytes()
    with open_area(area) as archive:
        before = everything(archive)
    sidecar.write_bytes(whole + line({"sequence": 99, "gone": ["x"]})[:left])
    with open_area(area) as archive:
        assert everything(archive) == before
        first_study(archive).labels.add("later")
        after = everything(archive)
    assert sidecar.read_bytes().startswith(whole)
    with open_area(area) as archive:
        assert everything(archive) == after


def test_zeros_that_a_power_loss_left_behind_count_for_nothing(area: Path) -> None:
    with open_area(area) as archive:
        before = everything(archive)
    with (area / NAME).open("ab") as file:
        file.write(bytes(5000))
    with open_area(area) as archive:
        assert everything(archive) == before


@pytest.mark.parametrize("place", [0, 12, 60, 400])
def test_damage_in_the_midst_is_one_clear_error(area: Path, place: int) -> None:
    sidecar = area / NAME
    content = bytearray(sidecar.read_bytes())
    content[place] ^= 0x20
    sidecar.write_bytes(content)
    before = (area / "index.dat").read_bytes()
    for _ in range(2):
        with pytest.raises(
            CatalogError, match=r"fileroom\.sidecar is damaged at byte \d+: bring back"
        ) as error:
            open_area(area)
        assert "P0" not in str(error.value)
    assert sidecar.read_bytes() == content
    assert (area / "index.dat").read_bytes() == before
    sidecar.rename(sidecar.with_suffix(".damaged"))
    with open_area(area) as archive:
        assert archive.count("instance") == 3


@pytest.mark.parametrize("content", [b"", b"\n", b"something else\n", line({"fileroom": "other"}), line([1])])
def test_what_does_not_begin_like_a_sidecar_is_refused(area: Path, content: bytes) -> None:
    (area / NAME).write_bytes(content)
    with pytest.raises(CatalogError, match="damaged at byte 0"):
        open_area(area)
    assert (area / NAME).read_bytes() == content


def test_a_line_of_another_shape_is_damage(area: Path) -> None:
    with (area / NAME).open("ab") as file:
        file.write(line({"nobody": "knows"}))
    with pytest.raises(CatalogError, match="damaged"):
        open_area(area)


def test_a_sidecar_of_a_newer_version_says_so(area: Path) -> None:
    (area / NAME).write_bytes(line({"fileroom": "sidecar", "version": 2}) + line({"future": 1}))
    with pytest.raises(CatalogError, match="newer Fileroom: upgrade"):
        open_area(area)


@pytest.mark.parametrize("kind", ["folder", "loop", "fifo"])
def test_what_is_no_file_in_the_sidecars_place_is_refused(area: Path, kind: str) -> None:
    sidecar = area / NAME
    sidecar.unlink()
    match kind:
        case "folder":
            sidecar.mkdir()
        case "loop":
            sidecar.symlink_to(sidecar)
        case _:
            os.mkfifo(sidecar)
    with pytest.raises(CatalogError, match=r"fileroom\.sidecar"):
        open_area(area)


# Others change it ----------------------------------------------------------------------------------------


def test_what_another_process_compacted_is_read_anew(archive: Archive, area: Path) -> None:
    for number in range(30):
        first_study(archive).metadata["count"] = str(number)
    before = everything(archive)
    size = (area / NAME).stat().st_size
    with open_area(area) as other:
        assert other.index.compact() > 0
        assert everything(other) == before
    assert (area / NAME).stat().st_size < size
    assert everything(archive) == before
    first_study(archive).labels.add("after")
    with open_area(area) as other:
        assert everything(other) == everything(archive)
        assert other.index.compact() >= 0
        first_study(other).labels.add("again")
        assert everything(other) == everything(archive)


def test_a_sidecar_that_was_taken_away_leaves_what_index_dat_holds(archive: Archive, area: Path) -> None:
    assert archive.count("study", labels=["mine"]) == 1
    (area / NAME).rename(area / "elsewhere")
    assert archive.count("study", labels=["mine"]) == 0
    assert archive.count("instance") == 3
    assert list(archive.verify()) == []
    (area / "elsewhere").rename(area / NAME)
    assert archive.count("study", labels=["mine"]) == 1


def test_a_sidecar_that_was_brought_back_older_is_caught_up(
    archive: Archive, area: Path, files: list[Path]
) -> None:
    shutil.copy(area / NAME, area / "backup")
    archive.ingest([files[3]])
    assert archive.count("instance") == 4
    (area / "backup").rename(area / NAME)
    assert archive.count("instance") == 4
    assert archive.count("study", labels=["mine"]) == 1
    with open_area(area) as other:
        assert everything(other) == everything(archive)
        sequences = [one.sequence for one in changes_of(other)]
        assert sequences == sorted(set(sequences))


def test_index_dat_that_was_brought_back_older_is_no_loss(
    archive: Archive, area: Path, files: list[Path]
) -> None:
    shutil.copy(area / "index.dat", area / "backup")
    archive.ingest([files[3]])
    (area / "backup").rename(area / "index.dat")
    assert archive.count("instance") == 4
    assert shown(archive) == 3
    assert archive.rebuild().refreshed == 4
    assert shown(archive) == 4
    assert list(archive.verify()) == []


def read_in_child(archive: Archive, results: multiprocessing.SimpleQueue[object]) -> None:
    for _ in range(20):
        found = [first_study(archive).labels for _ in range(3)]
    first_study(archive).labels.add("child")
    results.put((len(found), archive.count("instance")))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes do not fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_child_process_that_was_forked_uses_the_area_with_its_parent(archive: Archive) -> None:
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    child = context.Process(target=read_in_child, args=(archive, results))
    child.start()
    for number in range(20):
        first_study(archive).metadata[str(number)] = "parent"
    child.join(30)
    assert child.exitcode == 0
    assert results.get() == (3, 3)
    (study,) = archive.find("study", labels=["child"])
    assert len(study.metadata) >= 20


# What it is for ------------------------------------------------------------------------------------------


def test_values_that_are_longer_than_their_fields_are_whole(tmp_path: Path) -> None:
    name = "=".join(["ü" * 60] * 3)  # 362 bytes in UTF-8; the field has room for 256
    data = make_instance(rows=0, character_set="ISO_IR 192", tags={"ReferringPhysicianName": name})
    area = tmp_path / "area"

    def found() -> str:
        with open_area(area) as archive:
            (study,) = archive.find("study")
            return str(study["ReferringPhysicianName"])

    with open_area(area) as archive:
        archive.store(data)
    assert found() == name
    (area / NAME).unlink()
    assert found() == name[: 256 // 2 + 1]
    with open_area(area) as archive:
        archive.rebuild()
    assert found() == name

"""Looking changes nothing: areas that are only searched, that may not be written to, or that others hold."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import CatalogError
from fileroom.index import AddLabel
from fileroom.query_parse import parse_query
from fileroom.tags import TagSet
from fileroom_plugins.index_linear.fields import FILE_NAME
from fileroom_plugins.index_linear.index import LinearIndex
from tests.areas import (
    changes_of,
    check_agreement,
    content_of,
    identity_of,
    instances_of,
    is_root,
    make_files,
    open_area,
    unprivileged,
)
from tests.dcmtk import needs_dcmtk, register

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.archive import Archive
    from fileroom.model import Change

pytestmark = needs_dcmtk

TAGS = TagSet.default()
SIDECAR = "fileroom.sidecar"


@pytest.fixture
def area(tmp_path: Path) -> Path:
    """An area of dcmqridx's, with two studies of two images."""
    folder = tmp_path / "area"
    folder.mkdir()
    register(folder, *make_files(tmp_path / "source", studies=2, images=2))
    return folder


@pytest.fixture
def archive(area: Path) -> Iterator[Archive]:
    with open_area(area) as archive:
        yield archive


# Looking only --------------------------------------------------------------------------------------------


def test_opening_and_searching_leave_an_area_as_dcmtk_made_it(area: Path) -> None:
    before = content_of(area)
    with open_area(area) as archive:
        assert archive.count("instance") == 4
        assert archive.find("study", PatientID="P1").first()
        assert list(archive.verify()) == []
    after = content_of(area)
    after.pop(".fileroom-storage", None)
    assert after == before


@pytest.mark.parametrize("first", ["changes", "label"])
def test_the_sidecar_comes_with_the_first_thing_that_needs_it(
    archive: Archive, area: Path, first: str
) -> None:
    archive.count("instance")
    assert not (area / SIDECAR).exists()
    if first == "changes":
        archive.changes()
    else:
        (study, _) = archive.find("study")
        study.labels.add("mine")
    assert (area / SIDECAR).exists()
    with open_area(area) as again:
        assert changes_of(again) == changes_of(archive)


@pytest.fixture
def shut(area: Path) -> Iterator[Path]:
    """The same area where nobody may write, and everybody may read."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "area")
        shutil.copytree(area, folder)
        Path(name).chmod(0o755)
        folder.chmod(0o555)
        (folder / FILE_NAME).chmod(0o444)
        yield folder
        folder.chmod(0o755)


@pytest.fixture
def reader(shut: Path) -> Iterator[LinearIndex]:
    """The index of somebody who may not write, opened by whoever calls it first; see `unprivileged`."""
    with unprivileged():
        reader = LinearIndex(shut, TAGS)
    yield reader
    reader.close()


def test_an_area_that_may_not_be_written_to_can_be_searched(shut: Path, reader: LinearIndex) -> None:
    before = content_of(shut)
    with unprivileged():
        assert reader.count(parse_query("instance", {"PatientID": "P0"}, TAGS).query) == 2
        assert list(reader.problems()) == []
        with pytest.raises(CatalogError, match="may not write"):
            reader.edit([AddLabel(next(iter(reader.attachments()))[0], "mine")])
        assert reader.changes().changes == ()  # nobody keeps a log, and each would count for itself
    assert content_of(shut) == before


@pytest.mark.skipif(not is_root(), reason="who may write is root here")
def test_a_reader_that_may_not_write_follows_dcmtk_and_those_who_may(
    shut: Path, reader: LinearIndex, tmp_path: Path
) -> None:
    theirs, ours, again = make_files(tmp_path / "more", patient="Q", images=3)
    everything = parse_query("instance", {}, TAGS).query

    def seen() -> tuple[int, list[Change]]:
        with unprivileged():
            return reader.count(everything), list(reader.changes().changes)

    with open_area(shut) as writer:
        log = changes_of(writer)  # makes the sidecar
        assert seen() == (4, log)
        register(shut, theirs)
        # It is there to be found at once, and in the log when somebody could write it there.
        assert seen() == (5, log)
        log = changes_of(writer)
        assert seen() == (5, log)
        writer.register([ours])
        assert seen() == (6, changes_of(writer))
        instances_of(writer)[identity_of(theirs).sop_instance_uid].delete()
        register(shut, again)
        assert seen()[0] == 6
        log = changes_of(writer)
        assert seen() == (6, log)


# Waiting -------------------------------------------------------------------------------------------------


def test_a_search_does_not_wait_for_dcmqrscp_to_send(archive: Archive, area: Path, tmp_path: Path) -> None:
    """It holds its lock for a whole C-GET or C-MOVE, however slow the other end is."""
    before = changes_of(archive)
    files = make_files(tmp_path / "more", patient="Q", images=3)
    register(area, *files[:2])
    with ThreadPoolExecutor(1) as pool, (area / FILE_NAME).open("rb") as sending:
        fcntl.flock(sending, fcntl.LOCK_SH)
        assert pool.submit(archive.count, "instance").result(timeout=20) == 6
        assert pool.submit(archive.count, "study", PatientID="Q0").result(timeout=20) == 1
        assert pool.submit(changes_of, archive).result(timeout=20) == before
    with open_area(area) as other:
        assert len(changes_of(other)) == len(before) + 5
        other.register([files[2]])
    assert archive.count("instance") == 7
    with open_area(area) as other:
        assert changes_of(archive) == changes_of(other)
    check_agreement(area)

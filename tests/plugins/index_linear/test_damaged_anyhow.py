"""Whatever stands in ``index.dat``: no error but Fileroom's own, and no file changes that nobody asked to."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fileroom.errors import FileroomError
from fileroom.external import ExternalFiles
from fileroom.index import AddLabel
from fileroom.model import Level
from fileroom.query import Query
from fileroom.tags import TagSet
from fileroom_plugins.index_linear.fields import (
    FIELDS,
    MAGIC,
    RECORD_SIZE,
    RECORDED_AT,
    RECORDS_OFFSET,
    SIZE_AT,
    STATUS_AT,
)
from fileroom_plugins.index_linear.index import LinearIndex
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage
from tests.areas import content_of
from tests.dcmtk import needs_dcmtk, printed
from tests.plugins.index_linear.written import index_dat, record_of, three_files, write_area
from tests.thorough import times

if TYPE_CHECKING:
    from collections.abc import Iterator

TAGS = TagSet.default()
EVERYTHING = Query(Level.INSTANCE)

few = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
many = settings(few, max_examples=times(300))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An ``index.dat`` of three instances, a free record, and an instance whose file is gone."""
    files = three_files(tmp_path_factory.mktemp("source"))
    records = [record_of(file) for file in files]
    lost = record_of(files[0], file_name=b"gone.dcm", values={"SOPInstanceUID": b"1.2.3"})
    content = index_dat([*records[:2], bytes(RECORD_SIZE), records[2], lost])
    # What modules there are decides about what Hypothesis tries: none may come later.
    check(content, changing=True)
    return content


@contextlib.contextmanager
def opened(area: Path) -> Iterator[LinearIndex]:
    index = LinearIndex(area, TAGS)
    try:
        index.use_storage(ExternalFiles(FilesystemStorage(area)))
        yield index
    finally:
        index.close()


def look_at_all(area: Path) -> list[object]:
    """Do all that changes nothing, and return what is known."""
    with opened(area) as index:
        page = index.find(EVERYTHING)
        index.held([one.id for one in page.records])  # finds out digests, and keeps them
        known: list[object] = [index.get([one.id], ["NumberOfStudyRelatedInstances"]) for one in page.records]
        assert index.count(EVERYTHING) == len(known)
        listing = index.listing()
        assert len(list(listing.instances)) <= listing.records
        known += [index.statistics(), index.details([one.id for one in page.records])]
        known += [list(index.problems()), list(index.attachments()), index.oldest_studies(3)]
        return known


def change_something(area: Path) -> None:
    """Label an instance and remove another, and make sure that who opens the area anew knows the same."""
    with opened(area) as index:
        found = index.find(EVERYTHING).records
        if found:
            index.edit([AddLabel(found[-1].id, "mine")])
        if len(found) > 1:
            index.remove([found[0].id])
        known = (index.find(EVERYTHING), index.details([one.id for one in found]), index.changes())
    with opened(area) as index:
        assert known == (index.find(EVERYTHING), index.details([one.id for one in found]), index.changes())


def check(content: bytes, *, changing: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        area = write_area(Path(name, "area"), content)
        FilesystemStorage(area)  # makes its marker
        before = content_of(area)
        with contextlib.suppress(FileroomError):
            assert look_at_all(area) == look_at_all(area)
        if content:
            after = content_of(area)
            after.pop("fileroom.sidecar", None)  # keeps the digests that were found out
            assert after == before
        if changing:
            with contextlib.suppress(FileroomError):
                change_something(area)


RECORDS = st.integers(0, 4).map(lambda slot: RECORDS_OFFSET + slot * RECORD_SIZE)
PLACES = st.one_of(
    st.integers(0, RECORDS_OFFSET + 5 * RECORD_SIZE),
    st.builds(int.__add__, RECORDS, st.sampled_from([0, 1, 257, RECORDED_AT, SIZE_AT, STATUS_AT])),
    st.builds(lambda start, field: start + field.offset, RECORDS, st.sampled_from(FIELDS)),
)
PIECES = st.one_of(
    st.binary(min_size=1, max_size=9),
    st.builds(lambda byte, length: bytes([byte]) * length, st.integers(0, 255), st.integers(1, 9000)),
)


def damaged(sound: bytes, data: st.DataObject) -> bytes:
    """Return an ``index.dat`` with bytes written over, a record repeated, or its end cut off."""
    content = bytearray(sound)
    for at, piece in data.draw(st.lists(st.tuples(PLACES, PIECES), max_size=6)):
        content[at : at + len(piece)] = piece
    if (start := data.draw(st.none() | RECORDS)) is not None:
        content += content[start : start + RECORD_SIZE]
    if (end := data.draw(st.none() | st.integers(0, len(sound)))) is not None:
        del content[end:]
    return bytes(content)


@given(content=st.binary(max_size=400), tail=st.integers(0, 2 * RECORD_SIZE), magic=st.booleans())
@few
def test_any_bytes_are_an_index_or_refused(content: bytes, tail: int, *, magic: bool) -> None:
    check((MAGIC if magic else b"") + content * (1 + tail // 100), changing=False)


@given(data=st.data())
@few
def test_any_damage_is_passed_over(sound: bytes, data: st.DataObject) -> None:
    check(damaged(sound, data), changing=True)


@pytest.mark.slow
@given(data=st.data())
@many
def test_much_damage_is_passed_over(sound: bytes, data: st.DataObject) -> None:
    check(damaged(sound, data), changing=True)


@pytest.mark.slow
@needs_dcmtk
@given(data=st.data())
@settings(few, max_examples=150)
def test_dcmtk_reads_a_damaged_area_after_fileroom_wrote_to_it(sound: bytes, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        area = write_area(Path(name, "area"), damaged(sound, data))
        with contextlib.suppress(FileroomError):
            change_something(area)
            printed(area)

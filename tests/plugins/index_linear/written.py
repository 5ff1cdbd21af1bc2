"""Areas written record by record, sound or damaged, as no program would."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom_plugins.index_linear.fields import FILE_NAME, MAGIC
from fileroom_plugins.index_linear.record import Record, encode
from fileroom_plugins.index_linear.study_table import Study, encode_table
from tests.areas import identity_of, instances_of, make_files, open_area
from tests.plugins.index_linear.records import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


def record_of(
    path: Path,
    *,
    file_name: bytes | None = None,
    recorded: float = PLAIN.recorded,
    new: bool = True,
    values: Mapping[str, bytes] | None = None,
) -> Record:
    """Return the record of a file, with some of it otherwise."""
    identity = identity_of(path)
    own = {
        "PatientID": identity.patient_id.encode(),
        "StudyInstanceUID": identity.study_instance_uid.encode(),
        "SeriesInstanceUID": identity.series_instance_uid.encode(),
        "SOPInstanceUID": identity.sop_instance_uid.encode(),
    }
    return replace(
        PLAIN,
        file_name=bytes(path) if file_name is None else file_name,
        recorded=recorded,
        size=path.stat().st_size,
        values={**own, **(values or {})},
        new=new,
    )


def index_dat(records: Sequence[Record | bytes], studies: Sequence[Study] | None = None) -> bytes:
    """Return an ``index.dat`` of these records, whose table of studies is right if none is given."""
    if studies is None:
        counted: dict[bytes, Study] = {}
        for one in records:
            if isinstance(one, Record):
                uid = one.values["StudyInstanceUID"]
                old = counted.get(uid, Study(uid, 0, 0.0, 0))
                counted[uid] = Study(
                    uid, old.size + one.size, max(old.recorded, one.recorded), old.images + 1
                )
        studies = list(counted.values())
    whole = [one if isinstance(one, bytes) else encode(one) for one in records]
    return b"".join((MAGIC, encode_table(studies), *whole))


def write_area(area: Path, content: bytes) -> Path:
    """Write an ``index.dat`` into an area, which is made if it is not there."""
    area.mkdir(exist_ok=True)
    (area / FILE_NAME).write_bytes(content)
    return area


def three_files(folder: Path) -> list[Path]:
    """Make two files of one study and one of another."""
    first, second, third, _ = make_files(folder, studies=2, images=2)
    return [first, second, third]


@contextlib.contextmanager
def unchanged(folder: Path) -> Iterator[None]:
    """Make sure that all that lies in a folder stays as it is."""
    paths = folder.rglob("*") if folder.is_dir() else [folder]
    before = {path: path.read_bytes() for path in paths if path.is_file()}
    yield
    assert {path: path.read_bytes() for path in before} == before


def problems_of(area: Path, *, found: int) -> list[str]:
    """Look at all there is, in which so many instances are found, and return what is reported."""
    with unchanged(area.parent), open_area(area) as archive:
        assert archive.count("instance") == len(instances_of(archive)) == found
        assert archive.statistics().instances == found
        for _ in archive.verify():
            pass
        listing = archive.index.listing()
        assert listing
        list(listing.instances)
        return list(archive.index.problems())

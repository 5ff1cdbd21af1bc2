"""Storage areas that DCMTK and Fileroom share: files for them, and whether the two agree about one."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import fileroom
from fileroom.header import HeaderReader
from fileroom.model import Identity
from fileroom.tags import TagSet
from fileroom.testing.datasets import make_instance
from tests.dcmtk import Printed, printed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fileroom.archive import Archive
    from fileroom.model import Change
    from fileroom.resources import Instance

_DICOM = 1
_NOBODY = 65_534
_READER = HeaderReader(TagSet.default())


def open_area(folder: Path) -> Archive:
    """Open an area, which need not exist."""
    return fileroom.open(
        folder,
        index={"backend": "linear", "path": "."},
        storage={"backend": "filesystem", "root": "."},
    )


def make_files(folder: Path, *, studies: int = 1, images: int = 1, patient: str = "P") -> list[Path]:
    """Write small files, study by study: the same arguments, the same files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for study in range(studies):
        for image in range(1, images + 1):
            path = folder / f"{patient}-{study}-{image}.dcm"
            path.write_bytes(
                make_instance(
                    patient_id=f"{patient}{study}",
                    instance_number=image,
                    rows=0,
                    tags={"PatientName": f"Doe^{patient}{study}", "StudyID": str(study)},
                )
            )
            paths.append(path)
    return paths


def identity_of(path: Path) -> Identity:
    """Return the identifiers in a file."""
    with path.open("rb") as file:
        return _READER.read(file).identity


def content_of(folder: Path) -> dict[str, str]:
    """Return the digest of every file beneath a folder; of what is no file, its kind."""
    return {
        path.relative_to(folder).as_posix(): hashlib.md5(path.read_bytes()).hexdigest()
        if path.is_file()
        else "no file"
        for path in folder.rglob("*")
    }


def dataset_of(data: bytes) -> bytes:
    """Return what follows the meta header in the bytes of a DICOM file."""
    length = int.from_bytes(data[140:144], "little")
    return data[144 + length :]


def check_agreement(area: Path, *, unseen: Iterable[str] = ()) -> Printed:
    """Make sure that DCMTK and Fileroom know the same instances, each by its own file, and count alike.

    Args:
        area: the storage area.
        unseen: SOP Instance UIDs that only Fileroom knows.

    Returns:
        What dcmqridx prints.
    """
    with open_area(area) as archive:
        assert list(archive.verify()) == []
        known: dict[Identity, Path] = {}
        for instance in archive.find("instance"):
            known[_identity(instance)] = path = file_of(archive, instance)
            assert identity_of(path) == _identity(instance), "an instance leads to the file of another"
        sequences = [one.sequence for one in changes_of(archive)]
        assert sequences == sorted(set(sequences))
    listed = printed(area)
    seen = {
        Identity(
            one["PatientID"], one["StudyInstanceUID"], one["SeriesInstanceUID"], one["SOPInstanceUID"]
        ): Path(area, one["Filename"]).resolve()
        for one in listed.records.values()
    }
    assert len(seen) == len(listed.records), "DCMTK knows an instance twice"
    hidden = set(unseen)
    assert seen == {one: path for one, path in known.items() if one.sop_instance_uid not in hidden}
    counted: dict[str, tuple[int, int]] = {}
    for one in listed.records.values():
        size, images = counted.get(one["StudyInstanceUID"], (0, 0))
        counted[one["StudyInstanceUID"]] = size + int(one["ImageSize"]), images + 1
    assert listed.studies == counted, "the study table does not agree with the records"
    return listed


def _identity(instance: Instance) -> Identity:
    series = instance.series
    return Identity(series.study.patient.uid, series.study.uid, series.uid, instance.uid)


def is_root() -> bool:
    """Say whether file permissions do not count."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


@contextlib.contextmanager
def unprivileged() -> Iterator[None]:
    """Let file permissions count, for root too."""
    if not is_root():
        yield
        return
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def changes_of(archive: Archive, since: int = 0) -> list[Change]:
    """Return the change log."""
    found: list[Change] = []
    while True:
        page = archive.changes(since=found[-1].sequence if found else since, limit=1000)
        found += page.changes
        if page.done:
            return found


def instances_of(archive: Archive) -> dict[str, Instance]:
    """Return all instances by SOP Instance UID."""
    return {instance.uid: instance for instance in archive.find("instance")}


def file_of(archive: Archive, instance: Instance) -> Path:
    """Return where an instance's file lies."""
    (record,) = [one for one in archive.details(instance.id).attachments if one.content_type == _DICOM]
    return archive.storage.local_path(record.locator).resolve()

"""Archives to migrate: every sort of place, a rich one to begin with, and all that an archive holds."""

from __future__ import annotations

import atexit
import hashlib
import shutil
import tempfile
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import fileroom
from fileroom.archive import Archive
from fileroom.attachments import put_attachment
from fileroom.index import Index, IndexCapabilities
from fileroom.migrating import MigrationReport
from fileroom.model import AttachmentRecord, Level, ResourceRecord
from fileroom.plugin import IndexPlugin, StoragePlugin, TagSet, hookimpl
from fileroom.query import COMPUTED, Query
from fileroom.storage import Storage
from fileroom.testing.datasets import make_instance
from fileroom.testing.index_case import all_changes, all_records
from fileroom.testing.memory_index import MemoryIndex
from fileroom.testing.memory_storage import MemoryStorage

STUDY = "1.2.826.0.1.3680043.8.498.11"
INSTANCES = 10
"""So many are in a rich archive."""

SECRETS = ("Doe^Jane", "SECRET", "geheim", "20240229")
"""What no report may show."""


_OPTIONS: dict[str, Any] = {"ingest": {"overwrite": "if-changed"}, "content_types": {"report": 1024}}


@dataclass(frozen=True)
class Options:
    place: str = ""


class IndexWithoutHistory(MemoryIndex):
    capabilities = IndexCapabilities()
    restore = Index.restore


class Memory:
    """A plugin whose archives last as long as it does."""

    def __init__(self) -> None:
        self.indexes: dict[str, MemoryIndex.Store] = defaultdict(MemoryIndex.Store)
        self.objects: dict[str, Any] = defaultdict(dict)

    @hookimpl
    def fileroom_index(self) -> IndexPlugin:
        def opened(options: Options, tags: TagSet) -> Index:
            index = IndexWithoutHistory if options.place.endswith("plain") else MemoryIndex
            return index(tags, self.indexes[options.place])

        return IndexPlugin("memory", Options, opened, "An index in memory")

    @hookimpl
    def fileroom_storage(self) -> StoragePlugin:
        def opened(options: Options) -> Storage:
            return MemoryStorage(self.objects[options.place])

        return StoragePlugin("memory", Options, opened, "A storage in memory")


def tables(kind: str, place: str) -> dict[str, Any]:
    """Return the configuration of a kind of archive."""
    in_memory = {"backend": "memory", "place": place}
    files = {"backend": "filesystem"}
    kinds: dict[str, Any] = {
        "sqlite": {"index": {"backend": "sqlite"}, "storage": files},
        "named": {
            "index": {"backend": "sqlite"},
            "storage": {**files, "layout": "{PatientID}/{StudyDescription}/{SOPInstanceUID}.dcm"},
        },
        "linear": {"index": {"backend": "linear", "path": "."}, "storage": {**files, "root": "."}},
        "memory": {"index": in_memory, "storage": in_memory},
        "mixed": {"index": in_memory, "storage": files},
        "plain": {"index": {**in_memory, "place": f"{place} plain"}, "storage": in_memory},
    }
    return dict(kinds[kind])


def open_archive(memory: Memory, kind: str, folder: Path, **more: Any) -> Archive:
    """Open an archive of a kind in a folder, the same one each time."""
    return fileroom.open(folder, register=[memory], **tables(kind, str(folder)), **more)


def instance(
    number: int, series: int = 1, *, patient_id: str = "SECRET-1", study_uid: str = STUDY, **more: Any
) -> bytes:
    series_uid = f"{study_uid}.{series}"
    own = {"series_uid": series_uid, "sop_uid": f"{series_uid}.{number}", "instance_number": number}
    return make_instance(**{"patient_id": patient_id, "study_uid": study_uid, "rows": 16, **own, **more})


def rich(memory: Memory, kind: str, folder: Path) -> Archive:
    """Return an archive in ``folder/source`` with all that an archive can hold, and a log of how it came."""
    if kind in ("memory", "mixed"):
        return _filled(memory, kind, folder)
    shutil.copytree(_on_disk(kind), folder / "source")
    return open_archive(memory, kind, folder / "source", **_OPTIONS)


@lru_cache
def _on_disk(kind: str) -> Path:
    """Fill an archive once, for tests to copy."""
    folder = Path(tempfile.mkdtemp(prefix="fileroom-migrate-"))
    atexit.register(shutil.rmtree, folder)
    _filled(Memory(), kind, folder).close()
    return folder / "source"


def _filled(memory: Memory, kind: str, folder: Path) -> Archive:
    archive = open_archive(memory, kind, folder / "source", **_OPTIONS)
    _fill(archive, folder / "things")
    return archive


def _fill(archive: Archive, folder: Path) -> None:
    inbox = folder / "inbox"
    inbox.mkdir(parents=True)
    for number in range(1, 6):
        (inbox / f"{number}.dcm").write_bytes(instance(number, tags={"StudyDescription": "SECRET first"}))
    (inbox / "large.dcm").write_bytes(instance(6, rows=512))
    archive.ingest([inbox])
    other = f"{STUDY}9"
    for number in (1, 2):
        archive.store(instance(number, 2, modality="MR", tags={"SeriesDescription": "Schädel\\Hals"}))
        odd: dict[str, Any] = {"study_uid": other, "patient_id": 'CON: <A*B?> "ä"'}
        odd["character_set"] = "ISO_IR 192"
        archive.store(instance(number, tags={"PatientName": "Müller^Zoë"}, **odd)).check()
    gone = archive.store(instance(1, study_uid=f"{STUDY}8")).check().instance
    assert gone is not None
    gone.attach("report", b"gone too")
    gone.series.study.delete()
    _replace(archive, instance(2, tags={"StudyDescription": "SECRET second", "ImageComments": "SECRET"}))
    by_uid = {record.uid: record.id for record in all_records(archive.index, Query(Level.INSTANCE))}
    archive.delete([by_uid[f"{STUDY}.1.1"]])  # which its parents came with
    _registered(archive, folder)
    _annotate(archive, by_uid)


def _replace(archive: Archive, data: bytes) -> None:
    outcome = archive.store(data)
    assert outcome.status == "replaced"


def _registered(archive: Archive, folder: Path) -> None:
    outside = folder / "outside"
    outside.mkdir()
    (outside / "SECRET original.dcm").write_bytes(instance(1, 3))
    assert archive.register([outside]).stored == 1


def _annotate(archive: Archive, by_uid: dict[str, str]) -> None:
    record: ResourceRecord | None = archive.fetch(by_uid[f"{STUDY}.1.3"])
    while record is not None:
        handle = archive.get(record.id)
        handle.attach("report", b"first version")
        handle.attach("report", f"SECRET report of a {record.level.label}".encode())
        handle.attach(65535, b"")
        put_attachment(archive, record.id, 2, b"{}")
        if record.level is not Level.INSTANCE:
            put_attachment(archive, record.id, 1, b"of no instance")
        handle.metadata["reviewed"] = "geheim"
        handle.metadata["reviewed"] = "geheim, noch einmal"
        handle.metadata["Ä leer"] = ""
        handle.labels.add("geheim")
        handle.labels.add("b")
        handle.labels.remove("b")
        record = record.parent
    archive.get(by_uid[f"{STUDY}.1.4"]).attach(1024, b"x" * 200_000)


def contents(archive: Archive, *, history: bool = True) -> dict[str, Any]:
    """Return all that an archive holds, bytes included, that does not depend on where it lies."""
    index = archive.index
    records = [one for level in Level for one in all_records(index, Query(level, computed=COMPUTED[level]))]
    ids = [one.id for one in records]
    held: dict[str, Any] = {
        "records": {one.id: _record(one, history=history) for one in records},
        "order": [one.id for one in records if one.level is Level.INSTANCE],
        "details": {
            one.id: (
                [_file(archive, file, history=history) for file in details.attachments],
                {name: each if history else each.value for name, each in details.metadata.items()},
                details.labels,
            )
            for one, details in zip(records, index.details(ids), strict=True)
            if details
        },
        "stamps": {id_: one.stamp for id_, one in index.held(ids).items()},
        "statistics": archive.statistics(),
    }
    if history:
        held["changes"] = [replace(one, date=_whole(one.date)) for one in all_changes(index)]
    return held


def _record(one: ResourceRecord, *, history: bool) -> object:
    parent = one.parent.id if one.parent else None
    return one.level, one.uid, dict(one.tags), dict(one.computed), parent, history and _whole(one.received)


def _file(archive: Archive, file: AttachmentRecord, *, history: bool) -> object:
    with archive.storage.open(file.locator) as opened:
        content = hashlib.sha256(opened.read()).hexdigest()
    sizes = file.size, file.stored_size, file.digest, file.stored_digest, file.codec
    return file.content_type, sizes, history and file.revision, content


def _whole(moment: datetime) -> datetime:
    """Return a time as coarse as an index may keep it."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def tree(folder: Path) -> dict[str, str]:
    """Return every file in a folder, with what is in it."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def found(archive: Archive, uid: str) -> str:
    """Return the public id of an instance."""
    (handle,) = archive.find("instance", SOPInstanceUID=uid)
    return handle.id


def file_of(archive: Archive, id_: str, content_type: int = 1) -> AttachmentRecord:
    """Return the record of an attachment that must be there."""
    (details,) = archive.index.details([id_])
    assert details is not None
    return next(one for one in details.attachments if one.content_type == content_type)


def told(report: MigrationReport) -> list[tuple[str, str, str]]:
    """Return what differs, without ids and reasons."""
    return [(one.level, one.what, one.name) for one in report]


def sound(archive: Archive) -> bool:
    """Say whether every record has its bytes, and no bytes are left over."""
    return list(archive.verify()) == [] and (
        len(list(archive.storage.list())) == archive.statistics().attachments
    )


def objects(memory: Memory, archive: Archive) -> dict[str, Any]:
    """Return the bytes in a storage in memory, to be damaged."""
    place = str(archive.config.base)
    found: dict[str, Any] = memory.objects[place]
    return found

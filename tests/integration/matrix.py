"""Every index with every storage: how each pair is configured, and one life that all of them lead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.errors import KeyNotIndexedError, RevisionError
from fileroom.ingest import BATCH_OBJECTS
from fileroom.model import ChangeType, Level
from fileroom.resources import Resource
from fileroom.testing.datasets import Corpus, make_instance, make_uid
from fileroom.testing.index_case import all_changes
from fileroom.testing.index_queries import ORDERS, QUERIES, Ask
from tests.integration.migration_archives import contents, instance

INDEXES = ("sqlite", "postgres", "linear", "mariadb")
STORAGES = ("filesystem", "s3", "sql", "tiered", "cache")
IMPOSSIBLE = {("linear", storage) for storage in STORAGES if storage != "filesystem"}
"""The linear index needs files of its own machine, in its own folder."""

REPORT, LARGE = 1024, 1025
COUNT = BATCH_OBJECTS + 20
"""More than a batch."""

_CONFIG: Mapping[str, Any] = {
    "ingest": {"overwrite": "if-changed"},
    "content_types": {"report": REPORT, "large": LARGE},
    "plugins": {"enable": ["imaging"]},
}


def open_pair(request: pytest.FixtureRequest, folder: Path, index: str, storage: str) -> Archive:
    """Open the archive of a pair; the same one each time that a test does."""
    return fileroom.open(**config_of(request, folder, index, storage))


def config_of(request: pytest.FixtureRequest, folder: Path, index: str, storage: str) -> dict[str, Any]:
    """Return the arguments of `fileroom.open` for a pair."""
    backends = {"index": _index(request, index), "storage": _storage(request, index, storage)}
    return {"source": str(folder), **backends, **_CONFIG}


def _index(request: pytest.FixtureRequest, kind: str) -> dict[str, Any]:
    match kind:
        case "postgres":
            return {"backend": "postgres", "url": request.getfixturevalue("postgres_url")}
        case "mariadb":
            return {"backend": "sql", "url": request.getfixturevalue("mariadb_url")}
        case "linear":
            return {"backend": "linear", "path": "."}
    return {"backend": "sqlite"}


def _storage(request: pytest.FixtureRequest, index: str, kind: str) -> dict[str, Any]:
    match kind:
        case "s3":
            server = request.getfixturevalue("rclone_s3")
            return {
                "backend": "s3",
                "bucket": server.bucket,
                "prefix": "archive",
                "endpoint_url": server.endpoint_url,
                "region": server.region,
                "access_key_id": server.access_key,
                "secret_access_key": server.secret_key,
            }
        case "sql":  # in the index's own database, so that one transaction holds both
            own = {"postgres": "postgres_url", "mariadb": "mariadb_url"}
            if index in own:
                return {"backend": "sql", "url": request.getfixturevalue(own[index])}
            file = request.getfixturevalue("tmp_path") / "archive" / "index.sqlite"
            return {"backend": "sql", "url": f"sqlite:///{file}"}
        case "tiered":
            file = request.getfixturevalue("tmp_path") / "small.sqlite"
            return {
                "backend": "tiered",
                "default": "images",
                "rules": [{"to": "small", "max_size": "4 KB"}],
                "tiers": {
                    "images": {"backend": "filesystem", "root": "images"},
                    "small": {"backend": "sql", "url": f"sqlite:///{file}"},
                },
            }
        case "cache":
            inner = _storage(request, index, "s3")
            return {"backend": "cache", "path": "cache", "max_size": "1 MB", "inner": inner}
    return {"backend": "filesystem", "root": "." if index == "linear" else "storage"}


def live(archive: Archive, folder: Path) -> dict[str, Any]:
    """Lead a whole life in an empty archive; return all that could be seen of it."""
    seen: dict[str, Any] = {"in": _take_in(archive, folder)}
    seen["verbs"] = [verb(archive) for verb in _VERBS]
    seen["searches"] = {str(ask): _answer(archive, ask) for ask in _asks()}
    seen["deleted"] = _delete(archive)
    seen["upkeep"] = _keep_up(archive)
    seen["contents"] = lasting(archive)
    seen["changes"] = _logged(archive)
    seen["statistics"] = archive.statistics()
    return seen


def _logged(archive: Archive) -> object:
    """Return the log; what is deleted together comes children before parents, and otherwise in any order."""
    logged = [(one.type, one.level, one.id) for one in all_changes(archive.index)]
    runs = [list(run) for _, run in groupby(logged, lambda one: one[0] is ChangeType.DELETED)]
    return [sorted(run, reverse=True) if run[0][0] is ChangeType.DELETED else run for run in runs]


def lasting(archive: Archive) -> dict[str, Any]:
    """Return what an archive holds, without times, and without what tells of the files that it came from."""
    return {part: one for part, one in contents(archive, history=False).items() if part != "stamps"}


def _take_in(archive: Archive, folder: Path) -> object:
    inbox = folder / "inbox"
    for one in Corpus(COUNT, 6_000):
        file = inbox / one.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(one.data)
    (inbox / "damaged.dcm").write_bytes(make_instance()[:300])
    (inbox / "notes.txt").write_text("no image")
    first, again = archive.ingest([inbox]), archive.ingest([inbox])
    outcomes = [archive.store(data) for data in _odd_objects()]
    reports = [{str(status): number for status, number in one.counts.items()} for one in (first, again)]
    return reports, [(one.status, one.id, one.digest) for one in outcomes]


def _odd_objects() -> list[bytes]:
    """Return objects that are hard on an index, on a storage, or on both."""
    latin = {"PatientName": "Müller^Zoë", "StudyDescription": "Schädel nativ 100%_[a]"}
    greek = {"PatientName": "Γεωργίου^Ελένη", "StudyDescription": "x" * 60, "StudyDate": ""}
    return [
        instance(1, tags={"StudyDescription": "first"}),
        instance(1, tags={"StudyDescription": "second"}),
        instance(2, rows=1200, columns=900),
        instance(
            1, study_uid=make_uid("matrix", 1), patient_id="trailing ", character_set="ISO_IR 192", tags=latin
        ),
        instance(
            1, study_uid=make_uid("matrix", 2), patient_id="TRAILING", character_set="ISO_IR 192", tags=greek
        ),
        instance(
            1, study_uid=make_uid("matrix", 3), patient_id="a'b\"c%_*?", tags={"PatientName": "O'Neil^\\"}
        ),
    ]


def _first(archive: Archive, level: str, **keys: Any) -> Resource:
    return next(iter(archive.find(level, **keys)))


def _attach(archive: Archive) -> object:
    """Attach at every level, replace, and refuse what was made for another revision."""
    seen = []
    for level in Level:
        resource = _first(archive, level.label)
        resource.attach("report", b"first")
        resource.attach("report", b"second, and longer", if_revision=1)
        with pytest.raises(RevisionError):
            resource.attach("report", b"third", if_revision=1)
        resource.attach(65535, b"")
        seen.append([(one.name, one.size, one.revision) for one in resource.attachments.values()])
        resource.attachments.detach(65535)
    return seen


def _change_in_parts(archive: Archive) -> object:
    """Append, splice, and write into, from an empty attachment on."""
    study = _first(archive, "study")
    large = study.attach("large", b"")
    for number in range(20):
        large = study.attachments["large"]
        large.append(bytes([number]) * 40_000)
    study.attachments["large"].splice(100, 50, b"in the middle")
    study.attachments["large"].splice(0, 0, b"in front")
    study.attachments["large"].splice(700_000, None, b"the end")
    with study.attachments["large"].open("r+b") as file:
        file.seek(300_000)
        file.write(b"written over")
        file.seek(5)
        file.write(b"!")
    read = study.attachments["large"]
    ranges = [read.read(0, 20), read.read(699_990), read.read(300_000, 300_020), read.read(10**9)]
    return read.size, read.revision, ranges, sum(map(len, read.stream()))


def _note(archive: Archive) -> object:
    series = _first(archive, "series")
    for name, value in (
        ("state", "new"),
        ("Zustand Ä", "line\nline %_"),
        ("empty", ""),
        ("long", "x" * 5000),
    ):
        series.metadata[name] = value
    series.metadata["state"] = "newer"
    del series.metadata["empty"]
    for label in ("odd", "ODD", "o-d_d", "gone"):
        series.labels.add(label)
    series.labels.remove("gone")
    return dict(series.metadata), sorted(series.labels), archive.count("series", labels=["odd"])


def _process(archive: Archive) -> object:
    thumbnails = [one.process("thumbnail") for one in archive.find("instance", PatientID="SECRET-1")]
    return [[(one.name, one.size > 0) for one in some] for some in thumbnails]


def _read(archive: Archive) -> object:
    one = _first(archive, "instance", PatientID="SECRET-1", InstanceNumber="2")
    dicom = one.attachments["dicom"]
    with dicom.open() as file:
        file.seek(-10, 2)
        tail = file.read()
    return dicom.size, dicom.digest, dicom.read(128, 132), tail, dicom.read_ranges([])


_VERBS: tuple[Callable[[Archive], object], ...] = (_attach, _change_in_parts, _note, _process, _read)


def _asks() -> list[Ask]:
    return [*(ask for some in QUERIES.values() for ask in some), *map(_without_ties, (*ORDERS, *_OWN))]


def _without_ties(ask: Ask) -> Ask:
    """Return a search whose order is total: how ties are broken is a backend's own affair."""
    order = ask.options.get("order_by")
    last = Level.parse(ask.level).uid_keyword
    return Ask(ask.level, ask.keys, {**ask.options, "order_by": [*order, last]}) if order else ask


_OWN = (
    Ask("patient", {"PatientID": "trailing"}, {}),
    Ask("patient", {"PatientName": "muller*"}, {}),
    Ask("patient", {"PatientName": "γεωργιου*"}, {}),
    Ask("patient", {"PatientName": "*"}, {"order_by": ["PatientName"]}),
    Ask("study", {"StudyDescription": "*%_[a]*"}, {}),
    Ask("study", {"PatientID": "a'b*"}, {}),
    Ask("study", {"StudyDate": '""'}, {}),
    Ask("study", {"ModalitiesInStudy": "CT"}, {"order_by": ["-StudyDate", "StudyInstanceUID"], "limit": 5}),
    Ask("series", {}, {"metadata": {"state": "new*"}}),
    Ask("series", {}, {"labels": ["odd", "ODD"]}),
    Ask("instance", {"PatientID": "SECRET-1"}, {"order_by": ["-InstanceNumber"]}),
    Ask("instance", {"InstanceNumber": "3"}, {}),
)


def _answer(archive: Archive, ask: Ask) -> object:
    try:
        results = archive.find(ask.level, **ask.options, **ask.keys)
        found = [one.id for one in results]
        count = archive.count(
            ask.level, **{name: one for name, one in ask.options.items() if name != "limit"}, **ask.keys
        )
    except KeyNotIndexedError:
        return "not indexed"
    return (found if ask.options.get("order_by") else sorted(found)), count


def _delete(archive: Archive) -> object:
    series = _first(archive, "series", PatientID="SECRET-1")
    report = archive.delete([series.id])
    patient = _first(archive, "patient")
    return report.removed, report.remaining, report.failed, len(archive.delete(patient).removed)


def _keep_up(archive: Archive) -> object:
    swept = archive.sweep(grace=0)
    found = list(archive.verify())
    return (
        swept.deleted,
        swept.bytes,
        found,
        len(list(archive.storage.list())) == archive.statistics().attachments,
    )

"""Records that another program left, whose files hold another instance: nobody gets one for the other."""

from __future__ import annotations

import io
import uuid
from typing import TYPE_CHECKING, Any

import pytest

import fileroom
from fileroom.header import read_header
from fileroom.index import Entry
from fileroom.migrating import migrate
from fileroom.model import AttachmentRecord
from fileroom.reports import Status
from fileroom.sending import SendState
from fileroom.storage import ByteRange, external_locator
from fileroom.tags import TagSet
from fileroom.testing.datasets import make_instance
from tests.integration.cli_runs import run, run_json
from tests.plugins.dimse.peers import acceptor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fileroom.archive import Archive
    from fileroom.resources import Instance

RIGHT = make_instance(patient_id="RIGHT", tags={"PatientName": "Right"})
WRONG = make_instance(patient_id="WRONG", tags={"PatientName": "Wrong"})
LARGE = make_instance(patient_id="WRONG", rows=300)
FILES: dict[str, bytes] = {
    "another instance": WRONG,
    "a large other instance": LARGE,
    "no DICOM file": b"root:*:19000:0:99999:7:::\n" * 10,
    "a damaged file": RIGHT[:300],
    "nothing": b"",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "DOE^JANE.dcm"
    file.write_bytes(RIGHT)
    return file


@pytest.fixture
def archive(tmp_path: Path, file: Path) -> Iterator[Archive]:
    """An archive whose index took one record over from another program; nobody has read the file."""
    with fileroom.open(tmp_path / "archive", plugins={"enable": ["imaging"]}) as archive:
        record = AttachmentRecord(
            1, str(uuid.uuid4()), len(RIGHT), "", external_locator(file), len(RIGHT), ""
        )
        archive.index.commit([Entry(read_header(RIGHT, TagSet.default()), record)])
        yield archive


def the_instance(archive: Archive) -> Instance:
    (instance,) = archive.find("instance")
    return instance


READINGS: dict[str, Callable[[Instance], Any]] = {
    "open": lambda one: one.open(),
    "open a range": lambda one: one.open(ByteRange(0, 4)),
    "dataset": lambda one: one.dataset(),
    "attachment": lambda one: one.attachments[1].open(),
    "read": lambda one: one.attachments["dicom"].read(0, 4),
    "read ranges": lambda one: one.attachments["dicom"].read_ranges([ByteRange(0, 4), ByteRange(2)]),
    "stream": lambda one: list(one.attachments["dicom"].stream()),
    "process": lambda one: one.process("thumbnail"),
    "process above": lambda one: one.series.study.process("thumbnail"),
}


@pytest.mark.parametrize("content", FILES)
@pytest.mark.parametrize("reading", READINGS)
def test_what_is_not_the_instances_is_not_read(
    archive: Archive, file: Path, reading: str, content: str
) -> None:
    file.write_bytes(FILES[content])
    instance = the_instance(archive)
    with pytest.raises(fileroom.IntegrityError, match="fileroom verify") as caught:
        READINGS[reading](instance)
    assert instance.id in str(caught.value)
    for text in ("DOE", "RIGHT", "WRONG"):
        assert text not in f"{caught.value} {caught.value.__cause__}"


def test_what_is_the_instances_is_read_as_ever(archive: Archive) -> None:
    instance = the_instance(archive)
    assert instance.dataset().PatientID == "RIGHT"
    with instance.open() as opened:
        assert opened.read() == RIGHT
    with instance.open(ByteRange(128, 132)) as part:
        assert (part.read(), part.seek(0)) == (b"DICM", 0)
    attachment = instance.attachments["dicom"]
    ranges = [ByteRange(128, 132), ByteRange(len(RIGHT) - 2), ByteRange(0, 0), ByteRange(len(RIGHT) + 5)]
    assert attachment.read_ranges(ranges) == [b"DICM", RIGHT[-2:], b"", b""]
    assert list(archive.verify()) == []


@pytest.mark.parametrize("as_zip", [False, True])
def test_what_is_not_the_instances_is_not_exported(
    archive: Archive, file: Path, tmp_path: Path, *, as_zip: bool
) -> None:
    other = archive.store(make_instance(patient_id="RIGHT", instance_number=7)).check().instance
    assert other is not None
    file.write_bytes(WRONG)
    to: Any = io.BytesIO() if as_zip else tmp_path / "exported"
    report = archive.export(list(archive.find("patient")), to, as_zip=as_zip)
    assert (report.written, len(report.failures)) == (1, 1)
    assert isinstance(report.failures[0].error, fileroom.IntegrityError)
    assert report.failures[0].id != other.id


def test_what_is_not_the_instances_is_not_sent(archive: Archive, file: Path) -> None:
    file.write_bytes(WRONG)
    instance = the_instance(archive)
    with acceptor() as peer:
        report = archive.send([instance], peer.host)
        assert peer.received == {}
    (problem,) = report.problems
    assert problem.state is SendState.FAILED
    assert "another instance" in problem.reason


def test_a_scan_counts_what_is_not_the_instances_as_unreadable(archive: Archive, file: Path) -> None:
    found = archive.find("instance", scan=True, PhotometricInterpretation="MONO*")
    assert (len(list(found)), found.unreadable) == (1, 0)
    file.write_bytes(WRONG)
    assert (len(list(found)), found.unreadable) == (0, 1)


@pytest.mark.parametrize("content", ["another instance", "a large other instance"])
def test_what_is_not_the_instances_is_not_migrated(
    archive: Archive, file: Path, tmp_path: Path, content: str
) -> None:
    file.write_bytes(FILES[content])
    with fileroom.open(tmp_path / "target") as target:
        report = migrate(archive, target)
        assert target.statistics().instances == 0
    assert (report.instances, report.lost) == (0, 1)


def test_the_command_says_so_in_one_line(archive: Archive, file: Path) -> None:
    file.write_bytes(WRONG)
    id_ = the_instance(archive).id
    for words in (["cat", id_], ["cat", id_, "--range", "0-4"], ["cat", id_, "--json"]):
        result = run("-a", archive.config.base, *words, code=1)
        assert "holds another instance" in result.stderr
        assert "DOE" not in result.stderr
        assert result.stderr.count("\n") == 1
        assert result.stdout == ""


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("another instance", "identity"),
        ("a large other instance", "identity"),
        ("no DICOM file", "unreadable"),
        ("a damaged file", "unreadable"),
    ],
)
def test_verify_finds_it(archive: Archive, file: Path, content: str, problem: str) -> None:
    file.write_bytes(FILES[content])
    where = archive.config.base
    (finding,) = run_json("-a", where, "verify", code=1)
    assert finding["problem"] == problem
    assert (finding["id"], finding["content_type"]) == (the_instance(archive).id, 1)
    for text in ("DOE", "RIGHT", "WRONG"):
        assert text not in finding["reason"]


def test_verify_without_digests_reads_no_file(archive: Archive, file: Path) -> None:
    same_size = make_instance(patient_id="WRONG", tags={"PatientName": "Other"})
    assert len(same_size) == len(RIGHT)
    file.write_bytes(same_size)
    where = archive.config.base
    assert run_json("-a", where, "verify", "--sizes-only") == []
    assert run_json("-a", where, "verify", code=1)[0]["problem"] == "identity"


def test_a_rebuild_takes_no_tags_from_it(archive: Archive, file: Path) -> None:
    assert archive.rebuild().refreshed == 1
    file.write_bytes(WRONG)
    report = archive.rebuild()
    assert (report.refreshed, report.adopted, report.unreadable) == (0, 0, 1)
    assert [one["PatientName"] for one in archive.find("patient")] == ["Right"]


def test_a_rebuild_refreshes_nobody_elses_tags_from_it(archive: Archive, file: Path) -> None:
    archive.store(WRONG).check()
    file.write_bytes(make_instance(patient_id="WRONG", tags={"PatientName": "Changed"}))
    report = archive.rebuild()
    assert (report.refreshed, report.unreadable) == (1, 1)
    assert {one["PatientName"] for one in archive.find("patient")} == {"Right", "Wrong"}


def test_the_right_file_can_be_registered_in_its_place(archive: Archive, file: Path, tmp_path: Path) -> None:
    file.write_bytes(WRONG)
    right = tmp_path / "right.dcm"
    right.write_bytes(RIGHT)
    (outcome,) = archive.register([right], overwrite="always")
    assert outcome.status is Status.REPLACED
    assert the_instance(archive).dataset().PatientID == "RIGHT"
    assert list(archive.verify()) == []
    assert file.read_bytes() == WRONG


def test_a_file_whose_digest_is_known_is_opened_without_a_look(archive: Archive, file: Path) -> None:
    archive.delete([the_instance(archive)])
    assert archive.register([file]).stored == 1
    file.write_bytes(WRONG)
    assert the_instance(archive).dataset().PatientID == "WRONG"
    assert [one.problem for one in archive.verify()] == ["digest"]

"""What processors make of resources, kept or returned: attachments, metadata, new objects."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pydicom
import pytest

import fileroom
from fileroom._archive import keeping
from fileroom.archive import Archive
from fileroom.attachments import Attachment
from fileroom.errors import (
    ConfigError,
    InvalidDatasetError,
    NotSupportedError,
    RejectedError,
    RevisionError,
)
from fileroom.plugin import Processor, ProcessorPlugin, Product, Takes, hookimpl
from fileroom.standalone import processor
from fileroom.testing.datasets import make_instance


@dataclass(frozen=True)
class Options:
    suffix: str = ".1"
    fail_at: str = ""


class Copy(Processor):
    """Makes a new object with other UIDs."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def process(self, source: BinaryIO) -> Sequence[Product]:
        dataset = pydicom.dcmread(source)
        if dataset.SOPInstanceUID == self._options.fail_at:
            raise NotSupportedError("not this one")
        dataset.SOPInstanceUID += self._options.suffix
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        buffer = io.BytesIO()
        dataset.save_as(buffer)
        return [
            Product("dicom", buffer.getvalue(), "application/dicom"),
            Product(1400, b"a report", "text/plain", metadata={"copies": "1"}),
        ]


class Number(Processor):
    """Tells the InstanceNumber; of several, all of them."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def process(self, source: BinaryIO) -> Sequence[Product]:
        number = str(pydicom.dcmread(source).InstanceNumber)
        if number == self._options.fail_at:
            raise NotSupportedError("not this one")
        return [Product(1500, number.encode(), "text/plain")]

    def combine(self, parts: Sequence[Sequence[Product]]) -> Sequence[Product]:
        return [Product(1500, b"+".join(one.data for (one,) in parts), "text/plain")]


class Meddling(Number):
    """Has something else happen to the archive before it is done."""

    meddle: Callable[[], object]

    def combine(self, parts: Sequence[Sequence[Product]]) -> Sequence[Product]:
        type(self).meddle()
        return super().combine(parts)


class Resuming(Number):
    uses = ("1600", "thumbnail")

    def process_with(self, source: BinaryIO, kept: Mapping[str, bytes]) -> Sequence[Product]:
        return [Product(1500, b"".join(kept.values()), "text/plain")]


class Plugins:
    def __init__(self, made: type[Processor], takes: Takes) -> None:
        self._made, self._takes = made, takes

    @hookimpl
    def fileroom_processor(self) -> ProcessorPlugin:
        return ProcessorPlugin(
            self._made.__name__.lower(), Options, self._made, "of the test", takes=self._takes
        )


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """One study with series of 1, 2 and 3 instances, numbered from 1."""
    offered = [Plugins(Copy, Takes.EACH), Plugins(Number, Takes.SERIES), Plugins(Resuming, Takes.MIDDLE)]
    with fileroom.open(tmp_path / "archive", register=offered) as archive:
        number = 0
        for series in (1, 2, 3):
            for _ in range(series):
                number += 1
                instance = make_instance(
                    series_uid=f"1.2.{series}", sop_uid=f"1.2.{series}.{number}", instance_number=number
                )
                archive.store(instance).check()
        yield archive


def read(attachments: Sequence[Attachment]) -> list[bytes]:
    return [one.read() for one in attachments]


def test_a_new_object_becomes_an_instance_and_both_tell_of_each_other(archive: Archive) -> None:
    source = archive.find("instance", SOPInstanceUID="1.2.1.1").first()
    assert source is not None
    new, report = source.process("copy")
    made = new.resource
    assert made.uid == "1.2.1.1.1"
    assert new.read() == made.attachments["dicom"].read()
    assert dict(made.metadata) == {"made-by": "copy", "made-from": source.id}
    assert source.metadata["made-into"] == made.id
    assert (report.read(), report.resource, source.metadata["copies"]) == (b"a report", source, "1")
    again, _ = source.process("copy")
    assert again.resource == made
    other = source.process("copy", suffix=".7")[0].resource
    assert source.metadata["made-into"] == f"{made.id},{other.id}"


def test_nothing_is_kept_of_what_is_returned(archive: Archive) -> None:
    source = archive.find("instance").first()
    assert source is not None
    before = archive.statistics()
    products = source.process("copy", keep=False)
    assert [one.content_type for one in products] == ["dicom", 1400]
    assert archive.statistics() == before
    assert not source.metadata


def test_an_object_with_the_uid_of_its_source_is_refused_before_it_is_stored(
    tmp_path: Path,
) -> None:
    offered, overwriting = [Plugins(Copy, Takes.EACH)], {"overwrite": "always"}
    with fileroom.open(tmp_path / "a", register=offered, ingest=overwriting) as archive:
        instance = archive.store(make_instance(sop_uid="1.2")).check().instance
        assert instance is not None
        before = instance.attachments["dicom"].record
        with pytest.raises(
            InvalidDatasetError, match="'copy' made an object with the SOP Instance UID of its"
        ):
            instance.process("copy", suffix="")
        assert instance.attachments["dicom"].record == before


def test_an_object_that_cannot_be_stored_is_an_error(archive: Archive) -> None:
    archive.store(make_instance(series_uid="1.2.1", sop_uid="1.2.1.1.1", instance_number=9)).check()
    with pytest.raises(RejectedError, match="conflict"):
        archive.process(next(iter(archive.find("instance", SOPInstanceUID="1.2.1.1"))).id, "copy")


def test_each_instance_of_a_study_is_processed_and_keeps_its_own(archive: Archive) -> None:
    (study,) = archive.find("study")
    kept = study.process("copy")
    assert len(kept) == 12
    assert len({one.resource.id for one in kept}) == 12
    assert archive.count("instance") == 12
    assert 1400 not in study.attachments


def test_the_middle_instances_of_the_series_of_a_study_are_made_one(archive: Archive) -> None:
    (study,) = archive.find("study")
    assert read(study.process("number")) == [b"1+3+5"]
    assert study.attachments[1500].read() == b"1+3+5"
    assert read(study.process("number", fail_at="3")) == [b"1+5"]
    (patient,) = archive.find("patient")
    assert read(patient.process("number")) == [b"1+3+5"]
    assert [read(one.process("number")) for one in archive.find("series")] == [[b"1"], [b"3"], [b"5"]]


def test_nothing_is_kept_of_a_study_of_which_an_instance_was_replaced_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = {"ingest": {"overwrite": "always"}}
    with fileroom.open(tmp_path / "a", register=[Plugins(Meddling, Takes.SERIES)], **config) as archive:
        for number in (1, 2):
            made = make_instance(
                study_uid="1.2", series_uid=f"1.2.{number}", sop_uid=f"1.2.{number}.1", instance_number=number
            )
            archive.store(made).check()
        (study,) = archive.find("study")
        last = make_instance(study_uid="1.2", series_uid="1.2.2", sop_uid="1.2.2.1", instance_number=9)
        monkeypatch.setattr(Meddling, "meddle", lambda: archive.store(last).check(), raising=False)
        with pytest.raises(RevisionError, match="replaced"):
            study.process("meddling")
        assert 1500 not in study.attachments
        monkeypatch.setattr(Meddling, "meddle", lambda: None)
        assert read(study.process("meddling")) == [b"1+9"]


def test_a_study_of_which_nothing_can_be_made_says_why(tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "a", register=[Plugins(Number, Takes.SERIES)]) as archive:
        archive.store(make_instance(instance_number=4)).check()
        (study,) = archive.find("study")
        with pytest.raises(NotSupportedError, match="not this one"):
            study.process("number", fail_at="4")


def test_a_processor_is_given_the_attachments_that_it_has_a_use_for(archive: Archive) -> None:
    instance = archive.find("instance", SOPInstanceUID="1.2.1.1").first()
    assert instance is not None
    assert read(instance.process("resuming")) == [b"1"]
    instance.attach(1600, b"kept")
    assert read(instance.process("resuming")) == [b"kept"]


def test_many_are_processed_with_options_each_instance_by_itself(archive: Archive) -> None:
    (study,) = archive.find("study")
    report = archive.process_many([study], "copy", options={"fail_at": "1.2.2.2"})
    assert (report.processed, report.failed, report.attachments, report.made) == (5, 1, 5, 5)
    assert [one.reason for one in report if one.reason] == ["not this one"]
    with pytest.raises(ConfigError, match=r"copy\.fial_at: unknown key"):
        archive.process_many([study], "copy", options={"fial_at": ""})


def test_what_a_processor_had_a_part_in_making_is_not_given_to_it_again(archive: Archive) -> None:
    (study,) = archive.find("study")
    (source, *_) = archive.find("instance")
    report = archive.process_many([study], "copy")
    assert (report.processed, report.skipped, report.made) == (6, 0, 6)
    again = archive.process_many([study], "copy", options={"suffix": ".2"})
    assert (again.processed, again.skipped, again.made) == (6, 6, 6)
    assert archive.find("instance").count() == 18
    assert archive.process_many(archive.find("instance"), "number").processed == 18
    (of_a_copy, _) = archive.get(source.metadata["made-into"].partition(",")[0]).process("copy")
    assert of_a_copy.resource.metadata["made-by"] == "copy"  # who asks for this one has it


def test_without_an_archive_bytes_files_and_datasets_are_processed(tmp_path: Path) -> None:
    data = make_instance()
    path = tmp_path / "one.dcm"
    path.write_bytes(data)
    (expected,) = fileroom.process(data, "thumbnail", size=32)
    assert expected.data.startswith(b"\xff\xd8")
    with path.open("rb") as file:
        for source in (path, str(path), file, pydicom.dcmread(path)):
            assert fileroom.process(source, "thumbnail", size=32) == [expected]
    with processor("thumbnail", size=32) as one:
        assert list(one.process(io.BytesIO(data))) == [expected]


def test_what_is_made_is_marked_in_the_transaction_that_stores_it(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = archive.find("instance", SOPInstanceUID="1.2.1.1").first()
    assert source is not None
    source.labels.add("made-by-another")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(keeping, "_note", die)
    with pytest.raises(KeyboardInterrupt):
        source.process("copy")
    (made,) = archive.find("instance", SOPInstanceUID="1.2.1.1.1")
    assert set(made.labels) == {"made-by-another", "made-by-copy"}
    assert 1400 not in source.attachments, "nothing tells yet of what is not complete"
    monkeypatch.undo()
    source.process("copy")
    assert made.metadata["made-from"] == source.id
    assert source.metadata["made-into"] == made.id


def test_a_report_is_not_attached_where_its_object_was_refused(archive: Archive) -> None:
    archive.store(make_instance(series_uid="1.2.1", sop_uid="1.2.1.1.1", instance_number=9)).check()
    source = archive.find("instance", SOPInstanceUID="1.2.1.1").first()
    assert source is not None
    (one, *_) = archive.process_many([source], "copy")
    assert "conflict" in one.reason
    assert 1400 not in source.attachments

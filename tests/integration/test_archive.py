"""The API as its users write it, on real backends."""

from __future__ import annotations

import hashlib
import io
import itertools
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file

import fileroom
from fileroom.archive import Archive
from fileroom.model import ChangeType
from fileroom.reports import Status
from fileroom.resources import Instance, Patient, Series, Study
from fileroom.storage import ByteRange
from fileroom.testing.datasets import make_instance

CT = Path(str(get_testdata_file("CT_small.dcm")))
STUDY = "1.2.826.0.1.3680043.8.498.1"


def put(archive: Archive, number: int = 1, **values: object) -> Instance:
    arguments = {"patient_id": "P1", "study_uid": STUDY, "series_uid": f"{STUDY}.1", **values}
    outcome = archive.store(make_instance(sop_uid=f"{STUDY}.1.{number}", instance_number=number, **arguments))  # type: ignore[arg-type]
    assert outcome.instance is not None
    return outcome.instance


def test_store_takes_bytes_paths_files_streams_and_datasets(archive: Archive) -> None:
    data = CT.read_bytes()

    class Stream(io.RawIOBase):
        """A stream that cannot seek, such as a socket's."""

        def __init__(self) -> None:
            self._inner = io.BytesIO(data)

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            return self._inner.readinto(buffer)

    assert archive.store(data).status is Status.STORED
    for source in (
        CT,
        str(CT),
        io.BytesIO(data),
        memoryview(data),
        Stream(),
        iter([data[:1000], data[1000:]]),
    ):
        assert archive.store(source).status is Status.ALREADY_STORED  # type: ignore[arg-type]
    dataset = pydicom.dcmread(CT)
    dataset.SOPInstanceUID += ".1"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    outcome = archive.store(dataset)
    assert outcome.status is Status.STORED
    assert outcome.instance is not None
    assert outcome.instance.dataset().SOPInstanceUID == dataset.SOPInstanceUID


def test_stored_bytes_come_back_unchanged_with_their_md5(archive: Archive) -> None:
    instance = archive.store(CT).check().instance
    assert instance is not None
    with instance.open() as file:
        assert file.read() == CT.read_bytes()
    attachment = instance.attachments["dicom"]
    assert attachment.digest == "md5:" + hashlib.md5(CT.read_bytes()).hexdigest()
    assert attachment.size == CT.stat().st_size
    assert attachment.read(128, 132) == b"DICM"
    assert attachment.read_ranges([ByteRange(128, 132), ByteRange(0, 2)]) == [
        b"DICM",
        CT.read_bytes()[:2],
    ]
    assert b"".join(attachment.stream(1000)) == CT.read_bytes()


def test_public_ids_are_those_of_orthanc(archive: Archive) -> None:
    instance = put(archive)
    digest = hashlib.sha1(f"P1|{STUDY}".encode()).hexdigest()
    assert instance.series.study.id == "-".join(digest[i : i + 8] for i in range(0, 40, 8))


def test_handles_walk_up_and_down_the_levels(archive: Archive) -> None:
    for number in range(1, 4):
        put(archive, number)
    put(archive, 9, series_uid=f"{STUDY}.2")
    (study,) = archive.find("study", PatientID="P1")
    assert isinstance(study, Study)
    assert [len(series.instances) for series in study.series] == [3, 1]
    assert len(study.instances) == 4
    series = study.series[0]
    assert isinstance(series, Series)
    assert series.instances[-1].series.study.patient == study.patient
    assert isinstance(study.patient, Patient)
    assert [one.uid for one in study.patient.studies] == [STUDY]
    assert [one["InstanceNumber"] for one in series.instances] == ["1", "2", "3"]


def test_computed_attributes_are_answered_by_the_index(archive: Archive) -> None:
    put(archive, 1)
    put(archive, 2, series_uid=f"{STUDY}.2", modality="MR")
    (study,) = archive.find("study", returning=["ModalitiesInStudy"])
    assert sorted(str(study["ModalitiesInStudy"]).split("\\")) == ["CT", "MR"]
    assert study["NumberOfStudyRelatedInstances"] == "2"
    assert study["NumberOfStudyRelatedSeries"] == "2"


def test_a_key_that_is_not_indexed_names_itself_and_the_two_ways_out(archive: Archive) -> None:
    put(archive, tags={"KVP": "120"})
    with pytest.raises(fileroom.KeyNotIndexedError, match=r"KVP.*extra_tags.*rebuild.*scan=True"):
        archive.find("instance", KVP="120")
    found = archive.find("instance", KVP="120", scan=True)
    assert found.to_scan == 1
    assert len(list(found)) == 1
    assert archive.count("instance", KVP="100", scan=True) == 0


def test_extra_tags_are_searchable_after_a_rebuild(tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "a") as archive:
        put(archive, tags={"KVP": "120"})
    with fileroom.open(tmp_path / "a", index={"extra_tags": {"instance": ["KVP"]}}) as archive:
        with pytest.raises(fileroom.KeyNotIndexedError, match="rebuild"):
            archive.count("instance", KVP="120")
        assert archive.rebuild().refreshed == 1
        assert archive.count("instance", KVP="120") == 1
        assert next(iter(archive.find("instance")))["KVP"] == "120"


def test_a_lost_index_is_made_again_from_the_storage(tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "a") as archive:
        ids = {put(archive, number).id for number in range(1, 6)}
    for path in (tmp_path / "a").glob("index.sqlite*"):
        path.unlink()
    with fileroom.open(tmp_path / "a") as archive:
        assert archive.rebuild().adopted == 5
        assert {one.id for one in archive.find("instance")} == ids
        assert list(archive.verify()) == []
        assert archive.sweep(grace=0).orphans == 0


def test_other_bytes_under_known_identifiers_are_a_conflict_with_both_digests(archive: Archive) -> None:
    first = put(archive)
    other = make_instance(
        patient_id="P1", study_uid=STUDY, series_uid=f"{STUDY}.1", sop_uid=f"{STUDY}.1.1", rows=32
    )
    outcome = archive.store(other)
    assert outcome.status is Status.CONFLICT
    assert outcome.held_digest == first.attachments["dicom"].digest
    assert outcome.digest == "md5:" + hashlib.md5(other).hexdigest()
    assert outcome.digest in outcome.reason
    assert outcome.held_digest in outcome.reason
    with pytest.raises(fileroom.RejectedError, match="conflict"):
        outcome.check()
    assert len(list(archive.storage.list())) == 1


@pytest.mark.parametrize("overwrite", ["always", "if-changed"])
def test_overwriting_replaces_the_bytes_and_keeps_what_users_attached(tmp_path: Path, overwrite: str) -> None:
    with fileroom.open(tmp_path / "a", ingest={"overwrite": overwrite}) as archive:
        instance = put(archive)
        instance.attach(1024, b"report")
        instance.labels.add("keep")
        instance.metadata["who"] = "me"
        replaced = archive.store(
            make_instance(
                patient_id="P1", study_uid=STUDY, series_uid=f"{STUDY}.1", sop_uid=f"{STUDY}.1.1", rows=32
            )
        )
        assert replaced.status is Status.REPLACED
        assert instance.dataset().Rows == 32
        assert instance.attachments[1024].read() == b"report"
        assert list(instance.labels) == ["keep"]
        assert dict(instance.metadata) == {"who": "me"}
        assert len(list(archive.storage.list())) == 2
        assert ChangeType.REPLACED_INSTANCE in [one.type for one in archive.changes()]


def test_attachments_at_every_level_are_replaced_with_revisions_and_detached(archive: Archive) -> None:
    instance = put(archive)
    for resource in (instance, instance.series, instance.series.study, instance.series.study.patient):
        attached = resource.attach("report", b"first")
        assert (attached.name, attached.revision) == ("report", 1)
        assert resource.attach("report", io.BytesIO(b"second"), if_revision=1).revision == 2
        with pytest.raises(fileroom.RevisionError):
            resource.attach("report", b"third", if_revision=1)
        assert resource.attachments["report"].read() == b"second"
        resource.attachments.detach("report", if_revision=2)
        assert "report" not in resource.attachments
    assert len(list(archive.storage.list())) == 1, "replaced and refused bytes are gone"


def test_reserved_content_types_and_the_dicom_file_are_out_of_the_users_reach(archive: Archive) -> None:
    instance = put(archive)
    with pytest.raises(fileroom.NotSupportedError):
        instance.attach("dicom", b"x")
    with pytest.raises(fileroom.NotSupportedError):
        instance.attachments.detach("dicom")
    with pytest.raises(fileroom.FileroomError):
        instance.attach("no-such-type", b"x")


def test_metadata_is_a_mapping_and_labels_are_a_set(archive: Archive) -> None:
    study = put(archive).series.study
    study.metadata["reviewed-by"] = "…"
    assert study.metadata.set("reviewed-by", "me", if_revision=1) == 2
    assert dict(study.metadata) == {"reviewed-by": "me"}
    del study.metadata["reviewed-by"]
    with pytest.raises(KeyError):
        study.metadata["reviewed-by"]
    study.labels.add("teaching")
    study.labels.add("teaching")
    assert "teaching" in study.labels
    assert [one.id for one in archive.find("study", labels=["teaching"])] == [study.id]
    study.labels.discard("teaching")
    assert not study.labels
    for bad in ("", "a b", "ü", "x" * 65, "a\n"):
        with pytest.raises(ValueError):
            study.labels.add(bad)


def test_deleting_names_what_remains_and_takes_the_bytes(archive: Archive) -> None:
    first, second = put(archive, 1), put(archive, 2)
    first.attach(1024, b"x")
    assert first.delete() == first.series.id
    assert len(list(archive.storage.list())) == 1
    report = archive.delete([second.series.study.patient])
    assert report.remaining == {second.series.study.patient.id: None}
    assert [level for level, _ in report.removed] == ["instance", "series", "study", "patient"]
    assert list(archive.storage.list()) == []
    assert archive.statistics().patients == 0
    with pytest.raises(fileroom.NotFoundError):
        archive.get(second.id)


def test_the_change_log_tells_of_deletions_and_can_be_followed(archive: Archive) -> None:
    instance = put(archive)
    instance.series.study.patient.studies[0].delete()
    page = archive.changes(limit=3)
    assert not page.done
    rest = archive.changes(since=page.last)
    assert rest.done
    labels = [one.type.label for one in itertools.chain(page, rest)]
    assert labels == ["NewPatient", "NewStudy", "NewSeries", "NewInstance"] + ["Deleted"] * 4
    assert next(one.level.label for one in archive.changes(types=["Deleted"])) == "instance"


def test_paging_by_cursor_goes_on_behind_the_last_result(archive: Archive) -> None:
    for number in range(1, 8):
        put(archive, number)
    results = archive.find("instance", order_by="-InstanceNumber", limit=3)
    first = [one["InstanceNumber"] for one in results]
    again = archive.find("instance", order_by="-InstanceNumber", limit=3, cursor=results.cursor)
    assert (first, [one["InstanceNumber"] for one in again]) == (["7", "6", "5"], ["4", "3", "2"])


def test_lookup_finds_by_any_identifier(archive: Archive) -> None:
    instance = put(archive, tags={"AccessionNumber": "ACC1"})
    for identifier in (instance.id, "P1", STUDY, f"{STUDY}.1", f"{STUDY}.1.1", "ACC1"):
        assert len(archive.lookup(identifier)) == 1
    assert archive.lookup("nothing") == []


def test_a_thumbnail_is_made_and_kept_as_an_attachment(archive: Archive) -> None:
    instance = archive.store(CT).check().instance
    assert instance is not None
    (thumbnail,) = instance.process("thumbnail")
    assert (thumbnail.name, thumbnail.media_type) == ("thumbnail", "image/jpeg")
    assert instance.attachments["thumbnail"].read(0, 2) == b"\xff\xd8"
    assert instance.series.study.process("thumbnail")[0].size == thumbnail.size


def test_verify_finds_lost_and_rotten_bytes(archive: Archive) -> None:
    lost, rotten, short = (put(archive, number) for number in (1, 2, 3))
    archive.storage.delete([lost.attachments["dicom"].record.locator])
    for instance, ending in ((rotten, 2), (short, 0)):
        path = archive.storage.local_path(instance.attachments["dicom"].record.locator)
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[:-2] + b"\xfe" * ending)
    found = {finding.id: finding.problem for finding in archive.verify()}
    assert found == {lost.id: "missing", rotten.id: "digest", short.id: "size"}


def test_reprs_show_nothing_of_the_patient(archive: Archive) -> None:
    instance = put(archive, tags={"PatientName": "Secret^Name"})
    for thing in (instance, instance.attachments, instance.metadata, archive, archive.store(CT)):
        assert "Secret" not in repr(thing)
        assert "P1" not in repr(thing)
    assert "Secret^Name" in instance._repr_html_()


def test_notebooks_show_a_thumbnail_that_is_made_once(archive: Archive) -> None:
    instance = put(archive)
    for resource in (instance, instance.series, instance.series.study):
        assert "src='data:image/jpeg;base64,/9j/" in resource._repr_html_()
        kept = resource.attachments["thumbnail"]
        assert resource.thumbnail() == kept.read()
        assert (kept.revision, resource.attachments["thumbnail"].revision) == (1, 1)


def test_what_has_no_picture_is_shown_without(archive: Archive) -> None:
    instance = put(archive, rows=0)
    assert instance.thumbnail() is None
    assert "<img" not in instance._repr_html_()


@pytest.mark.parametrize("value", ["a\0b", "\ud800"])
def test_metadata_that_not_every_index_could_hold_is_refused(archive: Archive, value: str) -> None:
    instance = put(archive)
    with pytest.raises(ValueError, match="Unicode"):
        instance.metadata["note"] = value


def test_what_follows_a_nul_in_a_text_is_cut_and_a_patient_id_with_one_is_damaged(archive: Archive) -> None:
    clean = make_instance(patient_id="PATIENT7", tags={"StudyDescription": "HEAD SCAN"})
    outcome = archive.store(clean.replace(b"HEAD SCAN", b"HEAD\0SCAN"))
    assert outcome.instance is not None
    assert outcome.instance["StudyDescription"] == "HEAD"
    damaged = archive.store(clean.replace(b"PATIENT7", b"PATI\0NT7"))
    assert damaged.status is Status.QUARANTINED
    assert "PatientID" in damaged.reason


def test_a_closed_archive_answers_with_one_clear_error(tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "a") as archive:
        instance = put(archive)
    for ask in (lambda: archive.store(CT), instance.open, archive.statistics):
        with pytest.raises(fileroom.NotSupportedError, match="closed"):
            ask()


def test_what_cannot_be_is_an_error_of_ours_and_a_value_error(archive: Archive) -> None:
    instance = put(archive)
    for ask in (
        lambda: instance.labels.add("a b"),
        lambda: instance.metadata.set("", "x"),
        lambda: instance.attachments["dicom"].read(-5, 10),
    ):
        with pytest.raises(fileroom.InvalidValueError) as error:
            ask()
        assert isinstance(error.value, ValueError)
    with pytest.raises(fileroom.FileroomError):
        instance.attach(1024.5, b"x")  # type: ignore[arg-type]
    with pytest.raises(fileroom.QueryError):
        archive.changes(limit=0)


def test_a_single_id_is_deleted_as_well_as_a_list(archive: Archive) -> None:
    instance = put(archive)
    assert archive.delete(instance.id).remaining == {instance.id: None}

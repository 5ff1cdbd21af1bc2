"""An area that DCMTK made is an archive as it stands: searched, read, verified, rebuilt, imported into."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import fileroom
from fileroom.errors import IntegrityError, KeyNotIndexedError
from fileroom.header import HeaderReader
from fileroom.index import Entry
from fileroom.model import AttachmentRecord, Level
from fileroom.tags import TagSet
from fileroom.testing.datasets import make_instance
from fileroom_plugins.index_linear.fields import FIELDS
from tests.areas import check_agreement, content_of, identity_of, instances_of, make_files, open_area
from tests.dcmtk import Server, needs_dcmtk, register
from tests.plugins.index_linear.golden import FILLED, FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.archive import Archive

AREA = {
    "index": {"backend": "linear", "path": "."},
    "storage": {"backend": "filesystem", "root": "."},
}

VALUES = {
    "PatientBirthDate": "19650403",
    "PatientSex": "F",
    "PatientName": "Müller^Jörg",
    "PatientBirthTime": "0630",
    "OtherPatientIDs": "A-1\\B-2",
    "OtherPatientNames": "Möller^J",
    "EthnicGroup": "Grün",
    "StudyDate": "20240229",
    "StudyTime": "101530",
    "StudyID": "7",
    "StudyDescription": "Schädel",
    "NameOfPhysiciansReadingStudy": "Ärztin^E",
    "AccessionNumber": "A7",
    "ReferringPhysicianName": "Öst^U",
    "OtherStudyNumbers": "12",
    "AdmittingDiagnosesDescription": "Größe",
    "PatientAge": "058Y",
    "PatientSize": "1.76",
    "PatientWeight": "71.5",
    "Occupation": "Bäcker",
    "SeriesNumber": "3",
    "Modality": "CT",
    "InstanceNumber": "4",
    "SeriesDate": "20240301",
    "SeriesTime": "1017",
    "SeriesDescription": "Übersicht",
    "ProtocolName": "Kopf für alle",
    "OperatorsName": "Käte",
    "PerformingPhysicianName": "Süß",
    "ContentLabel": "LABEL",
    "IssuerOfPatientID": "Spital Süd",
}
"""A value for each attribute that ``index.dat`` has, beside identifiers and the character set."""

_LEVELS = {
    Level.PATIENT: {"PatientBirthTime", "OtherPatientNames", "EthnicGroup", "IssuerOfPatientID"},
    Level.SERIES: {"PerformingPhysicianName"},
    Level.INSTANCE: {"ContentLabel"},
}


def level_of(keyword: str) -> Level:
    """Return at which level an attribute is kept here."""
    default = TagSet.default()
    main = [level for level in Level if default.by_keyword(level, keyword)]
    named = [level for level, keywords in _LEVELS.items() if keyword in keywords]
    return (*main, *named, Level.STUDY)[0]


EXTRA = {
    level.label: [
        one for one in VALUES if level_of(one) is level and not TagSet.default().by_keyword(level, one)
    ]
    for level in Level
}


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An area of dcmqridx's, with one object in Latin-1 that has all these values."""
    folder = tmp_path_factory.mktemp("described")
    tags: dict[str, Any] = dict(VALUES)
    (folder / "a.dcm").write_bytes(make_instance(rows=0, character_set="ISO_IR 100", tags=tags))
    register(folder, folder / "a.dcm")
    return folder


def test_the_values_are_of_all_attributes_that_index_dat_has() -> None:
    identifiers = {"PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"}
    assert set(VALUES) == {one.keyword for one in FIELDS} - identifiers - {"SpecificCharacterSet"}


@needs_dcmtk
@pytest.mark.parametrize("keyword", VALUES)
def test_every_attribute_that_index_dat_has_is_found_by(described: Path, keyword: str) -> None:
    index = {**AREA["index"], "extra_tags": EXTRA}
    with fileroom.open(described, index=index, storage=AREA["storage"]) as archive:
        level = level_of(keyword).label
        (found,) = archive.find(level, **{keyword: VALUES[keyword].split("\\")[0]})
        assert found[keyword] == VALUES[keyword]
        other = {"Date": "19990101", "Time": "2359"}.get(keyword[-4:], "99")
        assert archive.count(level, **{keyword: other}) == 0


@pytest.fixture(params=FILLED)
def golden(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of an area that the real dcmqridx wrote, with file names relative to it."""
    return Path(shutil.copytree(FOLDER / request.param, tmp_path / "area"))


def test_a_golden_area_opens_verifies_and_gives_its_files(golden: Path) -> None:
    with open_area(golden) as archive:
        assert list(archive.verify()) == []
        found = instances_of(archive)
        assert found
        for uid, instance in found.items():
            with instance.open() as file:
                assert file.read() in [path.read_bytes() for path in golden.glob("*.dcm")]
            assert instance.dataset().SOPInstanceUID == uid


def test_a_folder_with_an_index_dat_opens_without_configuration(golden: Path) -> None:
    with fileroom.open(golden) as archive:
        assert archive.config.index.name == "linear"
        assert archive.count("instance") > 0


@pytest.fixture
def area(tmp_path: Path) -> Path:
    """An area of dcmqrscp's, with two studies of two images."""
    folder = tmp_path / "area"
    folder.mkdir()
    with Server(folder) as server:
        server.store(*make_files(tmp_path / "source", studies=2, images=2))
    return folder


@pytest.fixture
def archive(area: Path) -> Iterator[Archive]:
    with open_area(area) as archive:
        yield archive


@needs_dcmtk
def test_an_area_of_dcmqrscps_gives_what_was_sent(archive: Archive, tmp_path: Path) -> None:
    sent = {identity_of(path).sop_instance_uid: path for path in (tmp_path / "source").iterdir()}
    found = instances_of(archive)
    assert found.keys() == sent.keys()
    for uid, instance in found.items():
        with instance.open() as file:
            assert file.read()[-200:] == sent[uid].read_bytes()[-200:]
    assert list(archive.verify()) == []


@needs_dcmtk
def test_what_dcmtk_stored_and_is_imported_again_is_already_there(archive: Archive, area: Path) -> None:
    stored = sorted(area.glob("CT_*.dcm"))
    copies = [path.read_bytes() for path in stored]
    for data in copies:
        assert archive.store(data).status == "already_stored"
    assert sorted(area.glob("CT_*.dcm")) == stored
    assert archive.store(copies[0] + bytes(2)).status == "conflict"
    assert list(archive.verify()) == []
    check_agreement(area)


@needs_dcmtk
def test_files_of_dcmtks_are_the_archives_to_delete(archive: Archive, area: Path) -> None:
    (study,) = archive.find("study", PatientID="P0")
    study.delete()
    assert len(list(area.glob("CT_*.dcm"))) == 2
    archive.delete([one.id for one in archive.find("patient")])
    assert list(area.glob("*.dcm")) == []
    check_agreement(area)


@needs_dcmtk
def test_originals_that_dcmqridx_registered_are_never_deleted(tmp_path: Path) -> None:
    area = tmp_path / "area"
    area.mkdir()
    files = make_files(tmp_path / "source", images=3)
    register(area, *files)
    before = content_of(tmp_path / "source")
    with open_area(area) as archive:
        archive.delete([one.id for one in archive.find("instance")])
        archive.sweep(grace=0)
    assert content_of(tmp_path / "source") == before


@needs_dcmtk
def test_a_rebuild_reads_what_index_dat_lacks(archive: Archive, area: Path) -> None:
    dataset = make_instance(
        patient_id="B", rows=0, tags={"InstitutionName": "Spital", "ImageComments": "c" * 500}
    )
    path = area.with_name("b.dcm")
    path.write_bytes(dataset)
    register(area, path)
    assert archive.count("instance") == 5
    with pytest.raises(KeyNotIndexedError, match="fileroom rebuild"):
        archive.count("study", InstitutionName="Spital")
    assert archive.rebuild().refreshed == 5
    assert archive.count("study", InstitutionName="Spital") == 1
    (instance,) = archive.find("instance", PatientID="B")
    assert instance["ImageComments"] == "c" * 500
    register(area, *make_files(area.with_name("more"), patient="Q"))
    with pytest.raises(KeyNotIndexedError, match="fileroom rebuild"):
        archive.count("study", InstitutionName="Spital")
    check_agreement(area)


@needs_dcmtk
def test_a_digest_is_kept_once_equal_bytes_proved_whose_it_is(archive: Archive, area: Path) -> None:
    path = min(area.glob("CT_*.dcm"))
    data = path.read_bytes()
    header = HeaderReader(archive.header_tags).read(data)
    digest = f"md5:{hashlib.md5(data, usedforsecurity=False).hexdigest()}"
    file = AttachmentRecord(1, str(uuid.uuid4()), len(data), digest, "elsewhere", len(data), digest)
    id_ = header.identity.public_id(Level.INSTANCE)
    assert archive.index.held([id_])[id_].digest == digest
    assert archive.details(id_).attachments[0].digest == ""
    (outcome,) = archive.index.commit([Entry(header, file)])
    assert (outcome.status, outcome.garbage) == ("already_stored", ("elsewhere",))
    assert archive.details(id_).attachments[0].digest == digest
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    (finding,) = archive.verify()
    assert finding.problem == "digest"


@needs_dcmtk
def test_another_patients_bytes_do_not_get_a_digest_that_vouches_for_them(
    archive: Archive, area: Path
) -> None:
    path = min(area.glob("CT_*.dcm"))
    right = path.read_bytes()
    header = HeaderReader(archive.header_tags).read(right)
    instance = archive.get(header.identity.public_id(Level.INSTANCE))
    path.write_bytes(make_instance(patient_id="SOMEBODY ELSE", rows=0))
    assert archive.store(right).status == "conflict"
    with pytest.raises(IntegrityError):
        instance.attachments["dicom"].read()
    assert {one.problem for one in archive.verify()} & {"identity", "size"}

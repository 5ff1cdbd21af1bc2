"""Asking whether objects are de-identified: the processor and the command."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset

import fileroom
from fileroom.documents import Document
from fileroom.errors import DocumentError, InvalidDatasetError, NotFoundError
from fileroom.plugin import DocumentName, Processor
from fileroom.testing.processor import ProcessorContract
from fileroom_plugins.deidentify import deidentify, is_anonymous
from fileroom_plugins.deidentify.anonymous import Anonymous
from fileroom_plugins.deidentify.asking import Options
from tests.integration.cli_runs import run, run_json
from tests.plugins.deidentify.samples import CT, IDENTIFIER, NAME, as_bytes, dataset

SITE = b'[groups]\nother = "keep"\n[attributes]\nPatientComments = "remove"\nInstitutionName = "empty"\n'
WHO = (NAME.partition("^")[0], IDENTIFIER)


class TestAnonymousProcessor(ProcessorContract):
    @pytest.fixture
    def processor(self) -> Processor:
        return Anonymous(Options())


def text_item(text: str) -> Dataset:
    """Return a content item."""
    made = Dataset()
    made.RelationshipType, made.ValueType, made.TextValue = "CONTAINS", "TEXT", text
    return made


def _answer(data: bytes, document: bytes | None = None) -> dict[str, Any]:
    given = None if document is None else DocumentName.of(Document("site.toml", "anonymity", document))
    (product,) = Anonymous(Options(document=given)).process(io.BytesIO(data))
    answer: dict[str, Any] = json.loads(product.data)
    assert product.metadata == {"anonymous": "yes" if answer["anonymous"] else "no"}
    assert answer["anonymous"] == (not answer["remaining"])
    return answer


def test_each_attribute_that_is_left_is_named_with_what_should_become_of_it_and_no_value() -> None:
    made = deidentify(as_bytes(dataset())).dataset
    made.PatientSex = "M"
    made.private_block(0x0009, "Who^Ever", create=True).add_new(1, "LO", "x")
    answer = _answer(as_bytes(made))
    left = [(one["path"], one["keyword"], one["action"]) for one in answer["remaining"]]
    assert left == [("00091001", "", "X"), ("00100040", "PatientSex", "Z")]
    assert {one["rule"] for one in answer["remaining"]} == {"basic", "private"}
    assert "Who" not in json.dumps(answer)


def test_an_object_that_does_not_say_so_is_not_anonymous_whatever_is_in_it() -> None:
    made = deidentify(as_bytes(dataset())).dataset
    assert _answer(as_bytes(made))["anonymous"]
    made.PatientIdentityRemoved = "NO"
    (left,) = _answer(as_bytes(made))["remaining"]
    assert (left["path"], left["keyword"]) == ("00120062", "PatientIdentityRemoved")


def test_items_are_counted_on_the_way() -> None:
    made = deidentify(as_bytes(dataset())).dataset
    made.AnatomicRegionSequence = [Dataset(), Dataset()]
    made.AnatomicRegionSequence[1].PatientComments = "x"
    (left,) = _answer(as_bytes(made))["remaining"]
    assert left["path"] == "00082218[2].00104000"


@pytest.mark.parametrize("comments", ["", "x", None])
def test_it_answers_as_the_function_does(comments: str | None) -> None:
    attributes = {} if comments is None else {"PatientComments": comments}
    data = as_bytes(dataset(PatientIdentityRemoved="YES", InstitutionName="", **attributes))
    document = Document("site.toml", "anonymity", SITE)
    answer = _answer(data, SITE)
    assert answer["anonymous"] == is_anonymous(data, document) == (comments is None)
    assert answer["profile"] == "site.toml"


def test_a_document_is_named_as_elsewhere(tmp_path: Path) -> None:
    anonymous = as_bytes(dataset(PatientIdentityRemoved="YES", InstitutionName=""))
    told = as_bytes(dataset(PatientIdentityRemoved="YES", PatientComments="x"))
    (tmp_path / "site.toml").write_bytes(SITE)
    for name in ("site", str(tmp_path / "site.toml")):
        with fileroom.open(tmp_path / "archive") as archive:
            archive.documents.insert("site", "anonymity", SITE)
            for data, expected in ((anonymous, True), (told, False)):
                instance = archive.store(data).instance
                assert instance is not None
                assert is_anonymous(instance, name) == expected
                archive.delete([instance.id])
    assert is_anonymous(anonymous, str(tmp_path / "site.toml"))
    assert not is_anonymous(as_bytes(dataset()), "ordcman.xml")
    with pytest.raises(NotFoundError):
        is_anonymous(anonymous, "site")


def test_damage_and_wrong_documents_are_one_error() -> None:
    with pytest.raises(InvalidDatasetError):
        _answer(as_bytes(dataset())[:400])
    with pytest.raises(DocumentError, match=r"site\.toml:1"):
        _answer(as_bytes(dataset()), b"[attributes\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with an object that is de-identified and one that is not."""
    folder = tmp_path / "objects"
    folder.mkdir()
    (folder / "1.dcm").write_bytes(deidentify(as_bytes(dataset())).data)
    (folder / "2.dcm").write_bytes(as_bytes(dataset(SOPInstanceUID="1.2.3.4.5.2", PatientComments="x")))
    return folder


def test_the_command_tells_of_one_file(folder: Path) -> None:
    assert run("anonymous", folder / "1.dcm").stdout == "anonymous\n"
    said = run("anonymous", folder / "2.dcm", code=1).stdout
    rows = [line.split() for line in said.splitlines()]
    assert ["00104000", "PatientComments", "X", "basic"] in rows
    assert said.endswith("not anonymous\n")
    assert not any(who in said for who in WHO)


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_command_tells_of_folders_and_goes_on_after_what_cannot_be_read(folder: Path, jobs: int) -> None:
    (folder / "3.dcm").write_bytes((folder / "2.dcm").read_bytes()[:400])
    result = run("anonymous", folder, "-j", jobs, code=1)
    assert result.stdout.endswith("1 object anonymous, 1 not; 1 object could not be read\n")
    assert "3.dcm: damaged" in result.stderr
    told = {Path(one["object"]).name: one for one in run_json("anonymous", folder, code=1)}
    assert told["1.dcm"] == {"object": str(folder / "1.dcm"), "anonymous": True, "remaining": []}
    assert {"path", "keyword", "action", "rule"} == set(told["2.dcm"]["remaining"][0])
    assert "damaged" in told["3.dcm"]["reason"]


def test_a_document_decides_by_name_or_file(folder: Path, tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_bytes(b'[attributes]\nPatientIdentityRemoved = "remove"\n[groups]\nother = "keep"\n')
    run("anonymous", folder / "1.dcm", "--document", site, code=1)
    run("anonymous", folder / "1.dcm", "--document", "basic")
    assert (
        "no anonymity document" in run("anonymous", folder / "1.dcm", "--document", "none.xml", code=1).stderr
    )


def test_in_an_archive_it_takes_searches_and_what_is_kept_can_be_searched_for(
    folder: Path, tmp_path: Path
) -> None:
    where = tmp_path / "archive"
    run("-a", where, "import", folder)
    told = run_json("-a", where, "anonymous", "instance", code=1)
    assert sorted(one["anonymous"] for one in told) == [False, True]
    with fileroom.open(where) as archive:
        archive.process_many(archive.find("instance"), "anonymous")
        (found,) = archive.find("instance", metadata={"anonymous": "no"})
        assert found.tags["PatientID"] == IDENTIFIER
        kept = json.loads(found.attachments["anonymity"].read())
    assert kept["remaining"] == next(one["remaining"] for one in told if not one["anonymous"])


PDF = "1.2.840.10008.5.1.4.1.1.104.1"
SR = "1.2.840.10008.5.1.4.1.1.88.33"
STRUCTURES = "1.2.840.10008.5.1.4.1.1.481.3"


@pytest.mark.parametrize(
    ("sop_class", "attributes"),
    [
        (CT, {"PatientName": "Novak^Anna"}),
        (CT, {"PatientID": "4711"}),
        (CT, {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4.1", "AcquisitionDateTime": "20240229101112"}),
        (CT, {"BurnedInAnnotation": "YES"}),
        (STRUCTURES, {"StructureSetLabel": "Novak Anna 4711"}),
        (PDF, {"EncapsulatedDocument": b"%PDF-1.7 report of Novak Anna"}),
        (SR, {"ContentSequence": [text_item("Rosalinde Vorderegger, born 16.8.1942")]}),
    ],
)
def test_what_is_a_dummy_in_what_was_de_identified_is_none_in_what_was_not(
    sop_class: str, attributes: dict[str, Any]
) -> None:
    before = {"EncapsulatedDocument": b"%PDF-1.4 x", "MIMETypeOfEncapsulatedDocument": "application/pdf"}
    more = before if sop_class == PDF else {}
    content = {"ContentSequence": [text_item("x")]} if sop_class == SR else {}
    made = deidentify(as_bytes(dataset(sop_class, StructureSetLabel="x", **more, **content))).dataset
    assert is_anonymous(as_bytes(made))
    for keyword, value in attributes.items():
        setattr(made, keyword, value)
    left = {one["keyword"] for one in _answer(as_bytes(made))["remaining"]}
    assert left == set(attributes) - {"SOPClassUID"}

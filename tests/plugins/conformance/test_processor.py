"""The processor: the contract of all processors, and what it keeps."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

import fileroom
from fileroom.content_types import CONFORMANCE
from fileroom.errors import InvalidDatasetError, NotDicomError
from fileroom.plugin import Document, DocumentName
from fileroom.testing.datasets import make_instance
from fileroom.testing.processor import ProcessorContract
from fileroom_plugins.conformance import Options, check
from fileroom_plugins.conformance.processor import Conformance

RULES = Document(
    "site",
    "constraint",
    b"""
[[rule]]
name = "Named"

[[rule.check]]
that = 'InstitutionName == "Ours"'
message = "it is not one of ours"
severity = "warning"
""",
)


class TestConformance(ProcessorContract):
    @pytest.fixture
    def processor(self) -> Conformance:
        return Conformance(Options())


def test_messages_are_kept_as_json_and_what_they_come_to_as_metadata(tmp_path: Path) -> None:
    with fileroom.open(tmp_path) as archive:
        archive.store(make_instance())
        (instance,) = archive.find("instance")
        (attachment,) = instance.process("conformance")
        rows = json.loads(instance.attachments[CONFORMANCE.number].read())
        assert attachment.content_type == CONFORMANCE.number
        assert all(set(row) == {"path", "severity", "rule", "message", "attribute"} for row in rows)
        assert instance.metadata["conformance"] in {"ok", "warnings", "errors"}


def test_a_report_without_messages_tells_what_was_asked(tmp_path: Path) -> None:
    with fileroom.open(tmp_path) as archive:
        archive.documents.insert("base", "constraint", RULES.data)
        for name in (b"Own", b"Our"):
            house = b'include = ["base"]\n' + RULES.data.replace(b"Named", name)
            archive.documents.insert("house", "constraint", house)
        archive.store(make_instance())
        (instance,) = archive.find("instance")
        instance.process("conformance", rules=["house", "site-basics"])
        asked = "standard, house (version 2), base (version 1), site-basics"
        assert instance.metadata["conformance-rules"] == asked
        instance.process("conformance", rules=["house"], only=["Our"], standard=False)
        assert instance.metadata["conformance-rules"] == "Our of house (version 2)"


def test_a_patient_is_checked_instance_by_instance(tmp_path: Path) -> None:
    with fileroom.open(tmp_path) as archive:
        for number in range(3):
            archive.store(make_instance(instance_number=number))
        (patient,) = archive.find("patient")
        patient.process("conformance")
        assert all("conformance" in one.metadata for one in archive.find("instance"))


def test_the_standard_can_be_left_out() -> None:
    assert check(make_instance(), standard=False) == []


def test_documents_have_their_say_beside_the_standard() -> None:
    (message,) = check(make_instance(), [RULES], standard=False)
    assert message.message == "it is not one of ours"
    assert message in check(make_instance(), [RULES])


def test_an_object_too_damaged_for_documents_still_has_its_messages() -> None:
    damaged = make_instance()[:400]
    processor = Conformance(Options(rules=(DocumentName.of(RULES),)))
    (product,) = processor.process(io.BytesIO(damaged))
    assert "encoding/truncated" in {row["rule"] for row in json.loads(product.data)}
    assert product.metadata["conformance"] == "errors"


@pytest.mark.parametrize("data", [b"", b"\0" * 200, b"%PDF-1.7 and so on", bytes(128) + b"DICM"])
def test_what_is_no_dicom_at_all_is_an_error(data: bytes) -> None:
    with pytest.raises(NotDicomError, match="no DICOM file"):
        check(data)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(fileroom.NotFoundError, match="cannot be read"):
        check(tmp_path / "none.dcm")


def test_a_dataset_that_cannot_be_written_is_an_error() -> None:
    from pydicom import Dataset
    from pydicom.dataelem import DataElement

    dataset = Dataset()
    dataset.add(DataElement(0x00280010, "US", "many", already_converted=True))
    with pytest.raises(InvalidDatasetError, match="cannot be written"):
        check(dataset)

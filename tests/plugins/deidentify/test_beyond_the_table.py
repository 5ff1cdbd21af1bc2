"""What the standard's table does not list, and tells who, when or where, goes likewise."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom import Dataset

from fileroom_plugins.deidentify.standard_profile import table
from fileroom_plugins.deidentify.unlisted import unlisted
from tests.plugins.deidentify.samples import after, dataset

PDF = "1.2.840.10008.5.1.4.1.1.104.1"


def item(**attributes: Any) -> Dataset:
    made = Dataset()
    for keyword, value in attributes.items():
        setattr(made, keyword, value)
    return made


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("PatientBirthDateInAlternativeCalendar", "5702-12-02"),
        ("PatientDeathDateInAlternativeCalendar", "1445-09-21"),
        ("HL7InstanceIdentifier", "2.16.756.5.30.1.1^A77-55"),
        ("PlacerOrderNumberProcedure", "A77"),
        ("FillerOrderNumberProcedure", "A77"),
        ("RetrieveURL", "https://pacs.example.org/wado?pid=4815A"),
        ("RetrieveURI", "https://pacs.example.org/patient?case=77A"),
        ("PixelDataProviderURL", "http://10.1.2.3/pat/4815A"),
        ("StorageURL", "http://10.1.2.3/4815A"),
        ("ContactURI", "tel:0792223344"),
        ("ContactDisplayName", "Sr. Keller"),
        ("StorageMediaFileSetID", "MEIERHOFER"),
        ("OwnerID", "NOVAK"),
        ("PatientBodyMassIndex", "31.2"),
        ("CodingSchemeResponsibleOrganization", "Kantonsspital"),
        ("DocumentTitle", "about Mrs. Novak"),
        ("ContentDescription", "about Mrs. Novak"),
        ("GraphicLayerDescription", "of Dr. Keller"),
        ("DoseComment", "for Novak"),
        ("TreatmentStatusComment", "Novak is ill"),
        ("CommentsOnPatientPerformanceOfVisualField", "Novak is tired"),
        ("BlockName", "Novak"),
        ("PatientSetupLabel", "Novak"),
        ("FixationDeviceLabel", "mask of Novak"),
    ],
)
def test_names_numbers_addresses_and_comments_go(keyword: str, value: str) -> None:
    assert after(dataset(**{keyword: value})).get(keyword) in {None, "", "urn:anonymized"}


@pytest.mark.parametrize("keyword", ["IssuerOfPatientIDQualifiersSequence", "EncryptedAttributesSequence"])
def test_sequences_of_issuers_and_of_an_earlier_de_identification_go(keyword: str) -> None:
    inner = item(UniversalEntityID="2.16.756.5.30", EncryptedContent=b"secrets.")
    attributes: dict[str, Any] = {keyword: [inner]}
    assert keyword not in after(dataset(**attributes))


@pytest.mark.parametrize(
    ("option", "keyword", "value", "expected"),
    [
        ("clean-descriptors", "DoseComment", "for Testarossa, left", "for #, left"),
        ("clean-descriptors", "RetrieveURL", "https://example.org/", None),
        ("retain-institution", "CodingSchemeResponsibleOrganization", "City Clinic", "City Clinic"),
        ("retain-device", "DeviceID", "D77", "D77"),
        ("retain-patient-characteristics", "PatientBodyMassIndex", "31.2", "31.2"),
    ],
)
def test_options_treat_them_as_their_like(
    option: str, keyword: str, value: str, expected: str | None
) -> None:
    assert after(dataset(**{keyword: value}), option).get(keyword) == expected


def test_codes_that_are_written_as_urns_and_names_of_segments_stay() -> None:
    segment = item(SegmentNumber=1, SegmentLabel="Liver")
    region = item(URNCodeValue="urn:oid:1.2.3", CodeMeaning="x")
    found = after(dataset(SegmentSequence=[segment], AnatomicRegionSequence=[region]))
    assert found.SegmentSequence[0].SegmentLabel == "Liver"
    assert found.AnatomicRegionSequence[0].URNCodeValue == "urn:oid:1.2.3"


def test_the_table_goes_before_the_additions() -> None:
    both = set(unlisted()) & set(table())
    made = after(dataset(StudyTime="101112", OperatorsName="Keller^A"))
    assert 0x0008_0030 in both
    assert (made.StudyTime, "OperatorsName" in made) == ("", False)


def document(mime_type: str, data: bytes) -> Dataset:
    return after(
        dataset(
            PDF,
            MIMETypeOfEncapsulatedDocument=mime_type,
            EncapsulatedDocument=data,
            EncapsulatedDocumentLength=len(data),
        )
    )


@pytest.mark.parametrize(
    ("mime_type", "data", "begins"),
    [
        ("application/pdf", b"\n%PDF-1.7 Testarossa", b"%PDF-1.4"),
        ("text/XML", b"<?xml version='1.0'?><ClinicalDocument>Testarossa", b"<?xml"),
        ("text/xml", b"\xef\xbb\xbf\r\n<ClinicalDocument>Testarossa", b"<?xml"),
        ("model/obj", b"o Testarossa\nv 1 1 1\n", b"#"),
        ("model/mtl", b"newmtl Testarossa\n", b"#"),
        ("application/x-other", b"Testarossa", b"\0\0"),
    ],
)
def test_documents_of_all_kinds_become_one_of_the_kind_that_says_nothing(
    mime_type: str, data: bytes, begins: bytes
) -> None:
    made = document(mime_type, data)
    assert made.EncapsulatedDocument.startswith(begins)
    assert b"Testarossa" not in made.EncapsulatedDocument
    assert len(made.EncapsulatedDocument) - made.EncapsulatedDocumentLength in {0, 1}


def test_a_model_becomes_one_of_no_facets() -> None:
    made = document("model/stl", b"Testarossa".ljust(80) + (1).to_bytes(4, "little") + bytes(50))
    assert made.EncapsulatedDocument == b"ANONYMIZED".ljust(80) + bytes(4)


@pytest.mark.parametrize("count", [40, 400])
def test_lists_of_names_and_numbers_are_known_however_long_they_are(count: int) -> None:
    letters = str.maketrans("0123456789", "abcdefghij")
    names = [f"Vorderegger{number:03}^Anna".translate(letters) for number in range(count)]
    numbers = [f"KIS-{77770 + 13 * number:06}" for number in range(count)]
    text = f"CT of {names[-1].partition('^')[0]}, {numbers[-1]}"
    made = dataset(OtherPatientNames=names, OtherPatientIDs=numbers, StudyDescription=text)
    assert after(made, "clean-descriptors").StudyDescription == "CT of #, #"

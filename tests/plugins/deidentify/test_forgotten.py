"""What is kept since no rule names it clears nothing else; what a rule names is meant to stay."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom import Dataset

from fileroom.errors import NotSupportedError
from fileroom.plugin import Document, DocumentName
from fileroom_plugins.deidentify import Options, deidentify
from tests.plugins.deidentify.samples import BIRTH, IDENTIFIER, NAME, as_bytes, dataset

PATIENT = 'PatientName = "dummy"\nPatientID = "dummy"\nPatientBirthDate = "empty"\n'
SITE = f'base = "none"\n[attributes]\n{PATIENT}'
FAMILY = NAME.partition("^")[0]


def left(made: Dataset, *options: str, document: str = "") -> set[str]:
    """Return the keywords of the attributes in which something was found."""
    named = DocumentName.of(Document("site.toml", "anonymity", document.encode())) if document else None
    given = Options(options=options, document=named, check="report")
    return {one.keyword for one in deidentify(as_bytes(made), given).report.residual or ()}


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("OtherPatientNames", NAME), ("ResponsiblePerson", NAME), ("OtherPatientIDs", IDENTIFIER)],
)
def test_a_copy_that_a_document_forgot_clears_neither_itself_nor_a_text(keyword: str, value: str) -> None:
    made = dataset(StudyDescription=f"CT {FAMILY} {IDENTIFIER}", **{keyword: value})
    assert left(made, document=SITE) == {"StudyDescription", keyword}


def test_such_an_object_is_refused_and_the_attributes_are_counted_once() -> None:
    made = dataset(StudyDescription=f"CT {FAMILY} {IDENTIFIER}", OtherPatientNames=NAME)
    document = DocumentName.of(Document("site.toml", "anonymity", SITE.encode()))
    with pytest.raises(NotSupportedError, match="found in 2 attributes"):
        deidentify(as_bytes(made), Options(document=document))


@pytest.mark.parametrize("keyword", ["FiducialIdentifier", "OpticalPathIdentifier", "TrackingID", "ImageID"])
def test_an_attribute_that_the_profile_keeps_clears_no_identifier(keyword: str) -> None:
    made = dataset(SequenceName=IDENTIFIER, **{keyword: IDENTIFIER})
    assert left(made) == {"SequenceName", keyword}


def test_what_an_option_retains_is_no_finding_and_clears_no_name_elsewhere() -> None:
    made = dataset(PatientName="Winterthur^Anna", InstitutionName="Spital Winterthur")
    assert left(made, "retain-institution") == set()
    made.SequenceName = "winterthur"
    assert left(made, "retain-institution") == {"SequenceName"}
    made.InstitutionName = "Winterthur, Anna"
    assert left(made, "retain-institution") == {"InstitutionName", "SequenceName"}


def test_a_serial_number_that_is_retained_may_stand_elsewhere_and_the_patients_id_may_not() -> None:
    made = dataset(DeviceSerialNumber="SN-77123", SequenceName="SN-77123", DetectorID="SN-77123")
    assert left(made, "retain-device") == set()
    made.PatientID = "SN-77123"
    assert "SequenceName" in left(made, "retain-device")


def test_the_study_date_of_a_newborn_may_be_retained() -> None:
    made = dataset(PatientBirthDate="20240229", StudyDate="20240229", SeriesDate="20240229")
    assert left(made, "retain-full-dates") == set()


def test_removing_a_sequence_says_nothing_of_what_stays_elsewhere_but_of_the_patient() -> None:
    request = Dataset()
    request.AccessionNumber, request.StudyInstanceUID = "ACC7788123", "1.2.3.4.5.2"
    made = dataset(AccessionNumber="ACC7788123", RequestAttributesSequence=[request])
    rules = f'{SITE}RequestAttributesSequence = "remove"\n'
    assert left(made, document=rules) == set()
    request.PatientID = made.AccessionNumber = IDENTIFIER
    assert left(made, document=rules) == {"AccessionNumber"}


def test_a_name_that_a_document_keeps_on_purpose_is_none_that_was_forgotten() -> None:
    rules = 'base = "basic"\n[attributes]\nPatientName = "keep"\n'
    assert left(dataset(OtherPatientNames=NAME), document=rules) == set()


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("SeriesNumber", BIRTH),
        ("SliceThickness", BIRTH),
        ("SliceThickness", "48151623.0"),
        ("SequenceName", "48151623"),
    ],
)
def test_numbers_of_the_patient_count_as_numbers_too(keyword: str, value: str) -> None:
    assert left(dataset(**{keyword: value})) == {keyword}


@pytest.mark.parametrize("number", ["4711", "A12", "K-77"])
def test_a_short_number_of_the_patient_counts_where_it_is_all_of_a_text(number: str) -> None:
    assert left(dataset(PatientID=number, SequenceName=number)) == {"SequenceName"}
    assert left(dataset(PatientID=number, SequenceName=f"t{number}x")) == set()


@pytest.mark.parametrize(
    ("sop_class", "attributes"),
    [
        ("1.2.840.10008.5.1.4.1.1.2", {"TherapyDescription": FAMILY.upper()}),
        ("1.2.840.10008.5.1.4.1.1.2", {"BodyPartExamined": FAMILY.upper()}),
        ("1.2.840.10008.5.1.4.1.1.2", {"ScanOptions": "QUIRINA_TESTAROS"}),
        ("1.2.840.10008.5.1.4.1.1.2", {"ManufacturerModelName": "CT of Mrs Quirina Testarossa"}),
        ("1.2.840.10008.5.1.4.1.1.2", {"SoftwareVersions": "Testarossa Quirina"}),
    ],
)
def test_labels_and_full_names_count_where_single_words_are_a_coincidence(
    sop_class: str, attributes: dict[str, Any]
) -> None:
    name = "Testaros^Quirina" if "ScanOptions" in attributes else NAME
    assert left(dataset(sop_class, PatientName=name, **attributes)) == set(attributes)


@pytest.mark.parametrize(
    ("name", "number", "attributes"),
    [
        ("Bone^John", "1", {"ConvolutionKernel": "BONE"}),
        ("Head^Kelly", "1", {"FilterType": "HEAD FILTER"}),
        ("Standard^Soft", "1", {"ConvolutionKernel": "STANDARD"}),
        ("Fast^Spin", "1", {"SequenceName": "fast_spin"}),
        ("Lung^Window", "1", {"WindowCenterWidthExplanation": ["LUNG", "WINDOW1"]}),
        ("Chest^Anna", "1", {"BodyPartExamined": "CHEST"}),
        ("Iso^Ir", "1", {"SpecificCharacterSet": "ISO_IR 100"}),
        (NAME, "AXIAL", {"ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"]}),
        (NAME, "ORIGINAL", {"ImageType": ["ORIGINAL", "PRIMARY"]}),
        (NAME, "100000", {"ExposureInuAs": "100000"}),
    ],
)
def test_words_and_numbers_that_images_have_anyway_refuse_nobody(
    name: str, number: str, attributes: dict[str, Any]
) -> None:
    assert left(dataset(PatientName=name, PatientID=number, **attributes)) == set()


def test_such_a_word_counts_where_people_write() -> None:
    rules = f'{SITE}StudyDescription = "keep"\n'
    assert left(dataset(PatientName="Bone^John", StudyDescription="Mr. Bone"), document=rules) == {
        "StudyDescription"
    }

"""What a new object says of itself is what was done, and no more."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom import Dataset

from fileroom.plugin import Document, DocumentName
from fileroom_plugins.deidentify import Options, deidentify
from fileroom_plugins.deidentify.deidentifier import Result
from tests.plugins.deidentify.samples import BIRTH, NAME, as_bytes, dataset

PATIENT = 'PatientName = "dummy"\nPatientID = "dummy"\n'


def made_by(rules: str, made: Dataset | None = None) -> Result:
    document = DocumentName.of(Document("site.toml", "anonymity", rules.encode()))
    return deidentify(as_bytes(made or dataset()), Options(document=document, check="off"))


def codes(found: Dataset) -> list[str]:
    return [one.CodeValue for one in found.get("DeidentificationMethodCodeSequence", [])]


@pytest.mark.parametrize(
    "rules",
    [
        "",
        '[groups]\nother = "keep"\n',
        '[attributes]\nPatientName = "dummy"\n',
        'base = "basic"\n[attributes]\nPatientID = "keep"\n',
        'base = "basic"\n[attributes]\nOtherPatientNames = "keep"\n',
    ],
)
def test_an_object_whose_identity_stays_says_so(rules: str) -> None:
    result = made_by(rules, dataset(OtherPatientNames=NAME))
    assert result.dataset.PatientIdentityRemoved == "NO"
    assert "DeidentificationMethod" not in result.dataset
    assert codes(result.dataset) == []
    assert result.report.undone == ("Patient Identity Removed",)


def test_what_says_already_that_the_identity_was_removed_goes_on_saying_so() -> None:
    once = deidentify(as_bytes(dataset())).dataset
    again = made_by("", once).dataset
    assert again.PatientIdentityRemoved == "YES"
    assert codes(again) == ["113100"]


@pytest.mark.parametrize(
    "rules",
    [
        '[attributes]\nPatientBirthDate = "keep"\n',
        '[attributes]\nStudyDate = "shift"\n',
        '[attributes]\n"00081140.00081155" = "keep"\n',
        '[groups]\nprivate = "keep"\n',
        '[groups]\nundefined = "keep"\n',
        '[vr]\nDS = "keep"\n',
        '[private."ACME"]\n"0009xx01" = "keep"\n',
        '[attributes]\nStudyDescription = { pattern = "a", replace = "b" }\n',
    ],
)
def test_a_rule_that_leaves_more_than_the_profile_takes_its_code_away(rules: str) -> None:
    found = made_by(f'base = "basic"\n{rules}').dataset
    assert codes(found) == []
    assert found.PatientIdentityRemoved == "YES"
    assert found.DeidentificationMethod == "site.toml"


@pytest.mark.parametrize(
    "rules",
    [
        "",
        '[attributes]\nPatientName = { replace = "nobody" }\nRows = "keep"\nStationName = "remove"\n',
        '[groups]\nprivate = "remove"\nother = "keep"\n',
    ],
)
def test_a_rule_that_leaves_no_more_does_not(rules: str) -> None:
    assert codes(made_by(f'base = "basic"\n{rules}').dataset) == ["113100"]


def test_what_an_option_keeps_a_document_may_keep_too() -> None:
    rules = 'base = "basic"\noptions = ["retain-device"]\n[attributes]\nStationName = "keep"\n'
    assert codes(made_by(rules).dataset) == ["113100", "113109"]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (f"[attributes]\n{PATIENT}", "UNMODIFIED"),
        (f'[attributes]\n{PATIENT}StudyDate = "shift"\n', "MODIFIED"),
        (f'[attributes]\n{PATIENT}[vr]\nDA = "remove"\nDT = "remove"\n', "REMOVED"),
        ('base = "basic"\n', "REMOVED"),
        ('base = "basic"\noptions = ["retain-full-dates"]\n', "UNMODIFIED"),
        ('base = "basic"\n[attributes]\nAcquisitionDate = "keep"\n', "UNMODIFIED"),
        ('base = "basic"\n[attributes]\nPatientBirthDate = "keep"\n', "REMOVED"),
    ],
)
def test_dates_are_said_to_be_what_the_rules_make_of_them(rules: str, expected: str) -> None:
    assert made_by(rules).dataset.LongitudinalTemporalInformationModified == expected


def test_a_document_of_oracle_claims_no_more_either() -> None:
    rules = '<ANONYMITY_RULE_DOCUMENT xmlns="http://xmlns.oracle.com/ord/dicom/anonymity_1_0"/>'
    found = made_by(rules).dataset
    assert (found.PatientIdentityRemoved, found.LongitudinalTemporalInformationModified) == (
        "NO",
        "UNMODIFIED",
    )


def retained(uid: str, *options: str, **attributes: Any) -> Result:
    made = dataset(**attributes)
    made.StudyInstanceUID = uid
    return deidentify(as_bytes(made), Options(options=("retain-uids", *options)))


@pytest.mark.parametrize(
    ("uid", "number"),
    [
        ("1.2.840.113619.2.55.48151623.7", "48151623"),
        ("1.2.840.113619.2.55.48151623.7", "QX-0048151623"),
        (f"1.2.840.113619.2.55.{BIRTH}.7", "4711"),
        (f"1.2.840.113619.2.55.{BIRTH}101112.7", "4711"),
    ],
)
@pytest.mark.parametrize("option", ["retain-full-dates", "retain-modified-dates"])
def test_a_uid_that_holds_a_number_of_the_patient_is_not_retained(uid: str, number: str, option: str) -> None:
    result = retained(uid, option, PatientID=number)
    assert result.dataset.StudyInstanceUID.startswith("2.25.")
    assert result.dataset.SeriesInstanceUID == "1.2.3.4.5.3"
    assert "113110" not in codes(result.dataset)
    assert result.report.undone == ("Retain UIDs Option",)


@pytest.mark.parametrize("day", ["20240229", "20240229101112", "2024022910111245196417894"])
def test_a_uid_that_tells_a_date_is_retained_unless_dates_are_moved(day: str) -> None:
    uid = f"1.3.12.2.1107.5.2.32.35162.{day}.0"
    for option in ((), ("retain-full-dates",)):
        assert retained(uid, *option).dataset.StudyInstanceUID == uid
    assert retained(uid, "retain-modified-dates").dataset.StudyInstanceUID != uid


@pytest.mark.parametrize(
    "uid",
    [
        "1.2.840.113619.2.176.2025.1499492.7391.1171285944.390",
        "2.25.20240229101112451964178947391117128594",
        "1.2.3.20241399.4",
        "1.2.3.4.5.120240229",
    ],
)
def test_all_other_uids_are_retained(uid: str) -> None:
    result = retained(uid)
    assert result.dataset.StudyInstanceUID == uid
    assert "113110" in codes(result.dataset)
    assert result.report.undone == ()


def test_a_document_that_keeps_such_uids_is_told() -> None:
    made = dataset(PatientID="48151623")
    made.StudyInstanceUID = "1.2.840.113619.2.55.48151623.7"
    document = DocumentName.of(Document("site.toml", "anonymity", f"[attributes]\n{PATIENT}".encode()))
    report = deidentify(as_bytes(made), Options(document=document, check="report")).report
    assert [one.keyword for one in report.residual or ()] == ["StudyInstanceUID"]


def test_a_document_may_clean_uids_likewise() -> None:
    made = dataset(PatientID="48151623", FrameOfReferenceUID="1.2.3.4.5.7")
    made.StudyInstanceUID = "1.2.840.113619.2.55.48151623.7"
    rules = f'[attributes]\n{PATIENT}StudyInstanceUID = "clean"\nFrameOfReferenceUID = "clean"\n'
    found = made_by(rules, made).dataset
    assert found.StudyInstanceUID.startswith("2.25.")
    assert found.FrameOfReferenceUID == "1.2.3.4.5.7"


@pytest.mark.parametrize(
    "uid", ["1.2.840.10008.240229.101112.4711", "1.2.840.10008.1.2.4815.162", "1.2.840.10008.5.1.4.1.1.2.7"]
)
def test_only_uids_that_the_standard_registers_are_the_standards(uid: str) -> None:
    made = dataset(FrameOfReferenceUID="1.2.840.10008.1.4.1.1")
    made.SOPInstanceUID = made.StudyInstanceUID = uid
    found = deidentify(as_bytes(made)).dataset
    assert uid not in {found.SOPInstanceUID, found.StudyInstanceUID}
    assert found.FrameOfReferenceUID == "1.2.840.10008.1.4.1.1"

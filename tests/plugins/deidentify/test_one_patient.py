"""What tells one patient from others, however it was written."""

import pytest
from pydicom import Dataset

from fileroom_plugins.deidentify.keyed import KeyedPseudonyms
from fileroom_plugins.deidentify.pseudonyms import one_name
from tests.plugins.deidentify.samples import KEY, after, apply, dataset


def named(name: str) -> str:
    made = dataset(SpecificCharacterSet="ISO_IR 192", PatientName=name)
    return str(after(made).PatientName)


@pytest.mark.parametrize(
    "name",
    [
        "DOE^JANE^^^",
        "DOE^JANE^",
        "Doe^Jane",
        "DOE^JANE=",
        "DOE ^ JANE",
        "Doe^Jane=ドウ^ジェーン",
    ],
)
def test_one_patient_has_one_name_however_it_is_written(name: str) -> None:
    assert named(name) == named("DOE^JANE")


@pytest.mark.parametrize("name", ["DOE^JAN", "DOE JANE", "JANE^DOE", "DOE^^JANE", "=DOE^JAN"])
def test_other_names_stay_other_names(name: str) -> None:
    assert named(name) != named("DOE^JANE")


def test_a_name_without_a_first_group_is_that_of_the_next() -> None:
    assert one_name("=山田^太郎") == "山田^太郎"
    assert one_name("^^=^") == ""


def moved(**attributes: str) -> str:
    made = dataset(**{"PatientID": "", "StudyDate": "20240301"} | attributes)
    return str(after(made, "retain-modified-dates").StudyDate)


def test_patients_without_an_id_are_moved_by_days_of_their_own() -> None:
    assert moved(PatientName="Meyer^Anna") == moved(PatientName="MEYER^ANNA")
    assert moved(PatientName="Meyer^Anna") != moved(PatientName="Huber^Eva")
    assert moved(PatientName="Meyer^Anna", PatientBirthDate="19500101") != moved(PatientName="Meyer^Anna")


def test_studies_of_nobody_are_moved_by_days_of_their_own() -> None:
    one, same, other = (
        moved(PatientName="", StudyInstanceUID=uid, StudyDescription=text)
        for uid, text in (("1.2.3.1", "a"), ("1.2.3.1", "b"), ("1.2.3.2", "a"))
    )
    assert one == same != other


def became(**attributes: str) -> tuple[str, str]:
    made = after(dataset(StudyInstanceUID="1.2.3.9", **attributes), "retain-modified-dates")
    return str(made.PatientID), str(made.StudyDate)


def test_two_hospitals_patients_of_one_number_are_two() -> None:
    here, there = (became(PatientID="1", IssuerOfPatientID=one) for one in ("HOSP_A", "HOSP_B"))
    assert here == became(PatientID="1 ", IssuerOfPatientID=" HOSP_A")
    assert here[0] != there[0]
    assert here[1] != there[1]


def test_an_id_without_an_issuer_has_the_pseudonym_that_it_had() -> None:
    assert became(PatientID="1", IssuerOfPatientID="")[0] == KeyedPseudonyms(KEY).text("id", "1")
    assert became(PatientID="1")[0] == KeyedPseudonyms(KEY).text("id", "1")


@pytest.mark.parametrize("text", ["UNKNOWN", "unknown", "Anonymous", "NONE", "0", "000", "n/a", "-", "NO ID"])
def test_what_is_written_where_there_is_no_id_tells_no_patients_apart(text: str) -> None:
    one, other = (
        became(PatientID=text, PatientName="Meyer^Anna"),
        became(PatientID=text, PatientName="Huber^Eva"),
    )
    assert one[0] == other[0] == ""
    assert one[1] != other[1]
    assert one == became(PatientID="", PatientName="Meyer^Anna")


@pytest.mark.parametrize("text", ["10", "UNKNOWN-4711", "A0", "NONE1"])
def test_an_id_that_only_begins_so_is_one(text: str) -> None:
    assert became(PatientID=text)[0] == KeyedPseudonyms(KEY).text("id", text)


@pytest.mark.parametrize("vr", ["LO", "SH", "ST", "OB"])
def test_a_study_stays_one_whatever_vr_its_uid_was_written_as(vr: str) -> None:
    made = dataset()
    del made.StudyInstanceUID
    made.add_new(0x0020_000D, vr, b"1.2.3.4.5.2\0" if vr == "OB" else "1.2.3.4.5.2")
    found = after(made)["StudyInstanceUID"].value
    text = found.decode() if isinstance(found, bytes) else str(found)
    assert text.rstrip(" \0") == after(dataset()).StudyInstanceUID


def test_what_is_no_uid_does_not_pass_for_one_that_is_kept() -> None:
    made = dataset("1.2.840.10008.5.1.4.1.1.88.11", ContentSequence=[Dataset()])
    made.ContentSequence[0].add_new(0x0008_0118, "LO", "1.2.3.4 Frau Testarossa")
    for options in (("clean-structured-content",), ("clean-structured-content", "retain-uids")):
        assert b"Testarossa" not in apply(made, *options).data

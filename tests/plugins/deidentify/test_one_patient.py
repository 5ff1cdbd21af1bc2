"""What tells one patient from others, however it was written."""

import pytest

from fileroom_plugins.deidentify.pseudonyms import one_name
from tests.plugins.deidentify.samples import after, dataset


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

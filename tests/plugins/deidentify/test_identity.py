"""What an object says of people, wherever it says it."""

from typing import Any

import pytest
from pydicom import Dataset

from tests.plugins.deidentify.samples import after, dataset


def described(text: str, **attributes: Any) -> str:
    """Return what becomes of a description."""
    made = dataset(SpecificCharacterSet="ISO_IR 192", StudyDescription=text, **attributes)
    return str(after(made, "clean-descriptors").StudyDescription)


@pytest.mark.parametrize("vr", ["LO", "SH", "ST", "UT", "OB"])
def test_a_name_is_one_whatever_vr_the_file_has_for_it(vr: str) -> None:
    made = dataset(StudyDescription="CT Meyer")
    del made.PatientName
    made.add_new(0x0010_0010, vr, b"Meyer^Anna" if vr == "OB" else "Meyer^Anna")
    assert after(made, "clean-descriptors").StudyDescription == "CT #"


def test_dates_of_birth_are_known_at_any_depth() -> None:
    item = Dataset()
    item.PatientBirthDate = "19800312"
    assert described("b. 3 12 80", ReferencedImageSequence=[item]) == "b. #"
    assert described("b. 3 12 80") == "b. 3 12 80"


@pytest.mark.parametrize(
    ("attributes", "text", "expected"),
    [
        ({"PatientAddress": "Bahnhofstrasse 12^Winterthur"}, "CT Winterthur", "CT #"),
        ({"InstitutionAddress": "Brauerstrasse 15\r\n8400 Winterthur"}, "Brauerstrasse CT", "# CT"),
        ({"RegionOfResidence": "Appenzell"}, "Appenzell, Knie", "#, Knie"),
        ({"InstitutionName": "Institut Thorax Winterthur"}, "Institut: Thorax", "Institut: Thorax"),
        ({"PatientName": "May^Tom"}, "CT Thorax mit Kontrastmittel", "CT Thorax mit Kontrastmittel"),
        ({"SeriesNumber": "305", "InstanceNumber": "17"}, "305 17", "305 17"),
    ],
)
def test_places_are_known_by_their_words_and_counts_are_no_identifiers(
    attributes: dict[str, str], text: str, expected: str
) -> None:
    assert described(text, **attributes) == expected

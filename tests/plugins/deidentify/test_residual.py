from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset

from fileroom.documents import Document
from fileroom.errors import FileroomError, NotSupportedError
from fileroom_plugins.deidentify.actions import Action
from fileroom_plugins.deidentify.anonymity import KIND
from fileroom_plugins.deidentify.anonymity.kind import profile_of
from fileroom_plugins.deidentify.deidentifier import Deidentifier
from fileroom_plugins.deidentify.elements import Element
from fileroom_plugins.deidentify.keyed import KeyedPseudonyms
from fileroom_plugins.deidentify.needles import needles_of
from fileroom_plugins.deidentify.objects import DicomObject, read_object
from fileroom_plugins.deidentify.report import Finding, Report, Touched
from fileroom_plugins.deidentify.residual import residual
from fileroom_plugins.deidentify.standard_profile import Option, standard_profile
from tests.plugins.deidentify.samples import SHIPPED, as_bytes, dataset

KEY = b"sixteen bytes..."
REMOVE = '[attributes]\n"Patient*" = "remove"\nAccessionNumber = "empty"\nInstitutionName = "remove"\n'


def found(made: Dataset, rules: str = REMOVE, check: Any = "report") -> tuple[Finding, ...]:
    profile = profile_of(Document("site.toml", KIND, rules.encode()))
    report = Deidentifier(profile, KeyedPseudonyms(KEY), check=check).apply(as_bytes(made)).report
    assert report.residual is not None
    return report.residual


def test_what_a_rule_forgot_is_found_and_told_without_its_value() -> None:
    made = dataset(PatientName="Meyer^Anna", SeriesDescription="control of Mrs. MEYER")
    assert found(made) == (Finding("0008103E", "SeriesDescription", "PatientName"),)


@pytest.mark.parametrize(
    ("attributes", "keyword"),
    [
        ({"PatientID": "K-4711-X", "StudyDescription": "was K-4711-X-2"}, "StudyDescription"),
        ({"PatientBirthDate": "19570329", "ImageComments": "born 1957-03-29"}, "ImageComments"),
        ({"PatientBirthDate": "19570329", "ImageComments": "born 29.03.1957"}, "ImageComments"),
        (
            {"AccessionNumber": "A77120", "RequestedProcedureDescription": "see a77120"},
            "RequestedProcedureDescription",
        ),
        (
            {"PatientName": "Łukasz^Ó", "SpecificCharacterSet": "ISO_IR 192", "StudyDescription": "Łukasz"},
            "StudyDescription",
        ),
        (
            {
                "PatientName": "山田^太郎",
                "SpecificCharacterSet": "ISO_IR 192",
                "StudyDescription": "患者山田",
            },
            "StudyDescription",
        ),
    ],
)
def test_identifiers_dates_and_names_of_all_scripts_are_found(
    attributes: dict[str, str], keyword: str
) -> None:
    assert [one.keyword for one in found(dataset(**attributes))] == [keyword]


@pytest.mark.parametrize(
    "attributes",
    [
        {"PatientName": "Li^X", "StudyDescription": "liver x"},
        {"PatientName": "Lee^Bo", "StudyDescription": "fleece"},
        {"PatientName": "Test^Patient", "StudyDescription": "test of a patient"},
        {"PatientID": "123", "StudyDescription": "series 123"},
        {"PatientID": "0000000", "StudyDescription": "0000000"},
        {"PatientBirthDate": "19000101", "StudyDescription": "19000101"},
        {"PatientName": "Philips^Anna", "Manufacturer": "Philips"},
        {"PatientName": "Chest^Anna", "BodyPartExamined": "CHEST"},
        {"InstitutionName": "Siemens", "Manufacturer": "Siemens"},
    ],
)
def test_what_is_short_generic_or_a_coincidence_is_none(attributes: dict[str, str]) -> None:
    assert found(dataset(**attributes)) == ()


def test_what_was_meant_to_stay_is_none() -> None:
    made = dataset(PatientName="Meyer^Anna", InstitutionName="City Clinic", StudyDescription="City Clinic")
    assert found(made, '[attributes]\nPatientName = "remove"') == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "latin-1"])
def test_private_bytes_are_searched_in_several_encodings(encoding: str) -> None:
    made = dataset(PatientName="Meyer^Anna")
    block = made.private_block(0x0029, "SITE", create=True)
    block.add_new(1, "OB", b"\x01\x00" + "xx MEYER ".encode(encoding) + b"\x00\x00")
    rules = REMOVE + '[groups]\nprivate = "keep"'
    assert [one.origin for one in found(made, rules)] == ["PatientName"]


@pytest.mark.parametrize(
    ("name", "charset", "written", "encoding"),
    [
        ("DOE^JANE", "ISO_IR 100", "DOE^JANE", "latin-1"),
        ("MÜLLERHANS^EVA", "ISO_IR 100", "MÜLLERHANS^EVA", "latin-1"),
        ("MÜLLERHANS^EVA", "ISO_IR 100", "Muellerhans", "ascii"),
        ("Иванов^Пётр", "ISO_IR 144", "ИВАНОВ", "iso8859-5"),
        ("Иванов^Пётр", "ISO_IR 144", "ИВАНОВ", "utf-8"),
        ("Иванов^Пётр", "ISO_IR 192", "ИВАНОВ", "utf-16-le"),
        ("王^小东", "GB18030", "王^小东", "gb18030"),
        ("Yamada^Tarou=山田^太郎", "\\ISO 2022 IR 87", "山田^太郎", "iso2022_jp"),
    ],
)
def test_private_bytes_are_read_in_the_objects_own_character_set(
    name: str, charset: str, written: str, encoding: str
) -> None:
    made = dataset(SpecificCharacterSet=charset, PatientName=name)
    block = made.private_block(0x0029, "SITE", create=True)
    block.add_new(1, "UN", written.encode(encoding))
    rules = REMOVE + '[groups]\nprivate = "keep"'
    assert [one.origin for one in found(made, rules)][:1] == ["PatientName"]


@pytest.mark.parametrize("name", ["Иванов^Пётр", "山田^太郎", "Doe^Jane"])
def test_a_name_is_not_found_in_bytes_that_are_no_text(name: str) -> None:
    made = dataset(SpecificCharacterSet="ISO_IR 192", PatientName=name)
    made.RedPaletteColorLookupTableData = bytes(range(256)) * 64
    made.ICCProfile = b"\x01\x02doe\x00\x03" * 64
    assert found(made) == ()


@pytest.mark.parametrize("vr", ["LO", "ST", "UT", "SH"])
def test_a_name_counts_as_one_whatever_vr_the_file_has_for_it(vr: str) -> None:
    made = dataset(LUTExplanation="Meyer, Anna")
    del made.PatientName
    made.add_new(0x0010_0010, vr, "Meyer^Anna")
    assert {one.origin for one in found(made)} == {"PatientName"}


@pytest.mark.parametrize(
    ("tag", "vr", "data"),
    [
        (0x0018_0050, "DS", b"MEYER ANNA"),
        (0x0028_0034, "IS", b"K-4711-X\\1 "),
        (0x0008_010C, "UI", b"MEYER 1.2."),
        (0x0018_9087, "FD", b"born 12 Mar 1957"),
        (0x0008_9459, "FL", b"K-4711-X"),
        (0x0028_0009, "AT", b"MEYER^AN"),
        (0x0008_0008, "CS", b"meyer^anna"),
        (0x0010_1010, "AS", b"Meyer "),
        (0x0008_0031, "TM", b"Meyer "),
    ],
)
def test_a_value_that_is_none_of_its_vr_is_searched_like_a_text(tag: int, vr: str, data: bytes) -> None:
    assert [one.path for one in left({tag: Element(vr, data)})] == [f"{tag:08X}"]


@pytest.mark.parametrize(
    ("tag", "vr", "data"),
    [
        (0x0018_0050, "DS", b"1.25\\2.5e3 "),
        (0x0028_0034, "IS", b"1\\2 "),
        (0x0008_010C, "UI", b"1.2.3.4711\0"),
        (0x0018_9087, "FD", bytes(range(16))),
        (0x0018_5100, "CS", b"MEYER "),
        (0x0008_0031, "TM", b"195703"),
    ],
)
def test_valid_terms_and_numbers_hold_nobodys_name(tag: int, vr: str, data: bytes) -> None:
    assert left({tag: Element(vr, data)}) == ()


def test_a_name_is_no_character_set() -> None:
    assert [one.path for one in left({0x0008_0005: Element("CS", b"MEYER ")})] == ["00080005"]
    assert left({0x0008_0005: Element("CS", b"ISO_IR 100")}) == ()


def left(items: dict[int, Element]) -> tuple[Finding, ...]:
    """Return what is found in attributes, of an object whose patient is gone."""
    made = dataset(PatientName="MEYER^ANNA", PatientID="K-4711-X", PatientBirthDate="19570312")
    before = read_object(as_bytes(made))
    gone = ("00100010", "00100020", "00100030")
    report = Report("site", tuple(Touched(path, "", Action.REMOVE, "x") for path in gone), consistent=True)
    after = DicomObject(items, before.syntax, before.encoding)
    return residual(before, after, report, standard_profile())


@pytest.mark.parametrize(
    "text",
    [
        "born 12-Mar-1957",
        "12. 3. 1957",
        "1957 March 12",
        "12 mars 1957",
        "1957年3月12日",
        "12.III.57",
        "12MAR1957",
    ],
)
def test_dates_are_found_in_every_form_people_write_them(text: str) -> None:
    made = dataset(
        SpecificCharacterSet="ISO_IR 192", PatientBirthDate="19570312", LUTExplanation=text, StudyDate=""
    )
    assert [one.origin for one in found(made)] == ["PatientBirthDate"]


def test_private_texts_and_items_at_any_depth_are_searched() -> None:
    inner = Dataset()
    inner.private_block(0x0029, "SITE", create=True).add_new(1, "LO", "Anna Meyer")
    made = dataset(PatientName="Meyer^Anna", ReferencedImageSequence=[Dataset(), inner])
    paths = [one.path for one in found(made, REMOVE + '[groups]\nprivate = "keep"')]
    assert set(paths) == {"00081140[2].00291001"}


def test_uids_that_were_replaced_are_found_where_they_were_not() -> None:
    made = dataset(StudyInstanceUID="1.2.3.4.5.6.7", StudyDescription="1.2.3.4.5.6.7")
    rules = '[attributes]\nStudyInstanceUID = "uid"'
    assert [one.origin for one in found(made, rules)] == ["StudyInstanceUID"]


def test_shifted_dates_are_not_taken_for_those_of_the_original() -> None:
    days = KeyedPseudonyms(KEY).days("4711")
    assert days < 0
    made = dataset(PatientID="4711", StudyDate="20200301", ContentDate="20200302")
    rules = '[attributes]\nStudyDate = "shift"\nContentDate = "shift"'
    assert found(made, rules) == ()


def test_an_object_with_something_left_is_refused_if_that_is_asked_for() -> None:
    made = dataset(PatientName="Meyer^Anna", SeriesDescription="Meyer")
    with pytest.raises(NotSupportedError, match="0008103E") as caught:
        found(made, check="refuse")
    assert "Meyer" not in str(caught.value)


@pytest.mark.parametrize(
    "options", [[], [Option.RETAIN_UIDS, Option.CLEAN_DESCRIPTORS], [Option.RETAIN_SAFE_PRIVATE]]
)
def test_of_the_shipped_files_the_profile_leaves_nothing(options: list[Option]) -> None:
    engine = Deidentifier(standard_profile(options), KeyedPseudonyms(KEY), check="report")
    checked = 0
    for path in SHIPPED:
        try:
            report = engine.apply(path.read_bytes()).report
        except FileroomError:
            continue
        checked += 1
        assert not report.residual, path.name
    assert checked > 80


@given(st.sampled_from(["PN", "DA", "DT", "UI", "LO", "SH"]), st.text(max_size=30))
def test_a_needle_has_two_characters_at_least(vr: str, text: str) -> None:
    for origin in ("PatientID", "PatientAddress"):
        assert all(len(needle.text) >= 2 for needle in needles_of(vr, text, origin))

"""The options of the profile."""

from typing import Any

import pytest
from pydicom import Dataset

from fileroom_plugins.deidentify.deidentifier import Deidentifier
from fileroom_plugins.deidentify.keyed import Days, KeyedPseudonyms
from fileroom_plugins.deidentify.standard_profile import standard_profile
from tests.plugins.deidentify.samples import (
    IDENTIFIER,
    KEY,
    NAME,
    after,
    as_bytes,
    dataset,
    deidentifier,
    read,
)

SR = "1.2.840.10008.5.1.4.1.1.88.11"


@pytest.mark.parametrize(
    ("option", "attributes"),
    [
        ("retain-uids", {"SOPInstanceUID": "1.2.3.4.5.1", "StudyInstanceUID": "1.2.3.4.5.2"}),
        ("retain-device", {"StationName": "CT1", "DeviceSerialNumber": "4711"}),
        ("retain-institution", {"InstitutionName": "Hospital", "InstitutionAddress": "Street"}),
        ("retain-patient-characteristics", {"PatientSex": "F", "PatientAge": "081Y", "PatientWeight": 70}),
        ("retain-full-dates", {"StudyDate": "20240229", "StudyTime": "120000"}),
    ],
)
def test_what_an_option_retains_stays_and_goes_without_it(option: str, attributes: dict[str, Any]) -> None:
    kept, without = after(dataset(**attributes), option), after(dataset(**attributes))
    for keyword, value in attributes.items():
        assert kept[keyword].value == value
        assert without.get(keyword) != value
    assert kept.PatientID != IDENTIFIER


def test_modified_dates_are_moved_by_the_patients_days_at_every_depth() -> None:
    item = Dataset()
    item.ObservationDateTime = "20240301103000"
    made = dataset(BeamSequence=[item], StudyTime="103000", TimezoneOffsetFromUTC="+0100")
    pseudonyms = KeyedPseudonyms(KEY, days=Days(-1, -1))
    profile = standard_profile(["retain-modified-dates"])
    result = Deidentifier(profile, pseudonyms).apply(as_bytes(made)).dataset
    assert result.StudyDate == "20240228"
    assert result.StudyTime == "103000"
    assert result.BeamSequence[0].ObservationDateTime == "20240229103000"
    assert result.PatientBirthDate == ""
    assert "TimezoneOffsetFromUTC" not in result


def test_date_times_become_those_of_the_objects_offset_before_it_goes() -> None:
    first, second = Dataset(), Dataset()
    first.ObservationDateTime, second.ObservationDateTime = "20240229233000+0100", "20240229223500+0000"
    here = after(dataset(BeamSequence=[first, second]), "retain-modified-dates").BeamSequence
    assert [one.ObservationDateTime[8:] for one in here] == ["223000", "223500"]
    made = dataset(BeamSequence=[first, second], TimezoneOffsetFromUTC="+0100")
    there = after(made, "retain-modified-dates").BeamSequence
    assert [one.ObservationDateTime[8:] for one in there] == ["233000", "233500"]
    assert len({one.ObservationDateTime[:8] for one in (*here, *there)}) == 1


@pytest.mark.parametrize("date", ["20240230", "2024", "2024-02-29", "00010101"])
def test_what_is_no_date_is_not_made_one_unless_the_object_needs_one(date: str) -> None:
    data = as_bytes(dataset(SR, StudyDate="20240229", ContentDate="20240229"))
    data = data.replace(b"\x08\x00\x20\x00DA\x08\x0020240229", _date_element(0x20, date))
    data = data.replace(b"\x08\x00\x23\x00DA\x08\x0020240229", _date_element(0x23, date))
    result = read(deidentifier("retain-modified-dates").apply(data).data)
    assert (result.StudyDate, result.ContentDate) == ("", "20000101")  # types 2 and 1


def _date_element(element: int, text: str) -> bytes:
    value = text.encode() + b" " * (len(text) % 2)
    return bytes((8, 0, element, 0)) + b"DA" + bytes((len(value), 0)) + value


def test_safe_private_attributes_stay_with_their_creator_and_nothing_else() -> None:
    made = dataset()
    siemens = made.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    siemens.add_new(0x0C, "IS", 800)
    siemens.add_new(0x08, "CS", "IMAGE NUM 4")
    made.private_block(0x0019, "ACME", create=True).add_new(0x0C, "LO", NAME)
    result = after(made, "retain-safe-private")
    assert result[0x0019, 0x100C].value == 800
    private = [element.tag for element in result if element.tag.is_private]
    assert private == [(0x0019, 0x0010), (0x0019, 0x100C)]


def test_descriptors_lose_what_tells_who_the_patient_is() -> None:
    made = dataset(
        StudyDescription="Chest of Testarossa",
        SeriesDescription=f"ID {IDENTIFIER}, born 15.08.1942",
        ImageComments="Call Dr. Miller, 030 1234 5678, at doctor@example.org",
        ProtocolName="Abdomen 5mm L4/5",
    )
    result = after(made, "clean-descriptors")
    assert result.StudyDescription == "Chest of #"
    assert result.SeriesDescription == "ID #, born #"
    assert result.ImageComments == "Call #, #, at #"
    assert result.ProtocolName == "Abdomen 5mm L4/5"


def test_descriptors_are_cleaned_in_their_character_set() -> None:
    made = dataset(SpecificCharacterSet="ISO_IR 192", PatientName="Łukasiewicz^Żaneta")
    made.StudyDescription = "Łukasiewicz, płuca"
    result = after(made, "clean-descriptors")
    assert result.StudyDescription == "#, płuca"


def test_report_content_is_kept_with_names_uids_and_texts_made_harmless() -> None:
    def item(kind: str, **values: Any) -> Dataset:
        one = Dataset()
        one.RelationshipType, one.ValueType = "CONTAINS", kind
        for keyword, value in values.items():
            setattr(one, keyword, value)
        return one

    concept = Dataset()
    concept.CodeValue, concept.CodingSchemeDesignator, concept.CodeMeaning = "121030", "DCM", "Subject ID"
    content = [
        item("TEXT", TextValue=f"Finding of {NAME.split('^')[0]} on 2024-02-29"),
        item("TEXT", TextValue="a nickname", ConceptNameCodeSequence=[concept]),
        item("PNAME", PersonName=NAME),
        item("DATE", Date="20240229"),
        item("UIDREF", UID="1.2.3.4.5.2"),
        item("NUM"),
    ]
    result = after(dataset(SR, ContentSequence=content), "clean-structured-content")
    text, subject, person, day, uid, number = result.ContentSequence
    assert text.TextValue == "Finding of # on #"
    assert subject.TextValue == "ANONYMIZED"
    assert person.PersonName == "ANONYMIZED"
    assert day.Date == "20000101"
    assert result.StudyInstanceUID == uid.UID
    assert number.ValueType == "NUM"


def test_graphics_are_kept_with_their_texts_cleaned() -> None:
    text, annotation = Dataset(), Dataset()
    text.UnformattedTextValue = f"nodule, {NAME.split('^')[0]}"
    text.AnchorPoint = [12.5, 13.5]
    annotation.GraphicLayer = "LAYER"
    annotation.TextObjectSequence = [text]
    softcopy = "1.2.840.10008.5.1.4.1.1.11.1"
    made = dataset(softcopy, GraphicAnnotationSequence=[annotation])
    kept = (
        after(made, "clean-graphics", "clean-descriptors").GraphicAnnotationSequence[0].TextObjectSequence[0]
    )
    assert kept.AnchorPoint == [12.5, 13.5]
    assert kept.UnformattedTextValue == "nodule, #"


def test_dates_are_moved_even_where_another_option_would_keep_them() -> None:
    made = dataset(DateOfLastCalibration="20240229")
    result = after(made, "retain-device", "retain-modified-dates")
    assert result.DateOfLastCalibration not in {"20240229", ""}


def test_a_given_sop_instance_uid_is_the_new_objects() -> None:
    one = Deidentifier(standard_profile(), KeyedPseudonyms(KEY), new_sop_instance_uid="1.2.3")
    result = one.apply(as_bytes(dataset())).dataset
    assert result.SOPInstanceUID == result.file_meta.MediaStorageSOPInstanceUID == "1.2.3"


def test_pixels_that_a_cleaner_is_sure_of_are_said_to_be_clean() -> None:
    def clean(found: Dataset) -> bool:
        found.PixelData = bytes(8)
        found.BurnedInAnnotation = "NO"
        return True

    made = dataset(
        Rows=2, Columns=2, BitsAllocated=16, BitsStored=16, HighBit=15, SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2", PixelRepresentation=0, PixelData=b"12345678",
    )  # fmt: skip
    profile = standard_profile(["clean-pixel-data"])
    result = Deidentifier(profile, KeyedPseudonyms(KEY), clean_pixels=clean).apply(as_bytes(made))
    found = read(result.data)
    assert found.PixelData == bytes(8)
    assert found.BurnedInAnnotation == "NO"
    assert [one.CodeValue for one in found.DeidentificationMethodCodeSequence] == ["113100", "113101"]
    assert result.report.pixels_changed


def test_the_code_of_an_option_that_could_not_be_done_is_left_out() -> None:
    made = dataset(
        Rows=1, Columns=1, BitsAllocated=8, BitsStored=8, HighBit=7, SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2", PixelRepresentation=0, PixelData=b"ab",
    )  # fmt: skip
    profile = standard_profile(["clean-pixel-data"])
    one = Deidentifier(profile, KeyedPseudonyms(KEY), clean_pixels=lambda _: False)
    codes = one.apply(as_bytes(made)).dataset.DeidentificationMethodCodeSequence
    assert [code.CodeValue for code in codes] == ["113100"]

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest
from pydicom.datadict import dictionary_VR, tag_for_keyword

from fileroom._tags.main_tags import COMPUTED, OTHER_TAGS, MainTag
from fileroom.errors import ConfigError
from fileroom.model import Level
from fileroom.tags import Comparison, TagSet, TagSpec, dictionary_spec, item_search_values

TAGS = TagSet.default()


def spec(keyword: str) -> TagSpec:
    found = dictionary_spec(keyword, Level.INSTANCE)
    assert found is not None
    return found


def test_the_main_tags_are_orthancs_and_the_sop_class() -> None:
    assert {level.label: len(TAGS.levels[level]) for level in Level} == {
        "patient": 5,
        "study": 11,
        "series": 26,
        "instance": 12,
    }
    assert TAGS.by_keyword(Level.INSTANCE, "SOPClassUID") is not None


@pytest.mark.parametrize(
    "main", [one for level in Level for one in TAGS.levels[level]], ids=lambda one: one.keyword
)
def test_the_table_agrees_with_the_dicom_dictionary(main: TagSpec) -> None:
    assert main.tag == tag_for_keyword(main.keyword)
    assert main.vr == dictionary_VR(main.tag)
    assert not main.extra


@pytest.mark.parametrize("other", OTHER_TAGS, ids=lambda one: one.keyword)
def test_our_other_rows_agree_with_the_dicom_dictionary(other: MainTag) -> None:
    assert other.tag == tag_for_keyword(other.keyword)
    assert other.vr == dictionary_VR(other.tag)


def test_every_level_keeps_the_attribute_that_identifies_it() -> None:
    for level in Level:
        identifier = TAGS.by_keyword(level, level.uid_keyword)
        assert identifier is not None
        assert identifier.comparison is Comparison.EXACT


@pytest.mark.parametrize(
    ("keyword", "comparison"),
    [
        ("PatientID", Comparison.EXACT),
        ("OtherPatientIDs", Comparison.EXACT),
        ("IssuerOfPatientID", Comparison.EXACT),
        ("AccessionNumber", Comparison.EXACT),
        ("StudyID", Comparison.EXACT),
        ("RequestedProcedureID", Comparison.EXACT),
        ("FillerOrderNumberImagingServiceRequest", Comparison.EXACT),
        ("PlacerOrderNumberImagingServiceRequestRetired", Comparison.EXACT),
        ("DeviceSerialNumber", Comparison.EXACT),
        ("CodeValue", Comparison.EXACT),
        ("SpecimenIdentifier", Comparison.EXACT),
        ("Modality", Comparison.EXACT),
        ("StationAETitle", Comparison.EXACT),
        ("PatientAge", Comparison.EXACT),
        ("RetrieveURL", Comparison.EXACT),
        ("PatientName", Comparison.FOLDED),
        ("ReferringPhysicianName", Comparison.FOLDED),
        ("StudyDescription", Comparison.FOLDED),
        ("StationName", Comparison.FOLDED),
        ("ImageComments", Comparison.FOLDED),
        ("KVP", Comparison.NUMBER),
        ("SeriesNumber", Comparison.NUMBER),
        ("SmallestImagePixelValue", Comparison.NUMBER),
        ("StudyDate", Comparison.DATE),
        ("StudyTime", Comparison.TIME),
        ("AcquisitionDateTime", Comparison.DATETIME),
        ("RequestAttributesSequence", Comparison.SEQUENCE),
    ],
)
def test_vr_and_meaning_decide_how_values_compare(keyword: str, comparison: Comparison) -> None:
    assert spec(keyword).comparison is comparison


@pytest.mark.parametrize(
    ("keyword", "raw", "forms"),
    [
        # identifiers: padding goes, all else stays
        ("PatientID", " 00a7 \0", ("00a7",)),
        ("PatientID", "Ä_1%", ("Ä_1%",)),
        ("OtherPatientIDs", "A\\ B \\A", ("A", "B")),
        ("StudyInstanceUID", "1.2.3\0", ("1.2.3",)),
        ("Modality", "CT ", ("CT",)),
        # text: folded; a backslash separates values except in LT, ST and UT
        ("StudyDescription", "Schädel  CT", ("schadel ct",)),
        ("StudyDescription", "one\\ Two\\ONE", ("one", "two")),
        ("ImageComments", "a\\B", ("a\\b",)),
        # names: each component group, and the whole where there are several
        ("PatientName", "Müller^Jörg^^^", ("muller^jorg",)),
        ("PatientName", "Smith ^", ("smith",)),
        (
            "PatientName",
            "Yamada^Tarou=山田^太郎=やまだ^たろう",
            ("yamada^tarou", "山田^太郎", "やまだ^たろう", "yamada^tarou=山田^太郎=やまだ^たろう"),
        ),
        ("PatientName", "=山田^太郎", ("山田^太郎", "=山田^太郎")),
        ("PatientName", "Smith^John==", ("smith^john",)),
        ("OperatorsName", "A^B\\C^D=E", ("a^b", "c^d", "e", "c^d=e")),
        # numbers: by value
        ("SeriesNumber", " 05 ", ("5",)),
        ("SeriesNumber", "+7", ("7",)),
        ("SeriesNumber", "-0", ("0",)),
        ("KVP", "1.50E1", ("15",)),
        ("KVP", "120.000", ("120",)),
        ("KVP", ".5\\0.50", ("0.5",)),
        ("KVP", "100", ("100",)),
        ("KVP", "1E999", ("1E999",)),
        ("KVP", "1E-999", ("1E-999",)),
        ("KVP", "9" * 65, ("9" * 65,)),
        ("KVP", "high", ("high",)),
        ("KVP", "٣", ("٣",)),
        # dates and times: text that sorts as time does; what has no such shape stays as it is
        ("StudyDate", "20200102", ("20200102",)),
        ("StudyDate", "2020.01.02", ("20200102",)),
        ("StudyDate", "20200230", ("20200230",)),
        ("StudyDate", "2020", ("2020",)),
        ("StudyTime", "10", ("100000.000000",)),
        ("StudyTime", "1011", ("101100.000000",)),
        ("StudyTime", "101112.5", ("101112.500000",)),
        ("StudyTime", "10:11:12", ("101112.000000",)),
        ("StudyTime", "10:11:12.345678", ("101112.345678",)),
        ("StudyTime", "235960", ("235959.999999",)),
        ("StudyTime", "1", ("1",)),
        ("StudyTime", "250000", ("250000",)),
        ("StudyTime", "10:1112", ("10:1112",)),
        ("AcquisitionDateTime", "2020", ("20200101000000.000000",)),
        ("AcquisitionDateTime", "20200102101112.5", ("20200102101112.500000",)),
        ("AcquisitionDateTime", "20200102003000+0100", ("20200101233000.000000",)),
        ("AcquisitionDateTime", "20191231193000-0500", ("20200101003000.000000",)),
        ("AcquisitionDateTime", "00010101000000+1400", ("00010101000000.000000",)),
        ("AcquisitionDateTime", "20201301", ("20201301",)),
        # nothing
        ("PatientID", "", ()),
        ("PatientName", " ^^= \0", ()),
        ("StudyDescription", " \\ ", ()),
        ("StudyDate", "  ", ()),
        ("StudyDescription", "\u200b", ()),
        ("RequestAttributesSequence", ({"StudyID": "1"},), ()),
        ("RequestAttributesSequence", "", ()),
        ("PatientID", ({"StudyID": "1"},), ()),
    ],
)
def test_comparable_forms(keyword: str, raw: str, forms: tuple[str, ...]) -> None:
    assert spec(keyword).search_values(raw) == forms


def test_raw_values_keep_case_and_accents() -> None:
    assert spec("PatientName").raw_values(" Müller^Jörg^=山田 ") == (
        "Müller^Jörg",
        "山田",
        "Müller^Jörg=山田",
    )


def test_items_compare_key_by_key_and_unknown_keys_not_at_all() -> None:
    item = {
        "ScheduledProcedureStepID": " 7 ",
        "ScheduledProcedureStepDescription": "Schädel",
        "Nonsense": "x",
    }
    assert item_search_values(item) == {
        "ScheduledProcedureStepID": ("7",),
        "ScheduledProcedureStepDescription": ("schadel",),
    }


def test_positions_are_kept_but_not_searched() -> None:
    shown = {one.keyword for level in Level for one in TAGS.levels[level] if not one.searchable}
    assert shown == {"ImagePositionPatient", "ImageOrientationPatient"}


def test_extra_tags_follow_the_main_ones() -> None:
    tags = TagSet.with_extra(
        {Level.SERIES: ["KVP", "ConvolutionKernel"], Level.STUDY: ["ProcedureCodeSequence"]}
    )
    assert [one.keyword for one in tags.levels[Level.SERIES]][26:] == ["KVP", "ConvolutionKernel"]
    assert tags.by_keyword(Level.SERIES, "KVP") == TagSpec(
        "KVP", 0x00180060, "DS", Level.SERIES, Comparison.NUMBER, extra=True
    )
    assert tags.by_keyword(Level.STUDY, "KVP") is None
    assert tags.levels[Level.PATIENT] == TAGS.levels[Level.PATIENT]


@pytest.mark.parametrize(
    ("level", "keywords", "words"),
    [
        (Level.SERIES, ["Kvp"], "did you mean KVP"),
        (Level.STUDY, ["00185100"], "not the keyword"),
        (Level.INSTANCE, ["PixelData"], "cannot be kept as text"),
        (Level.INSTANCE, ["FrameIncrementPointer"], "cannot be kept as text"),
        (Level.INSTANCE, ["TransferSyntaxUID"], "not the keyword"),
        (Level.SERIES, ["Modality"], "main tag"),
        (Level.STUDY, ["KVP", "KVP"], "twice"),
        (Level.STUDY, ["ModalitiesInStudy"], "computed"),
    ],
)
def test_an_extra_tag_that_cannot_be_kept_is_named_with_its_place(
    level: Level, keywords: list[str], words: str
) -> None:
    with pytest.raises(ConfigError, match=words) as error:
        TagSet.with_extra({level: keywords})
    assert error.value.path == f"index.extra_tags.{level.label}"
    assert keywords[-1] in str(error.value)


def test_tag_numbers_are_each_attribute_once_in_file_order() -> None:
    numbers = TagSet.with_extra({Level.STUDY: ["KVP"]}).tag_numbers
    assert list(numbers) == sorted(numbers)
    assert numbers[0x00180060].keyword == "KVP"
    assert numbers[0x00080201].level is Level.STUDY  # TimezoneOffsetFromUTC, of studies and of series
    assert {one.keyword for one in numbers.values()} >= {"PatientID", "SOPInstanceUID"}


def test_a_tag_set_survives_pickling() -> None:
    tags = TagSet.with_extra({Level.SERIES: ["KVP"]})
    copy = pickle.loads(pickle.dumps(tags))
    assert copy == tags
    assert copy.by_keyword(Level.SERIES, "KVP") == tags.by_keyword(Level.SERIES, "KVP")


def test_computed_attributes_are_no_main_tags() -> None:
    computed = {keyword for names in COMPUTED.values() for keyword in names}
    assert computed.isdisjoint(one.keyword for level in Level for one in TAGS.levels[level])


def test_main_tags_need_no_dicom_dictionary() -> None:
    keys = {"PatientName": "A*", "StudyDate": "20200101-", "ModalitiesInStudy": "CT"}
    code = (
        "import sys; from fileroom.tags import TagSet; from fileroom.query_parse import parse_query\n"
        f"parse_query('study', {keys!r}, TagSet.default())\n"
        "sys.exit('pydicom' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_attributes_of_a_storage_area_need_no_dicom_dictionary() -> None:
    code = (
        "import sys; from fileroom.tags import TagSet\n"
        "from fileroom_plugins.index_linear.fields import HEADER_TAGS\n"
        "TagSet.default().reading_too(HEADER_TAGS)\n"
        "sys.exit('pydicom' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

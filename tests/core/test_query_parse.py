# ruff: noqa: DTZ001 - DICOM times know no zone

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom.errors import KeyNotIndexedError, QueryError
from fileroom.model import Level
from fileroom.query import (
    COMPUTED,
    AnyOf,
    Condition,
    Empty,
    Equal,
    Item,
    LabelMatch,
    Moment,
    Order,
    Query,
    Range,
    Wildcard,
    matches,
    moment_matches,
)
from fileroom.query_parse import Plan, parse_query
from fileroom.tags import TagSet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fileroom.query import Match
    from fileroom.tags import TagSpec

TAGS = TagSet.with_extra(
    {
        Level.SERIES: ["KVP"],
        Level.INSTANCE: ["AcquisitionDate", "AcquisitionTime", "AcquisitionDateTime", "ContentDate"],
    }
)
STUDY_ID = "11111111-22222222-33333333-44444444-55555555"


def spec(level: Level, keyword: str) -> TagSpec:
    found = TAGS.by_keyword(level, keyword)
    assert found is not None
    return found


def query(level: str, **keys: object) -> Query:
    plan = parse_query(level, keys, TAGS)
    assert plan.scanned == ()
    return plan.query


def found(conditions: tuple[Condition, ...]) -> Mapping[str, Match]:
    return {one.spec.keyword: one.match for one in conditions}


def test_nothing_asked_for_is_every_resource_of_the_level() -> None:
    assert parse_query("Studies", {}, TAGS) == Plan(Query(Level.STUDY))


def test_keys_become_conditions_in_their_order_and_universal_ones_none() -> None:
    parsed = query("study", StudyDescription="CT*", PatientID="A1", PatientName="", AccessionNumber=None)
    assert parsed.conditions == (
        Condition(spec(Level.STUDY, "StudyDescription"), Wildcard("ct*")),
        Condition(spec(Level.PATIENT, "PatientID"), Equal("A1")),
    )


def test_a_key_of_two_levels_is_that_of_the_level_itself_or_the_nearest_above() -> None:
    for level in (Level.STUDY, Level.SERIES):
        condition = parse_query(level, {"TimezoneOffsetFromUTC": "+0100"}, TAGS).query.conditions[0]
        assert condition.spec.level is level
    condition = query("instance", TimezoneOffsetFromUTC="+0100").conditions[0]
    assert condition.spec.level is Level.SERIES


def test_extra_tags_are_searched_as_main_tags_are() -> None:
    assert found(query("instance", KVP=120).conditions) == {"KVP": Equal("120")}


def test_exact_marks_only_what_would_be_folded() -> None:
    parsed = parse_query(
        "study", {"PatientName": "Müller*", "PatientID": "A", "StudyDate": "20200101"}, TAGS, exact=True
    )
    assert [(one.match, one.exact) for one in parsed.query.conditions] == [
        (Wildcard("Müller*"), True),
        (Equal("A"), False),
        (Equal("20200101"), False),
    ]


# --- keys that cannot be searched, and the ways out


@pytest.mark.parametrize(
    ("level", "keyword", "words"),
    [
        ("study", "Modality", "series level.*ModalitiesInStudy"),
        ("study", "SOPClassUID", "instance level.*SOPClassesInStudy"),
        ("patient", "Modality", "search the series level"),
        ("patient", "StudyDate", "search the study level"),
        ("study", "KVP", "search the series level"),
        ("series", "ModalitiesInStudy", "computed at the study level"),
        ("patient", "NumberOfStudyRelatedSeries", "computed at the study level"),
        ("study", "PatientsName", "did you mean PatientName"),
        ("study", "patientid", "did you mean PatientID"),
        ("study", "ModalityInStudy", "did you mean ModalitiesInStudy"),
        ("study", "Zzzz", "not the keyword of a DICOM attribute$"),
        ("study", "", "not the keyword"),
        ("instance", "TransferSyntaxUID", "not the keyword"),
        ("instance", "PixelData", "cannot be searched"),
    ],
)
@pytest.mark.parametrize("value", ["", "1"])
@pytest.mark.parametrize("scan", [False, True])
def test_a_key_that_no_search_of_the_level_can_have_says_the_way_out(
    level: str, keyword: str, words: str, value: str, *, scan: bool
) -> None:
    with pytest.raises(QueryError, match=words) as error:
        parse_query(level, {keyword: value}, TAGS, scan=scan)
    assert keyword in str(error.value)
    assert not isinstance(error.value, KeyNotIndexedError)


@pytest.mark.parametrize("value", ["", "120", '""'])
def test_a_key_that_is_not_indexed_says_both_ways_out(value: str) -> None:
    with pytest.raises(KeyNotIndexedError) as error:
        query("study", Exposure=value)
    assert error.value.keyword == "Exposure"
    for words in ("Exposure", '[index.extra_tags] study = ["Exposure"]', "fileroom rebuild", "scan=True"):
        assert words in str(error.value)


@pytest.mark.parametrize("level", ["series", "instance"])
def test_an_attribute_that_is_only_shown_can_be_scanned_but_not_searched(level: str) -> None:
    with pytest.raises(KeyNotIndexedError, match="scan=True"):
        query(level, ImageOrientationPatient="1\\0\\0\\0\\1\\0")
    plan = parse_query(level, {"ImageOrientationPatient": "1"}, TAGS, scan=True)
    assert plan.query.conditions == ()
    assert found(plan.scanned) == {"ImageOrientationPatient": Equal("1")}


def test_scanning_checks_only_what_the_index_does_not_hold() -> None:
    keys = {
        "PatientID": "A1",
        "Exposure": "5\\6",
        "ExposureTime": "",
        "OtherPatientIDsSequence.PatientID": "B*",
        "PatientAddress": "*straße*",
    }
    plan = parse_query("study", keys, TAGS, scan=True)
    assert found(plan.query.conditions) == {"PatientID": Equal("A1")}
    assert found(plan.scanned) == {
        "Exposure": AnyOf((Equal("5"), Equal("6"))),
        "OtherPatientIDsSequence": Item({"PatientID": Wildcard("B*")}),
        "PatientAddress": Wildcard("*strasse*"),
    }
    assert all(one.spec.level is Level.STUDY for one in plan.scanned)
    assert matches(plan.scanned[2], "Hauptstraße 5")


# --- dates with times


@pytest.mark.parametrize(
    ("date", "time", "low", "high"),
    [
        ("20060705-20060707", "1000-1800", "20060705100000.000000", "20060707180059.999999"),
        ("20060705-20060707", "22-02", "20060705220000.000000", "20060707025959.999999"),
        ("20060705-20060705", "10-11", "20060705100000.000000", "20060705115959.999999"),
        ("20060705-", "1000-", "20060705100000.000000", None),
        ("-20060707", "-18", None, "20060707185959.999999"),
    ],
)
def test_ranges_of_dates_and_times_of_one_form_are_one_stretch_of_time(
    date: str, time: str, low: str | None, high: str | None
) -> None:
    parsed = query("study", StudyTime=time, PatientID="A", StudyDate=date)
    assert found(parsed.conditions) == {"PatientID": Equal("A")}
    assert parsed.moments == (
        Moment(spec(Level.STUDY, "StudyDate"), spec(Level.STUDY, "StudyTime"), low, high),
    )


@pytest.mark.parametrize(
    ("date", "time"),
    [
        ("20060705-20060707", "10"),
        ("20060705-20060707", "101112.123456"),
        ("20060705-20060707", "10-"),
        ("20060705-", "10-11"),
        ("-20060705", "10-"),
        ("20060705", "10-11"),
        ("20060705\\20060707-", "10-"),
        ("20060705-20060707", ["10-11", "12-13"]),
        ("20060705-20060707", time(10)),
        ('""', "10-11"),
        ("", "10-11"),
        ("20060705-", ""),
    ],
)
def test_other_dates_and_times_are_conditions_of_their_own(date: str, time: object) -> None:
    parsed = query("study", StudyDate=date, StudyTime=time)
    assert parsed.moments == ()
    assert set(found(parsed.conditions)) == {
        keyword for keyword, value in (("StudyDate", date), ("StudyTime", time)) if value
    }


@pytest.mark.parametrize(
    ("level", "date", "time"),
    [
        ("series", "SeriesDate", "SeriesTime"),
        ("instance", "PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime"),
        ("instance", "InstanceCreationDate", "InstanceCreationTime"),
        ("instance", "AcquisitionDate", "AcquisitionTime"),
    ],
)
def test_every_date_is_taken_together_with_its_time(level: str, date: str, time: str) -> None:
    parsed = query(level, **{date: "20200101-20200102", time: "10-12"})
    assert [(one.date.keyword, one.time.keyword) for one in parsed.moments] == [(date, time)]


def test_a_date_is_not_taken_together_with_the_time_of_something_else() -> None:
    parsed = query("series", StudyDate="20200101-20200102", SeriesTime="10-12")
    assert parsed.moments == ()
    assert len(parsed.conditions) == 2


def test_dates_and_times_that_are_read_from_headers_stay_apart() -> None:
    keys = {"ContentDate": "20200101-", "ContentTime": "10-"}
    plan = parse_query("instance", keys, TAGS, scan=True)
    assert plan.query.moments == ()
    assert set(found(plan.query.conditions)) == {"ContentDate"}
    assert set(found(plan.scanned)) == {"ContentTime"}


@pytest.mark.parametrize(
    "keys",
    [
        {"StudyDate": "20200201-20200101"},
        {"StudyTime": "22-02"},
        {"StudyDate": "20200201-20200101", "StudyTime": "10-12"},
        {"StudyDate": "20200101", "StudyTime": "22-02"},
        {"StudyDate": "20200101-20200101", "StudyTime": "22-02"},
        {"RequestAttributesSequence.ScheduledProcedureStepStartDate": "20200201-20200101"},
    ],
)
def test_a_range_that_ends_before_it_begins_is_refused(keys: dict[str, str]) -> None:
    with pytest.raises(QueryError, match="ends before it begins"):
        query("series", **keys)


DAYS = st.dates(date(2020, 1, 1), date(2020, 1, 20))


@given(
    DAYS,
    DAYS,
    st.times(),
    st.times(),
    st.datetimes(datetime(2019, 12, 30), datetime(2020, 1, 25)),
)
def test_a_stretch_of_time_holds_what_lies_between_its_ends(
    one: date,
    other: date,
    start: time,
    end: time,
    point: datetime,
) -> None:
    low, high = sorted([datetime.combine(one, start), datetime.combine(other, end)])
    parsed = query(
        "study", StudyDate=f"{low:%Y%m%d}-{high:%Y%m%d}", StudyTime=f"{low:%H%M%S.%f}-{high:%H%M%S.%f}"
    )
    day, clock = f"{point:%Y%m%d}", f"{point:%H%M%S.%f}"
    if parsed.moments:
        assert moment_matches(parsed.moments[0], day, clock) is (low <= point <= high)
    else:
        assert low.date() == high.date()
        values = {"StudyDate": day, "StudyTime": clock}
        assert all(matches(one, values[one.spec.keyword]) for one in parsed.conditions) is (
            low <= point <= high
        )


# --- computed attributes


def test_what_a_study_holds_can_be_asked_for_and_matched() -> None:
    parsed = query("study", ModalitiesInStudy="CT\\MR", SOPClassesInStudy="1.2.3")
    assert parsed.aggregates == {
        "ModalitiesInStudy": AnyOf((Equal("CT"), Equal("MR"))),
        "SOPClassesInStudy": Equal("1.2.3"),
    }
    assert parsed.computed == ()
    assert query("study", ModalitiesInStudy="C?").aggregates == {"ModalitiesInStudy": Wildcard("C?")}


@pytest.mark.parametrize(("level", "keyword"), [(level, name) for level in Level for name in COMPUTED[level]])
def test_a_computed_attribute_is_returned_when_asked_for_without_a_value(level: Level, keyword: str) -> None:
    assert query(level.label, **{keyword: ""}).computed == (keyword,)
    assert parse_query(level, {keyword: None}, TAGS, returning=[keyword]).query.computed == (keyword,)
    assert parse_query(level, {}, TAGS, returning=keyword).query.computed == (keyword,)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("NumberOfStudyRelatedSeries", "5"),
        ("NumberOfStudyRelatedSeries", 5),
        ("NumberOfStudyRelatedSeries", '""'),
        ("ModalitiesInStudy", '""'),
        ("ModalitiesInStudy", ["CT", '""']),
        ("SOPClassesInStudy", "1.2*"),
    ],
)
def test_what_cannot_be_compared_with_a_computed_attribute_is_refused(keyword: str, value: object) -> None:
    with pytest.raises(QueryError, match=keyword):
        query("study", **{keyword: value})


def test_returning_accepts_what_is_kept_and_refuses_the_rest() -> None:
    returning = ["PatientName", "StudyDate", "NumberOfStudyRelatedSeries"]
    assert parse_query("study", {}, TAGS, returning=returning).query.computed == (
        "NumberOfStudyRelatedSeries",
    )
    assert parse_query("instance", {}, TAGS, returning=["ImagePositionPatient"]).query.computed == ()
    for name, error in (("Modality", QueryError), ("Exposure", KeyNotIndexedError), ("Nonsense", QueryError)):
        with pytest.raises(error, match=name):
            parse_query("study", {}, TAGS, returning=[name])


# --- sequences


@pytest.mark.parametrize(
    "keys",
    [
        {
            "RequestAttributesSequence.ScheduledProcedureStepID": "X",
            "RequestAttributesSequence.ScheduledProcedureStepDescription": "Schädel*",
        },
        {
            "RequestAttributesSequence": {
                "ScheduledProcedureStepID": "X",
                "ScheduledProcedureStepDescription": "SCHÄDEL*",
                "RequestedProcedureID": "",
            }
        },
        {
            "RequestAttributesSequence": {"ScheduledProcedureStepID": "X"},
            "RequestAttributesSequence.ScheduledProcedureStepDescription": "schadel*",
        },
    ],
)
def test_keys_of_one_sequence_ask_for_one_item(keys: dict[str, object]) -> None:
    parsed = query("series", **keys)
    expected = Item(
        {"ScheduledProcedureStepID": Equal("X"), "ScheduledProcedureStepDescription": Wildcard("schadel*")}
    )
    assert found(parsed.conditions) == {"RequestAttributesSequence": expected}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", {}),
        (None, {}),
        ({}, {}),
        ({"RequestedProcedureID": ""}, {}),
        ('""', {"RequestAttributesSequence": Empty()}),
        (
            {"ScheduledProcedureStepStartDate": "20200101-"},
            {"RequestAttributesSequence": Item({"ScheduledProcedureStepStartDate": Range("20200101", None)})},
        ),
    ],
)
def test_a_sequence_as_a_whole(value: object, expected: dict[str, Match]) -> None:
    assert found(query("series", RequestAttributesSequence=value).conditions) == expected


@pytest.mark.parametrize(
    "keys",
    [
        {"RequestAttributesSequence": "X"},
        {"RequestAttributesSequence": ["X"]},
        {"RequestAttributesSequence": {"Nonsense": "X"}},
        {"RequestAttributesSequence": {"ScheduledProtocolCodeSequence": "X"}},
        {"RequestAttributesSequence.ScheduledProtocolCodeSequence.CodeValue": "X"},
        {"RequestAttributesSequence.": "X"},
        {"Modality.RequestedProcedureID": "X"},
        {"Modality": {"RequestedProcedureID": "X"}},
        {"RequestAttributesSequence": '""', "RequestAttributesSequence.RequestedProcedureID": "X"},
        {
            "RequestAttributesSequence": {"RequestedProcedureID": "X"},
            "RequestAttributesSequence.RequestedProcedureID": "Y",
        },
    ],
)
def test_a_sequence_key_that_makes_no_sense_is_refused(keys: dict[str, object]) -> None:
    with pytest.raises(QueryError, match=next(iter(keys)).partition(".")[0]):
        query("series", **keys)


# --- all that is not a key


def test_order_names_attributes_of_the_level_and_above() -> None:
    expected = (
        Order(spec(Level.STUDY, "StudyDate"), descending=True),
        Order(spec(Level.PATIENT, "PatientName")),
    )
    assert parse_query("study", {}, TAGS, order_by=["-StudyDate", "PatientName"]).query.order_by == expected
    assert parse_query("study", {}, TAGS, order_by="-StudyDate").query.order_by == expected[:1]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("-InstanceNumber", QueryError),
        ("RequestAttributesSequence", QueryError),
        ("NumberOfSeriesRelatedInstances", QueryError),
        ("ImageOrientationPatient", KeyNotIndexedError),
        ("Exposure", KeyNotIndexedError),
        ("--SeriesDate", QueryError),
        ("-", QueryError),
    ],
)
def test_order_by_what_has_no_order_is_refused(name: str, error: type[QueryError]) -> None:
    with pytest.raises(error, match=name.removeprefix("-") or "not the keyword"):
        parse_query("series", {}, TAGS, order_by=[name], scan=True)


def test_labels_metadata_place_and_paging_are_taken_over() -> None:
    parsed = parse_query(
        "series",
        {},
        TAGS,
        limit=5,
        cursor="next",
        labels=["a", "b", "a"],
        label_match="any",
        metadata={"reader": "Dr. *", "state": ["new", "old"], "note": ""},
        within=STUDY_ID,
    ).query
    assert parsed == Query(
        Level.SERIES,
        labels=("a", "b"),
        label_match=LabelMatch.ANY,
        metadata={
            "reader": Wildcard("Dr. *"),
            "state": AnyOf((Equal("new"), Equal("old"))),
            "note": Equal(""),
        },
        within=STUDY_ID,
        limit=5,
        cursor="next",
    )


def test_one_label_needs_no_list() -> None:
    assert parse_query("study", {}, TAGS, labels="teaching").query.labels == ("teaching",)


@pytest.mark.parametrize(
    "arguments",
    [
        {"limit": 0},
        {"limit": -1},
        {"limit": True},
        {"labels": ["a", ""]},
        {"label_match": "some"},
        {"metadata": {"a": None}},
        {"metadata": {"a": []}},
        {"metadata": {"a": ["b", 1]}},
        {"metadata": {"a": 1}},
        {"within": "11111111"},
    ],
    ids=str,
)
def test_an_argument_that_is_not_well_formed_is_named(arguments: dict[str, object]) -> None:
    with pytest.raises(QueryError, match=next(iter(arguments))):
        parse_query("study", {}, TAGS, **arguments)  # type: ignore[arg-type]


def test_an_unknown_level_is_a_query_error() -> None:
    with pytest.raises(QueryError, match="level"):
        parse_query("visit", {}, TAGS)


KEYWORDS = st.one_of(
    st.sampled_from([one.keyword for level in Level for one in TAGS.levels[level]]),
    st.sampled_from([name for names in COMPUTED.values() for name in names]),
    st.sampled_from(["RequestAttributesSequence.RequestedProcedureID", "Exposure", "PixelData", "Nonsense."]),
    st.text(max_size=8),
)
VALUES = st.one_of(
    st.none(),
    st.text(max_size=8),
    st.text(st.sampled_from('0129-*?"\\:. '), max_size=24),
    st.lists(st.text(max_size=4)),
)


@given(
    level=st.sampled_from(Level),
    keys=st.dictionaries(KEYWORDS, VALUES, max_size=4),
    scan=st.booleans(),
    exact=st.booleans(),
)
def test_any_search_is_parsed_or_refused(
    level: Level, keys: dict[str, object], *, scan: bool, exact: bool
) -> None:
    try:
        plan = parse_query(level, keys, TAGS, scan=scan, exact=exact)
    except QueryError:
        return
    assert scan or not plan.scanned
    for condition in plan.query.conditions:
        assert condition.spec.level <= level
        matches(condition, "20200101")

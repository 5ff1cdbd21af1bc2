# ruff: noqa: DTZ001, RUF001 - DICOM times know no zone; full-width letters are meant

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom._query.values import WILDCARD_VRS, check_order, parse_value
from fileroom.errors import QueryError
from fileroom.model import Level
from fileroom.query import AnyOf, Condition, Empty, Equal, Range, Wildcard, matches
from fileroom.tags import dictionary_spec

if TYPE_CHECKING:
    from fileroom.query import Match
    from fileroom.tags import TagSpec

# One attribute for each VR that can be searched.
KEYWORDS = {
    "AE": "StationAETitle",
    "AS": "PatientAge",
    "CS": "Modality",
    "DA": "StudyDate",
    "DS": "KVP",
    "DT": "AcquisitionDateTime",
    "FD": "TubeAngle",
    "FL": "B1rms",
    "IS": "SeriesNumber",
    "LO": "StudyDescription",
    "LT": "ImageComments",
    "PN": "PatientName",
    "SH": "StationName",
    "ST": "InstitutionAddress",
    "TM": "StudyTime",
    "UC": "LongCodeValue",
    "UI": "StudyInstanceUID",
    "UR": "RetrieveURL",
    "US": "Rows",
    "UT": "LabelText",
}


def spec(keyword: str) -> TagSpec:
    found = dictionary_spec(keyword, Level.INSTANCE)
    assert found is not None
    return found


def options(*several: Equal | Wildcard | Range | Empty) -> AnyOf:
    return AnyOf(several)


ONE_DAY = Range("20200102000000.000000", "20200102235959.999999")


@pytest.mark.parametrize(
    ("keyword", "value", "expected"),
    [
        # universal
        ("PatientName", None, None),
        ("PatientName", "", None),
        ("PatientName", " \0", None),
        ("PatientName", "*", None),
        ("PatientName", " ** ", None),
        ("PatientName", "＊", None),
        ("StudyDate", "*", None),
        ("StudyInstanceUID", "*", None),
        ("Modality", "CT\\*", None),
        ("Modality", "\\", None),
        # single values
        ("PatientID", " A1 ", Equal("A1")),
        ("PatientName", "MÜLLER^Jörg^^", Equal("muller^jorg")),
        ("PatientName", "山田^太郎", Equal("山田^太郎")),
        ("PatientName", "=山田^太郎=", Equal("山田^太郎")),
        ("PatientName", "Yamada=山田", Equal("yamada=山田")),
        ("StudyDescription", "a-b", Equal("a-b")),
        ("StudyDescription", "100%_", Equal("100%_")),
        ("StudyInstanceUID", "1.2.3\0", Equal("1.2.3")),
        ("PatientAge", "045Y", Equal("045Y")),
        ("SeriesNumber", "05", Equal("5")),
        ("SeriesNumber", "-5", Equal("-5")),
        ("KVP", "1.2E2", Equal("120")),
        # wildcards
        ("PatientName", "MÜL?ER*", Wildcard("mul?er*")),
        ("PatientName", "Smith *", Wildcard("smith *")),
        ("PatientName", "Müller＊", Wildcard("muller*")),
        ("PatientName", "Smith^*", options(Wildcard("smith^*"), Equal("smith"))),
        ("PatientName", "Sm*^*^*", options(Wildcard("sm*^*^*"), Wildcard("sm*^*"), Wildcard("sm*"))),
        ("PatientName", "^*", Wildcard("^*")),
        ("Modality", "C?", Wildcard("C?")),
        ("RetrieveURL", "http://a/*", Wildcard("http://a/*")),
        ("ImageComments", "a\\b*", Wildcard("a\\b*")),
        # empty
        ("PatientName", '""', Empty()),
        ("StudyDate", ' "" ', Empty()),
        ("Modality", 'CT\\""', options(Equal("CT"), Empty())),
        # lists
        ("StudyInstanceUID", "1.2\\1.3", options(Equal("1.2"), Equal("1.3"))),
        ("StudyInstanceUID", ["1.2", "1.3"], options(Equal("1.2"), Equal("1.3"))),
        ("StudyInstanceUID", ("1.2",), Equal("1.2")),
        ("Modality", "CT\\CT\\", Equal("CT")),
        ("Modality", ["CT\\MR", "US"], options(Equal("CT"), Equal("MR"), Equal("US"))),
        ("StudyDate", "20200101\\20200201-", options(Equal("20200101"), Range("20200201", None))),
        ("SeriesNumber", [1, 2], options(Equal("1"), Equal("2"))),
        # dates and times
        ("StudyDate", "20200102", Equal("20200102")),
        ("StudyDate", "2020.01.02", Equal("20200102")),
        ("StudyDate", "20200101 - 20200131", Range("20200101", "20200131")),
        ("StudyDate", "20200101-", Range("20200101", None)),
        ("StudyDate", "-20200131", Range(None, "20200131")),
        ("StudyDate", "20200101-20200101", Range("20200101", "20200101")),
        ("StudyTime", "10", Range("100000.000000", "105959.999999")),
        ("StudyTime", "1011", Range("101100.000000", "101159.999999")),
        ("StudyTime", "101112", Range("101112.000000", "101112.999999")),
        ("StudyTime", "101112.25", Range("101112.250000", "101112.259999")),
        ("StudyTime", "101112.250000", Equal("101112.250000")),
        ("StudyTime", "10-12", Range("100000.000000", "125959.999999")),
        ("StudyTime", "10:00-", Range("100000.000000", None)),
        ("StudyTime", "-235960", Range(None, "235959.999999")),
        ("AcquisitionDateTime", "20200102", ONE_DAY),
        ("AcquisitionDateTime", "2020-2021", Range("20200101000000.000000", "20211231235959.999999")),
        ("AcquisitionDateTime", "202002", Range("20200201000000.000000", "20200229235959.999999")),
        ("AcquisitionDateTime", "20200102-", Range(ONE_DAY.low, None)),
        ("AcquisitionDateTime", "-20200102", Range(None, ONE_DAY.high)),
        ("AcquisitionDateTime", "20200102000000.000000-0500", Equal("20200102050000.000000")),
        ("AcquisitionDateTime", "20200102-0500", Range("20200102050000.000000", "20200103045959.999999")),
        ("AcquisitionDateTime", "20200102-0500-", Range("20200102050000.000000", None)),
        ("AcquisitionDateTime", "-20200102-0500", Range(None, "20200103045959.999999")),
        (
            "AcquisitionDateTime",
            "2020010200-0500 - 2020010201+0100",
            Range("20200102050000.000000", "20200102005959.999999"),
        ),
        # Python values
        ("SeriesNumber", 5, Equal("5")),
        ("KVP", 120.0, Equal("120")),
        ("KVP", 1e-7, Equal("0.0000001")),
        ("PatientID", 12345, Equal("12345")),
        ("StudyDate", date(2020, 1, 2), Equal("20200102")),
        ("StudyTime", time(10, 11), Equal("101100.000000")),
        ("AcquisitionDateTime", datetime(2020, 1, 2, 3, 4, 5, 6), Equal("20200102030405.000006")),
        (
            "AcquisitionDateTime",
            datetime(2020, 1, 2, tzinfo=timezone(timedelta(hours=1))),
            Equal("20200101230000.000000"),
        ),
        ("AcquisitionDateTime", date(2020, 1, 2), ONE_DAY),
        ("StudyDate", [date(2020, 1, 2), "20210101-"], options(Equal("20200102"), Range("20210101", None))),
    ],
)
def test_what_a_value_asks_for(keyword: str, value: object, expected: Match | None) -> None:
    assert parse_value(spec(keyword), value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Müller^Jörg^", Equal("Müller^Jörg")),
        ("MÜ*", Wildcard("MÜ*")),
        ("Smith^*", options(Wildcard("Smith^*"), Equal("Smith"))),
        ("*", None),
    ],
)
def test_an_exact_search_keeps_case_and_accents(value: str, expected: Match | None) -> None:
    assert parse_value(spec("PatientName"), value, exact=True) == expected


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("StudyDate", "2020"),
        ("StudyDate", "2020-01-02"),
        ("StudyDate", "20200230"),
        ("StudyDate", "00000101"),
        ("StudyDate", "-"),
        ("StudyDate", "20200101-x"),
        ("StudyDate", "2020010?"),
        ("StudyDate", "٢٠٢٠٠١٠٢"),
        ("StudyTime", "24"),
        ("StudyTime", "10-11-12"),
        ("StudyTime", "1011.5"),
        ("AcquisitionDateTime", "202"),
        ("AcquisitionDateTime", "20201301"),
        ("AcquisitionDateTime", "20200230"),
        ("AcquisitionDateTime", "2020010225"),
        ("AcquisitionDateTime", "20200102.5"),
        ("AcquisitionDateTime", "-"),
        ("SeriesNumber", "five"),
        ("SeriesNumber", "1-5"),
        ("SeriesNumber", "1*"),
        ("SeriesNumber", [""]),
        ("StudyInstanceUID", "1.2*"),
        ("PatientAge", "04?Y"),
        ("PatientName", "\u200b"),
        ("PatientName", "^^"),
        ("Modality", []),
        ("Modality", ["CT", ""]),
        ("Modality", ["CT", None]),
        ("Modality", ["CT", "*"]),
        ("Modality", b"CT"),
        ("Modality", {"a": "b"}),
        ("Modality", 1.5),
        ("SeriesNumber", True),
        ("SeriesNumber", 10**400),
        ("SeriesNumber", Decimal(5)),
        ("KVP", float("nan")),
        ("KVP", float("inf")),
        ("StudyDate", 20200101),
        ("StudyDate", datetime(2020, 1, 1, tzinfo=UTC)),
        ("StudyTime", time(10, tzinfo=UTC)),
        ("AcquisitionDateTime", datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))),
        ("AcquisitionDateTime", time(10)),
    ],
)
def test_a_value_that_cannot_be_meant_is_an_error_that_names_the_key_and_not_the_value(
    keyword: str, value: object
) -> None:
    with pytest.raises(QueryError) as error:
        parse_value(spec(keyword), value)
    message = str(error.value)
    assert message.startswith(f"{keyword} ({spec(keyword).vr}): ")
    for part in str(value).split("-"):
        assert len(part) < 3 or part not in message
    cause = error.value.__cause__
    assert cause is None or str(value) not in str(cause)


def test_a_long_name_of_stars_asks_for_no_more_than_a_name_has_components() -> None:
    match = parse_value(spec("PatientName"), "a" + "^*" * 10_000)
    assert isinstance(match, AnyOf)
    assert len(match.options) == 5


def test_a_number_too_long_to_write_is_an_error() -> None:
    with pytest.raises(QueryError, match="SeriesNumber"):
        parse_value(spec("SeriesNumber"), 10**5000)


@pytest.mark.parametrize("value", ["20200201-20200101", "20200101\\20200201-20200101"])
def test_a_range_that_ends_before_it_begins_is_an_error(value: str) -> None:
    match = parse_value(spec("StudyDate"), value)
    assert match is not None
    with pytest.raises(QueryError, match="before it begins"):
        check_order(spec("StudyDate"), match)


def test_the_wildcard_vrs_are_those_of_the_standard() -> None:
    wild = set()
    for vr, keyword in KEYWORDS.items():
        try:
            if isinstance(parse_value(spec(keyword), "1*"), Wildcard):
                wild.add(vr)
        except QueryError:
            pass
    assert wild == WILDCARD_VRS


ZONES = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
SYNTAX = st.text(st.sampled_from('0129 -+.:\\*?"^=/aÄ日\0\u0301\u200b'), max_size=24)
ANY_TEXT = st.one_of(SYNTAX, st.text(st.characters(), max_size=24))
ANY_VALUE = st.one_of(
    ANY_TEXT,
    st.lists(ANY_TEXT, max_size=3),
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.times(timezones=st.one_of(st.none(), st.just(UTC))),
    st.datetimes(timezones=st.one_of(st.none(), ZONES)),
    st.binary(max_size=3),
)


@pytest.mark.parametrize("vr", KEYWORDS)
@given(value=ANY_VALUE, exact=st.booleans())
def test_any_value_is_parsed_or_refused(vr: str, value: object, *, exact: bool) -> None:
    attribute = spec(KEYWORDS[vr])
    assert attribute.vr == vr
    try:
        match = parse_value(attribute, value, exact=exact)
    except QueryError:
        return
    if match is not None:
        matches(Condition(attribute, match, exact=exact), "20200101")


@pytest.mark.parametrize("vr", ["AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UI", "UT"])
@given(
    text=st.text(st.characters(exclude_characters="*?\\", exclude_categories=["Cs"]), min_size=1, max_size=12)
)
def test_a_value_finds_itself(vr: str, text: str) -> None:
    attribute = spec(KEYWORDS[vr])
    if (
        attribute.search_values(text)
        and text.strip(" \0") != '""'
        and not {"*", "?"} & {*attribute.search_values(text)[-1]}
    ):
        match = parse_value(attribute, text)
        assert match is not None
        assert matches(Condition(attribute, match), text)


@given(
    st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    st.sampled_from(["A-B", "A-", "-B"]),
)
def test_a_range_of_dates_holds_what_lies_between_its_ends(
    one: date, other: date, point: date, form: str
) -> None:
    low, high = sorted([one, other])
    text = form.replace("A", low.strftime("%Y%m%d")).replace("B", high.strftime("%Y%m%d"))
    match = parse_value(spec("StudyDate"), text)
    assert match is not None
    expected = ("A" not in form or low <= point) and ("B" not in form or point <= high)
    assert matches(Condition(spec("StudyDate"), match), point.strftime("%Y%m%d")) is expected


@given(st.times(), st.integers(1, 5))
def test_a_time_of_less_precision_covers_the_moments_it_begins(point: time, digits: int) -> None:
    text = point.strftime("%H%M%S.%f")
    shorter = {1: text[:2], 2: text[:4], 3: text[:6], 4: text[:8], 5: text[:11]}[digits]
    match = parse_value(spec("StudyTime"), shorter)
    assert match is not None
    assert matches(Condition(spec("StudyTime"), match), text)


@given(st.times(), st.times(), st.integers(1, 3))
def test_a_time_of_less_precision_covers_nothing_else(point: time, other: time, digits: int) -> None:
    shorter, whole = point.strftime("%H%M%S")[: 2 * digits], other.strftime("%H%M%S.%f")
    match = parse_value(spec("StudyTime"), shorter)
    assert match is not None
    assert matches(Condition(spec("StudyTime"), match), whole) is whole.startswith(shorter)


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=ZONES),
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=ZONES),
)
def test_moments_with_offsets_compare_as_points_in_time(one: datetime, other: datetime) -> None:
    low, high = sorted([one, other])
    text = f"{low:%Y%m%d%H%M%S.%f%z}-{high:%Y%m%d%H%M%S.%f%z}"
    match = parse_value(spec("AcquisitionDateTime"), text)
    assert match is not None
    check_order(spec("AcquisitionDateTime"), match)
    middle = low + (high - low) / 2
    assert matches(Condition(spec("AcquisitionDateTime"), match), f"{middle:%Y%m%d%H%M%S.%f%z}")
    if low != high:
        outside = high + timedelta(microseconds=1)
        assert not matches(Condition(spec("AcquisitionDateTime"), match), f"{outside:%Y%m%d%H%M%S.%f%z}")

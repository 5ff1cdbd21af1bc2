# ruff: noqa: DTZ001 - DICOM times know no zone

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom.model import Level
from fileroom.query import (
    AnyOf,
    Condition,
    Empty,
    Equal,
    Item,
    Moment,
    Range,
    Wildcard,
    matches,
    moment_matches,
    sort_key,
    text_matches,
    wildcard_matches,
)
from fileroom.tags import dictionary_spec

if TYPE_CHECKING:
    from fileroom.model import TagValue
    from fileroom.query import Match
    from fileroom.tags import TagSpec


def spec(keyword: str) -> TagSpec:
    found = dictionary_spec(keyword, Level.INSTANCE)
    assert found is not None
    return found


NAME = "Müller^Jörg=山田^太郎=やまだ^たろう"


@pytest.mark.parametrize(
    ("keyword", "match", "value", "expected"),
    [
        ("PatientID", Equal("A1"), " A1 ", True),
        ("PatientID", Equal("A1"), "a1", False),
        ("PatientID", Equal("%"), "A1", False),
        ("OtherPatientIDs", Equal("B"), "A\\B", True),
        ("PatientName", Equal("muller^jorg"), NAME, True),
        ("PatientName", Equal("山田^太郎"), NAME, True),
        ("PatientName", Equal("やまだ^たろう"), NAME, True),
        ("PatientName", Wildcard("山田*"), NAME, True),
        ("PatientName", Wildcard("muller*=*"), NAME, True),
        ("PatientName", Wildcard("*=*"), "Müller^Jörg", False),
        ("PatientName", Wildcard("m?ller*"), NAME, True),
        ("PatientName", Wildcard("m??ller*"), NAME, False),
        ("PatientName", Wildcard("%"), NAME, False),
        ("PatientName", Wildcard("_*"), NAME, False),
        ("PatientName", Wildcard("[m]*"), NAME, False),
        ("StudyDescription", Wildcard("100%*"), "100% dose", True),
        ("StudyDescription", Wildcard("*"), "", False),
        ("SeriesNumber", Equal("5"), "05", True),
        ("SeriesNumber", Equal("5"), "50", False),
        ("StudyDate", Range("20200101", "20200131"), "20200131", True),
        ("StudyDate", Range("20200101", "20200131"), "20200201", False),
        ("StudyDate", Range(None, "20200131"), "2020.01.01", True),
        ("StudyDate", Range("20200101", None), "", False),
        ("StudyTime", Range("100000.000000", "105959.999999"), "10:30", True),
        ("AcquisitionDateTime", Equal("20191231230000.000000"), "20200101000000+0100", True),
        ("StudyDescription", Empty(), " ", True),
        ("StudyDescription", Empty(), "x", False),
        ("PatientName", Empty(), "^^=", True),
        ("Modality", AnyOf((Equal("CT"), Equal("MR"))), "MR", True),
        ("Modality", AnyOf((Equal("CT"), Equal("MR"))), "US", False),
        ("Modality", AnyOf((Equal("CT"), Empty())), "", True),
        ("RequestAttributesSequence", Empty(), (), True),
        ("RequestAttributesSequence", Empty(), "", True),
        ("RequestAttributesSequence", Empty(), ({"StudyID": "1"},), False),
        ("RequestAttributesSequence", Equal("1"), ({"StudyID": "1"},), False),
    ],
)
def test_a_condition_is_met_by_any_of_the_comparable_forms(
    keyword: str, match: Match, value: TagValue, *, expected: bool
) -> None:
    assert matches(Condition(spec(keyword), match), value) is expected


@pytest.mark.parametrize(
    "match", [Equal(""), Wildcard("*"), Range(None, "9"), AnyOf((Equal("a"),)), Item({})]
)
def test_a_missing_attribute_meets_only_the_empty_match(match: Match) -> None:
    assert not matches(Condition(spec("StudyDescription"), match), None)
    assert matches(Condition(spec("StudyDescription"), Empty()), None)
    assert matches(Condition(spec("StudyDescription"), AnyOf((Equal("a"), Empty()))), None)


ITEMS = (
    {"ScheduledProcedureStepID": "1", "ScheduledProcedureStepDescription": "Schädel"},
    {"ScheduledProcedureStepID": "2", "ScheduledProcedureStepDescription": "Thorax"},
)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"ScheduledProcedureStepID": Equal("1")}, True),
        ({"ScheduledProcedureStepID": Equal("3")}, False),
        ({"ScheduledProcedureStepDescription": Wildcard("schad*")}, True),
        (
            {"ScheduledProcedureStepID": Equal("1"), "ScheduledProcedureStepDescription": Equal("thorax")},
            False,
        ),
        (
            {"ScheduledProcedureStepID": Equal("2"), "ScheduledProcedureStepDescription": Equal("thorax")},
            True,
        ),
        ({"RequestedProcedureID": Empty()}, True),
        ({"ScheduledProcedureStepID": AnyOf((Equal("3"), Equal("2")))}, True),
    ],
)
def test_one_item_of_a_sequence_must_meet_every_key(keys: dict[str, Equal], *, expected: bool) -> None:
    assert matches(Condition(spec("RequestAttributesSequence"), Item(keys)), ITEMS) is expected


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        (Equal("Müller^Jörg"), True),
        (Equal("müller^jörg"), False),
        (Wildcard("M?ller*"), True),
        (Wildcard("MÜ*"), False),
        (Equal("山田^太郎"), True),
        (Equal(NAME), True),
    ],
)
def test_exact_compares_each_value_with_case_and_accents(match: Match, *, expected: bool) -> None:
    assert matches(Condition(spec("PatientName"), match, exact=True), f" {NAME} ") is expected


def test_exact_changes_nothing_where_values_are_not_folded() -> None:
    assert matches(Condition(spec("SeriesNumber"), Equal("5"), exact=True), "05")


MOMENT = Moment(spec("StudyDate"), spec("StudyTime"), "20060705100000.000000", "20060707180000.000000")


@pytest.mark.parametrize(
    ("date", "time", "expected"),
    [
        ("20060705", "100000", True),
        ("20060705", "095959", False),
        ("20060706", "030000", True),
        ("20060707", "18", True),
        ("20060707", "180001", False),
        ("20060706", None, True),
        ("20060705", None, False),
        ("20060706", "", True),
        (None, "120000", False),
        ("", "120000", False),
    ],
)
def test_a_date_and_a_time_are_one_point_in_time(
    date: str | None, time: str | None, *, expected: bool
) -> None:
    assert moment_matches(MOMENT, date, time) is expected


def test_a_moment_can_be_open_at_either_end() -> None:
    after = Moment(MOMENT.date, MOMENT.time, MOMENT.low, None)
    before = Moment(MOMENT.date, MOMENT.time, None, MOMENT.high)
    assert moment_matches(after, "20991231", "235959")
    assert not moment_matches(after, "20060705", "09")
    assert moment_matches(before, "19000101", None)
    assert not moment_matches(before, "20060708", None)


@given(
    st.datetimes(datetime(1950, 1, 1), datetime(2050, 1, 1)),
    st.datetimes(datetime(1950, 1, 1), datetime(2050, 1, 1)),
    st.timedeltas(timedelta(0), timedelta(days=40000)),
)
def test_a_moment_compares_as_datetime_does(point: datetime, low: datetime, length: timedelta) -> None:
    high = low + length
    moment = Moment(
        MOMENT.date, MOMENT.time, low.strftime("%Y%m%d%H%M%S.%f"), high.strftime("%Y%m%d%H%M%S.%f")
    )
    found = moment_matches(moment, point.strftime("%Y%m%d"), point.strftime("%H%M%S.%f"))
    assert found is (low <= point <= high)


def test_text_is_compared_as_it_stands() -> None:
    assert text_matches(Equal("Anna"), "Anna")
    assert not text_matches(Equal("Anna"), "anna")
    assert text_matches(Wildcard("A*"), "Anna")
    assert text_matches(AnyOf((Equal("x"), Equal(""))), "")


@pytest.mark.parametrize(
    ("keyword", "value", "key"),
    [
        ("PatientName", "Müller^Jörg=山田", "muller^jorg"),
        ("SeriesNumber", "010", 10.0),
        ("KVP", "-1.5E0\\3", -1.5),
        ("KVP", "high", None),
        ("KVP", "1E999", None),
        ("StudyTime", "10", "100000.000000"),
        ("StudyDescription", " ", None),
        ("StudyDescription", None, None),
        ("RequestAttributesSequence", ({"StudyID": "1"},), None),
    ],
)
def test_resources_are_ordered_by_their_first_comparable_form(
    keyword: str, value: TagValue | None, key: str | float | None
) -> None:
    assert sort_key(spec(keyword), value) == key


LETTERS = st.text(st.sampled_from("ab^%_[].\\日"), max_size=8)
PATTERNS = st.text(st.sampled_from("ab^%_[].\\日**??"), max_size=8)


def regular_expression(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(one, re.escape(one)) for one in pattern), re.DOTALL)


@given(PATTERNS, LETTERS)
def test_wildcards_match_as_a_regular_expression_made_of_them(pattern: str, text: str) -> None:
    assert wildcard_matches(pattern, text) is bool(regular_expression(pattern).fullmatch(text))


@given(st.lists(st.one_of(LETTERS, st.just("*")), max_size=6), st.data())
def test_a_pattern_matches_every_text_it_was_made_from(parts: list[str], data: st.DataObject) -> None:
    filled = "".join(data.draw(LETTERS) if part == "*" else part for part in parts)
    assert wildcard_matches("".join(parts), filled)


def test_many_stars_fail_in_bounded_time() -> None:
    assert not wildcard_matches("*a" * 200 + "*b", "a" * 2000)

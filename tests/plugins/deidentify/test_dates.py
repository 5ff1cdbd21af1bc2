"""Dates that are moved."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom_plugins.deidentify.dates import minutes, shifted


@given(st.dates(date(1850, 1, 1), date(2150, 1, 1)), st.integers(-20000, 20000))
def test_a_date_is_moved_by_the_number_of_days(day: date, days: int) -> None:
    assert shifted("DA", f"{day:%Y%m%d}", days) == f"{day + timedelta(days):%Y%m%d}"


@given(st.dates(date(1850, 1, 1)), st.dates(date(1850, 1, 1), date(2150, 1, 1)), st.integers(-9000, -1))
def test_the_time_between_two_events_stays_the_same(first: date, second: date, days: int) -> None:
    moved = shifted("DA", f"{first:%Y%m%d}\\{second:%Y%m%d}", days).split("\\")
    one, other = (date(int(text[:4]), int(text[4:6]), int(text[6:])) for text in moved)
    assert other - one == second - first


@pytest.mark.parametrize(
    ("vr", "text", "expected"),
    [
        ("DA", "2024.03.01", "20240229"),
        ("DA", "", ""),
        ("DA", "20240301\\", "20240229\\"),
        ("DA", "Mon 3 March", ""),
        ("DA", "20240230", ""),
        ("DA", "00010101", ""),
        ("DT", "20240301120000.5+0100", "20240229110000.5"),
        ("DT", "202403", "202402"),
        ("DT", "2024", "2023"),
        ("DT", "20240301-0500", "20240229"),
        ("DT", "2024030112", "2024022912"),
        ("DT", "2020010248151623481516", ""),
        ("DT", "20240301120000.1234567", ""),
        ("DT", "whenever", ""),
        ("DT", "20240301120000+2500", ""),
        ("DT", "20240301235960", "20240229235960"),
    ],
)
def test_forms_of_dates(vr: str, text: str, expected: str) -> None:
    assert shifted(vr, text, -1) == expected


@given(st.sampled_from(["DA", "DT"]), st.text(max_size=40), st.integers(-5000, 5000))
def test_whatever_is_no_date_becomes_nothing(vr: str, text: str, days: int) -> None:
    for one in shifted(vr, text, days).split("\\"):
        assert not one or one[:4].isdigit()


@given(
    st.builds(datetime.combine, st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.times()),
    st.integers(-14 * 60, 14 * 60),
    st.integers(-14 * 60, 14 * 60),
    st.integers(-5000, -1),
)
def test_one_moment_stays_one_however_its_time_zone_was_written(
    moment: datetime, one: int, other: int, days: int
) -> None:
    first, second = (f"{moment + timedelta(minutes=of):%Y%m%d%H%M%S}{_zone(of)}" for of in (one, other))
    moved = shifted("DT", first, days, 60)
    assert moved == shifted("DT", second, days, 60)
    assert moved == shifted("DT", f"{moment + timedelta(minutes=60):%Y%m%d%H%M%S}", days)


def _zone(offset: int) -> str:
    hours, rest = divmod(abs(offset), 60)
    return f"{'-' if offset < 0 else '+'}{hours:02d}{rest:02d}"


@pytest.mark.parametrize(
    ("text", "expected"), [("+0100", 60), ("-0330", -210), ("", None), ("+2500", None), ("0100", None)]
)
def test_offsets_from_utc_are_read(text: str, expected: int | None) -> None:
    assert minutes(text) == expected


def test_time_zones_go_with_the_dates_that_are_moved() -> None:
    assert "+" not in shifted("DT", "20240301103000+0900\\202403+0100\\2024+0000", -1)

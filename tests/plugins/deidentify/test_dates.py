"""Dates that are moved."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom_plugins.deidentify.dates import DUMMY_DATE, shifted


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
        ("DA", "Mon 3 March", DUMMY_DATE),
        ("DA", "20240230", DUMMY_DATE),
        ("DA", "00010101", DUMMY_DATE),
        ("DT", "20240301120000.5+0100", "20240229120000.5"),
        ("DT", "202403", "202402"),
        ("DT", "2024", "2023"),
        ("DT", "20240301-0500", "20240229"),
        ("DT", "2024030112", "2024022912"),
        ("DT", "2020010248151623481516", DUMMY_DATE),
        ("DT", "20240301120000.1234567", DUMMY_DATE),
        ("DT", "whenever", DUMMY_DATE),
    ],
)
def test_forms_of_dates(vr: str, text: str, expected: str) -> None:
    assert shifted(vr, text, -1) == expected


@given(st.sampled_from(["DA", "DT"]), st.text(max_size=40), st.integers(-5000, 5000))
def test_whatever_is_no_date_becomes_one_or_nothing(vr: str, text: str, days: int) -> None:
    for one in shifted(vr, text, days).split("\\"):
        assert not one or one[:4].isdigit()


def test_time_zones_go_with_the_dates_that_are_moved() -> None:
    assert "+" not in shifted("DT", "20240301103000+0900\\202403+0100\\2024+0000", -1)

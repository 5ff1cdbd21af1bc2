"""Pseudonyms that a key makes."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom.errors import InvalidValueError
from fileroom_plugins.deidentify.keyed import Days, KeyedPseudonyms, is_uid

KEY = b"sixteen bytes or more"


def test_pseudonyms_are_the_same_in_years_to_come() -> None:
    # Written down once: whoever changes one of these breaks every archive that is de-identified in parts.
    pseudonyms = KeyedPseudonyms(KEY)
    assert pseudonyms.uid("1.2.3") == "2.25.219147513644817914738539511847856439447"
    assert pseudonyms.text("id", "QX-1") == "HU5D55VEALDLN3MO"
    assert pseudonyms.text("name", "QX-1") == "XSNGKXYRUSGUN25C"
    assert pseudonyms.days("QX-1") == -3036


def test_another_key_gives_others() -> None:
    one, other = KeyedPseudonyms(KEY), KeyedPseudonyms(KEY + b"!")
    assert one.uid("1.2.3") != other.uid("1.2.3")
    assert one.text("id", "QX-1") != other.text("id", "QX-1")


def test_made_up_keys_are_said_to_be_inconsistent_and_differ() -> None:
    one, other = KeyedPseudonyms(), KeyedPseudonyms()
    assert not one.consistent
    assert one.uid("1.2.3") == one.uid("1.2.3") != other.uid("1.2.3")
    assert KeyedPseudonyms(KEY).consistent


@given(st.text(max_size=70), st.sampled_from(["2.25", "1.2.826.0.1.3680043.10.1", "2." + "9" * 38]))
def test_uids_are_valid(old: str, root: str) -> None:
    made = KeyedPseudonyms(KEY, uid_root=root).uid(old)
    assert is_uid(made)
    assert made.startswith(root + ".")


@given(st.text(max_size=70))
def test_texts_fit_everywhere(old: str) -> None:
    assert re.fullmatch(r"[A-Z2-7]{16}", KeyedPseudonyms(KEY).text("text", old))


@given(st.text(max_size=20), st.integers(-4000, 4000), st.integers(0, 4000))
def test_days_lie_in_the_range_and_are_never_none(patient: str, least: int, size: int) -> None:
    most = least + size
    if (least, most) in {(0, 0), (-1, 0), (0, 1)}:
        return
    days = KeyedPseudonyms(KEY, days=Days(least, most)).days(patient)
    assert least <= days <= most
    assert days


def test_all_days_of_a_range_occur() -> None:
    pseudonyms = KeyedPseudonyms(KEY, days=Days(-2, 2))
    assert {pseudonyms.days(str(patient)) for patient in range(200)} == {-2, -1, 1, 2}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"key": b"short"}, "too short"),
        ({"key": b"k" * 32}, "over and over"),
        ({"key": b"\n \t" * 8}, "blank"),
        ({"uid_root": "1.02"}, "no UID root"),
        ({"uid_root": "1." * 20 + "1"}, "no UID root"),
        ({"days": Days(3, 1)}, "no range"),
        ({"days": Days(0, 0)}, "no range"),
        ({"days": Days(0, 1)}, "0 is left out"),
        ({"days": Days(-1, 0)}, "0 is left out"),
        ({"days": Days(-(10**9), 10**9)}, "a hundred years"),
        ({"days": Days(-36_526, -1)}, "a hundred years"),
        ({"uid_root": "1.40.2"}, "no UID root"),
        ({"uid_root": "1.2.840.10008"}, "the standard's"),
        ({"uid_root": "1.2.840.10008.77"}, "the standard's"),
    ],
)
def test_what_cannot_be_is_refused(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidValueError, match=says):
        KeyedPseudonyms(**{"key": KEY, **arguments})


@pytest.mark.parametrize(
    "text", ["1.2.840.10008.1.1", "1.2.840.10008", "1.40.2", "3.1", "1", "1..2", "1.2.03"]
)
def test_uids_of_the_standard_and_what_is_none_are_not_given(text: str) -> None:
    assert not is_uid(text)


@pytest.mark.parametrize("text", ["1.2.840.100080.1", "0.9", "1.39.7", "2.999.1", "2.25.0"])
def test_other_uids_are_given(text: str) -> None:
    assert is_uid(text)
    assert KeyedPseudonyms(KEY, uid_root=text).uid("1").startswith(f"{text}.")

"""The table of studies: written, read, truncated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom_plugins.index_linear.fields import STUDIES, STUDY_SIZE, TABLE_SIZE
from fileroom_plugins.index_linear.study_table import (
    FREE_STUDY,
    Study,
    decode_table,
    encode_study,
    encode_table,
)
from tests.plugins.index_linear.records import texts

NUMBERS = st.integers(0, 0xFFFF_FFFF)
ANY_STUDIES = st.builds(Study, texts(65), NUMBERS, st.floats(allow_nan=False), NUMBERS)


@given(st.lists(ANY_STUDIES, max_size=8))
def test_what_is_written_is_read_back(studies: list[Study]) -> None:
    table = encode_table(studies)
    assert len(table) == TABLE_SIZE
    assert decode_table(table) == studies + [FREE_STUDY] * (STUDIES - len(studies))


def test_every_value_stands_where_dcmtk_looks_for_it() -> None:
    data = encode_study(Study(b"1.2.3", 0x01020304, 2.0, 0x0A0B0C0D))
    assert data[:68] == b"1.2.3".ljust(68, b"\0")
    assert data[68:72] == b"\4\3\2\1"
    assert data[72:80] == b"\0\0\0\0\0\0\0\x40"
    assert data[80:] == b"\x0d\x0c\x0b\x0a\0\0\0\0"


@given(ANY_STUDIES, st.integers(0, 3 * STUDY_SIZE))
def test_a_table_that_is_cut_short_is_free_where_it_has_no_whole_descriptor(
    study: Study, length: int
) -> None:
    whole = length // STUDY_SIZE
    assert decode_table(encode_table([study] * 3)[:length]) == [study] * whole + [FREE_STUDY] * (
        STUDIES - whole
    )


def test_what_follows_the_table_is_not_of_it() -> None:
    assert len(decode_table(encode_table([FREE_STUDY] * STUDIES) + b"x" * 200)) == STUDIES


def test_a_uid_is_cut_and_sizes_stay_numbers_of_32_bits() -> None:
    (study, *_) = decode_table(encode_study(Study(b"1" * 80, 1 << 40, 0.0, 1 << 40)))
    assert study == Study(b"1" * 64, 0xFFFF_FFFF, 0.0, 0xFFFF_FFFF)


def test_a_uid_without_an_end_ends_with_its_field() -> None:
    data = b"1" * 65 + encode_study(FREE_STUDY)[65:]
    assert decode_table(data)[0].uid == b"1" * 65


def test_there_is_no_room_for_more_than_500() -> None:
    with pytest.raises(ValueError, match="the table holds 500"):
        encode_table([FREE_STUDY] * (STUDIES + 1))

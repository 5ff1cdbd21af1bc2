"""Arithmetic on extents, held to the bytes that they stand for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fileroom_plugins.storage_sql.extents import Extent, cut, joined, not_needed

SEGMENTS = {name.encode(): bytes(range(start, start + 60)) for name, start in (("a", 0), ("b", 100))}
CHUNK_SIZES = {b"a": 7, b"b": 16}


@st.composite
def stretches(draw: st.DrawFn) -> Extent:
    segment = draw(st.sampled_from(sorted(SEGMENTS)))
    offset = draw(st.integers(0, 58))
    length = draw(st.integers(1, 60 - offset))
    return Extent(0, segment, offset, length, CHUNK_SIZES[segment])


objects = st.lists(stretches(), max_size=5).map(joined)


def content(extents: list[Extent]) -> bytes:
    return b"".join(SEGMENTS[each.segment][each.offset : each.offset + each.length] for each in extents)


def chunks(extents: list[Extent]) -> set[tuple[bytes, int]]:
    return {
        (each.segment, byte // each.chunk_size)
        for each in extents
        for byte in range(each.offset, each.offset + each.length)
    }


@given(st.lists(stretches(), max_size=5))
def test_joining_keeps_the_bytes_and_places_them_one_after_another(extents: list[Extent]) -> None:
    found = joined(extents)
    assert content(found) == content(extents)
    assert [each.position for each in found] == [
        sum(before.length for before in found[:number]) for number in range(len(found))
    ]


def test_what_goes_on_where_another_ends_becomes_one() -> None:
    one, other = Extent(0, b"a", 3, 4, 7), Extent(99, b"a", 7, 10, 7)
    assert joined([one, other]) == [Extent(0, b"a", 3, 14, 7)]
    assert len(joined([other, one])) == 2


@given(objects, st.integers(0, 310), st.integers(0, 310))
def test_a_cut_reads_like_a_slice(extents: list[Extent], start: int, end: int) -> None:
    found = cut(extents, start, end)
    assert content(found) == content(extents)[start:end]
    assert all(start <= each.position and each.end <= end for each in found)


@given(st.lists(stretches(), max_size=6), st.lists(stretches(), max_size=6))
def test_what_is_not_needed_is_what_only_the_gone_ones_needed(gone: list[Extent], left: list[Extent]) -> None:
    found = [
        (segment, number) for segment, first, stop in not_needed(gone, left) for number in range(first, stop)
    ]
    assert len(set(found)) == len(found)
    assert set(found) == chunks(gone) - chunks(left)

"""`RangeFile`: what reads of it give, whatever pieces its bytes come in."""

from __future__ import annotations

import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom.plugin import RangeFile

DATA = bytes(range(256)) * 3


class Pieced(RangeFile):
    """Gives at most so many bytes at a time, and fails from a position on."""

    def __init__(self, most: int, fails_from: int | None = None) -> None:
        super().__init__(len(DATA))
        self._most = most
        self.fails_from = fails_from

    def fetch(self, position: int, size: int) -> memoryview:
        assert size >= 1
        assert position + size <= len(DATA)
        if self.fails_from is not None and position >= self.fails_from:
            raise OSError("gone")
        return memoryview(DATA)[position : position + min(size, self._most)]


POSITIONS = st.integers(-20, len(DATA) + 20)
MOVES = st.tuples(st.just("seek"), POSITIONS, st.sampled_from([os.SEEK_SET, os.SEEK_CUR, os.SEEK_END]))
READS = st.tuples(st.sampled_from(["read", "read1", "peek"]), st.integers(0, len(DATA)))
WHOLE = st.tuples(st.just("read"))


@given(st.integers(1, 300), st.lists(MOVES | READS | WHOLE, max_size=12))
def test_a_buffered_reader_around_it_reads_as_a_file_in_memory_does(
    most: int, calls: list[tuple[str, int]]
) -> None:
    ours, theirs = io.BufferedReader(Pieced(most), 64), io.BytesIO(DATA)
    for name, *values in calls:
        if name == "seek":
            try:
                expected = theirs.seek(*values)
            except ValueError:
                with pytest.raises((ValueError, OSError)):
                    ours.seek(*values)
            else:
                if expected == 0 and values[0] < 0:  # a file in memory stops at its start, where files refuse
                    theirs.seek(ours.tell())
                else:
                    assert ours.seek(*values) == expected
        elif name == "read":
            assert ours.read(*values) == theirs.read(*values)
        else:
            piece = getattr(ours, name)(*values)
            assert DATA[theirs.tell() :].startswith(piece)
            if name == "read1":
                theirs.seek(theirs.tell() + len(piece))
        assert ours.tell() == theirs.tell()


def test_a_read_that_fails_leaves_the_position_where_it_was() -> None:
    file = Pieced(100, fails_from=300)
    file.seek(50)
    with pytest.raises(OSError, match="gone"):
        file.readall()
    assert file.tell() == 50
    file.fails_from = None
    assert file.readall() == DATA[50:]


def test_nothing_is_read_before_the_start_and_after_closing() -> None:
    file = Pieced(100)
    with pytest.raises(ValueError, match="cannot seek"):
        file.seek(-1)
    with pytest.raises(ValueError, match="cannot seek"):
        file.seek(0, 3)
    file.close()
    for use in (file.readall, file.tell, lambda: file.seek(0), lambda: file.read(1)):
        with pytest.raises(ValueError, match="closed"):
            use()

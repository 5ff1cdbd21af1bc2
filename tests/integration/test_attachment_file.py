"""Attachments opened for reading and writing: what is written becomes one new version at the end."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import fileroom
from fileroom.archive import Archive
from fileroom.attachments import Attachment
from fileroom.storage import ByteRange
from fileroom.testing.datasets import make_instance
from tests.integration.chunked_archives import (
    LARGE,
    archive,
    attached,
    attachment,
    fresh,
    kind,
    new_archive,
    objects,
    study,
)

__all__ = ["archive", "attachment", "kind"]  # fixtures


def test_what_is_written_is_read_at_once_and_stored_at_the_end(
    archive: Archive, attachment: Attachment
) -> None:
    with attachment.open("r+b") as file:
        assert file.read(3) == LARGE[:3]
        assert file.write(b"new") == 3
        assert file.tell() == 6
        file.seek(-4, os.SEEK_END)
        file.write(b"the end!")
        file.seek(0)
        expected = LARGE[:3] + b"new" + LARGE[6:-4] + b"the end!"
        assert file.read() == expected
        assert fresh(archive).read() == LARGE, "nobody else sees it before it is closed"
        assert attachment.revision == 1
    assert (attachment.revision, attachment.size, attachment.read()) == (2, len(expected), expected)
    assert fresh(archive).record == attachment.record
    assert objects(archive) == 2
    assert list(archive.verify()) == []


def test_reading_only_makes_no_new_version(archive: Archive, attachment: Attachment) -> None:
    with attachment.open("r+b") as file:
        assert file.read() == LARGE
        file.flush()
        file.truncate(len(LARGE))
    assert fresh(archive).revision == 1


@pytest.mark.parametrize("size", [0, 1, 300_000, len(LARGE) - 1, len(LARGE) + 5])
def test_truncating_cuts_or_adds_zeros(archive: Archive, attachment: Attachment, size: int) -> None:
    with attachment.open("r+b") as file:
        assert file.truncate(size) == size
    assert fresh(archive).read() == LARGE[:size].ljust(size, b"\0")


def test_a_gap_that_writing_leaves_reads_as_zeros(archive: Archive, attachment: Attachment) -> None:
    with attachment.open("r+b") as file:
        file.seek(10, os.SEEK_END)
        file.write(b"far")
        file.seek(len(LARGE))
        assert file.read() == bytes(10) + b"far"
    assert fresh(archive).read() == LARGE + bytes(10) + b"far"


def test_bytes_that_were_cut_off_do_not_come_back(archive: Archive, attachment: Attachment) -> None:
    with attachment.open("r+b") as file:
        file.truncate(4)
        file.truncate(8)
        file.seek(10)
        file.write(b"x")
    assert fresh(archive).read() == LARGE[:4] + bytes(6) + b"x"


def test_leaving_by_an_error_discards_what_was_written(archive: Archive, attachment: Attachment) -> None:
    def fail_while_writing() -> None:
        with attachment.open("r+b") as file:
            file.write(b"half of i")
            raise EOFError

    with pytest.raises(EOFError):
        fail_while_writing()
    assert (fresh(archive).revision, fresh(archive).read(), objects(archive)) == (1, LARGE, 2)


def in_a_text_file(attachment: Attachment) -> None:
    with io.TextIOWrapper(attachment.open("r+b")) as text:
        text.write("half of i")
        raise EOFError


def closed_whatever_happens(attachment: Attachment) -> None:
    with contextlib.closing(attachment.open("r+b")) as file:
        file.write(b"half of i")
        raise EOFError


def closed_at_last(attachment: Attachment) -> None:
    file = attachment.open("r+b")
    try:
        file.write(b"half of i")
        raise EOFError
    finally:
        file.close()


@pytest.mark.parametrize("write", [in_a_text_file, closed_whatever_happens, closed_at_last])
def test_closing_because_of_an_error_discards_what_was_written(
    archive: Archive,
    attachment: Attachment,
    write: Callable[[Attachment], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(EOFError):
        write(attachment)
    assert "EOFError" in caplog.text
    assert (fresh(archive).revision, objects(archive)) == (1, 2)


def test_text_is_stored_when_all_went_well(archive: Archive, attachment: Attachment) -> None:
    with io.TextIOWrapper(attachment.open("r+b")) as text:
        text.write("whole")
    assert (fresh(archive).revision, fresh(archive).read(0, 5)) == (2, b"whole")


def test_what_is_written_because_of_an_error_is_stored(archive: Archive, attachment: Attachment) -> None:
    try:
        attachment.read_ranges(None)  # type: ignore[arg-type]
    except TypeError:
        file = attachment.open("r+b")
        file.write(b"closed")
        file.close()
    assert fresh(archive).read(0, 6) == b"closed"
    file = attachment.open("r+b")
    file.write(b"entered")
    try:
        attachment.read_ranges(None)  # type: ignore[arg-type]
    except TypeError:
        with file:
            pass
    assert fresh(archive).read(0, 7) == b"entered"


def test_a_text_file_that_nobody_closed_changes_nothing(archive: Archive, attachment: Attachment) -> None:
    text = io.TextIOWrapper(attachment.open("r+b"))
    text.write("half of i")
    del text
    gc.collect()
    assert (fresh(archive).revision, objects(archive)) == (1, 2)


def test_a_file_that_nobody_closed_changes_nothing(archive: Archive, attachment: Attachment) -> None:
    file = attachment.open("r+b")
    file.write(b"half of i")
    del file
    gc.collect()
    assert (fresh(archive).revision, objects(archive)) == (1, 2)


def test_closing_twice_stores_once(archive: Archive, attachment: Attachment) -> None:
    file = attachment.open("r+b")
    file.write(b"once")
    file.close()
    file.close()
    assert fresh(archive).revision == 2
    with pytest.raises(ValueError, match="closed"):
        file.read()


@pytest.mark.parametrize("anew", [False, True])
def test_a_change_by_somebody_else_is_not_written_over(
    archive: Archive, attachment: Attachment, anew: bool
) -> None:
    file = attachment.open("r+b")
    file.write(b"mine")
    if anew:
        archive.get(study(archive)).attachments.detach("report")
        attached(archive, b"theirs")
    else:
        fresh(archive).splice(0, None, b"theirs")
    with pytest.raises(fileroom.RevisionError):
        file.close()
    assert file.closed
    assert (fresh(archive).read(), objects(archive)) == (b"theirs", 2)


def test_an_attachment_that_was_changed_is_not_opened_for_writing(attachment: Attachment) -> None:
    stale = Attachment(attachment._archive, attachment._id, attachment.record)
    attachment.append(b"x")
    with pytest.raises(fileroom.RevisionError):
        stale.open("r+b")


@pytest.mark.parametrize(
    ("mode", "byte_range"),
    [("wb", None), ("r", None), ("w+b", None), ("ab", None), ("", None), ("r+b", ByteRange(0, 1))],
)
def test_other_modes_are_refused(attachment: Attachment, mode: str, byte_range: ByteRange | None) -> None:
    with pytest.raises(fileroom.InvalidValueError, match="rb"):
        attachment.open(mode, byte_range)


def test_it_is_a_file_like_any_other(archive: Archive) -> None:
    import pydicom

    attachment = attached(archive, b"first\nsecond\nthird")
    with attachment.open("r+b") as file:
        assert (file.readable(), file.writable(), file.seekable()) == (True, True, True)
        assert list(file) == [b"first\n", b"second\n", b"third"]
        with pytest.raises(ValueError):
            file.seek(-1)
        with pytest.raises(ValueError):
            file.truncate(-1)
        file.seek(0)
        file.truncate(0)
        file.write(make_instance())
        file.seek(0)
        assert pydicom.dcmread(file).Modality
    with attachment.open() as file:
        assert pydicom.dcmread(file).Modality


def test_one_change_far_inside_does_not_read_the_rest(
    archive: Archive, attachment: Attachment, kind: str
) -> None:
    if not archive.storage.capabilities.splice:
        pytest.skip("its storage copies")
    read: list[int] = []
    opened = archive.storage.open

    class Counting(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            read.append(len(data))
            return data

    def counting(locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        with opened(locator, byte_range) as file:
            return Counting(file.read())

    archive.storage.open = counting  # type: ignore[method-assign]
    with attachment.open("r+b") as file:
        file.seek(500_000)
        file.write(b"x")
    assert sum(read) <= 1 << 17
    assert attachment.read(499_999, 500_002) == LARGE[499_999:500_000] + b"x" + LARGE[500_001:500_002]


class FileMachine(RuleBasedStateMachine):
    """Leads a file of mode r+b and one in memory through the same life."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="fileroom-file-")
        self.archive = new_archive("memory", Path(self.folder.name))
        self.attachment = attached(self.archive, bytes(range(200)))
        self.model = io.BytesIO(bytes(range(200)))
        self.file = self.attachment.open("r+b")

    def teardown(self) -> None:
        try:
            self.file.close()
            # A life that is given up half-way ends by an error, and then what was written is discarded.
            if sys.exc_info()[0] is None:
                assert self.attachment.read() == self.model.getvalue()
        finally:
            self.archive.close()
            self.folder.cleanup()

    @rule(data=st.binary(max_size=60))
    def write(self, data: bytes) -> None:
        assert self.file.write(data) == self.model.write(data)

    @rule(size=st.integers(-1, 300))
    def read(self, size: int) -> None:
        assert self.file.read(size) == self.model.read(size)

    @rule(position=st.integers(0, 300))
    def seek(self, position: int) -> None:
        assert self.file.seek(position) == self.model.seek(position)

    @rule(size=st.none() | st.integers(0, 300))
    def truncate(self, size: int | None) -> None:
        asked = self.model.tell() if size is None else size
        assert self.file.truncate(size) == asked
        self.model.truncate(asked)
        self.model.seek(0, os.SEEK_END)
        self.model.write(bytes(max(asked - self.model.tell(), 0)))  # a file in memory does not grow
        self.model.seek(self.file.tell())

    @rule()
    def flush(self) -> None:
        self.file.flush()

    @rule()
    def close_and_open(self) -> None:
        position = self.file.tell()
        self.file.close()
        assert self.attachment.read() == self.model.getvalue()
        self.file = self.attachment.open("r+b")
        self.file.seek(position)

    @invariant()
    def stands_at_the_same_place(self) -> None:
        assert self.file.tell() == self.model.tell()


TestFileLife = FileMachine.TestCase
TestFileLife.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)

"""Appending to attachments and splicing them, whether the storage can splice or bytes are copied."""

from __future__ import annotations

import hashlib
import io
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fileroom
from fileroom.archive import Archive
from fileroom.attachments import Attachment
from fileroom.model import ChangeType
from fileroom.storage import ByteRange, Source
from tests.integration.chunked_archives import (
    KINDS,
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

END = len(LARGE)

CHANGES: list[tuple[tuple[int | None, int | None, bytes], bytes]] = [
    ((None, 0, b"end"), LARGE + b"end"),
    ((None, None, b"end"), LARGE + b"end"),
    ((None, 5, b"end"), LARGE + b"end"),
    ((END, 0, b"end"), LARGE + b"end"),
    ((0, 0, b"front"), b"front" + LARGE),
    ((0, None, b"instead"), b"instead"),
    ((0, None, b""), b""),
    ((5, 0, b"in"), LARGE[:5] + b"in" + LARGE[5:]),
    ((5, 2, b"in"), LARGE[:5] + b"in" + LARGE[7:]),
    ((5, 7, b""), LARGE[:5] + LARGE[12:]),
    ((700_000, None, b"tail"), LARGE[:700_000] + b"tail"),
    ((700_000, 10**12, b"tail"), LARGE[:700_000] + b"tail"),
    ((262_144, 262_144, bytes(400_000)), LARGE[:262_144] + bytes(400_000) + LARGE[524_288:]),
]


@pytest.mark.parametrize(("change", "expected"), CHANGES, ids=lambda one: str(one)[:20])
def test_a_splice_puts_bytes_in_the_place_of_others(
    archive: Archive, attachment: Attachment, change: tuple[int | None, int | None, bytes], expected: bytes
) -> None:
    assert attachment.splice(*change) is attachment
    assert (attachment.read(), attachment.size, attachment.revision) == (expected, len(expected), 2)
    assert fresh(archive).record == attachment.record
    assert list(archive.verify()) == []
    assert objects(archive) == 2, "the old bytes are deleted"


def test_an_empty_attachment_grows_by_appending(archive: Archive) -> None:
    growing = attached(archive, b"")
    assert (growing.size, growing.read()) == (0, b"")
    for number in range(4):
        growing.append(bytes([number]) * 100_000)
    assert growing.read() == b"".join(bytes([number]) * 100_000 for number in range(4))
    assert (growing.size, growing.revision) == (400_000, 5)


def test_appending_nothing_is_a_new_revision_of_the_same_bytes(attachment: Attachment) -> None:
    assert attachment.append(b"").revision == 2
    assert attachment.read() == LARGE


def test_bounds_of_a_read_may_be_left_open(attachment: Attachment) -> None:
    assert attachment.read(None, 7) == LARGE[:7]
    assert attachment.read(7) == LARGE[7:]
    assert attachment.read(end=0) == b""
    assert attachment.read(END - 3, END + 100) == LARGE[-3:]
    with attachment.open("rb", ByteRange(5, 9)) as file:
        assert file.read() == LARGE[5:9]


@pytest.mark.parametrize(
    "source",
    [
        lambda path: b"new",
        lambda path: memoryview(b"new"),
        lambda path: path,
        lambda path: io.BytesIO(b"new"),
        lambda path: [b"n", b"", b"ew"],
        lambda path: iter([b"new"]),
    ],
)
def test_any_source_can_be_spliced_in(
    attachment: Attachment, tmp_path: Path, source: Callable[[Path], Source]
) -> None:
    path = tmp_path / "new"
    path.write_bytes(b"new")
    assert attachment.splice(10, 20, source(path)).read() == LARGE[:10] + b"new" + LARGE[30:]
    assert attachment.append(source(path)).read(-3 + attachment.size) == b"new"


def test_an_attachment_can_be_appended_to_itself(attachment: Attachment) -> None:
    with attachment.open() as same:
        attachment.append(same)
    assert attachment.read() == LARGE + LARGE


@pytest.mark.parametrize(
    ("offset", "length"), [(END + 1, 0), (END + 1, None), (10**15, 0), (-1, 0), (0, -1), (None, -1)]
)
def test_numbers_that_mean_no_bytes_are_refused_and_nothing_changes(
    archive: Archive, attachment: Attachment, offset: int | None, length: int | None
) -> None:
    with pytest.raises(fileroom.InvalidValueError):
        attachment.splice(offset, length, b"x")
    assert fresh(archive).record == attachment.record
    assert (attachment.read(), objects(archive)) == (LARGE, 2)


def test_files_of_the_archives_own_cannot_be_changed(archive: Archive) -> None:
    (instance,) = archive.find("instance")
    dicom = instance.attachments["dicom"]
    for change in (lambda: dicom.append(b"x"), lambda: dicom.splice(0, 0, b""), lambda: dicom.open("r+b")):
        with pytest.raises(fileroom.NotSupportedError, match="store a new one"):
            change()
    assert dicom.read() == instance.attachments["dicom"].read()


def test_a_source_that_fails_changes_nothing(archive: Archive, attachment: Attachment) -> None:
    def broken() -> Iterator[bytes]:
        yield b"first"
        raise EOFError("broken")

    with pytest.raises(EOFError, match="broken"):
        attachment.splice(100, 5, broken())
    assert (fresh(archive).revision, fresh(archive).read(), objects(archive)) == (1, LARGE, 2)


def test_a_change_can_demand_a_revision(archive: Archive, attachment: Attachment) -> None:
    other = fresh(archive)
    other.append(b"2")
    with pytest.raises(fileroom.RevisionError):
        attachment.append(b"x", if_revision=attachment.revision)
    with pytest.raises(fileroom.RevisionError):
        attachment.splice(0, 0, b"x", if_revision=7)
    assert attachment.append(b"3").read()[-2:] == b"23", "without one, what is there is changed"
    assert attachment.append(b"4", if_revision=3).revision == 4
    assert objects(archive) == 2


@pytest.mark.parametrize("meanwhile", ["replaced", "spliced", "detached", "attached anew", "deleted"])
def test_of_two_changes_at_once_one_is_refused_and_nothing_is_lost(
    archive: Archive, attachment: Attachment, meanwhile: str
) -> None:
    others: dict[str, Callable[[], object]] = {
        "replaced": lambda: attached(archive, b"other"),
        "spliced": lambda: fresh(archive).append(b"other"),
        "detached": lambda: archive.get(study(archive)).attachments.detach("report"),
        "attached anew": lambda: (others["detached"](), attached(archive, b"other")),
        "deleted": lambda: archive.delete(study(archive)),
    }

    def source() -> Iterator[bytes]:
        yield b"mine"
        others[meanwhile]()

    expected = fileroom.NotFoundError if meanwhile == "deleted" else fileroom.RevisionError
    with pytest.raises(expected):
        attachment.append(source())
    if meanwhile in {"replaced", "attached anew"}:
        assert fresh(archive).read() == b"other"
    elif meanwhile == "spliced":
        assert fresh(archive).read() == LARGE + b"other"
    assert objects(archive) == archive.statistics().attachments, "the refused bytes are deleted"


def test_every_append_of_many_writers_arrives_once(archive: Archive) -> None:
    attached(archive, b"")
    barrier = threading.Barrier(4)

    def write(number: int) -> None:
        handle = fresh(archive)
        barrier.wait(10)
        for _ in range(5):
            while True:
                try:
                    handle.append(bytes([number]) * 10)
                    break
                except fileroom.RevisionError:
                    continue

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    data = fresh(archive).read()
    assert [data.count(number) for number in range(4)] == [50] * 4
    assert all(data[i : i + 10] == data[i : i + 1] * 10 for i in range(0, 200, 10))
    assert objects(archive) == 2


def test_a_change_is_logged_and_counted(archive: Archive, attachment: Attachment) -> None:
    last = archive.changes(limit=1000).last
    attachment.append(b"12345")
    (change,) = archive.changes(since=last)
    assert (change.type, change.id) == (ChangeType.UPDATED_ATTACHMENT, study(archive))
    (dicom,) = (one.attachments["dicom"].size for one in archive.find("instance"))
    assert archive.statistics().bytes == dicom + END + 5


def test_a_copy_has_a_digest_and_a_splice_gets_one_by_verifying(kind: str, archive: Archive) -> None:
    attachment = attached(archive, LARGE).append(b"x")
    digest = f"md5:{hashlib.md5(LARGE + b'x').hexdigest()}"
    assert attachment.digest == (digest if KINDS[kind] == "copies" else "")
    assert list(archive.verify(digests=False)) == []
    assert fresh(archive).digest == attachment.digest
    assert list(archive.verify()) == []
    assert fresh(archive).digest == fresh(archive).record.stored_digest == digest
    revision = fresh(archive).revision
    assert list(archive.verify()) == []
    assert (fresh(archive).revision, fresh(archive).read()) == (revision, LARGE + b"x")


def test_small_attachments_are_copied_so_that_their_digest_is_known(archive: Archive) -> None:
    attachment = attached(archive, b"small").append(b"er")
    assert attachment.digest == f"md5:{hashlib.md5(b'smaller').hexdigest()}"


def test_damaged_bytes_are_not_copied_into_a_new_version(tmp_path: Path) -> None:
    with new_archive("sqlite", tmp_path) as archive:
        attachment = attached(archive, b"good bytes")
        path = archive.storage.local_path(attachment.record.locator)
        path.chmod(0o600)
        for damaged in (b"bad! bytes", b"good", b"good bytes and more"):
            path.write_bytes(damaged)
            with pytest.raises(fileroom.IntegrityError, match="damaged"):
                attachment.splice(2, 1, b"x")
        assert (fresh(archive).revision, objects(archive)) == (1, 2)


def test_lost_bytes_are_told_as_such(archive: Archive, attachment: Attachment) -> None:
    archive.storage.delete([attachment.record.locator])
    with pytest.raises(fileroom.NotFoundError):
        attachment.append(b"x")
    assert fresh(archive).revision == 1


def test_a_large_attachment_is_copied_in_bounded_memory(tmp_path: Path) -> None:
    piece = bytes(1 << 20)
    with new_archive("sqlite", tmp_path) as archive:
        attachment = archive.attach(study(archive), "report", (piece for _ in range(48)))
        tracemalloc.start()
        attachment.splice(5 << 20, 3, (piece for _ in range(24)))
        with attachment.open("r+b") as file:
            file.write(b"x")
            file.seek(40 << 20)
            file.writelines(piece for _ in range(40))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert attachment.size == 80 << 20
        assert peak < 16 << 20


splices = st.tuples(st.none() | st.integers(0, 400), st.none() | st.integers(0, 400), st.binary(max_size=300))


@settings(max_examples=40, deadline=None)
@given(start=st.binary(max_size=300), changes=st.lists(splices, max_size=6))
def test_splices_do_what_a_bytearray_does(
    tmp_path_factory: pytest.TempPathFactory,
    start: bytes,
    changes: list[tuple[int | None, int | None, bytes]],
) -> None:
    with new_archive("memory", tmp_path_factory.mktemp("model")) as archive:
        attachment = attached(archive, start)
        model = bytearray(start)
        for offset, length, data in changes:
            first = len(model) if offset is None else offset
            if first > len(model):
                with pytest.raises(fileroom.InvalidValueError):
                    attachment.splice(offset, length, data)
                continue
            model[first : None if length is None else first + length] = data
            attachment.splice(offset, length, data)
        assert attachment.read() == model

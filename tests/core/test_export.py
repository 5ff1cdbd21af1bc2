from __future__ import annotations

import errno
import hashlib
import io
import itertools
import os
import tracemalloc
import zipfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom import export
from fileroom._distinct import DistinctPaths
from fileroom.errors import (
    AlreadyExistsError,
    ConfigError,
    IntegrityError,
    NotFoundError,
    StorageError,
    StorageFullError,
)
from fileroom.export import ExportItem, export_folder, export_zip

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def item(data: bytes, *, path: str = "p/st/se/i", name_hint: str = "", digest: str = "") -> ExportItem:
    keywords = ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
    tags = dict(zip(keywords, path.split("/"), strict=True))
    digest = digest or f"md5:{hashlib.md5(data, usedforsecurity=False).hexdigest()}"
    return ExportItem(tags, lambda: io.BytesIO(data), len(data), digest, name_hint, f"id of {path}")


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def members(file: str | Path | BinaryIO) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        return {info.filename: archive.read(info) for info in archive.infolist()}


def zip_of(items: list[ExportItem], template: str = export.DEFAULT_TEMPLATE) -> dict[str, bytes]:
    buffer = io.BytesIO()
    export_zip(items, buffer, template)
    return members(buffer)


def test_a_folder_gets_a_file_for_each_object_named_by_its_tags(tmp_path: Path) -> None:
    report = export_folder([item(b"one"), item(b"three", path="p/st/se/j")], tmp_path / "new" / "folder")
    assert files(tmp_path / "new" / "folder") == {"p/st/se/i.dcm": b"one", "p/st/se/j.dcm": b"three"}
    assert (report.written, report.skipped, report.bytes, report.failures) == (2, 0, 8, [])


def test_a_zip_file_gets_the_same_members(tmp_path: Path) -> None:
    report = export_zip([item(b"one"), item(b"three", path="p/st/se/j")], tmp_path / "x.zip")
    assert members(tmp_path / "x.zip") == {"p/st/se/i.dcm": b"one", "p/st/se/j.dcm": b"three"}
    assert (report.written, report.skipped, report.bytes, report.failures) == (2, 0, 8, [])
    assert [path.name for path in tmp_path.iterdir()] == ["x.zip"]


def test_a_template_names_the_files(tmp_path: Path) -> None:
    export_folder([item(b"x")], tmp_path, "{PatientID}-{Modality}.ima")
    assert files(tmp_path) == {"p-_.ima": b"x"}


def test_a_malformed_template_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    for call in (export_folder, export_zip):
        with pytest.raises(ConfigError):
            cast("Callable[..., object]", call)([item(b"x")], tmp_path / "out", "../{PatientID}")
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_dicom_file_keeps_a_name_of_its_own(tmp_path: Path) -> None:
    export_folder([item(b"x", name_hint="thumb/nail.jpg")], tmp_path)
    (name,) = files(tmp_path)
    assert name.startswith("p/st/se/thumb_nail.jpg~")


@given(st.lists(st.text(st.characters(), max_size=20), min_size=4, max_size=4))
def test_no_value_leads_out_of_the_zip_file(values: list[str]) -> None:
    one = item(b"x")
    hostile = ExportItem(dict(zip(one.tags, values, strict=True)), one.open, one.size, one.digest)
    (name,) = zip_of([hostile])
    path = PurePosixPath(name)
    assert len(path.parts) == 4
    assert not {"..", ".", "/"} & set(path.parts)


def test_paths_that_differ_in_case_only_stay_apart(tmp_path: Path) -> None:
    items = [
        item(b"1"),
        item(b"2", path="P/st/se/i"),
        item(b"3", path="p/st/se/I"),
        item(b"4", path="p/st/se/i"),
    ]
    expected = {
        "p/st/se/i.dcm": b"1",
        "P~2/st/se/i.dcm": b"2",
        "p/st/se/I~2.dcm": b"3",
        "p/st/se/i~3.dcm": b"4",
    }
    assert zip_of(items) == expected
    export_folder(items, tmp_path)
    assert files(tmp_path) == expected


def test_an_object_that_comes_twice_is_written_once(tmp_path: Path) -> None:
    twice = [item(b"x"), item(b"x")]
    assert zip_of(twice) == {"p/st/se/i.dcm": b"x"}
    report = export_folder(twice, tmp_path)
    assert files(tmp_path) == {"p/st/se/i.dcm": b"x"}
    assert (report.written, report.skipped) == (1, 1)


def test_running_an_export_again_skips_what_is_there(tmp_path: Path) -> None:
    items = [item(b"1"), item(b"2", path="p/st/se/I"), item(b"3", path="p/st/se/x")]
    export_folder(items[:2], tmp_path)
    report = export_folder(items, tmp_path)
    assert (report.written, report.skipped, report.failures) == (1, 2, [])
    assert len(files(tmp_path)) == 3


@pytest.mark.parametrize("there", [b"other", b"x2"])
def test_a_file_with_other_content_is_not_overwritten(tmp_path: Path, there: bytes) -> None:
    (tmp_path / "p/st/se").mkdir(parents=True)
    (tmp_path / "p/st/se/i.dcm").write_bytes(there)
    report = export_folder([item(b"x1"), item(b"y", path="p/st/se/j")], tmp_path)
    assert files(tmp_path) == {"p/st/se/i.dcm": there, "p/st/se/j.dcm": b"y"}
    (failure,) = report.failures
    assert failure.id == "id of p/st/se/i"
    assert isinstance(failure.error, AlreadyExistsError)


def test_a_file_where_a_folder_should_be_fails_that_object_only(tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(b"a file")
    (tmp_path / "q/st/se/i.dcm").mkdir(parents=True)
    items = [item(b"x"), item(b"x", path="q/st/se/i"), item(b"y", path="r/st/se/i")]
    report = export_folder(items, tmp_path)
    assert files(tmp_path) == {"p": b"a file", "r/st/se/i.dcm": b"y"}
    assert [type(failure.error) for failure in report.failures] == [AlreadyExistsError] * 2


@pytest.mark.parametrize("size", [5, 9 << 20])
def test_an_object_that_differs_from_its_digest_is_reported_and_not_written(
    tmp_path: Path, size: int
) -> None:
    rotten = item(bytes(size), digest="md5:" + "0" * 32)
    sound = item(b"sound", path="p/st/se/j")
    report = export_folder([rotten, sound], tmp_path / "folder")
    assert files(tmp_path / "folder") == {"p/st/se/j.dcm": b"sound"}
    zip_report = export_zip([rotten, sound], tmp_path / "x.zip")
    assert members(tmp_path / "x.zip") == {"p/st/se/j.dcm": b"sound"}
    for failure in (*report.failures, *zip_report.failures):
        assert failure.id == "id of p/st/se/i"
        assert isinstance(failure.error, IntegrityError)
    assert len(report.failures) == len(zip_report.failures) == 1


@pytest.mark.parametrize("digest", ["sha256:x", "md5", "unknown:00"])
def test_a_digest_that_cannot_be_checked_fails_that_object(tmp_path: Path, digest: str) -> None:
    one = item(b"x")
    one = ExportItem(one.tags, one.open, one.size, digest)
    report = export_folder([one], tmp_path)
    assert files(tmp_path) == {}
    assert isinstance(report.failures[0].error, IntegrityError)


def undigested(data: bytes, size: int | None = None, id_: str = "") -> ExportItem:
    """An object of which only the size was recorded, as of a file that another program stored."""
    one = item(data)
    return ExportItem(one.tags, one.open, len(data) if size is None else size, "", id=id_)


@pytest.mark.parametrize("size", [5, 9 << 20])
def test_an_object_without_a_digest_is_exported_if_its_size_is_right(tmp_path: Path, size: int) -> None:
    data = bytes(size)
    assert export_folder([undigested(data)], tmp_path / "folder").failures == []
    assert files(tmp_path / "folder") == zip_of([undigested(data)]) == {"p/st/se/i.dcm": data}
    report = export_folder([undigested(data, size + 1)], tmp_path / "other")
    assert isinstance(report.failures[0].error, IntegrityError)
    assert files(tmp_path / "other") == zip_of([undigested(data, size + 1)]) == {}


def test_an_object_without_a_digest_is_compared_with_what_is_there(tmp_path: Path) -> None:
    export_folder([item(b"same")], tmp_path)
    assert export_folder([undigested(b"same")], tmp_path).skipped == 1
    report = export_folder([undigested(b"SAME")], tmp_path)
    assert isinstance(report.failures[0].error, AlreadyExistsError)
    assert files(tmp_path) == {"p/st/se/i.dcm": b"same"}


def test_two_objects_without_digests_that_want_one_path_are_both_exported() -> None:
    one, other = undigested(b"1", id_="one"), undigested(b"2", id_="other")
    assert zip_of([one, other, one]) == {"p/st/se/i.dcm": b"1", "p/st/se/i~2.dcm": b"2"}
    assert len(zip_of([undigested(b"1"), undigested(b"2")])) == 2


class Unreadable(io.RawIOBase):
    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        raise OSError(errno.EIO, "disk on fire")


def gone() -> BinaryIO:
    raise NotFoundError("the object is gone")


def refused() -> BinaryIO:
    raise PermissionError(errno.EACCES, "Permission denied")


@pytest.mark.parametrize(
    ("opener", "error"),
    [(gone, NotFoundError), (refused, StorageError), (Unreadable, StorageError)],
)
def test_an_object_that_cannot_be_read_is_reported_and_the_others_written(
    tmp_path: Path, opener: Callable[[], BinaryIO], error: type[Exception]
) -> None:
    one = item(b"x")
    items = [ExportItem(one.tags, opener, one.size, one.digest), item(b"y", path="p/st/se/j")]
    report = export_folder(items, tmp_path)
    assert files(tmp_path) == zip_of(items) == {"p/st/se/j.dcm": b"y"}
    assert [type(failure.error) for failure in report.failures] == [error]


def test_a_full_disk_ends_the_export_and_leaves_whole_files_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    export_folder([item(b"x")], tmp_path)
    monkeypatch.setattr(os, "link", full)
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(StorageFullError):
        export_folder([item(b"y", path="p/st/se/j")], tmp_path)
    with pytest.raises(StorageFullError):
        export_zip([item(b"y")], tmp_path / "x.zip")
    assert files(tmp_path) == {"p/st/se/i.dcm": b"x"}


def test_where_hard_links_do_not_work_files_are_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*args: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", unsupported)
    export_folder([item(b"x")], tmp_path)
    assert files(tmp_path) == {"p/st/se/i.dcm": b"x"}


def test_an_existing_zip_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"precious")
    with pytest.raises(AlreadyExistsError):
        export_zip([item(b"x")], tmp_path / "x.zip")
    assert files(tmp_path) == {"x.zip": b"precious"}


class Pipe(io.RawIOBase):
    """A binary output that cannot seek or tell, as standard output or a socket."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.data += data
        return len(data)

    def tell(self) -> int:
        raise io.UnsupportedOperation


def test_a_zip_file_can_be_written_to_a_stream_that_cannot_seek() -> None:
    pipe = Pipe()
    rotten = item(b"rotten", digest="md5:" + "0" * 32)
    export_zip([item(b"one"), rotten, item(bytes(9 << 20), path="p/st/se/big")], cast("BinaryIO", pipe))
    assert members(io.BytesIO(pipe.data)) == {"p/st/se/i.dcm": b"one", "p/st/se/big.dcm": bytes(9 << 20)}
    assert not pipe.closed


def test_a_stream_that_breaks_is_a_storage_error() -> None:
    class Broken(Pipe):
        def write(self, data: bytes) -> int:  # type: ignore[override]
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    with pytest.raises(StorageError, match="Broken pipe"):
        export_zip([item(b"x")], cast("BinaryIO", Broken()))


def test_equal_items_give_equal_zip_files_without_dates() -> None:
    buffers = [io.BytesIO(), io.BytesIO()]
    for buffer in buffers:
        export_zip([item(b"x"), item(b"y", path="é/st/se/j")], buffer)
    assert buffers[0].getvalue() == buffers[1].getvalue()
    with zipfile.ZipFile(buffers[0]) as archive:
        for info in archive.infolist():
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert info.compress_type == zipfile.ZIP_STORED
            assert info.create_system == 3


def test_a_large_object_that_changes_between_its_readings_makes_no_zip_file(tmp_path: Path) -> None:
    contents = itertools.chain([bytes(9 << 20)], itertools.repeat(b"changed"))
    one = item(bytes(9 << 20))
    with pytest.raises(IntegrityError):
        export_zip(
            [ExportItem(one.tags, lambda: io.BytesIO(next(contents)), one.size, one.digest)],
            tmp_path / "x.zip",
        )
    assert files(tmp_path) == {}


class Zeros(io.RawIOBase):
    """So many zero bytes, made as they are read."""

    def __init__(self, size: int) -> None:
        self.left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        count = min(len(buffer), self.left)
        buffer[:count] = bytes(count)
        self.left -= count
        return count


def test_a_large_object_is_not_held_in_memory(tmp_path: Path) -> None:
    size = 48 << 20
    digest = f"md5:{hashlib.md5(bytes(size), usedforsecurity=False).hexdigest()}"
    large = ExportItem({}, lambda: cast("BinaryIO", Zeros(size)), size, digest)
    tracemalloc.start()
    try:
        assert export_folder([large], tmp_path).bytes == size
        assert export_zip([large], tmp_path / "x.zip").bytes == size
        assert tracemalloc.get_traced_memory()[1] < 12 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_members_beyond_four_gigabytes_are_written_as_zip64() -> None:
    class Counter(Pipe):
        size = 0

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.size += len(data)
            self.data = (self.data + bytes(data))[-200:]
            return len(data)

    size = (4 << 30) + 1
    hasher = hashlib.md5(usedforsecurity=False)
    for _ in range(4096):
        hasher.update(bytes(1 << 20))
    hasher.update(b"\0")
    counter = Counter()
    large = ExportItem({}, lambda: cast("BinaryIO", Zeros(size)), size, f"md5:{hasher.hexdigest()}")
    report = export_zip([large], cast("BinaryIO", counter))
    assert report.bytes == size
    assert counter.size > size
    assert b"PK\x06\x06" in counter.data


NAMES = st.lists(st.sampled_from("abAB"), min_size=1, max_size=3).map("/".join)


@given(st.lists(st.tuples(NAMES.map(lambda path: f"{path}.dcm"), st.sampled_from("12"))))
def test_distinct_paths_differ_by_more_than_case_and_are_found_again(wanted: list[tuple[str, str]]) -> None:
    distinct = DistinctPaths()
    given_paths = {(path, content): distinct.file(PurePosixPath(path), content) for path, content in wanted}
    keys = [str(path).casefold() for path in given_paths.values()]
    assert len(set(keys)) == len(keys)
    again = DistinctPaths()
    assert [again.file(PurePosixPath(path), content) for path, content in given_paths] == list(
        given_paths.values()
    )
    for path, content in wanted:
        assert distinct.file(PurePosixPath(path), content) == given_paths[path, content]

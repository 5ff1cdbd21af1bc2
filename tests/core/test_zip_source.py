from __future__ import annotations

import contextlib
import io
import os
import stat
import struct
import sys
import tracemalloc
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom._sources import zip_file as _zip_file
from fileroom._sources import zip_source
from fileroom.sources import walk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fileroom.sources import Candidate, Skipped, Sources


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def walked(sources: Sources) -> tuple[list[Candidate], list[Skipped]]:
    skipped: list[Skipped] = []
    return list(walk(sources, skipped.append)), skipped


def contents(candidate: Candidate) -> bytes:
    with candidate.open() as file:
        return file.read()


def patched(data: bytes, *changes: tuple[bytes, int, str, int]) -> bytes:
    """Overwrite fields of every record that starts with a signature: (signature, offset, format, value)."""
    changed = bytearray(data)
    for signature, offset, form, value in changes:
        at = changed.find(signature)
        while at >= 0:
            struct.pack_into(form, changed, at + offset, value)
            at = changed.find(signature, at + 4)
    return bytes(changed)


LOCAL, ENTRY, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_are_found_in_a_zip_file_of_any_name(tmp_path: Path, method: int) -> None:
    path = tmp_path / "no-zip-by-name.dcm"
    path.write_bytes(zipped({"b/2.dcm": b"two", "a.dcm": b"one" * 999, "empty folder/": b""}, method))
    candidates, skipped = walked(tmp_path)
    assert [candidate.name for candidate in candidates] == [f"{path}!b/2.dcm", f"{path}!a.dcm"]
    assert [contents(candidate) for candidate in candidates] == [b"two", b"one" * 999]
    assert [(one.path, one.size, one.stamp) for one in candidates] == [(None, 3, 0), (None, 2997, 0)]
    assert skipped == []


def test_zip_files_are_found_in_buffers_and_open_files() -> None:
    data = zipped({"x": b"inside"})
    candidates, _ = walked([data, io.BytesIO(data)])
    assert [candidate.name for candidate in candidates] == ["<bytes 1>!x", "<file 2>!x"]
    assert [contents(candidate) for candidate in candidates] == [b"inside"] * 2


def test_zip_files_within_zip_files_are_opened_to_a_depth_of_three() -> None:
    data = b"innermost"
    for depth in range(4, 0, -1):
        data = zipped({f"{depth}.zip": data, f"{depth}.dcm": b"at %d" % depth})
    candidates, skipped = walked([data])
    assert [contents(candidate) for candidate in candidates] == [b"at 3", b"at 2", b"at 1"]
    assert candidates[0].name == "<bytes 1>!1.zip!2.zip!3.dcm"
    assert [(one.name, one.status) for one in skipped] == [("<bytes 1>!1.zip!2.zip!3.zip", "rejected")]
    assert "nested deeper" in skipped[0].reason


def test_members_can_be_opened_in_any_order_long_after_the_walk(tmp_path: Path) -> None:
    inner = zipped({"i": b"inner"})
    (tmp_path / "a.zip").write_bytes(zipped({"1": b"one", "inner.zip": inner, "2": b"two"}))
    (tmp_path / "b.zip").write_bytes(zipped({"3": b"three"}))
    candidates, _ = walked(tmp_path)
    for _ in range(2):
        assert [contents(one) for one in reversed(candidates)] == [b"three", b"two", b"inner", b"one"]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts open files by /proc")
def test_no_zip_file_is_held_open_after_the_walk(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"{number}.zip").write_bytes(zipped({"x": b"data"}))
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counts what is open now
    candidates, _ = walked(tmp_path)
    assert [contents(candidate) for candidate in candidates] == [b"data"] * 20
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_many_threads_may_open_members_of_one_zip_file(tmp_path: Path) -> None:
    members = {str(number): os.urandom(20_000) + b"%d" % number for number in range(40)}
    (tmp_path / "a.zip").write_bytes(zipped(members))
    candidates, _ = walked(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(contents, candidates * 3)) == list(members.values()) * 3


def test_a_dicom_file_whose_preamble_looks_like_a_zip_file_is_no_zip_file() -> None:
    data = LOCAL.ljust(128, b"\0") + b"DICM" + b"rest"
    (candidate,) = walked([data])[0]
    assert contents(candidate) == data


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "C:\\x.dcm", "..\\..\\x", "a/../../b", "con", "x" * 60_000]
)
def test_hostile_names_are_only_names_in_reports(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.zip").write_bytes(zipped({name: b"data"}))
    monkeypatch.chdir(tmp_path / "in")
    (candidate,) = walked("a.zip")[0]
    assert contents(candidate) == b"data"
    assert candidate.path is None
    assert len(candidate.name) <= 512
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "a.zip"]


def test_names_that_would_harm_a_terminal_are_escaped() -> None:
    (candidate,) = walked([zipped({"a\x1b[2Jb\n": b"data"})])[0]
    assert candidate.name == "<bytes 1>!a\\u001b[2Jb\\u000a"


def test_a_member_without_a_name_is_read_like_others() -> None:
    data = zipped({"?": b"data", "folder/": b""}).replace(b"?", b"\0")
    (candidate,) = walked([data])[0]
    assert (candidate.name, contents(candidate)) == ("<bytes 1>!", b"data")


def test_an_empty_zip_file_and_empty_members_are_ignored() -> None:
    candidates, skipped = walked([zipped({}), zipped({"x": b""})])
    assert candidates == []
    assert [(one.status, one.reason) for one in skipped] == [
        ("ignored", "ZIP file without members"),
        ("ignored", "empty file"),
    ]


def test_a_member_that_is_a_link_or_device_is_ignored() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for kind in (stat.S_IFLNK, stat.S_IFCHR, stat.S_IFREG):
            info = zipfile.ZipInfo(oct(kind))
            info.create_system = 3
            info.external_attr = (kind | 0o644) << 16
            archive.writestr(info, "/etc/passwd")
    candidates, skipped = walked([buffer.getvalue()])
    assert [candidate.name for candidate in candidates] == [f"<bytes 1>!{oct(stat.S_IFREG)}"]
    assert [one.reason for one in skipped] == ["not a regular file"] * 2


def test_encrypted_members_are_rejected_and_the_others_read() -> None:
    data = bytearray(zipped({"secret": b"1", "open": b"2"}))
    data[data.index(ENTRY) + 8] |= 1
    candidates, skipped = walked([bytes(data)])
    assert [contents(candidate) for candidate in candidates] == [b"2"]
    assert [(one.name, one.status) for one in skipped] == [("<bytes 1>!secret", "rejected")]
    assert "encrypted" in skipped[0].reason


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_whose_reader_knows_no_bounds_are_rejected(method: int) -> None:
    candidates, skipped = walked([zipped({"x": b"data"}, method)])
    assert candidates == []
    assert [(one.status, one.reason) for one in skipped] == [
        ("rejected", f"member of a ZIP file with unsupported compression {method}")
    ]


def test_a_member_with_a_wrong_checksum_cannot_be_opened_and_the_others_can() -> None:
    data = zipped({"bad": b"A" * 5000, "good": b"B"}, zipfile.ZIP_STORED).replace(b"A" * 10, b"C" * 10, 1)
    candidates, skipped = walked([data])
    assert skipped == []
    with pytest.raises(OSError, match="checksum does not match"):
        candidates[0].open()
    assert contents(candidates[1]) == b"B"


def test_a_member_with_a_damaged_header_is_rejected_and_the_others_read() -> None:
    data = zipped({"bad": b"1", "good": b"2"}).replace(LOCAL, b"PK??", 1)
    candidates, skipped = walked([LOCAL + data])
    assert [contents(candidate) for candidate in candidates] == [b"2"]
    assert [one.name for one in skipped] == ["<bytes 1>!bad"]
    assert "damaged member" in skipped[0].reason


@pytest.mark.parametrize("keep", [4, 30, 60, -1, -22, -30])
def test_a_truncated_zip_file_is_rejected(keep: int) -> None:
    candidates, skipped = walked([zipped({"a": b"data" * 10})[:keep], b"next"])
    assert [contents(candidate) for candidate in candidates] == [b"next"]
    assert [(one.name, one.status) for one in skipped] == [("<bytes 1>", "rejected")]
    assert "damaged ZIP file" in skipped[0].reason


def test_a_zip_file_that_vanishes_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"x": b"data"}))
    (candidate,) = walked(tmp_path)[0]
    (tmp_path / "a.zip").unlink()
    with pytest.raises(FileNotFoundError):
        candidate.open()


@given(st.data())
def test_whatever_is_damaged_ends_skipped_or_as_an_os_error(data: st.DataObject) -> None:
    whole = bytearray(zipped({"é.dcm": b"data" * 20, "n.zip": zipped({"x": b"y"}), "s": b"z"}))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(4, len(whole) - 1))] = data.draw(st.integers(0, 255))
    candidates, _ = walked([bytes(whole)])
    for candidate in candidates:
        with contextlib.suppress(OSError):
            contents(candidate)


def test_a_member_never_inflates_beyond_what_it_claims() -> None:
    lie = (LOCAL, 22, "<I", 1 << 20), (ENTRY, 24, "<I", 1 << 20)
    (candidate,) = walked([patched(zipped({"x": bytes(10 << 20)}), *lie)])[0]
    assert candidate.size == 1 << 20
    with pytest.raises(OSError, match="checksum does not match"):
        candidate.open()


def test_a_member_that_claims_four_gigabytes_costs_what_it_has() -> None:
    lie = (LOCAL, 22, "<I", 0xFFFFFFFE), (ENTRY, 24, "<I", 0xFFFFFFFE)
    (candidate,) = walked([patched(zipped({"x": b"little"}), *lie)])[0]
    assert candidate.size == 0xFFFFFFFE
    assert contents(candidate) == b"little"


def test_a_large_member_is_not_held_in_memory() -> None:
    size = 64 << 20
    (candidate,) = walked([zipped({"x": bytes(size)})])[0]
    tracemalloc.start()
    try:
        with candidate.open() as file:
            assert file.seek(0, io.SEEK_END) == size
        assert tracemalloc.get_traced_memory()[1] < 2 * zip_source.IN_MEMORY
    finally:
        tracemalloc.stop()


@pytest.fixture
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_source, "FREE", 1 << 20)
    monkeypatch.setattr(zip_source, "MAX_RATIO", 10)


@pytest.mark.usefixtures("small_bounds")
def test_a_zip_bomb_is_rejected_once_it_has_inflated_too_far() -> None:
    bomb = zipped({str(number): bytes(300 << 10) for number in range(50)})
    skipped: list[Skipped] = []
    opened, failed = 0, []
    for candidate in walk([bomb, zipped({"x": b"harmless"})], skipped.append):
        try:
            contents(candidate)
            opened += 1
        except OSError as error:
            failed.append(error.strerror)
    assert opened == 4
    assert failed == ["ZIP file that inflates to more than 10 times its size"]
    assert [(one.name, one.status) for one in skipped] == [("<bytes 1>", "rejected")]


@pytest.mark.usefixtures("small_bounds")
def test_a_bomb_of_nested_zip_files_is_rejected() -> None:
    data = zipped({str(number): bytes(900 << 10) for number in range(16)})
    for _ in range(2):
        data = zipped({f"{number}.zip": data for number in range(16)})
    skipped: list[Skipped] = []
    inflated = 0
    for candidate in walk([data], skipped.append):
        with contextlib.suppress(OSError):
            inflated += len(contents(candidate))
    assert inflated < 2 << 20
    assert "inflates to more than" in skipped[-1].reason


@pytest.mark.usefixtures("small_bounds")
def test_reading_a_member_again_does_not_count_against_the_bounds() -> None:
    (candidate,) = walked([zipped({"x": bytes(900 << 10)})])[0]
    assert [len(contents(candidate)) for _ in range(5)] == [900 << 10] * 5


def test_members_that_share_their_bytes_are_rejected() -> None:
    plain = zipped({"a": os.urandom(1000)})
    at = plain.index(ENTRY)
    entry, end = plain[at:-22], plain[-22:]
    overlapping = patched(
        plain[:at] + entry * 500 + end,
        *[(END, offset, "<H", 500) for offset in (8, 10)],
        (END, 12, "<I", len(entry) * 500),
    )
    candidates, skipped = walked([overlapping])
    assert candidates == []
    assert [(one.status, one.reason) for one in skipped] == [("rejected", "ZIP file whose members overlap")]


def test_a_zip_file_with_too_many_members_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_zip_file, "MAX_MEMBERS", 9)
    candidates, skipped = walked(
        [zipped({str(number): b"x" for number in range(number)}) for number in (9, 10)]
    )
    assert len(candidates) == 9
    assert [one.reason for one in skipped] == ["ZIP file with more than 9 members: unpack it first"]


def test_a_directory_larger_than_the_bound_is_not_read_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_zip_file, "MAX_DIRECTORY", 1 << 20)
    path = tmp_path / "a.zip"
    with path.open("wb") as file:
        file.write(LOCAL)
        file.truncate(50 << 20)
        file.seek(50 << 20)
        file.write(struct.pack("<4s4H2LH", END, 0, 0, 1, 1, 40 << 20, 10 << 20, 0))
    tracemalloc.start()
    try:
        candidates, skipped = walked(path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
    assert candidates == []
    assert "directory of more than 1 MiB" in skipped[0].reason


@pytest.mark.slow
def test_the_real_bounds_stop_a_bomb_in_seconds_and_in_little_memory() -> None:
    one = bytes(1 << 30)
    bomb = zipped({"a": one, "b": one})
    del one
    outcomes: list[int | str | None] = []
    for candidate in walk([bomb], lambda skipped: None):
        try:
            with candidate.open() as file:
                outcomes.append(file.seek(0, io.SEEK_END))
        except OSError as error:
            outcomes.append(error.strerror)
    assert outcomes == [1 << 30, f"ZIP file that inflates to more than {zip_source.MAX_RATIO} times its size"]


def test_zip64_and_files_with_something_before_the_zip_file_are_read() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, archive.open("big", "w", force_zip64=True) as member:
        member.write(b"zip64")
    candidates, _ = walked([LOCAL + b"prefix" + buffer.getvalue()])
    assert [contents(candidate) for candidate in candidates] == [b"zip64"]
    assert sys.getsizeof(candidates[0]) < 200

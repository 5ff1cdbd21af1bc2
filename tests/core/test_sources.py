from __future__ import annotations

import io
import os
import pickle
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom.sources import estimate, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.sources import Candidate, Skipped, Sources

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


def walked(sources: Sources) -> tuple[list[Candidate], list[Skipped]]:
    skipped: list[Skipped] = []
    return list(walk(sources, skipped.append)), skipped


def contents(candidate: Candidate) -> bytes:
    with candidate.open() as file:
        return file.read()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("b/2.dcm", "b/10.dcm", "a/deep/er/x", "c.dcm", "a.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path


def test_a_folder_yields_every_file_beneath_it_by_name(tree: Path) -> None:
    candidates, skipped = walked(tree)
    names = ["a/deep/er/x", "a.txt", "b/10.dcm", "b/2.dcm", "c.dcm"]
    assert [candidate.path for candidate in candidates] == [tree / name for name in names]
    assert [contents(candidate) for candidate in candidates] == [name.encode() for name in names]
    assert [candidate.size for candidate in candidates] == [len(name) for name in names]
    assert skipped == []


def test_names_are_shown_as_the_path_was_given(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    candidates, _ = walked(["b", Path("c.dcm")])
    assert [candidate.name for candidate in candidates] == [
        str(Path("b/10.dcm")),
        str(Path("b/2.dcm")),
        "c.dcm",
    ]


def test_a_tilde_means_the_home_folder(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tree))
    monkeypatch.setenv("USERPROFILE", str(tree))
    candidates, _ = walked("~/c.dcm")
    assert [candidate.path for candidate in candidates] == [tree / "c.dcm"]


def test_sources_may_be_nested_and_mixed(tree: Path) -> None:
    with (tree / "a.txt").open("rb") as file:
        candidates, _ = walked([tree / "c.dcm", [b"bytes", (memoryview(b"view"),)], iter([file])])
        assert [contents(candidate) for candidate in candidates] == [b"c.dcm", b"bytes", b"view", b"a.txt"]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_buffer_of_any_kind_is_a_source(kind: type[bytes]) -> None:
    (candidate,) = walked(kind(b"data"))[0]
    assert (candidate.name, candidate.path, candidate.size) == ("<bytes 1>", None, 4)
    assert contents(candidate) == b"data"


def test_walking_is_lazy_beyond_the_folder_at_hand(tree: Path) -> None:
    candidates = walk(tree, lambda skipped: None)
    assert next(candidates).path == tree / "a" / "deep" / "er" / "x"
    (tree / "b" / "new.dcm").write_bytes(b"made while walking")
    assert tree / "b" / "new.dcm" in [candidate.path for candidate in candidates]


def test_a_generator_of_sources_is_not_read_ahead() -> None:
    taken = []

    def sources() -> Iterator[bytes]:
        for number in range(3):
            taken.append(number)
            yield b"x"

    next(walk(sources(), lambda skipped: None))
    assert taken == [0]


@pytest.mark.parametrize("source", [5, None, [b"ok", object()]])
def test_what_cannot_be_a_source_is_a_type_error(source: Sources) -> None:
    with pytest.raises(TypeError, match="cannot import a"):
        walked(source)


def test_a_file_opened_as_text_is_a_type_error(tree: Path) -> None:
    with (tree / "a.txt").open() as file, pytest.raises(TypeError, match="binary mode"):
        walked([file])


@pytest.mark.parametrize("missing", ["nowhere", "nowhere/at/all", "bad\0name"])
def test_a_path_that_is_not_there_is_rejected(tmp_path: Path, missing: str) -> None:
    candidates, skipped = walked([tmp_path / missing])
    assert candidates == []
    assert [one.status for one in skipped] == ["rejected"]


def test_an_empty_file_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "empty.zip").touch()
    candidates, skipped = walked([tmp_path, b""])
    assert candidates == []
    assert [(one.status, one.reason) for one in skipped] == [("ignored", "empty file")] * 2


@posix
def test_fifos_sockets_and_devices_are_ignored_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as unix:
        # A socket's path has a short limit; the folder of the test may be longer than that.
        here = Path.cwd()
        os.chdir(tmp_path)
        unix.bind("socket")
        os.chdir(here)
        (tmp_path / "device").symlink_to("/dev/zero")
        candidates, skipped = walked([tmp_path, "/dev/zero"])
    assert candidates == []
    assert [(one.status, one.reason) for one in skipped] == [("ignored", "not a regular file")] * 4


@posix
def test_a_file_that_turns_into_a_fifo_does_not_block(tree: Path) -> None:
    candidate = walked(tree / "c.dcm")[0][0]
    (tree / "c.dcm").unlink()
    os.mkfifo(tree / "c.dcm")
    with pytest.raises(OSError, match="not a regular file"):
        candidate.open()


@posix
def test_links_into_a_loop_end_and_each_folder_is_read_once(tree: Path) -> None:
    (tree / "a" / "up").symlink_to(tree)
    (tree / "b" / "self").symlink_to("self")
    (tree / "z").symlink_to(tree / "b")
    (tree / "gone").symlink_to(tree / "nowhere")
    candidates, skipped = walked([tree, tree])
    assert len(candidates) == 5
    assert [(Path(one.name).name, one.status, one.reason) for one in skipped] == [
        ("up", "ignored", "folder that was read already"),
        ("self", "rejected", "symbolic links in a loop"),
        ("gone", "rejected", "broken symbolic link"),
        ("z", "ignored", "folder that was read already"),
        (tree.name, "ignored", "folder that was read already"),
    ]


def test_folders_that_are_excluded_are_not_read(tree: Path) -> None:
    skipped: list[Skipped] = []
    exclude = [tree / "b", tree / "nowhere"]
    names = [Path(one.name).name for one in walk([tree, tree / "b"], skipped.append, exclude=exclude)]
    assert names == ["x", "a.txt", "c.dcm"]
    assert [(one.status, one.reason) for one in skipped] == [("ignored", "folder that is not to be read")] * 2
    assert estimate(tree, exclude=exclude)[0] == 3


@posix
def test_a_link_to_a_file_is_taken_as_that_file(tree: Path) -> None:
    (tree / "link.dcm").symlink_to(tree / "c.dcm")
    candidates, _ = walked([tree / "c.dcm", tree / "link.dcm"])
    assert [contents(candidate) for candidate in candidates] == [b"c.dcm"] * 2
    assert candidates[0].stamp == candidates[1].stamp


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_rejected(tree: Path) -> None:
    (tree / "c.dcm").chmod(0)
    (tree / "b").chmod(0)
    try:
        candidates, skipped = walked(tree)
    finally:
        (tree / "b").chmod(0o700)
    assert len(candidates) == 2
    assert [(one.status, one.reason) for one in skipped] == [("rejected", "permission denied")] * 2


def test_a_file_that_cannot_be_opened_is_rejected(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, flags: int) -> int:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "open", refuse)
    candidates, skipped = walked(tree / "c.dcm")
    assert candidates == []
    assert [(one.status, one.reason) for one in skipped] == [("rejected", "permission denied")]


def test_a_file_that_vanishes_while_walking_is_rejected(tree: Path) -> None:
    skipped: list[Skipped] = []
    candidates = walk(tree / "b", skipped.append)
    next(candidates)
    (tree / "b" / "2.dcm").unlink()
    assert list(candidates) == []
    assert [(one.status, Path(one.name).name) for one in skipped] == [("rejected", "2.dcm")]
    assert "vanished" in skipped[0].reason


@pytest.mark.skipif(sys.platform != "linux", reason="paths may not be that long")
def test_folders_may_be_nested_deeper_than_python_recurses(tmp_path: Path) -> None:
    folders = [tmp_path]
    while len(folders) < sys.getrecursionlimit() + 100:
        folders.append(folders[-1] / "d")
        folders[-1].mkdir()
    leaf = folders[-1] / "x.dcm"
    leaf.write_bytes(b"deep")
    try:
        candidates, _ = walked(tmp_path)
        assert [contents(candidate) for candidate in candidates] == [b"deep"]
    finally:
        leaf.unlink()
        for folder in reversed(folders[1:]):
            folder.rmdir()


@posix
def test_a_name_that_would_harm_a_terminal_is_shown_escaped_and_still_opened(tmp_path: Path) -> None:
    (tmp_path / "evil\x1b[2J\u202e.dcm").write_bytes(b"found")
    (candidate,) = walked(tmp_path)[0]
    assert candidate.name.endswith("evil\\u001b[2J\\u202e.dcm")
    assert contents(candidate) == b"found"


def test_a_stamp_changes_with_path_size_and_time(tmp_path: Path) -> None:
    def stamp(name: str, data: bytes, time: int) -> int:
        (tmp_path / name).write_bytes(data)
        os.utime(tmp_path / name, ns=(time, time))
        return walked(tmp_path / name)[0][0].stamp

    first = stamp("a", b"12", 10**18)
    assert stamp("a", b"21", 10**18) == first
    stamps = {first, stamp("b", b"12", 10**18), stamp("a", b"123", 10**18), stamp("a", b"12", 10**18 + 1000)}
    assert len(stamps) == 4
    assert all(0 < one < 1 << 63 for one in stamps)


def test_a_stamp_is_the_same_however_the_file_is_reached(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree / "a")
    stamps = {walked(path)[0][-1].stamp for path in (tree / "b" / "2.dcm", Path("../b/2.dcm"), tree / "b")}
    assert len(stamps) == 1
    assert walked(b"x")[0][0].stamp == 0


def test_a_candidate_for_a_file_can_be_pickled(tree: Path) -> None:
    (candidate,) = walked(tree / "c.dcm")[0]
    copy = pickle.loads(pickle.dumps(candidate))
    assert copy == candidate
    assert contents(copy) == b"c.dcm"


def test_a_candidate_tells_that_its_file_has_changed(tree: Path) -> None:
    (candidate,) = walked(tree / "c.dcm")[0]
    with candidate.open() as file:
        assert not candidate.changed(file)
        (tree / "c.dcm").write_bytes(b"longer than before")
        assert candidate.changed(file)


def test_an_open_file_is_read_from_where_it_stands_and_left_open(tree: Path) -> None:
    with (tree / "a.txt").open("rb") as file:
        file.seek(2)
        (candidate,) = walked([file])[0]
        assert candidate.name == str(tree / "a.txt")
        assert (candidate.path, candidate.size, candidate.stamp) == (None, 3, 0)
        assert contents(candidate) == contents(candidate) == b"txt"
        assert not file.closed


def test_a_stream_that_cannot_seek_is_read_like_any_other() -> None:
    class Stream(io.RawIOBase):
        def __init__(self) -> None:
            self.pieces = [b"one", b"two"]

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            piece = self.pieces.pop(0) if self.pieces else b""
            buffer[: len(piece)] = piece
            return len(piece)

    (candidate,) = walked([Stream()])[0]
    with candidate.open() as file:
        assert file.read() == b"onetwo"
        assert file.seek(-2, io.SEEK_END) == 4
        assert file.read() == b"wo"


def test_readers_of_one_open_file_do_not_disturb_each_other() -> None:
    (candidate,) = walked([io.BytesIO(b"0123456789")])[0]
    with candidate.open() as one, candidate.open() as other:
        assert one.read(4) == b"0123"
        assert other.read(2) == b"01"
        assert one.read() == b"456789"
        assert other.read() == b"23456789"


@given(
    data=st.binary(max_size=200),
    reads=st.lists(st.tuples(st.integers(0, 220), st.integers(-1, 50))),
)
def test_a_reader_of_an_open_file_reads_as_a_file_of_its_own(
    data: bytes, reads: list[tuple[int, int]]
) -> None:
    (candidate,) = walked([io.BytesIO(b"-" + data)])[0]
    model = io.BytesIO(b"-" + data)
    with candidate.open() as file:
        for position, count in reads:
            assert file.seek(position) == model.seek(position)
            assert file.read(count) == model.read(count)


def test_an_estimate_counts_files_and_bytes_without_reading_generators(tree: Path) -> None:
    (tree / "empty").touch()
    generator = iter([b"not", b"counted"])
    assert estimate([tree, b"12345", io.BytesIO(b"x"), generator]) == (8, 41)
    assert next(generator) == b"not"

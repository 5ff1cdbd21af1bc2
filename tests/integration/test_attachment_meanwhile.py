"""What becomes of a change to an attachment whose bytes are replaced or moved before it is committed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.index import Edit, Edited
from fileroom.moving import move
from tests.integration.chunked_archives import attached, fresh, study
from tests.integration.migration_archives import Memory, sound
from tests.integration.tiered_archives import instance, open_tiered, tiers_of

SIZES = {"copied": 1_000, "spliced": 1_000_003}


@pytest.fixture(params=SIZES)
def old(request: pytest.FixtureRequest) -> bytes:
    return bytes(range(256)) * (SIZES[request.param] // 256)


@pytest.fixture
def archive(memory: Memory, tmp_path: Path) -> Iterator[Archive]:
    with open_tiered(memory, tmp_path / "archive") as archive:
        archive.store(instance(1)).check()
        yield archive


def before_the_next_edit(archive: Archive, action: Callable[[], object]) -> None:
    """Let something happen between the last look at the index and the commit point."""
    edit = archive.index.edit

    def edit_later(edits: Sequence[Edit]) -> list[Edited]:
        archive.index.edit = edit  # type: ignore[method-assign]
        action()
        return edit(edits)

    archive.index.edit = edit_later  # type: ignore[method-assign]


def attach_anew(archive: Archive, data: bytes) -> None:
    archive.get(study(archive)).attachments.detach("report")
    attached(archive, data)


def test_what_was_attached_anew_is_not_taken_for_what_was_there(archive: Archive, old: bytes) -> None:
    attachment = attached(archive, old)
    before_the_next_edit(archive, lambda: attach_anew(archive, b"another report"))
    with pytest.raises(fileroom.RevisionError):
        attachment.append(b"x")
    assert (fresh(archive).read(), fresh(archive).revision) == (b"another report", 1)
    assert sound(archive)


def test_a_file_open_for_writing_is_not_stored_over_what_was_attached_anew(
    archive: Archive, old: bytes
) -> None:
    file = attached(archive, old).open("r+b")
    file.write(b"mine")
    before_the_next_edit(archive, lambda: attach_anew(archive, b"another report"))
    with pytest.raises(fileroom.RevisionError):
        file.close()
    assert fresh(archive).read() == b"another report"
    assert sound(archive)


def test_bytes_that_are_moved_meanwhile_are_changed_where_they_lie_then(
    archive: Archive, old: bytes, tmp_path: Path
) -> None:
    attachment = attached(archive, old)
    before_the_next_edit(archive, lambda: move(archive, to="cold"))
    attachment.append(b"more")
    assert (fresh(archive).read(), fresh(archive).revision) == (old + b"more", 2)
    list(archive.verify())  # which notes the digest of what was spliced
    attachment = fresh(archive)
    (tmp_path / "front").write_bytes(b"front")
    before_the_next_edit(archive, lambda: move(archive, to="small"))
    attachment.splice(0, 4, tmp_path / "front")
    assert fresh(archive).read() == b"front" + old[4:] + b"more"
    assert sound(archive)


def test_a_source_that_can_be_read_only_once_is_refused_when_the_bytes_are_moved(
    archive: Archive, old: bytes
) -> None:
    attachment = attached(archive, old)
    before_the_next_edit(archive, lambda: move(archive, to="cold"))
    with pytest.raises(fileroom.RevisionError, match="repeat"):
        attachment.append(iter([b"more"]))
    assert (fresh(archive).read(), tiers_of(archive)) == (old, {"cold": 2})
    assert sound(archive)


def test_a_file_open_for_writing_may_be_moved_meanwhile(archive: Archive, old: bytes) -> None:
    with attached(archive, old).open("r+b") as file:
        file.write(b"mine")
        move(archive, to="cold")
    assert fresh(archive).read() == b"mine" + old[4:]
    assert sound(archive)


def test_who_notes_a_digest_leaves_bytes_that_are_moved_meanwhile(archive: Archive) -> None:
    data = bytes(300_000) + b"more"
    attached(archive, data[:-4]).append(data[-4:])
    assert fresh(archive).digest == ""
    before_the_next_edit(archive, lambda: move(archive, to="cold"))
    assert list(archive.verify()) == []
    assert (fresh(archive).read(), tiers_of(archive)) == (data, {"cold": 2})
    assert sound(archive)
    assert fresh(archive).digest == f"md5:{hashlib.md5(data).hexdigest()}"

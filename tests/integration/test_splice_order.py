"""Fail or die at every step of changing an attachment: old or new bytes are there, and a sweep cleans."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.attachments import Attachment
from fileroom.testing.faults import Died, FaultyIndex, FaultyStorage
from fileroom.testing.storage_case import sample
from tests.integration.chunked_archives import attached, fresh
from tests.integration.migration_archives import Memory, instance, open_archive

OLD = sample(300_000)
NEW = b"new bytes"
Operation = Callable[[Attachment], object]
Call = tuple[type, str]


def append(attachment: Attachment) -> None:
    attachment.append(NEW)


def splice(attachment: Attachment) -> None:
    attachment.splice(200_000, 5, iter([NEW, NEW]))


def write(attachment: Attachment) -> None:
    with attachment.open("r+b") as file:
        file.seek(5)
        file.write(NEW)
        file.seek(250_000)
        file.write(NEW)
        file.truncate(280_000)


EXPECTED: dict[Operation, bytes] = {
    append: OLD + NEW,
    splice: OLD[:200_000] + NEW + NEW + OLD[200_005:],
    write: b"".join([OLD[:5], NEW, OLD[14:250_000], NEW, OLD[250_009:280_000]]),
}
CALLS = [
    *product([FaultyStorage], ["put_many", "splice", "open", "delete"]),
    *product([FaultyIndex], ["get", "details", "edit", "unit"]),
]
"""The backends' calls that a change makes, on a storage that splices or on one that does not."""


@pytest.mark.parametrize("error", [Died(), None], ids=["dies", "fails"])
@pytest.mark.parametrize("call", CALLS, ids=lambda one: one[1])
@pytest.mark.parametrize("operation", EXPECTED, ids=lambda one: one.__name__)
@pytest.mark.parametrize("kind", ["mixed", "memory"])
def test_a_fault_at_any_step_leaves_the_old_bytes_or_the_new_and_no_dangling_row(
    tmp_path: Path, kind: str, operation: Operation, call: Call, error: Died | None
) -> None:
    memory = Memory()
    for step in itertools.count(1):
        reopen = functools.partial(
            open_archive, memory, kind, tmp_path / str(step), content_types={"report": 1024}
        )
        with reopen() as archive:
            archive.store(instance(1)).check()
            attachment = attached(archive, OLD)
            struck, finished = _run(archive, functools.partial(operation, attachment), call, (step, error))
        with reopen() as archive:
            _check(archive, EXPECTED[operation], finished=finished)
        if not struck:
            break
    assert (step > 1) == _uses(kind, operation, call[1]), "a fault that never strikes proves nothing"


def _run(
    archive: Archive, operation: Callable[[], object], call: Call, fault: tuple[int, Died | None]
) -> tuple[bool, bool]:
    """Return whether the fault struck, and whether the operation came to its end all the same."""
    wrapper, method = call
    step, error = fault
    if wrapper is FaultyStorage:
        faulty = archive.storage = FaultyStorage(archive.storage, {method: step}, error)
    else:
        faulty = archive.index = FaultyIndex(archive.index, {method: step}, error)  # type: ignore[assignment]
    try:
        operation()
    except (Died, fileroom.FileroomError):
        assert faulty.struck
        return True, False
    return faulty.struck, True


def _check(archive: Archive, new: bytes, *, finished: bool) -> None:
    kept = fresh(archive)
    assert (kept.revision, kept.read()) in [(1, OLD), (2, new)]
    assert not finished or kept.revision == 2, "what was acknowledged is there"
    assert list(archive.verify()) == [], "no row dangles"
    swept = archive.sweep(grace=0)
    assert swept.deleted == swept.orphans <= 1
    assert len(list(archive.storage.list())) == archive.statistics().attachments == 2
    assert list(archive.verify()) == []
    assert fresh(archive).append(b"on").read()[-2:] == b"on"


def _uses(kind: str, operation: Operation, method: str) -> bool:
    splices = kind == "memory"
    used = {"put_many": not splices, "splice": splices, "open": not splices or operation is write}
    return used.get(method, True)

"""Archives with one study and an attachment, on storages that can splice and on some that cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fileroom.archive import Archive
from fileroom.attachments import Attachment
from fileroom.testing.storage_case import sample
from tests.integration.migration_archives import Memory, instance, open_archive

KINDS = {"memory": "splices", "sqlite": "copies", "linear": "copies", "mixed": "copies"}
"""Kind of archive to what its storage does when a part of an object changes."""

LARGE = sample(1_000_003)
"""Large enough for a storage that can splice to do so."""


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def archive(kind: str, tmp_path: Path) -> Iterator[Archive]:
    with new_archive(kind, tmp_path) as archive:
        yield archive


@pytest.fixture
def attachment(archive: Archive) -> Attachment:
    return attached(archive, LARGE)


def new_archive(kind: str, folder: Path) -> Archive:
    """Return an archive with one study."""
    archive = open_archive(Memory(), kind, folder / "archive", content_types={"report": 1024})
    archive.store(instance(1)).check()
    return archive


def study(archive: Archive) -> str:
    return next(iter(archive.find("study"))).id


def attached(archive: Archive, data: bytes) -> Attachment:
    return archive.attach(study(archive), "report", data)


def fresh(archive: Archive) -> Attachment:
    """Return the attachment as the index has it now."""
    return archive.get(study(archive)).attachments["report"]


def objects(archive: Archive) -> int:
    """Count what is stored."""
    return len(list(archive.storage.list()))

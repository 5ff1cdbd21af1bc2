"""Archives whose storage has tiers, in memory or in folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fileroom
from fileroom.archive import Archive
from fileroom.testing.datasets import make_instance
from tests.integration.migration_archives import Memory

STUDY = "1.2.826.0.1.3680043.8.498.31"
TIERS = ("hot", "cold", "small")


def instance(number: int, *, study: str = STUDY, rows: int = 16) -> bytes:
    uid = f"{study}.1"
    return make_instance(
        patient_id="SECRET", study_uid=study, series_uid=uid, sop_uid=f"{uid}.{number}", rows=rows
    )


def open_tiered(memory: Memory, where: Path, *rules: dict[str, Any], **more: Any) -> Archive:
    """Open an archive in memory with the tiers `TIERS`, of which ``hot`` is the default."""
    tiers = {name: {"backend": "memory", "place": f"{where} {name}"} for name in TIERS}
    storage = {"backend": "tiered", "default": "hot", "tiers": tiers, "rules": list(rules)}
    index = {"backend": "memory", "place": str(where)}
    settings = {"index": index, "storage": storage, "content_types": {"report": 1024}, **more}
    return fileroom.open(where, register=[memory], **settings)


def tiers_of(archive: Archive) -> dict[str, int]:
    """Return how many attachments the records say lie in each tier."""
    found: dict[str, int] = {}
    for _, record in archive.index.attachments():
        tier = archive.storage.tier_of(record.locator)
        found[tier] = found.get(tier, 0) + 1
    return found


def contents(archive: Archive) -> dict[tuple[str, int], bytes]:
    """Return all bytes, by id and content type."""
    found = {}
    for id_, record in archive.index.attachments():
        with archive.storage.open(record.locator) as file:
            found[id_, record.content_type] = file.read()
    return found

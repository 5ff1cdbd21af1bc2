"""What an object is, and whether its UIDs tell its parts apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom_plugins.conformance import rules
from fileroom_plugins.conformance.values.numbers import text
from fileroom_plugins.conformance.values.uids import DICOM_ROOT, DIRECTORY, kind_of
from fileroom_plugins.standard import iod_of

if TYPE_CHECKING:
    from fileroom_plugins.conformance.findings import Findings
    from fileroom_plugins.conformance.reading.elements import Level
    from fileroom_plugins.conformance.reading.file import Reading
    from fileroom_plugins.standard import Iod

_SOP_CLASS = 0x0008_0016
_MEDIA_SOP_CLASS = 0x0002_0002
_IDENTIFIERS = (0x0020_000D, 0x0020_000E, 0x0008_0018, 0x0020_0052)
"""Study, series, SOP instance, frame of reference: four things, four UIDs."""


def iod_of_dataset(reading: Reading, findings: Findings) -> Iod | None:
    """Return the IOD of an object's SOP class, None where none is known; a finding says why.

    A private class that a document defines is no finding.
    """
    uid = text(reading.dataset, _SOP_CLASS)
    if not uid:
        if text(reading.meta, _MEDIA_SOP_CLASS) != DIRECTORY:
            findings.add(rules.NO_SOP_CLASS, reading.dataset, _SOP_CLASS)
        return None
    found = iod_of(uid)
    if found is None:
        uids = findings.dictionary.uids
        if uid.startswith(DICOM_ROOT) and kind_of(uid, uids):
            findings.add(rules.UNKNOWN_IOD, reading.dataset, _SOP_CLASS)
        elif uid not in uids or not uids[uid].is_storage_class:
            findings.add(rules.PRIVATE_IOD, reading.dataset, _SOP_CLASS)
    return found


def check_identity(dataset: Level, findings: Findings) -> None:
    """See that one UID does not identify two things (PS3.5 section 9)."""
    seen: set[str] = set()
    for tag in _IDENTIFIERS:
        uid = text(dataset, tag)
        if uid and uid in seen:
            findings.add(rules.UID_REUSED, dataset, tag)
        seen.add(uid)

"""A small family of entries, for tests in which it matters who is whose child.

::

    A ── 1 ── 1.1 ── 1.1.1, 1.1.2
    │    └─── 1.2 ── 1.2.1
    └─── 2 ── 2.1 ── 2.1.1
    E ── 3 ── 3.1 ── 3.1.1
"""

from __future__ import annotations

from fileroom.model import Level
from fileroom.testing.entries import entry
from fileroom.testing.index_case import ids_of

A = entry("A", "1", "1.1", "1.1.1")
B = entry("A", "1", "1.1", "1.1.2")
C = entry("A", "1", "1.2", "1.2.1")
D = entry("A", "2", "2.1", "2.1.1")
E = entry("E", "3", "3.1", "3.1.1")
FAMILY = (A, B, C, D, E)

IDS: dict[str, str] = {}
"""Public ids by identifier."""
LEVELS: dict[str, Level] = {}
"""Levels by public id."""
PARENTS: dict[str, str] = {}
"""Public ids of parents by public id."""

for _entry in FAMILY:
    _identity, _ids = _entry.header.identity, ids_of(_entry)
    for _level, _uid in zip(
        Level,
        (
            _identity.patient_id,
            _identity.study_instance_uid,
            _identity.series_instance_uid,
            _identity.sop_instance_uid,
        ),
        strict=True,
    ):
        IDS[_uid] = _ids[_level - 1]
        LEVELS[_ids[_level - 1]] = _level
        if _level > Level.PATIENT:
            PARENTS[_ids[_level - 1]] = _ids[_level - 2]

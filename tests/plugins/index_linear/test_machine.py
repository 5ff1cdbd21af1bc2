"""The linear index and the reference index lead the same life."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from fileroom.testing.index_machine import index_machine
from fileroom_plugins.index_linear.index import LinearIndex

if TYPE_CHECKING:
    from pathlib import Path

    from fileroom.index import Index
    from fileroom.tags import TagSet


def opened(folder: Path, tags: TagSet) -> Index:
    return LinearIndex(folder / "area", tags)


TestLinearIndexLife = index_machine(opened)
TestLinearIndexLife.settings = settings(max_examples=6, stateful_step_count=15, deadline=None)  # type: ignore[attr-defined]

TestLinearIndexLongLife = pytest.mark.slow(index_machine(opened))

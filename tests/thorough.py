"""How thorough the slow tests are: ``FILEROOM_TEST_THOROUGH=4`` has them try four times as much."""

from __future__ import annotations

import os

THOROUGH = float(os.environ.get("FILEROOM_TEST_THOROUGH", "1"))


def times(count: int) -> int:
    """Return how often something is tried that is tried so many times by default."""
    return max(1, round(count * THOROUGH))

"""What the tests of the cache share."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

places: dict[Path, dict[str, tuple[bytes, float]]] = defaultdict(dict)
"""The objects of the memory storages behind, by the folder of a run."""

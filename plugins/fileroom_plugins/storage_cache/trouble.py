"""Why the last upload failed, in a file: the process that asks is seldom the one that uploads."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fileroom.plugin import FileroomError

if TYPE_CHECKING:
    from pathlib import Path


class Trouble:
    """The last failure.

    Args:
        path: the file; there is none where all is well.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, error: Exception) -> None:
        """Note a failure; a disk that cannot take it will be known by other signs."""
        said = str(error) if isinstance(error, FileroomError) else type(error).__name__
        told = {"at": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC", "error": " ".join(said.split())}
        with contextlib.suppress(OSError):
            written = self._path.with_suffix(".new")
            written.write_text(json.dumps(told), encoding="utf-8")
            written.replace(self._path)

    def clear(self) -> None:
        """Note that all is well."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def told(self) -> str | None:
        """Return when what failed, in words; None if nothing did."""
        try:
            told = json.loads(self._path.read_text(encoding="utf-8"))
            return f"the last upload failed at {told['at']}: {told['error']}"
        except (OSError, ValueError, KeyError, TypeError):
            return None

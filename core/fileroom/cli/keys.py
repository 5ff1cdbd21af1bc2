"""``--key-file``: the key of a de-identification."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from fileroom.cli.failures import say

if TYPE_CHECKING:
    from pathlib import Path


def key_in(file: Path) -> dict[str, str]:
    """Return the option ``key`` for a file; say so where everybody on the machine may read it."""
    if os.name == "posix" and file.stat().st_mode & stat.S_IROTH:
        say("--key-file: everybody on this machine may read the key: take that from them, with chmod 600")
    return {"file": str(file.absolute())}

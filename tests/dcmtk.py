"""DCMTK's own programs, for tests that need them: by full path, since others have programs of these names."""

from __future__ import annotations

from pathlib import Path

import pytest

_FOLDER = Path("/usr/bin")

needs_dcmtk = pytest.mark.skipif(
    not (_FOLDER / "dcmqridx").exists(), reason="needs DCMTK (Debian package dcmtk)"
)


def dcmtk(program: str) -> str:
    """Return the path of one of DCMTK's programs."""
    return str(_FOLDER / program)

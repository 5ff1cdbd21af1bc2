"""The constraint documents that come with Fileroom."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDER = Path(__file__).parent / "documents"


@cache
def default_documents() -> Mapping[str, bytes]:
    """Return the documents by name; those in TOML are named without a suffix."""
    files = sorted(_FOLDER.iterdir())
    return MappingProxyType(
        {file.stem if file.suffix == ".toml" else file.name: file.read_bytes() for file in files}
    )

"""DCMTK's storage areas: folders that are archives as they are, without a configuration file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fileroom._files import read_head
from fileroom.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

INDEX, SIDECAR = "index.dat", "fileroom.sidecar"

AREA_FILES = (INDEX, SIDECAR)
"""What tells a storage area: a folder that has one of these can be opened as it is."""

AREA: Mapping[str, Mapping[str, object]] = {
    "index": {"backend": "linear", "path": "."},
    "storage": {"backend": "filesystem", "root": "."},
}
"""The tables that make an archive of a storage area."""

_BEGINNINGS = {
    INDEX: re.compile(rb"QRDB"),  # the version follows: one that cannot be read is the index's to say
    SIDECAR: re.compile(rb'[0-9a-f]{8} \{"fileroom":"sidecar"'),
}
_LONGEST = 64


def is_area(folder: Path, *, sure: bool) -> bool:
    """Say whether a folder is a storage area, by what its files begin with.

    Args:
        folder: the folder.
        sure: whether nothing else tells which index is meant: then a file of such a name that is something
            else, or damaged, is an error.

    Raises:
        ConfigError: there is such a file.
        OSError: a file cannot be read.
    """
    found = {name: _is_genuine(folder / name, name) for name in AREA_FILES if (folder / name).exists()}
    if not found or found.get(INDEX):
        return bool(found)
    if INDEX not in found and found[SIDECAR]:
        return True
    if not sure:
        return False
    raise ConfigError(_explanation(folder, found))


def _is_genuine(path: Path, name: str) -> bool:
    return path.is_file() and _BEGINNINGS[name].match(read_head(str(path), _LONGEST)) is not None


def _explanation(folder: Path, found: Mapping[str, bool]) -> str:
    if found.get(SIDECAR):
        return (
            f"the {INDEX} in {folder} is damaged, or none of DCMTK's: move it away and open the folder; "
            f"a new one is made, as far as the {SIDECAR} knows"
        )
    both = ((INDEX, "an"), (SIDECAR, "a"))
    files = " and ".join(f"{article} {name}" for name, article in both if name in found)
    return (
        f"{folder} holds {files} that cannot be used: damaged, or somebody else's; nothing was changed. If "
        "this is a storage area, move that away: 'fileroom register FOLDER FOLDER' then makes a new index of "
        "its files. If it is something else, put a fileroom.toml into the folder ('fileroom -a "
        "FOLDER/fileroom.toml init')"
    )

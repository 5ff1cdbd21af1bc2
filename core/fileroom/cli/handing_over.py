"""What DCMTK's programs need to use a storage area that was made here."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from fileroom.cli.failures import say
from fileroom.config import AREA_FILES

if TYPE_CHECKING:
    from fileroom.archive import Archive

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def say_if_private(archive: Archive) -> None:
    """Say it if an archive's folder is a storage area which its owner alone may enter."""
    for folder in archive.storage.folders():
        is_area = all((folder / name).is_file() for name in AREA_FILES)
        if is_area and os.name != "nt" and not folder.stat().st_mode & _OTHERS:
            say(f"only its owner may enter {folder}: if dcmqrscp runs as dcmtk, chown -R dcmtk: {folder}")

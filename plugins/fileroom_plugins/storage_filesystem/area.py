"""Storage areas of DCMTK: the objects side by side in one folder, beside the ``index.dat`` of ``dcmqrscp``.

DCMTK names them ``<modality>_<time><random>.dcm``: its abbreviation for the SOP class, such as ``CT`` or
``SRt``, and lower-case hex digits. Ours are named alike, with the digits of the key. Those are more than
DCMTK ever writes: so the two never choose the same name, and it can be told who wrote a file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

INDEX = "index.dat"

_OURS = re.compile(r"[A-Z0-9]{1,16}_[0-9a-f]{32}\.dcm")
_DCMTKS = re.compile(r"[A-Za-z0-9]{1,16}_[0-9a-f]{8,24}\.dcm")
_NOT_IN_NAMES = re.compile(r"[^A-Z0-9]+")
_LONGEST = 16  # a code string has no more characters (PS3.5 section 6.2)
_UNKNOWN = "XX"  # what DCMTK writes for a SOP class that it does not know


def is_area(folder: Path) -> bool:
    """Tell whether a folder is a storage area of DCMTK."""
    try:
        return (folder / INDEX).is_file()
    except OSError:
        return False


def flat_name(key: str, naming: Mapping[str, str]) -> str:
    """Return the name of a new object's file in an area, which is its locator too."""
    modality = _NOT_IN_NAMES.sub("", naming.get("Modality", "").upper())[:_LONGEST]
    return f"{modality or _UNKNOWN}_{key.replace('-', '')}.dcm"


def is_flat(name: str) -> bool:
    """Tell whether a file name is that of an object in an area, ours or DCMTK's, and so its locator."""
    return is_ours(name) or _DCMTKS.fullmatch(name) is not None


def is_ours(name: str) -> bool:
    """Tell whether a file in an area has a name that only we give."""
    return _OURS.fullmatch(name) is not None

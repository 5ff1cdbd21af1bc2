"""Our errors are those of dciodvfy, but for the disagreements that are listed with their reasons."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from fileroom.testing.hostile import explicit, padded
from tests.plugins.conformance.dciodvfy import (
    DATA,
    Disagreement,
    disagreements,
    files,
    our_errors,
    program,
    their_errors,
)
from tests.plugins.conformance.objects_for_tests import raw

LISTED: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("disagreements.toml").read_text(encoding="utf-8")
)["disagreement"]
A_FEW = [
    "test_files/CT_small.dcm",
    "test_files/693_J2KI.dcm",
    "test_files/liver_1frame.dcm",
    "test_files/rtplan.dcm",
    "test_files/test-SR.dcm",
    "charset_files/chrJapMulti.dcm",
]


def place(found: Disagreement) -> int | None:
    """Return the place of the entry that covers a disagreement; None for one that is not listed."""
    for number, entry in enumerate(LISTED):
        if (
            fnmatchcase(found.side, entry["side"])
            and fnmatchcase(found.attribute, entry.get("attribute", "*"))
            and fnmatchcase(found.what, entry.get("what", "*"))
            and any(fnmatchcase(found.file, pattern) for pattern in entry.get("files", ["*"]))
        ):
            return number
    return None


def unlisted(found: Iterable[Disagreement]) -> list[Disagreement]:
    return sorted(one for one in found if place(one) is None)


@pytest.mark.parametrize("name", A_FEW)
def test_of_a_few_files_dciodvfy_says_what_we_say_or_the_list_says_why_not(name: str) -> None:
    program()
    assert unlisted(disagreements(DATA / name)) == []


@pytest.mark.slow
def test_of_every_file_dciodvfy_says_what_we_say_or_the_list_says_why_not() -> None:
    program()
    found = {one for path in files() for one in disagreements(path)}
    assert unlisted(found) == []
    counts = Counter(place(one) for one in found)
    wrong = {
        entry["because"]: (entry["count"], counts[number])
        for number, entry in enumerate(LISTED)
        if entry["count"] != counts[number]
    }
    assert wrong == {}


def test_there_are_files_to_compare() -> None:
    assert len(files()) > 150
    assert {DATA / name for name in A_FEW} <= set(files())


def test_the_list_says_why() -> None:
    for entry in LISTED:
        assert set(entry) <= {"because", "side", "attribute", "what", "files", "count"}
        assert len(entry["because"]) > 20
        assert entry["count"] > 0


SOP_CLASSES = [
    f"1.2.840.10008.5.1.4.1.1.{number}"
    for number in ("1", "1.1", "2", "4", "6.1", "7", "20", "128", "88.22", "88.59", "481.1", "481.2", "481.5")
]
"""CR, DX, CT, MR, US, SC, NM, PT, an enhanced SR, KO, RT image, dose and plan."""


@pytest.mark.parametrize("sop_class", SOP_CLASSES)
def test_of_an_object_that_is_empty_both_miss_the_same(tmp_path: Path, sop_class: str) -> None:
    """Attributes of types 1 and 2: what the tables say of whole IODs."""
    program()
    path = tmp_path / "empty.dcm"
    path.write_bytes(
        raw(
            explicit(0x00080016, b"UI", padded(sop_class.encode())), explicit(0x00080018, b"UI", b"1.2.3.4\0")
        )
    )
    theirs = {attribute for _, attribute, what in their_errors(path) if what.endswith(" Required")}
    missing = {"iod/type-1-missing", "iod/type-2-missing"}
    ours = {attribute for _, attribute, rule in our_errors(path) if rule in missing}
    assert len(theirs) > 10
    assert theirs ^ ours <= {"Modality"}  # for which dciodvfy has conditions

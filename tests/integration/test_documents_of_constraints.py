"""Constraint documents in an archive: none is let in that takes a rule from another."""

from __future__ import annotations

from pathlib import Path

import pytest

import fileroom
from fileroom.errors import DocumentError

RULE = b"[[rule]]\nname = '%s'\ncheck = 'PatientID exists'\n"
HOUSE = b"""include = ["mine.toml"]
[[rule]]
name = "H"
check = 'rule("M")'
"""


def test_a_rule_that_another_document_refers_to_does_not_go(tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "archive") as archive:
        documents = archive.documents
        documents.insert("mine.toml", "constraint", RULE % b"N")
        with pytest.raises(DocumentError, match=r"^house\.toml:4: there is no rule 'M'"):
            documents.insert("house.toml", "constraint", HOUSE)
        documents.insert("mine.toml", "constraint", RULE % b"M")
        documents.insert("house.toml", "constraint", HOUSE)
        refused = r"^mine\.toml: 'house\.toml' refer to it and could be used no more: house\.toml:4: there is"
        with pytest.raises(DocumentError, match=refused):
            documents.insert("mine.toml", "constraint", RULE % b"N")
        assert documents.get("mine.toml").version == 2
        documents.insert("mine.toml", "constraint", RULE % b"M" + RULE % b"N")

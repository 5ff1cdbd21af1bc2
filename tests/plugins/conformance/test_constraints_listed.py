"""The rules of constraint documents, listed: names, how bad they may be, and what they read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fileroom.documents import Document, DocumentKind
from fileroom.errors import DocumentError
from fileroom.testing.documents import DocumentKindContract, samples_of
from fileroom_plugins.conformance.constraints import attributes_read, rule_names
from fileroom_plugins.conformance.constraints.kind import ConstraintDocuments
from tests.integration.cli_runs import run, run_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

KIND = ConstraintDocuments()
BASE = b"""
[[rule]]
name = "Base"
check = 'Modality in ["CT", "MR"]'
severity = "warning"

[[macro]]
name = "coded"
parameters = ["code"]
check = 'code.CodeValue is not empty'
severity = "info"
"""
HOUSE = b"""
include = ["base"]
[[rule]]
name = "Whole"
description = "As the house has it"
check = 'rule("Base") and coded(code=ProcedureCodeSequence[1]) and KVP exists'
severity = "info"
[[rule]]
name = "Private"
check = '(0029,xx10)("ACME 1.1") exists'
[[rule]]
name = "Quiet"
check = 'not KVP exists'
severity = "warning"
"""


def house(data: bytes = HOUSE) -> Document:
    return Document("house", "constraint", data, related={"base": Document("base", "constraint", BASE)})


class TestConstraintDocuments(DocumentKindContract):
    @pytest.fixture
    def kind(self) -> DocumentKind:
        return ConstraintDocuments()

    @pytest.fixture
    def samples(self, kind: DocumentKind) -> Sequence[Document]:
        return [*samples_of(kind), house()]


def test_a_rule_tells_all_that_it_reads_also_by_others_and_the_worst_that_is_said() -> None:
    whole, private, quiet = KIND.rules(house())
    assert (whole.name, whole.severity, whole.description) == ("Whole", "warning", "As the house has it")
    assert whole.attributes == ("Modality", "ProcedureCodeSequence[1].CodeValue", "KVP")
    assert (private.severity, private.attributes) == ("error", ("(0029,0010)",))
    assert (quiet.severity, quiet.attributes) == ("warning", ("KVP",))


def test_they_are_the_rules_and_the_attributes_that_the_functions_tell() -> None:
    for name, data in KIND.defaults().items():
        document = Document(name, "constraint", data)
        rules = KIND.rules(document)
        assert [(name, rule.name) for rule in rules] == rule_names([document])
        for rule in rules:
            read = attributes_read(document, rule.name)
            assert rule.attributes == tuple(dict.fromkeys(map(str, read)))


@pytest.mark.parametrize(
    ("check", "severity"),
    [
        ("KVP exists", "info"),
        ("KVP exists or Rows exists", "info"),
        ("KVP exists implies Rows exists", "info"),
        ("every item of ProcedureCodeSequence has CodeValue exists", "info"),
        ("rule('Other')", "error"),
    ],
)
def test_a_rule_whose_every_failure_is_said_is_as_bad_as_that(check: str, severity: str) -> None:
    other = "[[rule]]\nname = 'Other'\n[[rule.check]]\nthat = 'Rows exists'\n"
    text = f"[[rule]]\nname = 'R'\nseverity = 'info'\ncheck = \"{check}\"\n{other}"
    rule, _ = KIND.rules(Document("one", "constraint", text.encode()))
    assert rule.severity == severity


def test_a_check_without_any_message_of_its_own_is_an_error_as_when_it_is_evaluated() -> None:
    text = (
        '<CONFORMANCE_CONSTRAINT_DEFINITION xmlns="http://xmlns.oracle.com/ord/dicom/constraint_1_0">'
        '<GLOBAL_RULE name="R"><PREDICATE><LOGICAL operator="and"><PREDICATE><BOOLEAN_FUNC operator="occurs">'
        "<ATTRIBUTE_TAG>00080060</ATTRIBUTE_TAG></BOOLEAN_FUNC></PREDICATE></LOGICAL></PREDICATE></GLOBAL_RULE>"
        "</CONFORMANCE_CONSTRAINT_DEFINITION>"
    )
    (rule,) = KIND.rules(Document("one", "constraint", text.encode()))
    assert (rule.severity, rule.attributes) == ("error", ("Modality",))


def test_what_would_take_for_ever_or_goes_too_deep_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fileroom_plugins.conformance.constraints.reach.MOST_STEPS", 5000)
    macro = "[[macro]]\nname = 'm{}'\nparameters = ['x']\ncheck = 'm{}(x=x.{}) and m{}(x=x.{})'\n"
    ways = ("ConceptNameCodeSequence", "ContentSequence")
    twice = "".join(macro.format(n, n + 1, ways[0], n + 1, ways[1]) for n in range(30))
    end = "[[macro]]\nname = 'm30'\nparameters = ['x']\ncheck = 'x exists'\n"
    rule = "[[rule]]\nname = 'R'\ncheck = 'm0(x=ContentSequence)'\n"
    with pytest.raises(DocumentError, match="too much"):
        KIND.rules(Document("one", "constraint", (twice + end + rule).encode()))
    chain = "".join(f"[[rule]]\nname = 'r{n}'\ncheck = 'rule(\"r{n + 1}\")'\n" for n in range(2000))
    last = "[[rule]]\nname = 'r2000'\ncheck = 'Rows exists'\n"
    with pytest.raises(DocumentError, match=r"too deeply|too much"):
        KIND.rules(Document("one", "constraint", (chain + last).encode()))


def test_the_command_lists_all_without_an_archive(tmp_path: Path) -> None:
    missing = tmp_path / "none"
    told = run_json("-a", missing, "documents", "rules")
    assert {(one["document"], one["rule"]) for one in told} == set(rule_names())
    table = run("-a", missing, "documents", "rules", "image-display").stdout
    assert ["image-display", "Measurable", "warning", "Modality"] in [
        line.split() for line in table.splitlines()
    ]
    assert run("-a", missing, "documents", "rules", "basic").stdout == "no rules that have names\n"
    assert run_json("-a", missing, "documents", "rules", "--kind", "uid") == []


def test_the_command_takes_files_and_what_is_in_an_archive(tmp_path: Path) -> None:
    archive, file = tmp_path / "archive", tmp_path / "house.toml"
    file.write_bytes(HOUSE.replace(b'include = ["base"]', b'include = ["base.toml"]'))
    (tmp_path / "base.toml").write_bytes(BASE)
    run("-a", archive, "init")
    run("-a", archive, "documents", "insert", tmp_path / "base.toml", "--kind", "constraint")
    words = ("-a", archive, "documents", "rules")
    told = run_json(*words, file, "--kind", "constraint")
    assert told[0] == {
        "document": "house.toml",
        "kind": "constraint",
        "rule": "Whole",
        "severity": "warning",
        "attributes": ["Modality", "ProcedureCodeSequence[1].CodeValue", "KVP"],
        "description": "As the house has it",
    }
    run("-a", archive, "documents", "insert", file, "--kind", "constraint", "--name", "ours")
    assert [one["rule"] for one in run_json(*words, "ours")] == ["Whole", "Private", "Quiet"]
    assert ("base.toml", "Base") in {(one["document"], one["rule"]) for one in run_json(*words)}


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (("none",), 2, "--kind says which kind it has"),
        (("none", "--kind", "constraint"), 1, "no constraint document 'none'"),
        (("site-basics", "--kind", "uid"), 1, "no uid document 'site-basics'"),
        (("--kind", "none"), 2, "no kind of documents 'none'"),
    ],
)
def test_what_is_no_document_is_one_error(
    tmp_path: Path, words: tuple[str, ...], code: int, reason: str
) -> None:
    assert reason in run("-a", tmp_path / "none", "documents", "rules", *words, code=code).stderr


def test_check_leads_to_the_list(tmp_path: Path) -> None:
    (tmp_path / "one.dcm").write_bytes(b"")
    said = run("check", tmp_path / "one.dcm", "--rule", "Nothing", code=1).stderr
    assert "'fileroom documents rules' lists them" in said
    assert "documents rules" in run("check", "--help").stdout

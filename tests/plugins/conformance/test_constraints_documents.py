"""Constraint documents: the two forms say the same, each error has its line, and Fileroom's own are sound."""

from __future__ import annotations

import json
from typing import Any

import pydicom
import pytest
from hypothesis import given
from pydicom.dataset import Dataset

from fileroom.plugin import Document, DocumentError, InvalidDatasetError, NotFoundError
from fileroom_plugins.conformance.constraints import (
    attributes_read,
    evaluate,
    fileroom_documents,
    is_conformance_valid,
)
from fileroom_plugins.conformance.constraints.kind import ConstraintDocuments
from fileroom_plugins.conformance.constraints.loading import read_constraints
from fileroom_plugins.conformance.constraints.model import Predicate
from tests.plugins.conformance.constraint_cases import (
    constraint_xml,
    dataset,
    document,
    expression,
    predicates,
    said,
    sample,
    xml,
)

KIND = ConstraintDocuments()


@given(predicates)
def test_both_forms_say_the_same(predicate: Predicate) -> None:
    message = 'message = "m"\nseverity = "warning"'
    quoted = json.dumps(expression(predicate))
    toml = document(f"[[rule]]\nname = 'R'\ndescription = 'd'\ncheck = {quoted}\n{message}")
    inside = xml(predicate).removesuffix("</PREDICATE>")
    inside += '<ACTION when="false" action="warning">m</ACTION></PREDICATE>'
    oracle = document(
        constraint_xml(f'<GLOBAL_RULE name="R"><DESCRIPTION>d</DESCRIPTION>{inside}</GLOBAL_RULE>')
    )
    assert read_constraints(toml) == read_constraints(oracle)


ORACLE = """<?xml version="1.0" encoding="UTF-8"?>
<CONFORMANCE_CONSTRAINT_DEFINITION xmlns="http://xmlns.oracle.com/ord/dicom/constraint_1_0"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b">
  <DOCUMENT_HEADER><DOCUMENT_CHANGE_LOG>
    <DOCUMENT_MODIFIER>me</DOCUMENT_MODIFIER><DOCUMENT_MODIFICATION_DATE>2020-01-01</DOCUMENT_MODIFICATION_DATE>
  </DOCUMENT_CHANGE_LOG></DOCUMENT_HEADER>
  <EXTERNAL_RULE_INCLUDE name="ordcmct.xml"/>
  <GLOBAL_RULE name="SiteCT"><DESCRIPTION>CT needs an ID and a sex of M/F/O</DESCRIPTION>
    <PREDICATE><LOGICAL operator="and">
      <PREDICATE><BOOLEAN_FUNC operator="notEmpty"><ATTRIBUTE_TAG>00100020</ATTRIBUTE_TAG></BOOLEAN_FUNC>
        <ACTION when="false" action="warning">no Patient ID</ACTION></PREDICATE>
      <PREDICATE><RELATIONAL operator="in"><ATTRIBUTE_TAG>00100040(DICOM)</ATTRIBUTE_TAG>
        <STRING_VALUE>M</STRING_VALUE><STRING_VALUE>F</STRING_VALUE><STRING_VALUE>O</STRING_VALUE>
        </RELATIONAL></PREDICATE>
      <PREDICATE><GLOBAL_RULE_REF>OracleOrdObject</GLOBAL_RULE_REF></PREDICATE>
      <PREDICATE><INVOKE_MACRO><MACRO_NAME>Is</MACRO_NAME>
        <PARAMETER><NAME>what</NAME><VALUE>00100010#UnibyteFamily</VALUE></PARAMETER>
        <PARAMETER><NAME>value</NAME><VALUE>Doe</VALUE></PARAMETER></INVOKE_MACRO></PREDICATE>
    </LOGICAL></PREDICATE></GLOBAL_RULE>
  <GLOBAL_MACRO name="Is"><PARAMETER_DECLARATION>what</PARAMETER_DECLARATION>
    <PARAMETER_DECLARATION name="value"/>
    <PREDICATE><RELATIONAL operator="EQ"><PARAMETER>what</PARAMETER><STRING_VALUE>${value}</STRING_VALUE>
      </RELATIONAL>
      <ACTION>wrong {attribute}</ACTION></PREDICATE></GLOBAL_MACRO>
</CONFORMANCE_CONSTRAINT_DEFINITION>"""


def test_a_document_as_oracle_has_them_works() -> None:
    ids = {
        "SOPClassUID": "1.2",
        "SOPInstanceUID": "1.3",
        "StudyInstanceUID": "1.4",
        "SeriesInstanceUID": "1.5",
    }
    site = document(ORACLE)
    assert evaluate(site, dataset(PatientID="1", PatientSex="M", PatientName="Doe^J", **ids), "SiteCT") == []
    found = evaluate(site, dataset(PatientName="Roe^J", **{**ids, "StudyInstanceUID": ""}))
    assert [(one.severity, one.rule, one.message) for one in found] == [
        ("warning", "site/SiteCT", "no Patient ID"),
        ("error", "ordcmct.xml/OracleOrdObject", "StudyInstanceUID is missing, or empty"),
        ("error", "site/SiteCT", "wrong PatientName"),
    ]


def test_a_rule_that_nothing_was_said_of_is_named_by_its_description() -> None:
    inside = '<BOOLEAN_FUNC operator="occurs"><ATTRIBUTE_TAG>PatientID</ATTRIBUTE_TAG></BOOLEAN_FUNC>'
    text = f'<GLOBAL_RULE name="R">%s<PREDICATE>{inside}</PREDICATE></GLOBAL_RULE>'
    with_one = document(constraint_xml(text % "<DESCRIPTION>ids are there</DESCRIPTION>"))
    without = document(constraint_xml(text % ""))
    assert said(evaluate(with_one, Dataset())) == ["not so: ids are there"]
    assert said(evaluate(without, Dataset())) == ["the rule is not kept"]


def _wrap(test: str) -> str:
    return constraint_xml(f'\n<GLOBAL_RULE name="R">\n<PREDICATE>\n{test}\n</PREDICATE></GLOBAL_RULE>')


ID = "<ATTRIBUTE_TAG>00100020</ATTRIBUTE_TAG>"
ROWS = "<ATTRIBUTE_TAG>Rows</ATTRIBUTE_TAG>"
FUNCTION = '<ATTRIBUTE_TAG function="x">Rows</ATTRIBUTE_TAG>'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<A/>", "site:1: expected CONFORMANCE_CONSTRAINT_DEFINITION, and not A"),
        (constraint_xml(""), "site:1: there is no GLOBAL_RULE in it"),
        (_wrap("<FOR_EACH/>"), "site:4: the element FOR_EACH is not known"),
        (_wrap("<GLOBAL_RULE/>"), "site:4: GLOBAL_RULE has no place in PREDICATE"),
        (_wrap('<LOGICAL operator="and" x="1"/>'), "site:4: LOGICAL has no attribute 'x'"),
        (_wrap("words"), "site:3: PREDICATE holds no text"),
        (_wrap(""), "site:3: expected one of LOGICAL, .* and not 0"),
        (
            _wrap('<LOGICAL operator="nand"/>'),
            "site:4: LOGICAL/@operator 'nand' is not known: known are and, or",
        ),
        (_wrap('<LOGICAL operator="not"/>'), "site:4: the operator 'not' takes 1 operands, and not 0"),
        (_wrap(f'<RELATIONAL operator="eq">{ID}</RELATIONAL>'), "'eq' takes 2 operands, and not 1"),
        (
            _wrap('<BOOLEAN_FUNC operator="occurs"><ATTRIBUTE_TAG>1</ATTRIBUTE_TAG></BOOLEAN_FUNC>'),
            "site:4: '1' is no attr",
        ),
        (
            _wrap(f'<RELATIONAL operator="match">{ID}<STRING_VALUE>(</STRING_VALUE></RELATIONAL>'),
            "site:4: the pattern is wrong",
        ),
        (_wrap(f'<RELATIONAL operator="match">{ID}{ID}</RELATIONAL>'), "a pattern stands in STRING_VALUE"),
        (
            _wrap(f'<RELATIONAL operator="eq">{ID}<RANGE low="1"/></RELATIONAL>'),
            "RANGE is for the operator 'in'",
        ),
        (_wrap(f'<RELATIONAL operator="in">{ID}<RANGE/></RELATIONAL>'), "RANGE has neither"),
        (
            _wrap(f'<BOOLEAN_FUNC operator="occurs">{FUNCTION}</BOOLEAN_FUNC>'),
            "function 'x'",
        ),
        (
            _wrap(f'<RELATIONAL operator="gt">{ROWS}<STRING_VALUE>many</STRING_VALUE></RELATIONAL>'),
            "site:3: 'many' is no value of Rows: expected a number",
        ),
        (_wrap("<GLOBAL_RULE_REF>Other</GLOBAL_RULE_REF>"), "site:3: there is no rule 'Other'"),
        (_wrap("<INVOKE_MACRO><MACRO_NAME>M</MACRO_NAME></INVOKE_MACRO>"), "site:3: there is no macro 'M'"),
        (
            _wrap('<BOOLEAN_FUNC operator="occurs"><PARAMETER>p</PARAMETER></BOOLEAN_FUNC>'),
            "no parameter 'p' here",
        ),
        (
            _wrap(f'<BOOLEAN_FUNC operator="occurs">{ID}</BOOLEAN_FUNC><ACTION when="maybe">x</ACTION>'),
            "when is true or false",
        ),
        (
            _wrap(f'<BOOLEAN_FUNC operator="occurs">{ID}</BOOLEAN_FUNC><ACTION action="shoot">x</ACTION>'),
            "action is one of error",
        ),
        (_wrap(f'<BOOLEAN_FUNC operator="occurs">{ID}</BOOLEAN_FUNC><ACTION/>'), "ACTION has no text"),
        ("<!DOCTYPE a><a/>", "site:1: a DTD"),
        ("<a>", "site:1: no XML"),
        # TOML
        ("", "site:1: there is no \\[\\[rule\\]\\] in it"),
        ("x = 1", "site:1: there is no key 'x' here: known are description, include, macro, rule, title"),
        ("rule = 5", r"site:1: expected tables \[\[rule\]\]"),
        ("[[rule]]\ncheck = 'PatientID exists'", "site:1: there is no name"),
        ("[[rule]]\nname = 'R'\n", "site:1: expected a check"),
        ("[[rule]]\nname = 'R'\ncheck = 'PatientID exist'", "site:3: in 'check': expected a comparison"),
        (
            "[[rule]]\nname = 'R'\n[[rule.check]]\nthat = 'PatientID exists'\n[[rule.check]]\nthat = 'x'\n",
            "site:6: in 'that'",
        ),
        (
            "[[rule]]\nname = 'R'\ncheck = 'PatientID exists'\nseverity = 'fatal'",
            "site:4: severity is one of error, warning",
        ),
        ("[[rule]]\nname = 'R'\ncheck = 'PatientID exists'\nwhen = 5", "site:4: when is a text"),
        (
            "[[rule]]\nname = 'R'\nmessage = 'm'\n[[rule.check]]\nthat = 'PatientID exists'",
            "'message' belongs to a check",
        ),
        (
            "[[rule]]\nname='R'\ncheck='PatientID exists'\n[[rule]]\nname='R'\ncheck='PatientID exists'",
            "site:4: .*already, on line 1",
        ),
        (
            "[[rule]]\nname='R'\ncheck='StudyDate > 2020'",
            "site:3: '2020' is no value of StudyDate: expected a date",
        ),
        (
            "[[rule]]\nname='R'\ncheck='RequestAttributesSequence == 1'",
            "compare count.RequestAttributesSequence., or its items",
        ),
        (
            "[[rule]]\nname='R'\ncheck='any item of PatientID has Rows exists'",
            "site:3: PatientID is no sequence",
        ),
        (
            "[[rule]]\nname='R'\ncheck='m(a=Rows)'\n[[macro]]\nname='m'\nparameters=['b']\ncheck='b exists'",
            "site:3: the macro 'm' needs the parameter b",
        ),
        (
            "[[rule]]\nname='R'\ncheck='m(a=Rows)'\n[[macro]]\nname='m'\ncheck='Rows exists'",
            "site:3: the macro 'm' has no parameter a",
        ),
        ("[[macro]]\nname='m'\nparameters=['of']\ncheck='Rows exists'", "'of' cannot be a name here"),
        ("[[macro]]\nname='a b'\ncheck='Rows exists'", "'a b' cannot be a name here"),
        ("[[rule]]\nname='R'\ncheck='(0010,0020)(ACME) exists'", "of an even group"),
        ("[[rule]]\nname='R'\ncheck='(0029,xx10) exists'", "name its creator"),
        ("rule = [", "site:1: no TOML"),
    ],
)
def test_a_document_that_cannot_be_used_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        KIND.check(document(text))


def test_included_documents_are_named_and_their_rules_and_macros_can_be_used() -> None:
    text = "include = ['base']\n[[rule]]\nname = 'R'\ncheck = 'rule(\"B\") and there(what=PatientName)'"
    base = "[[rule]]\nname='B'\ncheck='there(what=PatientID)'\n[[macro]]\nname='there'\nparameters=['what']\n"
    base += "check='what exists'\nmessage='no {attribute}'"
    assert list(KIND.check(document(text))) == ["base"]
    found = evaluate(document(text, base=base), Dataset())
    assert [(one.rule, one.message) for one in found] == [
        ("base/B", "no PatientID"),
        ("site/R", "no PatientName"),
    ]


@pytest.mark.parametrize(
    ("related", "message"),
    [
        ({}, "site: includes 'base', which is not there"),
        ({"base": "[[rule]]\nname='X'\ncheck='Rows exists'"}, "site:4: there is no rule 'B'"),
        ({"base": "x"}, "base:1: no TOML"),
        (
            {
                "base": "include=['other']\n[[rule]]\nname='B'\ncheck='Rows exists'",
                "other": "include=['base', 'site']\n[[rule]]\nname='B'\ncheck='Rows exists'",
            },
            "more than one rule 'B': in base and other",
        ),
    ],
)
def test_what_is_included_must_be_there_and_sound(related: dict[str, str], message: str) -> None:
    text = "include = ['base']\n[[rule]]\nname = 'R'\ncheck = 'rule(\"B\")'"
    with pytest.raises(DocumentError, match=message):
        evaluate(document(text, **related), Dataset())


def test_the_documents_of_our_own_are_sound_and_named() -> None:
    own = KIND.defaults()
    assert {
        "ordcmct.xml",
        "ordcmcmd.xml",
        "ordcmcmc.xml",
        "site-basics",
        "image-display",
        "report-tree",
    } <= set(own)
    for name, data in own.items():
        one = Document(name, "constraint", data)
        assert set(KIND.check(one)) <= set(own)
        evaluate(one, Dataset())
        assert all(str(locator) for locator in attributes_read(one))


def test_the_kind_is_offered() -> None:
    offered = fileroom_documents()
    assert offered.name == "constraint"
    assert isinstance(offered.open(offered.options()), ConstraintDocuments)


def test_oracles_rules_hold_of_real_images_and_not_of_what_lacks_identifiers() -> None:
    path = sample("CT_small.dcm")
    assert is_conformance_valid(path, "OracleOrdObject")
    assert is_conformance_valid(path, "OracleOrdDefImage")
    with open(path, "rb") as file:  # noqa: PTH123 - as a caller would
        assert is_conformance_valid(file, "OracleOrdObject")
        file.seek(0)
        assert is_conformance_valid(file.read(), "OracleOrdObject")
    made = pydicom.dcmread(path)
    del made.StudyInstanceUID
    assert not is_conformance_valid(made, "OracleOrdObject")
    assert not is_conformance_valid(sample("reportsi.dcm"), "OracleOrdDefImage")


def test_a_rule_is_looked_for_in_the_documents_given_first() -> None:
    own = document("[[rule]]\nname='OracleOrdObject'\ncheck='Rows == 1'")
    made = dataset(SOPClassUID="1.2")
    assert not is_conformance_valid(made, "OracleOrdObject", [own])
    assert is_conformance_valid(dataset(Rows=1), "OracleOrdObject", [own])
    with pytest.raises(NotFoundError, match="no constraint document at hand has a rule 'Nobody'"):
        is_conformance_valid(made, "Nobody", [own])


@pytest.mark.parametrize("data", [b"", b"not DICOM at all, but a text that is long enough" * 10])
def test_what_is_no_dicom_is_one_clear_error(data: bytes) -> None:
    with pytest.raises(InvalidDatasetError):
        is_conformance_valid(data, "OracleOrdObject")


def test_a_rule_that_is_not_there_is_an_error() -> None:
    with pytest.raises(DocumentError, match="there is no rule 'X'"):
        evaluate(document("[[rule]]\nname='R'\ncheck='Rows exists'"), Dataset(), "X")


def test_the_attributes_that_a_document_reads_are_known_without_an_object() -> None:
    text = '''
[[rule]]
name = "R"
when = "Modality == 'CT'"
check = """every item of RequestAttributesSequence has coded(code=ScheduledProtocolCodeSequence)
  and count(/KVP) == 1"""
[[rule]]
name = "Tree"
check = "node()"
[[macro]]
name = "coded"
parameters = ["code"]
check = "any item of code has CodeValue in [CodeMeaning] and code.CodingSchemeDesignator exists"
[[macro]]
name = "node"
check = "every item of ContentSequence has (ValueType exists and node() and rule('R'))"
'''
    protocol = "RequestAttributesSequence.ScheduledProtocolCodeSequence"
    of_rule = [
        "Modality",
        "KVP",
        "RequestAttributesSequence",
        protocol,
        f"{protocol}.CodeValue",
        f"{protocol}.CodingSchemeDesignator",
        f"{protocol}.CodeMeaning",
    ]
    assert [str(one) for one in attributes_read(document(text), "R")] == of_rule
    tree = [str(one) for one in attributes_read(document(text), "Tree")]
    assert sorted(tree) == sorted([*of_rule, "ContentSequence", "ContentSequence.ValueType"])
    assert len(attributes_read(document(text))) == len(tree)


def test_no_other_attribute_is_looked_at_than_those_that_are_named() -> None:
    looked: set[int] = set()

    class Watched(Dataset):
        def get_item(self, key: Any, *, keep_deferred: bool = False) -> Any:
            looked.add(int(key))
            return super().get_item(key, keep_deferred=keep_deferred)

    made = Watched()
    made.update(pydicom.dcmread(sample("CT_small.dcm")))
    looked.clear()
    basics = Document("site-basics", "constraint", KIND.defaults()["site-basics"])
    evaluate(basics, made)
    named = {locator.steps[0].tag for locator in attributes_read(basics)}
    assert looked <= named | {0x00080005}

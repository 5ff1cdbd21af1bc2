"""What dictionary documents define is known to rules, and changes nothing of what is known already."""

from __future__ import annotations

import json
from pathlib import Path

import pydicom
import pytest
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

import fileroom
from fileroom.errors import DocumentError
from fileroom.plugin import Document, DocumentName
from fileroom_plugins.deidentify import Options, deidentify, is_anonymous
from fileroom_plugins.deidentify.anonymity.locators import keyword_for
from tests.integration.cli_runs import run
from tests.plugins.deidentify.samples import NAME, as_bytes, dataset, read

MOOD, NURSE, UNHEARD = 0x0010_9990, 0x0010_9991, 0x0010_9999
CREATOR, DOSE, DRIVER, PLAN, SECRET = 0x0009_0012, 0x0009_1201, 0x0009_1202, 0x0009_1203, 0x0009_1299
STANDARD = """
[[standard_attribute_definition]]
tag = "00109990"
name = "Patient's Mood"
vr = "LO"
[[standard_attribute_definition]]
tag = "00109991"
name = "Patient's Name"
vr = "PN"
[[standard_attribute_definition]]
tag = "00100010"
name = "Colour"
vr = "CS"
"""
PRIVATE = """
[[private_attribute_definition]]
tag = "0009xx01"
name = "Dose"
definer = "ACME"
vr = "DS"
[[private_attribute_definition]]
tag = "00091002"
name = "Driver"
definer = "ACME"
vr = "PN"
[[private_attribute_definition]]
tag = "0009xx03"
name = "Plan"
definer = "ACME"
vr = "SQ"
"""
DRIVEN = "Schumacher^Gerlinde"


def named(kind: str, text: str) -> DocumentName:
    return DocumentName.of(Document("mine", kind, text.encode()))


def options(rules: str = "", standard: str = STANDARD, private: str = PRIVATE) -> Options:
    return Options(
        document=named("anonymity", rules) if rules else None,
        standard_dictionary=named("standard-dictionary", standard),
        private_dictionary=named("private-dictionary", private),
        check="off",
    )


def of_the_standard() -> bytes:
    made = dataset()
    made.add_new(MOOD, "LO", "blue")
    made.add_new(NURSE, "PN", "Nightingale^Florence")
    made.add_new(UNHEARD, "LO", "unheard of")
    return as_bytes(made)


def private(syntax: str = ExplicitVRLittleEndian, *, unknown: bool = False, dose: str = "1.50") -> bytes:
    made, item = dataset(), Dataset()
    item.PatientName = NAME
    made.add_new(CREATOR, "LO", "ACME")
    for tag, vr, value in ((DOSE, "DS", dose), (DRIVER, "PN", DRIVEN), (SECRET, "LO", "unheard of")):
        made.add_new(tag, "UN" if unknown else vr, f"{value:<24}".encode() if unknown else value)
    if not unknown:
        made.add_new(PLAN, "SQ", [item])
    return as_bytes(made, syntax)


def after(data: bytes, chosen: Options) -> Dataset:
    return read(deidentify(data, chosen).data)


NONE = 'base = "none"\n'
ORACLE = (
    '<ANONYMITY_RULE_DOCUMENT xmlns="http://xmlns.oracle.com/ord/dicom/anonymity_1_0">{}'
    "</ANONYMITY_RULE_DOCUMENT>"
)


@pytest.mark.parametrize("rules", [NONE, ORACLE.format('<UNDEFINED_STANDARD_ATTRIBUTES action="remove"/>')])
def test_what_a_document_defines_is_not_undefined(rules: str) -> None:
    made = after(of_the_standard(), options(rules))
    assert (MOOD in made, UNHEARD in made) == (True, False)
    without = after(of_the_standard(), options(rules, standard=""))
    assert (MOOD in without, UNHEARD in without) == (False, False)


@pytest.mark.parametrize(
    "rules",
    [
        f'{NONE}[groups]\nprivate = "keep"\nundefined-private = "remove"\n',
        ORACLE.format('<PRIVATE_ATTRIBUTES action="none"/><UNDEFINED_PRIVATE_ATTRIBUTES action="remove"/>'),
    ],
)
@pytest.mark.parametrize("unknown", [False, True])
def test_what_a_document_defines_for_a_creator_is_not_undefined(rules: str, unknown: bool) -> None:
    made = after(private(unknown=unknown), options(rules))
    assert (DOSE in made, SECRET in made) == (True, False)
    assert DOSE not in after(private(unknown=unknown), options(rules, private=""))


def test_what_was_kept_by_definition_is_anonymous_by_it_alone() -> None:
    text = f'{NONE}[groups]\nprivate = "keep"\nundefined-private = "remove"\n'
    rules = Document("rules", "anonymity", text.encode())
    acme = Document("acme", "private-dictionary", PRIVATE.encode())
    kept = read(deidentify(private(), options(text)).data)
    kept.PatientIdentityRemoved = "YES"
    assert is_anonymous(kept, rules, private_dictionary=acme)
    assert not is_anonymous(kept, rules)


def test_the_basic_profile_has_no_word_about_what_documents_define() -> None:
    made = after(of_the_standard(), options())
    assert not {MOOD, NURSE, UNHEARD} & made.keys()
    assert CREATOR not in after(private(), options())
    basic = 'base = "basic"\n'
    assert MOOD not in after(of_the_standard(), options(basic))
    assert MOOD in after(of_the_standard(), options(basic + '[groups]\nother = "keep"\n'))


@pytest.mark.parametrize("pattern", ["Patient*", "0010xxxx", "*Mood", "00109990"])
def test_rules_reach_what_documents_define(pattern: str) -> None:
    made = after(of_the_standard(), options(f'{NONE}[attributes]\n"{pattern}" = "remove"\n'))
    assert MOOD not in made


def test_a_definition_takes_no_attributes_place() -> None:
    rules = f'{NONE}[attributes]\n"Patient*" = "remove"\n[vr]\nPN = "remove"\n'
    made = after(of_the_standard(), options(rules))
    assert not made.PatientName
    assert NURSE not in made
    implicit = deidentify(as_bytes(dataset(), ImplicitVRLittleEndian), options())
    assert str(read(implicit.data).PatientName) not in {NAME, ""}


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize("unknown", [False, True])
def test_private_attributes_without_vr_have_that_of_their_document(syntax: str, unknown: bool) -> None:
    if unknown and syntax == ImplicitVRLittleEndian:
        return  # nothing is said there at all
    rules = f'{NONE}[vr]\nPN = "dummy"\n[groups]\nprivate = "keep"\nundefined-private = "remove"\n'
    result = deidentify(private(syntax, unknown=unknown), options(rules))
    assert b"Schumacher" not in result.data
    assert NAME.encode() not in result.data
    assert b"1.50" in result.data
    assert b"unheard" not in result.data


def test_what_is_kept_of_a_private_attribute_without_vr_is_a_value_of_it() -> None:
    rules = f'{NONE}[groups]\nprivate = "keep"\n'
    data = private(unknown=True, dose="much for Mrs Schumacher")
    assert b"much" in deidentify(data, options(rules, private="")).data
    assert b"much" not in deidentify(data, options(rules)).data


def test_a_rule_that_no_value_of_a_defined_attribute_can_keep_is_refused() -> None:
    rules = f'{NONE}[private."ACME"]\n"0009xx01" = {{ replace = "much" }}\n'
    with pytest.raises(DocumentError, match=r"mine:3: .*DS"):
        deidentify(private(), options(rules))


def test_reports_name_the_creators_of_defined_attributes_only() -> None:
    touched = {one.path: one.keyword for one in deidentify(private(), options()).report.touched}
    assert touched[f"{DOSE:08X}"] == "ACME"
    assert touched[f"{SECRET:08X}"] == ""


@pytest.mark.parametrize(
    ("name", "keyword"),
    [("Patient's Name", "PatientName"), ("Date of Secondary Capture", "DateOfSecondaryCapture"), ("", "")],
)
def test_names_become_keywords_as_the_standard_makes_them(name: str, keyword: str) -> None:
    assert keyword_for(name) == keyword


def test_the_command_and_an_archive_go_by_the_documents(tmp_path: Path) -> None:
    people = '[attributes]\nPatientName = "empty"\nPatientID = "empty"\n'
    rules = f'{NONE}{people}[groups]\nprivate = "keep"\nundefined-private = "remove"\n'
    for name, text in (("rules.toml", rules), ("acme.toml", PRIVATE)):
        (tmp_path / name).write_text(text)
    (tmp_path / "one.dcm").write_bytes(private())
    document = ("--document", tmp_path / "rules.toml", "--check", "off")
    for out, more in (("plain", ()), ("named", ("--private-dictionary", tmp_path / "acme.toml"))):
        run("deidentify", tmp_path / "one.dcm", "-o", tmp_path / out, *document, *more)
        assert (DOSE in pydicom.dcmread(tmp_path / out)) == bool(more)
    asked = ("anonymous", tmp_path / "named", *document[:2])
    run(*asked, *more)
    run(*asked, code=1)
    with fileroom.open(tmp_path / "archive") as archive:
        archive.store(private())
        archive.documents.insert("ordcmpv.xml", "private-dictionary", PRIVATE.encode())
        archive.documents.insert("rules", "anonymity", rules.encode())
        (instance,) = archive.find("instance")
        answer = json.loads(instance.process("anonymous", document="rules")[0].read())
        left = {one["path"] for one in answer["remaining"]}
        assert (f"{DOSE:08X}" in left, f"{SECRET:08X}" in left) == (False, True)
        made = instance.process("deidentify", keep=False, document="rules", check="off")[0]
        assert DOSE in read(made.data)

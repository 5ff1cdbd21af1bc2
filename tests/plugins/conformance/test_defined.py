"""What dictionary and UID documents define counts for every rule."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.uid import UID

import fileroom
from fileroom.errors import IntegrityError
from fileroom.plugin import Document
from fileroom.reports import Status
from fileroom.testing.datasets import make_instance
from fileroom_plugins.conformance import Message, check
from fileroom_plugins.standard.definitions import VRS
from tests.integration.cli_runs import run, run_json

MOOD, OVERLAY = 0x0008_9999, 0x6002_9999
CREATOR, DOSE, PLAN = 0x0009_0012, 0x0009_1201, 0x0009_1202
STANDARD = b"""
[[standard_attribute_definition]]
tag = "00089999"
name = "Mood"
vr = "CS"
vm = "1-2"
[[standard_attribute_definition]]
tag = "60xx9999"
name = "Overlay Mood"
vr = "LO"
retired = true
"""
PRIVATE = b"""
[[private_attribute_definition]]
tag = "0009xx01"
name = "Dose"
definer = "ACME"
vr = "DS"
vm = "1"
[[private_attribute_definition]]
tag = "0009xx02"
name = "Plan"
definer = "ACME"
vr = "SQ"
"""
CLASS, SYNTAX = "1.2.826.0.1.3680043.10.1.1", "1.2.826.0.1.3680043.10.1.2"
NEW_CLASS = "1.2.840.10008.5.1.4.1.1.999999"
UIDS = f"""
[[uid_def]]
uid = "{CLASS}"
name = "ACME Raw Data Storage"
classification = "storageClass"
[[uid_def]]
uid = "{NEW_CLASS}"
name = "Mood Storage"
classification = "storageClass"
[[uid_def]]
uid = "{SYNTAX}"
name = "ACME Implicit"
classification = "transferSyntax"
isEVR = false
isCompressed = false
[[uid_def]]
uid = "1.2.3.4"
name = "A room"
classification = "frameOfRef"
""".encode()
DOCUMENTS = {
    "standard_dictionary": Document("sd", "standard-dictionary", STANDARD),
    "private_dictionary": Document("pd", "private-dictionary", PRIVATE),
    "uids": Document("ui", "uid", UIDS),
}


def image(**tags: object) -> Dataset:
    return dcmread(io.BytesIO(make_instance(tags=tags)))


def bytes_of(dataset: Dataset, syntax: str = "1.2.840.10008.1.2.1") -> bytes:
    buffer = io.BytesIO()
    implicit = syntax in {"1.2.840.10008.1.2", SYNTAX}
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.save_as(buffer, implicit_vr=implicit, little_endian=True, enforce_file_format=False)
    return buffer.getvalue()


def with_private(dose: str = "1.5", vr: str = "DS") -> Dataset:
    dataset = image()
    dataset.add_new(CREATOR, "LO", "ACME")
    dataset.add_new(DOSE, vr, dose.encode() if vr == "UN" else dose)
    return dataset


def rules_about(found: list[Message], *paths: str) -> set[str]:
    return {one.rule for one in found if one.path in paths}


def defined(data: bytes, **documents: Any) -> list[Message]:
    return check(data, **(documents or DOCUMENTS))


def test_an_attribute_that_a_document_defines_is_one_of_the_standard() -> None:
    dataset = image()
    dataset.add_new(MOOD, "CS", "GOOD")
    path = "(0008,9999)"
    assert rules_about(check(bytes_of(dataset)), path) == {"dictionary/unknown"}
    assert rules_about(defined(bytes_of(dataset)), path) == {"iod/not-in-iod"}


def test_its_vr_multiplicity_and_retirement_hold() -> None:
    dataset = image()
    dataset.add_new(MOOD, "LO", ["A", "B", "C"])
    dataset.add_new(OVERLAY, "LO", "x")
    found = defined(bytes_of(dataset))
    assert rules_about(found, "(0008,9999)") >= {"encoding/vr-mismatch", "vr/multiplicity"}
    assert rules_about(found, "(6002,9999)") >= {"dictionary/retired"}


def test_an_object_without_vrs_is_read_by_what_documents_define() -> None:
    dataset = image()
    dataset.add_new(MOOD, "LO", "not a term")
    implicit = bytes_of(dataset, "1.2.840.10008.1.2")
    assert "vr/characters" not in rules_about(check(implicit), "(0008,9999)")
    assert "vr/characters" in rules_about(defined(implicit), "(0008,9999)")


@pytest.mark.parametrize(
    ("dose", "vr", "expected"),
    [
        ("1.5", "DS", set()),
        ("1.5", "LO", {"encoding/vr-mismatch"}),
        ("1.50", "UN", {"encoding/un-known"}),
        ("1.5\\2", "DS", {"vr/multiplicity"}),
        ("much", "UN", {"encoding/un-known", "vr/characters"}),
    ],
)
def test_a_private_attribute_has_to_be_as_its_document_says(dose: str, vr: str, expected: set[str]) -> None:
    data = bytes_of(with_private(dose, vr))
    assert rules_about(check(data), "(0009,1201)") == set()
    assert rules_about(defined(data), "(0009,1201)") == expected


def test_what_lies_in_a_private_sequence_without_vr_is_checked() -> None:
    item = Dataset()
    item.add_new("PatientName", "LO", "A^B=C=D=E")
    dataset = with_private()
    dataset.add_new(PLAN, "SQ", [item])
    implicit = bytes_of(dataset, "1.2.840.10008.1.2")
    path = "(0009,1202)[1].PatientName"
    assert rules_about(check(implicit), path) == set()
    assert "vr/format" in rules_about(defined(implicit), path)


def test_another_creators_attribute_of_the_same_tag_is_none_of_the_documents_affair() -> None:
    dataset = with_private("much", "LO")
    dataset[CREATOR].value = "OTHER"
    assert rules_about(defined(bytes_of(dataset)), "(0009,1201)") == set()


def test_a_sop_class_that_a_document_defines_is_known() -> None:
    private, new = image(SOPClassUID=CLASS), image(SOPClassUID=NEW_CLASS)
    for dataset in (private, new):
        dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    about = ("SOPClassUID", "MediaStorageSOPClassUID")
    assert rules_about(check(bytes_of(private)), *about) == {"iod/private"}
    assert rules_about(defined(bytes_of(private)), *about) == set()
    assert rules_about(check(bytes_of(new)), *about) == {"iod/private", "uid/unknown"}
    assert rules_about(defined(bytes_of(new)), *about) == {"iod/unknown"}


def test_a_transfer_syntax_that_a_document_defines_says_how_the_object_is_written() -> None:
    data = bytes_of(image(), SYNTAX)
    assert "file/transfer-syntax" in {one.rule for one in check(data)}
    assert "file/transfer-syntax" not in {one.rule for one in defined(data)}


def test_what_a_document_defines_as_something_else_is_no_transfer_syntax() -> None:
    data = bytes_of(image(), CLASS)
    (message,) = [one for one in defined(data) if one.path == "TransferSyntaxUID"]
    assert (message.rule, message.severity) == ("file/transfer-syntax", "error")


RULE = Document(
    "house",
    "constraint",
    b"""
[[rule]]
name = "Low"
check = '(0009,xx01)("ACME") < 2'
[[rule]]
name = "Planned"
check = 'count((0009,xx02)("ACME")) == 1'
""",
)


@pytest.mark.parametrize("dose", ["1.5", "2.5"])
def test_rules_of_a_site_see_private_values_that_have_no_vr(dose: str) -> None:
    dataset = with_private(dose)
    dataset.add_new(PLAN, "SQ", [Dataset()])
    data = bytes_of(dataset, "1.2.840.10008.1.2")
    found = check(data, [RULE], standard=False, private_dictionary=DOCUMENTS["private_dictionary"])
    assert [one.rule for one in found] == ([] if dose == "1.5" else ["house/Low"])
    assert {one.rule for one in check(data, [RULE], standard=False)} >= {"house/Low"}


def test_what_an_archive_has_inserted_counts_at_once(tmp_path: Path) -> None:
    with fileroom.open(tmp_path) as archive:
        archive.store(bytes_of(with_private("1.5", "LO")))
        (instance,) = archive.find("instance")
        assert b"vr-mismatch" not in instance.process("conformance")[0].read()
        archive.documents.insert("ordcmpv.xml", "private-dictionary", PRIVATE)
        assert b"vr-mismatch" in instance.process("conformance")[0].read()


def test_it_counts_for_what_arrives_too(tmp_path: Path) -> None:
    rules = tmp_path / "house.toml"
    rules.write_bytes(RULE.data.partition(b'[[rule]]\nname = "Planned')[0])
    settings = {"rules": [str(rules)], "standard": False, "on_error": "quarantine"}
    data = bytes_of(with_private("1.5"), "1.2.840.10008.1.2")
    for expected in (Status.QUARANTINED, Status.STORED):
        with fileroom.open(
            tmp_path / "archive",
            ingest={"before_store": ["conforming"]},
            plugins={"conforming": settings},
        ) as archive:
            assert archive.store(data).status is expected
            archive.documents.insert("ordcmpv.xml", "private-dictionary", PRIVATE)


def test_while_the_archives_documents_are_damaged_nothing_passes_unchecked(tmp_path: Path) -> None:
    with fileroom.open(tmp_path) as archive:
        archive.documents.insert("ordcmpv.xml", "private-dictionary", PRIVATE)
    for file in tmp_path.rglob("*"):
        if file.is_file() and PRIVATE in file.read_bytes():
            file.write_bytes(b"damaged")
    with fileroom.open(tmp_path, ingest={"before_store": ["conforming"]}) as archive:
        with pytest.raises(IntegrityError, match="the archive's documents cannot be read"):
            archive.store(bytes_of(image()))
        assert archive.count("instance") == 0


DEFINED = st.fixed_dictionaries(
    {
        "tag": st.sampled_from(
            [
                *(
                    "00080005",
                    "00080016",
                    "00100010",
                    "00280010",
                    "7FE00010",
                    "00080018",
                    "00081140",
                    "60xx3000",
                )
            ]
        ),
        "vr": st.sampled_from(VRS),
        "vm": st.sampled_from(["1", "2-2n", "3-n", "1-99"]),
    }
)


@given(st.lists(DEFINED, max_size=4, unique_by=lambda one: one["tag"]), st.booleans())
@settings(max_examples=40)
def test_whatever_is_defined_a_check_ends_in_messages(
    attributes: list[dict[str, str]], implicit: bool
) -> None:
    text = "".join(
        f'[[standard_attribute_definition]]\ntag = "{one["tag"]}"\nname = "a"\n'
        f'vr = "{one["vr"]}"\nvm = "{one["vm"]}"\n'
        for one in attributes
    )
    data = bytes_of(image(), "1.2.840.10008.1.2" if implicit else "1.2.840.10008.1.2.1")
    document = Document("any", "standard-dictionary", text.encode())
    assert all(isinstance(one, Message) for one in check(data, [RULE], standard_dictionary=document))


def test_the_command_takes_the_documents_by_path_and_by_name(tmp_path: Path) -> None:
    dataset = with_private("1.5", "LO")
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = UID(CLASS)
    dataset.add_new(MOOD, "CS", "GOOD")
    file = tmp_path / "one.dcm"
    file.write_bytes(bytes_of(dataset))
    paths = {name: tmp_path / f"{name}.toml" for name in DOCUMENTS}
    options = [part for name, path in paths.items() for part in (f"--{name.replace('_', '-')}", path)]
    for name, path in paths.items():
        path.write_bytes(DOCUMENTS[name].data)
    gone = {"dictionary/unknown", "iod/private"}
    assert {row["rule"] for row in run_json("check", file)} == gone
    found = {row["rule"] for row in run_json("check", file, *options, code=1)}
    assert not found & gone
    assert "encoding/vr-mismatch" in found
    assert "no uid document 'none.xml'" in run("check", file, "--uids", "none.xml", code=1).stderr

"""The Native DICOM Model is as PS3.19 has it, and says what DICOM JSON says."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from fileroom_plugins.metadata import header
from tests.plugins.metadata.shipped import SOUND, shipped

NAMESPACE = "{http://dicom.nema.org/PS3.19/models/NativeDICOM}"
GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
PARTS = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")
BINARY = {"OB", "OD", "OF", "OL", "OV", "OW", "UN"}


def attributes(parent: ET.Element) -> list[ET.Element]:
    assert all(child.tag == f"{NAMESPACE}DicomAttribute" for child in parent)
    return list(parent)


def check(parent: ET.Element) -> int:
    """Hold every attribute against the schema (PS3.19 section A.1.6); return how many there are."""
    count = 0
    for attribute in attributes(parent):
        count += 1
        tag, vr = attribute.attrib["tag"], attribute.attrib["vr"]
        assert len(tag) == 8
        assert tag == tag.upper()
        assert len(vr) == 2
        private = bool(int(tag[3], 16) & 1)
        assert not (private and "keyword" in attribute.attrib)
        if "privateCreator" in attribute.attrib:
            assert private
            assert tag[4:6] == "00"
        kinds = [child.tag.removeprefix(NAMESPACE) for child in attribute]
        expected = {"SQ": "Item", "PN": "PersonName"}.get(vr, "Value")
        if vr in BINARY:
            assert kinds in ([], ["InlineBinary"], ["BulkData"])
        else:
            assert set(kinds) <= {expected}
            assert [child.attrib["number"] for child in attribute] == [str(n + 1) for n in range(len(kinds))]
        for child in attribute:
            if child.tag == f"{NAMESPACE}Item":
                count += check(child)
            elif child.tag == f"{NAMESPACE}PersonName":
                assert {group.tag.removeprefix(NAMESPACE) for group in child} <= set(GROUPS)
                assert {part.tag.removeprefix(NAMESPACE) for group in child for part in group} <= set(PARTS)
    return count


@pytest.mark.parametrize("name", SOUND)
def test_documents_have_the_structure_of_the_standard(name: str) -> None:
    root = ET.fromstring(header(shipped()[name], format="xml"))
    assert root.tag == f"{NAMESPACE}NativeDicomModel"
    assert root.attrib["{http://www.w3.org/XML/1998/namespace}space"] == "preserve"
    assert check(root)


def shown(attribute: dict[str, Any]) -> list[str]:
    if attribute["vr"] == "PN":
        names = attribute.get("Value", ())
        return ["=".join(name.get(group, "").rstrip("^") for group in GROUPS) for name in names]
    return [str(value) for value in attribute.get("Value", ())]


@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "chrH31.dcm", "chrX1.dcm", "chrKoreanMulti.dcm", "chrArab.dcm"]
)
def test_texts_and_names_are_those_of_json(name: str) -> None:
    data = shipped()[name]
    said = json.loads(header(data))
    root = ET.fromstring(header(data, format="xml"))
    compared = 0
    for attribute in attributes(root):
        tag, vr = attribute.attrib["tag"], attribute.attrib["vr"]
        if "privateCreator" in attribute.attrib or vr in {*BINARY, "SQ", "DS", "FL", "FD"}:
            continue
        if vr == "PN":
            found = [
                "=".join(
                    "^".join(
                        person.findtext(f"{NAMESPACE}{kind}/{NAMESPACE}{part}", "") for part in PARTS
                    ).rstrip("^")
                    for kind in GROUPS
                )
                for person in attribute
            ]
        else:
            found = [value.text or "" for value in attribute]
        assert found == shown(said[tag])
        compared += 1
    assert compared > 3


def test_private_attributes_have_their_creator_and_no_block() -> None:
    root = ET.fromstring(header(shipped()["CT_small.dcm"], format="xml"))
    (found,) = (
        one
        for one in attributes(root)
        if one.attrib["tag"] == "00090027" and one.attrib.get("privateCreator") == "GEMS_IDEN_01"
    )
    assert found.attrib["vr"] == "SL"
    assert not any(one.attrib["tag"] == "00090010" for one in attributes(root))


def test_what_no_xml_can_hold_is_replaced() -> None:
    data = bytearray(shipped()["CT_small.dcm"])
    at = data.index(b"CompressedSamples^CT1")
    data[at : at + 4] = b"\x02<&\x0c"
    root = ET.fromstring(header(bytes(data), format="xml"))
    (name,) = (one for one in attributes(root) if one.attrib["tag"] == "00100010")
    assert name.findtext(f".//{NAMESPACE}FamilyName") == "\ufffd<&\ufffdressedSamples"

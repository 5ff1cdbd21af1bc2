"""Oracle's metadata documents: its users' XPaths work as they are, and mapping documents do what they say."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pydicom
import pytest
from pydicom.dataset import Dataset

from fileroom.errors import InvalidDatasetError, NotFoundError
from fileroom.plugin import Document
from fileroom_plugins.metadata import header
from fileroom_plugins.metadata.oracle_names import ELEMENTS
from tests.plugins.metadata.shipped import SOUND, shipped

CT = shipped()["CT_small.dcm"]
NAMESPACE = "{http://xmlns.oracle.com/ord/dicom/metadata_1_0}"

MAPPING = """\
<XML_MAPPING_DOCUMENT xmlns="http://xmlns.oracle.com/ord/dicom/mapping_1_0">
  <NAMESPACE>urn:site:meta</NAMESPACE><ROOT_ELEM_TAG>STUDY_CARD</ROOT_ELEM_TAG>
  <UNMAPPED_ELEM>REST</UNMAPPED_ELEM><MAPPED_ELEM>KEY</MAPPED_ELEM>
  <MAPPED_PATH occurs="true" notEmpty="true" writeTag="true" writeName="true" writeDefiner="true">
    <ATTRIBUTE_TAG>00100020</ATTRIBUTE_TAG><PATH>PATIENT/ID</PATH></MAPPED_PATH>
  <MAPPED_PATH>
    <ATTRIBUTE_TAG>00100010#UnibyteFamily</ATTRIBUTE_TAG><PATH>PATIENT/FAMILY</PATH>
    <ATTRIBUTE_TAG>PatientSex</ATTRIBUTE_TAG><PATH>PATIENT/SEX</PATH></MAPPED_PATH>
  <MAPPED_PATH writeRawValue="true"><ATTRIBUTE_TAG definer="GEMS_IDEN_01">00090004</ATTRIBUTE_TAG>
    <PATH>MACHINE</PATH></MAPPED_PATH>
</XML_MAPPING_DOCUMENT>
"""
AS_TOML = """\
namespace = "urn:site:meta"
root_elem_tag = "STUDY_CARD"
unmapped_elem = "REST"
mapped_elem = "KEY"

[[mapped_path]]
occurs = true
notEmpty = true
writeTag = true
writeName = true
writeDefiner = true
attribute_tag = "00100020"
path = "PATIENT/ID"

[[mapped_path]]
attribute_tag = ["00100010#UnibyteFamily", "PatientSex"]
path = ["PATIENT/FAMILY", "PATIENT/SEX"]

[[mapped_path]]
writeRawValue = true
attribute_tag = { value = "00090004", definer = "GEMS_IDEN_01" }
path = "MACHINE"
"""


def document(text: str, kind: str = "mapping") -> Document:
    return Document("site.xml", kind, text.encode())


def oracle(data: bytes = CT, **options: object) -> ET.Element:
    return ET.fromstring(header(data, format="oracle-xml", **options))


def edited(change: Callable[[Dataset], object]) -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(CT))
    change(dataset)
    file = io.BytesIO()
    dataset.save_as(file)
    return file.getvalue()


def test_attributes_are_elements_of_their_vr_beneath_the_root() -> None:
    root = oracle()
    assert root.tag == f"{NAMESPACE}DICOM_OBJECT"
    (name,) = (one for one in root if one.get("name") == "Patient's Name")
    assert name.tag == f"{NAMESPACE}PERSON_NAME"
    assert (name.get("tag"), name.get("definer")) == ("00100010", "DICOM")
    assert name.findtext(f"{NAMESPACE}VALUE") == "CompressedSamples^CT1"
    assert name.findtext(f"{NAMESPACE}NAME/{NAMESPACE}FAMILY") == "CompressedSamples"
    (modality,) = (one for one in root if one.get("name") == "Modality")
    assert (modality.tag, modality.text) == (f"{NAMESPACE}CODE_STRING", "CT")
    (private,) = (one for one in root if one.get("tag") == "00091004")
    assert private.get("definer") == "GEMS_IDEN_01"
    assert "Transfer Syntax UID" in {one.get("name") for one in root}


@pytest.mark.parametrize("name", SOUND)
def test_every_element_is_named_by_a_vr(name: str) -> None:
    names = {f"{NAMESPACE}{one}" for one in ELEMENTS.values()}

    def check(parent: ET.Element) -> None:
        for one in parent:
            assert one.tag in names
            assert len(one.get("tag", "")) == 8
            for item in one.iterfind(f"{NAMESPACE}ITEM"):
                check(item)

    check(oracle(shipped()[name]))


def test_values_longer_than_the_preference_document_allows_are_left_out() -> None:
    def tags(root: ET.Element) -> set[str | None]:
        return {one.get("tag") for one in root}

    preference = (
        "<DICOM_RUNTIME_PREFERENCES><PREFERENCE_DEF><PARAMETER>XML_SKIP_ATTR</PARAMETER>"
        "<VALUE>{}</VALUE></PREFERENCE_DEF></DICOM_RUNTIME_PREFERENCES>"
    )
    assert "7FE00010" not in tags(oracle())
    everything = oracle(preference=document(preference.format(1 << 20), "preference"))
    assert "7FE00010" in tags(everything)
    comments = edited(lambda dataset: setattr(dataset, "PatientComments", "x" * 200))
    assert "00104000" in tags(oracle(comments))
    assert "00104000" not in tags(oracle(comments, preference=document(preference.format(128), "preference")))


def test_an_age_is_told_in_days_too() -> None:
    (age,) = (one for one in oracle() if one.get("name") == "Patient's Age")
    assert (age.text, age.get("days")) == ("000Y", "0")
    older = oracle(edited(lambda dataset: setattr(dataset, "PatientAge", "003M")))
    assert next(one.get("days") for one in older if one.get("name") == "Patient's Age") == "93"


@pytest.mark.parametrize("mapping", [MAPPING, AS_TOML], ids=["xml", "toml"])
def test_a_mapping_puts_attributes_where_it_says(mapping: str) -> None:
    site = "{urn:site:meta}"
    root = oracle(mapping=document(mapping))
    assert root.tag == f"{site}STUDY_CARD"
    key, rest = root
    patient, machine = key
    assert [(one.tag.removeprefix(site), one.text) for one in patient] == [
        ("ID", "1CT1"),
        ("FAMILY", "CompressedSamples"),
        ("SEX", "O"),
    ]
    assert patient[0].attrib == {"tag": "00100020", "definer": "DICOM", "name": "Patient ID"}
    assert machine.text
    assert machine.get("rawValue")
    left = {one.get("tag") for one in rest}
    assert "00080060" in left
    assert not left & {"00100020", "00100040", "00091004"}
    assert "00100010" in left  # of which only a part is mapped


def test_extraction_can_be_limited() -> None:
    assert [one.tag for one in oracle(mapping=document(MAPPING), extract="mapped")] == ["{urn:site:meta}KEY"]
    standard = oracle(extract="standard")
    assert {one.get("definer") for one in standard} == {"DICOM"}
    assert not any(int(str(one.get("tag"))[:4], 16) & 1 for one in standard)


def test_what_a_mapping_demands_must_be_there() -> None:
    gone = edited(lambda dataset: dataset.__delattr__("PatientID"))
    with pytest.raises(InvalidDatasetError, match=r"no \(0010,0020\)"):
        oracle(gone, mapping=document(MAPPING))
    empty = edited(lambda dataset: setattr(dataset, "PatientID", ""))
    with pytest.raises(InvalidDatasetError, match=r"\(0010,0020\) is empty"):
        oracle(empty, mapping=document(MAPPING))


@pytest.mark.parametrize("format_", ["json", "xml", "oracle-xml"])
def test_a_stored_tag_list_limits_every_format(format_: str) -> None:
    listed = document(
        "<STORED_TAG_LIST><VALUE_LOCATOR>Modality</VALUE_LOCATOR>"
        "<VALUE_LOCATOR>00091004(GEMS_IDEN_01)</VALUE_LOCATOR></STORED_TAG_LIST>",
        "stored-tags",
    )
    text = header(CT, format=format_, stored_tags=listed)
    assert b"00080060" in text
    assert b"0009" in text
    assert b"00100010" not in text
    assert b"00080018" in text  # which always is


def test_dictionaries_name_what_is_not_known() -> None:
    private = document(
        "<DICOM_PRIVATE_ATTRIBUTES><PRIVATE_ATTRIBUTE_DEFINITION><TAG>0009xx04~0009xx05</TAG>"
        "<NAME>Our Machine</NAME><DEFINER>GEMS_IDEN_01</DEFINER><VR>SH</VR>"
        "</PRIVATE_ATTRIBUTE_DEFINITION></DICOM_PRIVATE_ATTRIBUTES>",
        "private-dictionary",
    )
    standard = document(
        "<DICOM_STANDARD_ATTRIBUTES><STANDARD_ATTRIBUTE_DEFINITION><TAG>00080060</TAG>"
        "<NAME>Sort</NAME></STANDARD_ATTRIBUTE_DEFINITION></DICOM_STANDARD_ATTRIBUTES>",
        "standard-dictionary",
    )
    names = {
        one.get("tag"): one.get("name")
        for one in oracle(private_dictionary=private, standard_dictionary=standard)
    }
    assert (names["00091004"], names["00080060"]) == ("Our Machine", "Sort")


def test_documents_are_found_by_name_and_by_path(tmp_path: Path) -> None:
    file = tmp_path / "site.xml"
    file.write_text(MAPPING)
    assert header(CT, format="oracle-xml", mapping=file) == header(
        CT, format="oracle-xml", mapping=document(MAPPING)
    )
    assert header(CT, format="oracle-xml", mapping="ordcmmp.xml") == header(CT, format="oracle-xml")
    with pytest.raises(NotFoundError):
        header(CT, format="oracle-xml", mapping="nowhere.xml")

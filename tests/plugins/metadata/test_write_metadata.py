"""An edited document becomes a new object; what nobody changed keeps its bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fileroom
from fileroom.errors import DocumentError, InvalidDatasetError
from fileroom_plugins.metadata import header, write_metadata
from tests.plugins.metadata.shipped import SOUND, read, shipped, to_json_dict

CT = shipped()["CT_small.dcm"]
FORMATS = ("json", "xml", "oracle-xml")


def identified(name: str) -> bool:
    dataset = read(shipped()[name])
    keywords = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
    return all(getattr(dataset, keyword, "") for keyword in keywords)


def without_group_lengths(dataset: Any) -> dict[str, Any]:
    return {tag: one for tag, one in to_json_dict(dataset).items() if not tag.endswith("0000")}


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("name", [name for name in SOUND if name != "badVR.dcm" and identified(name)])
def test_an_unchanged_document_makes_the_same_object(name: str, format_: str) -> None:
    data = shipped()[name]
    made = write_metadata(data, header(data, format=format_), keep_uid=True)
    before, after = read(data), read(made)
    assert without_group_lengths(after) == without_group_lengths(before)
    assert after.file_meta.TransferSyntaxUID == before.file_meta.get(
        "TransferSyntaxUID", after.file_meta.TransferSyntaxUID
    )


def edited(data: bytes, changes: dict[str, Any], **options: Any) -> bytes:
    document = json.loads(header(data))
    for tag, attribute in changes.items():
        if attribute is None:
            del document[tag]
        else:
            document[tag] = attribute
    return write_metadata(data, json.dumps(document), **options)


def test_changes_are_in_the_new_object_and_nothing_else_is_changed() -> None:
    changes = {
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "New^Name"}]},
        "00180050": {"vr": "DS", "Value": [2.5]},
        "00280010": {"vr": "US", "Value": [128]},
        "00081030": None,
        "00081140": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": ["1.2.3"]}}]},
        "00420011": {"vr": "OB", "InlineBinary": "AAEC"},
    }
    before, after = read(CT), read(edited(CT, changes, keep_uid=True))
    assert after.PatientName == "New^Name"
    assert after.SliceThickness == 2.5
    assert "StudyDescription" not in after
    assert after.ReferencedImageSequence[0].ReferencedSOPInstanceUID == "1.2.3"
    assert after.EncapsulatedDocument == b"\0\1\2\0"
    assert after.PixelData == before.PixelData
    changed = {*changes}
    untouched = {tag: one for tag, one in without_group_lengths(before).items() if tag not in changed}
    assert {tag: one for tag, one in without_group_lengths(after).items() if tag not in changed} == untouched


def test_a_new_sop_instance_uid_is_in_the_file_meta_information_too() -> None:
    after = read(write_metadata(CT, header(CT), sop_instance_uid="2.25.1"))
    assert after.SOPInstanceUID == after.file_meta.MediaStorageSOPInstanceUID == "2.25.1"


def test_a_new_object_has_a_uid_of_its_own_unless_told_otherwise() -> None:
    old = read(CT).SOPInstanceUID
    other = {"00080018": {"vr": "UI", "Value": ["1.2.3"]}}
    changed = {"00081030": {"vr": "LO", "Value": ["Thorax, repeated"]}}
    after = read(write_metadata(CT, header(CT)))
    assert after.SOPInstanceUID == after.file_meta.MediaStorageSOPInstanceUID != old
    assert read(write_metadata(CT, header(CT))).SOPInstanceUID == after.SOPInstanceUID
    assert read(edited(CT, changed)).SOPInstanceUID not in {old, after.SOPInstanceUID}
    assert read(edited(CT, other)).SOPInstanceUID == "1.2.3"
    assert read(edited(CT, changed, keep_uid=True)).SOPInstanceUID == old
    assert read(edited(CT, changed, keep_uid=True, sop_instance_uid="2.25.1")).SOPInstanceUID == "2.25.1"
    (product,) = fileroom.process(CT, "write-metadata", document=header(CT).decode())
    assert product.data == write_metadata(CT, header(CT))


def test_native_xml_can_be_edited() -> None:
    document = header(CT, format="xml").decode()
    document = document.replace("<FamilyName>CompressedSamples</FamilyName>", "<FamilyName>New</FamilyName>")
    document = document.replace(
        "</NativeDicomModel>",
        '<DicomAttribute tag="00110001" vr="LO" privateCreator="HOUSE"><Value number="1">a</Value>'
        "</DicomAttribute></NativeDicomModel>",
    )
    after = read(write_metadata(CT, document))
    assert after.PatientName == "New^CT1"
    assert after.private_block(0x0011, "HOUSE")[0x01].value == "a"
    assert after.private_block(0x0009, "GEMS_IDEN_01")[0x02].value == read(CT)[0x0009, 0x1002].value


def test_oracle_xml_can_be_edited_and_keeps_what_it_never_showed() -> None:
    document = header(CT, format="oracle-xml").decode()
    assert "7FE00010" not in document
    document = document.replace("<VALUE>CompressedSamples^CT1</VALUE>", "<VALUE>New^Name</VALUE>")
    after = read(write_metadata(CT, document))
    assert after.PatientName == "New^Name"
    assert after.PixelData == read(CT).PixelData


def test_another_character_set_is_applied_to_every_text() -> None:
    data = shipped()["chrGreek.dcm"]
    before = read(data)
    after = read(
        edited(data, {"00080005": {"vr": "CS", "Value": ["ISO_IR 192"]}}, sop_instance_uid="2.25.1")
        if identified("chrGreek.dcm")
        else _identified(data, "ISO_IR 192")
    )
    assert after.PatientName == before.PatientName
    assert after.SpecificCharacterSet == "ISO_IR 192"
    assert after.PatientName.original_string.decode("utf-8") == str(before.PatientName)


def _identified(data: bytes, charset: str) -> bytes:
    uids = {tag: {"vr": "UI", "Value": ["1.2.3"]} for tag in ("00080016", "00080018", "0020000D", "0020000E")}
    return edited(data, {**uids, "00080005": {"vr": "CS", "Value": [charset]}})


WRONG = {
    "no JSON": "{",
    "expected an object with tags": "[]",
    "no tag of eight": '{"x": {"vr": "CS"}}',
    "none that the standard knows": '{"00080060": {"vr": "XX"}}',
    "is no array": '{"00080060": {"vr": "CS", "Value": "CT"}}',
    "neither a text nor a number": '{"00080060": {"vr": "CS", "Value": [true]}}',
    "no base64": '{"00420011": {"vr": "OB", "InlineBinary": "?"}}',
    "bulk data that the object does not have": '{"00420011": {"vr": "OB", "BulkDataURI": "file:///etc/passwd"}}',
    "PS3.5 section 6.2": '{"00080060": {"vr": "CS", "Value": ["lower case"]}}',
    "no number that a US can hold": '{"00280010": {"vr": "US", "Value": [-1]}}',
    "of VR CS is expected, not of US": '{"00080060": {"vr": "US", "Value": [1]}}',
    "separates values": '{"00081030": {"vr": "LO", "Value": ["a\\\\b"]}}',
    "it has no StudyInstanceUID": '{"00080060": {"vr": "CS", "Value": ["CT"]}}',
    "characters? is not among": '{"00081030": {"vr": "LO", "Value": ["\\u4e2d"]}}',
    "expected NativeDicomModel": "<a/>",
    "DTD": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
}


@pytest.mark.parametrize("reason", WRONG)
def test_a_wrong_document_is_one_clear_error(reason: str) -> None:
    pattern = reason.replace("characters?", "character")
    with pytest.raises(DocumentError, match=pattern):
        write_metadata(CT, WRONG[reason])


def test_a_private_creator_that_no_document_can_name_stays_as_it_is() -> None:
    odd = CT.replace(b"GEMS_IDEN_01", b"GEMS\x01IDEN_01")
    for format_ in FORMATS:
        made = write_metadata(odd, header(odd, format=format_))
        assert read(made)[0x0009, 0x0010].value == "GEMS\x01IDEN_01"
        assert read(made)[0x0009, 0x1004].value == read(odd)[0x0009, 0x1004].value


def test_deep_documents_are_refused() -> None:
    deep = '{"00081140":{"vr":"SQ","Value":[' * 300 + "{}" + "]}}" * 300
    for document in (deep, "[" * 100_000):
        with pytest.raises(DocumentError):
            write_metadata(CT, document)


def test_a_damaged_object_is_no_documents_fault() -> None:
    with pytest.raises(InvalidDatasetError):
        write_metadata(CT[:3000], "{}")


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_any_edit_makes_a_sound_object_or_one_error(data: st.DataObject) -> None:
    document = json.loads(header(CT))
    pixels = document.pop("7FE00010")
    values = st.one_of(
        st.none(), st.text(max_size=5), st.integers(), st.floats(), st.just({"Alphabetic": "A"}), st.just({})
    )
    for tag in data.draw(st.lists(st.sampled_from(sorted(document)), max_size=3)):
        vr = data.draw(st.sampled_from(["CS", "PN", "SQ", "US", "OB", "DS", "AT", document[tag]["vr"]]))
        document[tag] = {"vr": vr, "Value": data.draw(st.lists(values, max_size=2))}
    document["7FE00010"] = pixels
    try:
        made = write_metadata(CT, json.dumps(document))
    except DocumentError:
        return
    assert read(made).PixelData == read(CT).PixelData

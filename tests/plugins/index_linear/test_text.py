"""Headers and records: text in the object's own character set, and back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom.model import Header, Identity, Level
from fileroom.tags import TagSet
from fileroom_plugins.index_linear.fields import FIELDS, HEADER_TAGS
from fileroom_plugins.index_linear.record import DamagedRecordError, Record, decode, encode
from fileroom_plugins.index_linear.text import header_of, record_of
from tests.plugins.index_linear.records import PLAIN

TAGS = TagSet.default()
EVERYTHING = TAGS.reading_too(HEADER_TAGS)
CT = "1.2.840.10008.5.1.4.1.1.2"
IDENTITY = Identity("ID-1", "1.2.3", "1.2.3.4", "1.2.3.4.5")


def record_with(tags: dict[str, str], *, identity: Identity = IDENTITY, sop_class: str = CT) -> Record:
    header = Header(identity, sop_class, "1.2.840.10008.1.2.1", tags)
    return record_of(header, file_name=b"a.dcm", size=7, recorded=3.5, new=False)


def read_back(record: Record) -> Header:
    stored = decode(encode(record))
    assert stored is not None
    return header_of(stored, EVERYTHING)


def test_a_record_has_the_headers_identity_and_class_and_what_it_is_told() -> None:
    record = record_with({"PatientID": "other"})
    assert record == Record(
        b"a.dcm",
        CT.encode(),
        3.5,
        7,
        {
            "PatientID": b"ID-1",
            "StudyInstanceUID": b"1.2.3",
            "SeriesInstanceUID": b"1.2.3.4",
            "SOPInstanceUID": b"1.2.3.4.5",
        },
        new=False,
        description=b"",
    )


def test_tags_that_records_do_not_hold_and_sequences_stay_out() -> None:
    header = Header(IDENTITY, CT, "", {"Manufacturer": "ACME", "StudyDescription": ({"CodeValue": "1"},)})
    record = record_of(header, file_name=b"", size=0, recorded=0, new=True)
    assert record.values == record_with({}).values


@pytest.mark.parametrize(
    ("declared", "name", "stored"),
    [
        ("", "Doe^Jane", b"Doe^Jane"),
        ("ISO_IR 100", "Müller^Jörg", b"M\xfcller^J\xf6rg"),
        ("ISO_IR 144", "Люк", b"\xbb\xee\xda"),
        ("ISO_IR 13", "ﾔﾏﾀﾞ", b"\xd4\xcf\xc0\xde"),
        ("ISO_IR 192", "Müller=山田", "Müller=山田".encode()),
        ("GB18030", "王^小东", b"\xcd\xf5^\xd0\xa1\xb6\xab"),
        (
            r"\ISO 2022 IR 87",
            "Yamada=山田^太郎",
            b"Yamada=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B",
        ),
        (r"\ISO 2022 IR 149", "Hong=洪^길동", b"Hong=\x1b$)C\xfb\xf3^\x1b$)C\xb1\xe6\xb5\xbf"),
    ],
)
def test_values_are_in_the_character_set_that_the_object_declares(
    declared: str, name: str, stored: bytes
) -> None:
    record = record_with({"PatientName": name, "SpecificCharacterSet": declared})
    assert record.values["PatientName"] == stored
    assert record.values.get("SpecificCharacterSet", b"") == declared.encode()
    assert read_back(record).tags["PatientName"] == name


@pytest.mark.parametrize("declared", ["", "ISO_IR 144", r"\ISO 2022 IR 87", "nonsense", "Ü"])
def test_where_that_set_does_not_do_the_whole_record_is_in_utf_8_and_says_so(declared: str) -> None:
    tags = {"PatientName": "Müller", "StudyDescription": "Люк", "ImageComments": "é"}
    record = record_with({**tags, "SpecificCharacterSet": declared})
    assert record.values["PatientName"] == "Müller".encode()
    assert record.values["StudyDescription"] == "Люк".encode()
    assert record.values["SpecificCharacterSet"] == b"ISO_IR 192"
    assert record.description == "é".encode()
    assert read_back(record).tags.items() >= tags.items()


@pytest.mark.parametrize("declared", ["", "ISO_IR 144", r"\ISO 2022 IR 87", "nonsense"])
def test_plain_text_needs_no_other_set_than_the_declared_one(declared: str) -> None:
    record = record_with({"PatientName": "Doe", "SpecificCharacterSet": declared})
    assert record.values.get("SpecificCharacterSet", b"") == declared.encode()


def test_an_escape_sequence_that_is_meant_as_text_is_read_back_as_such() -> None:
    assert read_back(record_with({"StudyDescription": "\x1b-F"})).tags["StudyDescription"] == "\x1b-F"


def test_a_header_made_of_a_record_has_the_tags_of_the_set_only() -> None:
    values = {**PLAIN.values, "Modality": b"CT", "PatientAge": b"030Y", "StudyID": b" "}
    header = header_of(replace(PLAIN, values=values), TAGS)
    assert header == Header(
        Identity("ID-1", "1.2.3", "1.2.3.4", "1.2.3.4.5"),
        CT,
        "",
        {
            "PatientID": "ID-1",
            "PatientName": "Doe^Jane",
            "StudyInstanceUID": "1.2.3",
            "SeriesInstanceUID": "1.2.3.4",
            "SOPInstanceUID": "1.2.3.4.5",
            "Modality": "CT",
            "SOPClassUID": CT,
        },
    )
    more = TagSet.with_extra({Level.STUDY: ["PatientAge"]})
    assert header_of(replace(PLAIN, values=values), more).tags["PatientAge"] == "030Y"


def test_padding_is_not_part_of_values_but_comments_may_begin_with_spaces() -> None:
    values = {**PLAIN.values, "PatientID": b" ID-1 ", "PatientName": b"  Doe^Jane  "}
    header = header_of(replace(PLAIN, values=values, description=b"  see below  "), TAGS)
    assert header.identity.patient_id == header.tags["PatientID"] == "ID-1"
    assert header.tags["PatientName"] == "Doe^Jane"
    assert header.tags["ImageComments"] == "  see below"


def test_a_description_that_was_made_up_is_no_comment() -> None:
    sop_class = b"1.2.840.10008.5.1.4.1.1.88.11"
    header = header_of(replace(PLAIN, sop_class_uid=sop_class, description=b"BasicTextSRStorage"), TAGS)
    assert "ImageComments" not in header.tags


def test_bytes_that_are_not_as_declared_are_read_as_in_a_file() -> None:
    values = {**PLAIN.values, "PatientName": b"M\xfcller", "StudyDescription": "Müller".encode()}
    header = header_of(replace(PLAIN, values=values), TAGS)
    assert (header.tags["PatientName"], header.tags["StudyDescription"]) == ("Müller", "Müller")


@pytest.mark.parametrize("declared", ["ISO_IR 192", "GB18030"])
@pytest.mark.parametrize("shift", range(4))
def test_a_text_that_was_cut_within_a_character_is_read_up_to_there(declared: str, shift: int) -> None:
    text = "x" * shift + "山" * 200
    header = read_back(record_with({"StudyDescription": text, "SpecificCharacterSet": declared}))
    read = header.tags["StudyDescription"]
    assert isinstance(read, str)
    assert text.startswith(read)
    assert len(read) > 80


@pytest.mark.parametrize(
    "values",
    [
        {"StudyInstanceUID": b"no uid"},
        {"SOPInstanceUID": rb"1.2\1.3"},
        {"PatientID": b"ID|1.2.3"},
        {"SeriesInstanceUID": b"?"},
    ],
    ids=str,
)
def test_identifiers_that_no_archive_can_go_by_are_damage(values: dict[str, bytes]) -> None:
    with pytest.raises(DamagedRecordError) as caught:
        header_of(replace(PLAIN, values={**PLAIN.values, **values}), TAGS)
    assert values.popitem()[1].decode() not in str(caught.value)


ROOMY = [one.keyword for one in FIELDS if one.size > 200 and one.keyword != "SpecificCharacterSet"]
DECLARED = st.sampled_from(
    [
        "",
        "ISO_IR 100",
        "ISO_IR 13",
        "ISO_IR 192",
        "GB18030",
        r"\ISO 2022 IR 87\ISO 2022 IR 159",
        r"ISO 2022 IR 13\ISO 2022 IR 87",
        r"\ISO 2022 IR 149",
        r"ISO 2022 IR 100\ISO 2022 IR 144\ISO 2022 IR 58",
        "nonsense",
    ]
)
TEXT = st.text(alphabet=r"aZ ^=\~éΩжﾔ山田仮김洪张" + "\n\x1b", max_size=12).map(lambda text: text.strip(" "))


@given(st.dictionaries(st.sampled_from(ROOMY), TEXT.filter(bool)), DECLARED, TEXT)
def test_what_a_header_says_is_read_back_from_its_record(
    tags: dict[str, str], declared: str, patient_id: str
) -> None:
    tags.pop("PatientID", None)
    identity = replace(IDENTITY, patient_id=patient_id)
    header = read_back(record_with({**tags, "SpecificCharacterSet": declared}, identity=identity))
    assert header.identity == identity
    assert {keyword: header.tags[keyword] for keyword in tags} == tags

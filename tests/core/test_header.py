"""What a header holds: identifiers and tags as they stand, without padding."""

from __future__ import annotations

import io
import pickle
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import InvalidDatasetError
from fileroom.header import HeaderReader, read_header
from fileroom.model import Identity, Level
from fileroom.tags import TagSet
from fileroom.testing.datasets import CT_IMAGE, make_instance, make_uid
from fileroom.testing.hostile import (
    Element,
    delimiter,
    explicit,
    explicit_big,
    identifiers,
    implicit,
    preamble,
)
from tests.core.header_readers import BOTH, QUICK, TAGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from fileroom._header.window import HeaderSource

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD


def element(*elements: bytes, patient: bytes = b"P1") -> bytes:
    """Return an object of identifiers and some elements after them."""
    return preamble() + identifiers(patient=patient) + b"".join(elements)


def test_identity_sop_class_and_transfer_syntax_are_the_files() -> None:
    header = BOTH.read(make_instance(patient_id="P1", study_uid="1.2", series_uid="1.2.3", sop_uid="1.2.3.4"))
    assert header.identity == Identity("P1", "1.2", "1.2.3", "1.2.3.4")
    assert header.sop_class_uid == CT_IMAGE
    assert header.transfer_syntax_uid == "1.2.840.10008.1.2.1"


def test_only_the_tags_of_the_tag_set_are_returned() -> None:
    data = make_instance(tags={"KVP": "120"}, character_set="ISO_IR 100")
    only = TagSet(
        {Level.STUDY: tuple(spec for spec in TAGS.levels[Level.STUDY] if spec.keyword == "StudyDate")}
    )
    assert read_header(data, only).tags == {"StudyDate": "20240229"}
    assert (
        {"PatientID", "SOPInstanceUID", "Modality"}
        < BOTH.read(data).tags.keys()
        <= {spec.keyword for specs in TAGS.levels.values() for spec in specs}
    )


def test_empty_and_blank_values_are_left_out() -> None:
    header = BOTH.read(element(explicit(0x00200010, b"SH"), explicit(0x00201002, b"IS", b"  \0 ")))
    assert not {"StudyID", "ImagesInAcquisition"} & header.tags.keys()


@pytest.mark.parametrize(
    ("stored", "returned"),
    [
        (b"A B ", "A B"),
        (b"  A ", "A"),
        (b"A\0", "A"),
        (b"\0 A \0 ", "A"),
        (b"A  B", "A  B"),
        (b"  ", ""),
        (b"", ""),
    ],
)
def test_identifiers_lose_their_padding_and_nothing_else(stored: bytes, returned: str) -> None:
    assert BOTH.read(element(patient=stored)).identity.patient_id == returned


def test_a_missing_patient_id_is_empty() -> None:
    data = make_instance(tags={"PatientID": None})
    assert BOTH.read(data).identity.patient_id == ""
    assert "PatientID" not in BOTH.read(data).tags


def test_several_values_stay_joined_by_a_backslash() -> None:
    data = make_instance(
        tags={"ImageType": ["ORIGINAL", "PRIMARY"], "ImagePositionPatient": ["-1.50", "2", "3e1"]}
    )
    tags = BOTH.read(data).tags
    assert (tags["ImageType"], tags["ImagePositionPatient"]) == (r"ORIGINAL\PRIMARY", r"-1.50\2\3e1")


def test_leading_spaces_of_prose_are_kept() -> None:
    tags = BOTH.read(element(explicit(0x00204000, b"LT", b"  indented\r\n text  "))).tags
    assert tags["ImageComments"] == "  indented\r\n text"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("keyword", "vr", "code", "numbers", "text"),
    [
        ("Rows", b"US", "H", (65535,), "65535"),
        ("NumberOfSlices", b"US", "H", (1, 2), r"1\2"),
        ("ReferencePixelX0", b"SL", "i", (-2,), "-2"),
        ("ExaminedBodyThickness", b"FL", "f", (0.1,), "0.1"),
        ("DiffusionBValue", b"FD", "d", (1000.5, -0.1), r"1000.5\-0.1"),
        ("ImagesInAcquisition", b"US", "H", (7,), "7"),  # by the dictionary, it is IS
    ],
)
def test_binary_numbers_are_written_in_decimal(
    *, order: str, keyword: str, vr: bytes, code: str, numbers: tuple[float, ...], text: str
) -> None:
    syntax = b"1.2.840.10008.1.2.1" if order == "<" else b"1.2.840.10008.1.2.2"
    (tag,) = (number for number, spec in TAGS.tag_numbers.items() if spec.keyword == keyword)

    def encode(tag: int, vr: bytes, value: bytes = b"") -> bytes:
        return explicit(tag, vr, value, order=order)

    value = struct.pack(f"{order}{len(numbers)}{code}", *numbers)
    header = BOTH.read(preamble(syntax) + identifiers(encode) + encode(tag, vr, value))
    assert header.tags[keyword] == text


def test_a_number_of_the_wrong_length_is_left_out() -> None:
    assert "Rows" not in BOTH.read(element(explicit(0x00280010, b"US", b"\1\0\2"))).tags


def request(text: bytes, *, item_end: bool, sequence_end: bool) -> bytes:
    """Return a Request Attributes Sequence of two items, the second one empty."""
    inner = explicit(0x00400008, b"SQ", delimiter(ITEM) + delimiter(SEQUENCE_END), UNDEFINED)
    body = explicit(0x00400007, b"LO", text) + inner + explicit(0x00401001, b"SH", b"RP1 ")
    body += explicit(0x00411001, b"LO", b"private ")
    items = delimiter(ITEM, UNDEFINED if item_end else len(body)) + body + delimiter(ITEM_END) * item_end
    items += delimiter(ITEM)
    if sequence_end:
        return explicit(0x00400275, b"SQ", items + delimiter(SEQUENCE_END), UNDEFINED)
    return explicit(0x00400275, b"SQ", items)


@pytest.mark.parametrize("item_end", [False, True])
@pytest.mark.parametrize("sequence_end", [False, True])
def test_a_sequence_is_one_mapping_of_keyword_to_text_per_item(*, item_end: bool, sequence_end: bool) -> None:
    sequence = request(b"CT head ", item_end=item_end, sequence_end=sequence_end)
    header = QUICK.read(element(sequence, explicit(0x00541330, b"US", b"\3\0")))
    first = {"ScheduledProcedureStepDescription": "CT head", "RequestedProcedureID": "RP1"}
    assert header.tags["RequestAttributesSequence"] == (first, {})
    assert header.tags["ImageIndex"] == "3"


def test_an_item_may_have_a_character_set_of_its_own() -> None:
    greek = explicit(0x00080005, b"CS", b"ISO_IR 126") + explicit(0x00400007, b"LO", b"\xc4\xe9")
    parents = explicit(0x00400007, b"LO", b"\xc4\xe9")
    items = b"".join(delimiter(ITEM, len(item)) + item for item in (greek, parents))
    data = preamble() + explicit(0x00080005, b"CS", b"ISO_IR 100") + identifiers()
    header = BOTH.read(data + explicit(0x00400275, b"SQ", items))
    assert header.tags["RequestAttributesSequence"] == tuple(
        {"ScheduledProcedureStepDescription": text} for text in ("Δι", "Äé")
    )


def test_the_last_of_two_equal_tags_counts() -> None:
    assert BOTH.read(element(identifiers(patient=b"P2"))).identity.patient_id == "P2"


@pytest.mark.parametrize("source", [bytes, io.BytesIO])
@pytest.mark.parametrize("encode", [explicit, implicit, explicit_big])
def test_values_beyond_64_kib_are_left_out_wherever_they_come_from(
    source: Callable[[bytes], HeaderSource], encode: Element
) -> None:
    syntaxes = {
        explicit: b"1.2.840.10008.1.2.1",
        implicit: b"1.2.840.10008.1.2",
        explicit_big: b"1.2.840.10008.1.2.2",
    }
    for size, kept in ((1 << 16, True), ((1 << 16) + 2, False)):
        data = preamble(syntaxes[encode]) + identifiers(encode) + encode(0x00104000, b"UT", b"x" * size)
        header = BOTH.read(source(data + encode(0x00201002, b"IS", b"5 ")))
        assert ("PatientComments" in header.tags) == kept
        assert header.tags["ImagesInAcquisition"] == "5"


@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize(
    "syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.2"]
)
def test_the_pixel_data_is_found(syntax: str, frames: int) -> None:
    data = make_instance(transfer_syntax=syntax, rows=5, columns=6, frames=frames)
    tag = struct.pack(">HH" if syntax.endswith("2.2") else "<HH", 0x7FE0, 0x0010)
    assert BOTH.read(data).pixel_data_offset == data.index(tag)


def test_there_may_be_no_pixel_data() -> None:
    assert BOTH.read(make_instance(rows=0)).pixel_data_offset is None


def test_a_deflated_data_set_is_read_and_its_pixel_data_has_no_offset() -> None:
    data = make_instance(transfer_syntax="1.2.840.10008.1.2.1.99", patient_id="P1")
    header = BOTH.read(data)
    assert (header.identity.patient_id, header.pixel_data_offset) == ("P1", None)


def test_a_data_set_without_preamble_and_meta_information_is_read_as_what_it_looks_like() -> None:
    for encode, syntax in ((explicit, "1.2.840.10008.1.2.1"), (implicit, "1.2.840.10008.1.2")):
        header = BOTH.read(identifiers(encode))
        assert (header.identity.patient_id, header.transfer_syntax_uid) == ("HOSTILE", syntax)


def test_without_a_preamble_the_meta_information_is_still_read() -> None:
    assert BOTH.read(make_instance(patient_id="P1")[132:]).identity.patient_id == "P1"


def test_the_sop_class_is_the_medias_where_the_data_set_has_none() -> None:
    data = preamble(sop_class=CT_IMAGE.encode()) + identifiers()[8 + 26 :]
    header = BOTH.read(data)
    assert header.sop_class_uid == CT_IMAGE
    assert "SOPClassUID" not in header.tags


SOURCES: list[Callable[[bytes], HeaderSource]] = [bytes, bytearray, memoryview, io.BytesIO]


@pytest.mark.parametrize("source", SOURCES)
def test_every_kind_of_source_gives_the_same_header(source: Callable[[bytes], HeaderSource]) -> None:
    data = make_instance(rows=300, columns=300)
    assert BOTH.read(source(data)) == BOTH.read(data)


def test_a_file_is_read_from_where_it_stands_and_left_there() -> None:
    data = make_instance()
    file = io.BytesIO(b"something else" + data)
    file.seek(14)
    assert BOTH.read(file) == BOTH.read(data)
    assert file.tell() == 14
    damaged = io.BytesIO(b"xy" + data[:500])
    damaged.seek(2)
    with pytest.raises(InvalidDatasetError):
        BOTH.read(damaged)
    assert damaged.tell() == 2


def test_a_failing_source_is_an_operating_system_error() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError("the disk is gone")

    with pytest.raises(OSError, match="gone"):
        BOTH.read(Broken(make_instance()))


def test_headers_can_be_sent_to_another_process() -> None:
    header = BOTH.read(element(request(b"CT", item_end=True, sequence_end=True)))
    assert pickle.loads(pickle.dumps(header)) == header


def test_one_reader_serves_many_files() -> None:
    reader = HeaderReader(TAGS)
    names = [
        reader.read(make_instance(sop_uid=make_uid(number))).identity.sop_instance_uid for number in range(3)
    ]
    assert names == [make_uid(number) for number in range(3)]


def test_an_ordinary_header_is_read_without_importing_pydicom() -> None:
    code = (
        "import sys; from fileroom.header import read_header; from fileroom.tags import TagSet;"
        "read_header(sys.stdin.buffer.read(), TagSet.default()); assert 'pydicom' not in sys.modules"
    )
    data = make_instance(tags={"PatientName": "Müller^Jürgen"}, character_set="ISO_IR 100")
    subprocess.run([sys.executable, "-c", code], input=data, check=True)

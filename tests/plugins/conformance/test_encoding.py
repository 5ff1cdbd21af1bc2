"""How elements are written: each fault is found, and told apart."""

from __future__ import annotations

import struct
import zlib

import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from fileroom.testing.hostile import ITEM, ITEM_END, SEQUENCE_END, delimiter, explicit, implicit
from fileroom_plugins.conformance import check
from tests.plugins.conformance.objects_for_tests import as_file, ct, raw, rules_of

CODES = 0x00081140  # Referenced Image Sequence
UNDEFINED = 0xFFFFFFFF
NAME = explicit(0x00100010, b"PN", b"A^B ")
END = delimiter(SEQUENCE_END)


def sequence(*items: bytes, length: int = UNDEFINED, end: bytes = END) -> bytes:
    return explicit(CODES, b"SQ", b"".join(items) + end, length)


def one_item(*elements: bytes, end: bytes = delimiter(ITEM_END)) -> bytes:
    return delimiter(ITEM, UNDEFINED) + b"".join(elements) + end


UID = explicit(0x00081150, b"UI", b"1.2.840.10008.5.1.4.1.1.2\0")
FAULTS = {
    "encoding/odd-length": [explicit(0x00100010, b"PN", b"A^B")],
    "encoding/order": [NAME, explicit(0x00080060, b"CS", b"CT")],
    "encoding/duplicate": [NAME, NAME],
    "encoding/padding": [explicit(0x00100010, b"PN", b"A^B\0")],
    "encoding/undefined-length": [explicit(0x0040A160, b"UT", END, UNDEFINED)],
    "encoding/item": [sequence(NAME)],
    "encoding/delimiter": [sequence(one_item(UID), end=delimiter(SEQUENCE_END, 2))],
    "encoding/implicit-vr": [explicit(0x00080060, b"CS", b"CT"), implicit(0x00100010, b"", b"A^B ")],
    "encoding/unknown-vr": [explicit(0x00100010, b"ZZ", b"A^B ")],
    "encoding/vr-mismatch": [explicit(0x00100010, b"LO", b"A^B ")],
    "encoding/reserved": [struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 1, 0)],
    "encoding/group-length": [explicit(0x00100000, b"UL", b"\1\0\0\0"), NAME],
    "encoding/tag": [explicit(0x00070010, b"LO", b"OURS")],
    "encoding/private-creator": [explicit(0x00091001, b"LO", b"x ")],
    "encoding/truncated": [explicit(0x00100010, b"PN", b"A^B ", 80)],
    "dictionary/unknown": [explicit(0x00100099, b"LO", b"x ")],
}


@pytest.mark.parametrize(("rule", "elements"), FAULTS.items(), ids=FAULTS)
def test_a_fault_is_found_and_nothing_else_of_its_kind(rule: str, elements: list[bytes]) -> None:
    found = {one for one in rules_of(raw(*elements)) if one.startswith(("encoding/", "dictionary/"))}
    assert rules_of(raw(*elements)) >= {rule}
    assert found <= {rule}


@pytest.mark.parametrize(
    "elements",
    [
        [NAME],
        [sequence(one_item(UID)), NAME],
        [sequence(delimiter(ITEM, len(UID)) + UID)],
        [explicit(CODES, b"SQ", delimiter(ITEM, len(UID)) + UID)],
        [explicit(CODES, b"SQ", b"")],
        [sequence()],
        [explicit(0x00100000, b"UL", struct.pack("<I", len(NAME))), NAME],
        [explicit(0x00090010, b"LO", b"OURS"), explicit(0x00091001, b"LO", b"x ")],
        [explicit(0x00090010, b"LO", b"OURS"), explicit(0x00091001, b"UN", END, UNDEFINED)],
        [explicit(0x00080018, b"UI", b"1.2\0")],
        [explicit(0x00280106, b"SS", b"\1\0"), explicit(0x00280107, b"US", b"\1\0")],
        [explicit(0xFFFCFFFC, b"OB", b"\0\0")],
    ],
)
def test_what_may_be_is_no_fault(elements: list[bytes]) -> None:
    assert rules_of(raw(*elements), "encoding/") == set()


def test_sequences_that_somebody_wrote_as_unknown_are_read_in_implicit_vr() -> None:
    """PS3.5 6.2.2: the odd-length value within is found, and nothing about VRs."""
    inner = implicit(0x00081150, b"", b"1.2.840.10008.5.1.4.1.1.2")
    element = explicit(
        CODES, b"UN", delimiter(ITEM, UNDEFINED) + inner + delimiter(ITEM_END) + END, UNDEFINED
    )
    (message,) = [
        one for one in check(raw(element)) if one.rule.startswith("encoding/") and one.severity == "error"
    ]
    assert (message.rule, message.path) == (
        "encoding/odd-length",
        "ReferencedImageSequence[1].ReferencedSOPClassUID",
    )


def data_set_of(file: bytes) -> int:
    """Return where the data set of a file begins."""
    return 144 + int.from_bytes(file[140:144], "little")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (ImplicitVRLittleEndian, ExplicitVRLittleEndian),
        (ExplicitVRLittleEndian, ImplicitVRLittleEndian),
        (ExplicitVRBigEndian, ExplicitVRLittleEndian),
    ],
)
def test_a_file_in_another_transfer_syntax_than_it_says_is_read_as_it_is(written: str, said: str) -> None:
    head, body = as_file(ct(), said), as_file(ct(), written)
    wrong = head[: data_set_of(head)] + body[data_set_of(body) :]
    assert rules_of(wrong) == {"file/transfer-syntax"}


@pytest.mark.parametrize(
    "syntax",
    [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian],
)
def test_a_sound_object_is_sound_in_every_transfer_syntax(syntax: str) -> None:
    assert rules_of(as_file(ct(), syntax)) == set()


def test_an_element_in_implicit_vr_is_named_alone() -> None:
    (message,) = [
        one for one in check(raw(*FAULTS["encoding/implicit-vr"])) if one.rule == "encoding/implicit-vr"
    ]
    assert message.attribute == "PatientName"


def test_file_meta_information_is_checked() -> None:
    sound = as_file(ct())
    assert rules_of(sound[132:]) == {"file/no-meta"}
    assert "file/meta-missing" in rules_of(raw()[:-16])
    assert rules_of(sound.replace(b"OB\0\0\2\0\0\0\0\1", b"OB\0\0\2\0\0\0\1\0")) == {"file/meta-version"}
    longer = sound[:140] + (999).to_bytes(4, "little") + sound[144:]
    assert rules_of(longer) == {"file/meta-length"}
    assert rules_of(sound.replace(b"1.2.3.1\0", b"1.2.3.9\0", 1)) == {"file/sop-mismatch"}


def test_file_meta_information_belongs_to_the_start() -> None:
    assert "file/meta-element" in rules_of(raw(NAME, explicit(0x00020010, b"UI", b"1.2\0")))


def test_an_unknown_transfer_syntax_is_named() -> None:
    assert "file/transfer-syntax" in rules_of(raw(NAME, syntax=b"1.2.840.10008.1.2.9"))
    assert "file/transfer-syntax" not in rules_of(raw(NAME, syntax=b"1.2.3.4.5.6"))


def test_file_meta_information_in_implicit_vr_is_read() -> None:
    meta = implicit(0x00020010, b"", b"1.2.840.10008.1.2.1\0")
    assert "file/meta-encoding" in rules_of(bytes(128) + b"DICM" + meta + NAME)


def test_a_deflated_object_that_is_damaged_has_what_can_be_inflated() -> None:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    body = (
        deflater.compress(NAME * 1 + explicit(0x00104000, b"LT", bytes(range(65, 91)) * 400))
        + deflater.flush()
    )
    data = raw(body[: len(body) // 2], syntax=b"1.2.840.10008.1.2.1.99")
    assert "encoding/truncated" in rules_of(data)


def test_paths_count_items_from_one() -> None:
    data = raw(sequence(one_item(UID), one_item(explicit(0x00081155, b"UI", b"x "))))
    assert "ReferencedImageSequence[2].ReferencedSOPInstanceUID" in {one.path for one in check(data)}


def test_many_messages_that_are_alike_are_few() -> None:
    items = [one_item(explicit(0x00081155, b"UI", b"x ")) for _ in range(500)]
    alike = [one for one in check(raw(sequence(*items))) if one.rule == "vr/characters"]
    assert len(alike) == 10
    assert "490 times more" in alike[-1].message

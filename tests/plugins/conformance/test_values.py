"""Values by themselves: VR, multiplicity, UIDs and character sets."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import UID

from fileroom.testing.hostile import explicit, padded
from fileroom_plugins.conformance import check
from fileroom_plugins.conformance.values.charsets import character_set
from fileroom_plugins.conformance.values.multiplicity import multiplicity
from fileroom_plugins.conformance.values.text import VRS, fault
from fileroom_plugins.conformance.values.uids import uid_fault
from tests.plugins.conformance.objects_for_tests import raw, rules_of

GOOD = {
    "AE": ["STORE_SCP", "A B"],
    "AS": ["012Y", "003M"],
    "CS": ["ORIGINAL", "A_B 1"],
    "DA": ["20240229", "00000101"],
    "DS": ["1", "-1.5", "+.5", " 1e10 ", "1.", "-123456789012345"],
    "DT": ["2024", "20240229", "20240229235960.123456+0100", "202402291200-0330"],
    "IS": ["0", "-2147483648", "2147483647", " +7 "],
    "LO": ["x" * 64, "ä" * 64],
    "LT": ["a\r\nb\\c" + "x" * 10000],
    "PN": ["A^B^C^D^E", "A^B=C^D=E^F", "^" + "x" * 63],
    "SH": ["x" * 16],
    "ST": ["x" * 1024],
    "TM": ["00", "2359", "235960.999999", "120000.5"],
    "UC": ["x" * 5000],
    "UI": ["1.2.3"],
    "UR": ["https://a.example/b?c=d"],
    "UT": ["x" * 20000],
}
BAD = [
    ("AE", "x" * 17, "vr/length"),
    ("AE", "A\tB", "vr/characters"),
    ("AE", "   ", "vr/format"),
    ("AS", "12Y", "vr/format"),
    ("AS", "0012Y", "vr/length"),
    ("CS", "lower", "vr/characters"),
    ("CS", "X" * 17, "vr/length"),
    ("DA", "20230229", "vr/format"),
    ("DA", "20231301", "vr/format"),
    ("DA", "2024.01.02", "vr/characters"),
    ("DS", "1,5", "vr/characters"),
    ("DS", "1.2.3", "vr/format"),
    ("DS", "NaN", "vr/characters"),
    ("DS", "1" * 17, "vr/length"),
    ("DT", "2024022", "vr/format"),
    ("IS", "1.5", "vr/characters"),
    ("IS", "2147483648", "vr/range"),
    ("IS", "1" * 13, "vr/length"),
    ("LO", "x" * 65, "vr/length"),
    ("LO", "a\nb", "vr/characters"),
    ("LT", "x" * 10241, "vr/length"),
    ("LT", "a\0b", "vr/characters"),
    ("PN", "A=B=C=D", "vr/format"),
    ("PN", "A^B^C^D^E^F", "vr/format"),
    ("PN", "^" + "x" * 64, "vr/length"),
    ("SH", "x" * 17, "vr/length"),
    ("TM", "2460", "vr/format"),
    ("TM", "12:00", "vr/characters"),
    ("UR", "a b", "vr/characters"),
]


@pytest.mark.parametrize(("vr", "value"), [(vr, value) for vr, values in GOOD.items() for value in values])
def test_a_value_that_its_vr_allows_is_no_fault(vr: str, value: str) -> None:
    assert fault(vr, value) is None


@pytest.mark.parametrize(("vr", "value", "rule"), BAD)
def test_a_value_that_its_vr_does_not_allow_is_a_fault(vr: str, value: str, rule: str) -> None:
    found = fault(vr, value)
    assert found is not None
    assert found[0].name == rule


@given(st.sampled_from(sorted(VRS)), st.text(min_size=1))
def test_no_value_brings_the_check_down_or_is_repeated(vr: str, value: str) -> None:
    found = fault(vr, value)
    if found is not None and len(value) > 6 and not set(value) <= set("0123456789"):
        assert value not in found[1]


@pytest.mark.parametrize(
    ("text", "allowed", "refused"),
    [
        ("1", [1], [0, 2]),
        ("1-3", [1, 2, 3], [0, 4]),
        ("1-n", [1, 2, 999], [0]),
        ("2-2n", [2, 4, 64], [1, 3]),
        ("3-3n", [3, 9], [1, 4]),
        ("1-n or 1", [1, 5], [0]),
        ("1-32", [1, 32], [33]),
        ("16", [16], [15]),
    ],
)
def test_multiplicity_is_what_the_dictionary_says(text: str, allowed: list[int], refused: list[int]) -> None:
    alternatives = multiplicity(text)
    assert all(any(one.allows(count) for one in alternatives) for count in allowed)
    assert not any(any(one.allows(count) for one in alternatives) for count in refused)


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("1.2.840.10008.1.2", None),
        ("2.25.329800735698586629295641978511506172918", None),
        ("1.2.826.0.1.3680043.8.498.1", None),
        ("1.2.03", "uid/format"),
        ("1..2", "uid/format"),
        (".1.2", "uid/format"),
        ("1.2.", "uid/format"),
        ("0", "uid/format"),
        ("1.9.3", "uid/root"),
        ("3.1", "uid/root"),
        ("2.600.1", "uid/root"),
        ("1.2.840.10008.99.9", "uid/unknown"),
    ],
)
def test_uids_are_checked_as_they_are_written_and_rooted(value: str, rule: str | None) -> None:
    found = uid_fault(value)
    assert (found[0].name if found else None) == rule


@given(st.text(string.digits + ".", max_size=20))
def test_what_is_called_well_formed_is_so_for_pydicom(value: str) -> None:
    found = uid_fault(value)
    if found is None or found[0].name != "uid/format":
        assert UID(value).is_valid


def text_of(value: bytes, vr: bytes = b"LO", declared: bytes | None = b"ISO_IR 100") -> bytes:
    """Return an object with an Institution Name, or a value of another VR."""
    tag = {b"LO": 0x00080081, b"PN": 0x00100010, b"CS": 0x00180015}[vr]
    charset = explicit(0x00080005, b"CS", padded(declared, b" ")) if declared is not None else b""
    return raw(charset, explicit(tag, vr, padded(value, b" ")))


@pytest.mark.parametrize(
    ("declared", "value", "rule"),
    [
        (b"ISO_IR 100", "Müller".encode("latin-1"), None),
        (b"ISO_IR 192", "Müller 山".encode(), None),
        (b"GB18030", "王".encode("gb18030"), None),
        (b"\\ISO 2022 IR 87", b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", None),
        (b"\\ISO 2022 IR 149", b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7", None),
        (b"ISO 2022 IR 13\\ISO 2022 IR 87", b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J", None),
        (None, "Müller".encode("latin-1"), "charset/undeclared"),
        (b"", b"\x1b$B;3ED\x1b(B", "charset/undeclared"),
        (b"ISO_IR 192", "Müller".encode("latin-1"), "charset/undecodable"),
        (b"\\ISO 2022 IR 87", b"\x1b$)C\xfb\xf3", "charset/undeclared"),
        (b"\\ISO 2022 IR 87", b"\x1b$B;3E\x1b(B", "charset/undecodable"),
    ],
)
def test_text_must_be_what_is_declared(declared: bytes | None, value: bytes, rule: str | None) -> None:
    found = rules_of(text_of(value, b"PN", declared), "charset/")
    assert found == ({rule} if rule else set())


@pytest.mark.parametrize(
    ("declared", "rule"),
    [
        (b"ISO_IR 100", None),
        (b"\\ISO 2022 IR 100", None),
        (b"ISO 2022 IR 6\\ISO 2022 IR 100", None),
        (b"", None),
        (b"ISO-IR 100", "charset/term"),
        (b"ISO_IR 6", "charset/term"),
        (b"UTF-8", "charset/term"),
        (b"ISO_IR 192\\ISO 2022 IR 100", "charset/combination"),
        (b"ISO_IR 100\\ISO 2022 IR 144", "charset/combination"),
    ],
)
def test_specific_character_set_has_defined_terms_that_go_together(declared: bytes, rule: str | None) -> None:
    fault = character_set(declared)[1]
    assert (fault[0].name if fault else None) == rule


def test_an_item_has_the_character_set_of_what_is_around_it() -> None:
    from fileroom.testing.hostile import ITEM, delimiter

    name = explicit(0x00081050, b"PN", "Müller^A ".encode())
    item = delimiter(ITEM, len(name)) + name
    sequence = explicit(0x00401001, b"SQ", item)
    utf8 = explicit(0x00080005, b"CS", b"ISO_IR 192")
    assert rules_of(raw(utf8, sequence), "charset/") == set()
    assert rules_of(raw(sequence), "charset/") == {"charset/undeclared"}


def test_characters_count_and_not_bytes() -> None:
    value = ("山" * 64).encode()
    assert rules_of(text_of(value, declared=b"ISO_IR 192"), "vr/") == set()
    assert rules_of(text_of(value + "山".encode(), declared=b"ISO_IR 192"), "vr/") == {"vr/length"}


def test_code_strings_have_no_character_set() -> None:
    assert rules_of(text_of("ÄRM".encode(), b"CS", b"ISO_IR 192"), "vr/") == {"vr/characters"}


@pytest.mark.parametrize(
    ("element", "rule"),
    [
        (explicit(0x00280010, b"US", b"\1\0"), None),
        (explicit(0x00280010, b"US", b"\1\0\1\0"), "vr/multiplicity"),
        (explicit(0x00280030, b"DS", b"1.5 "), "vr/multiplicity"),
        (explicit(0x00280030, b"DS", b"1\\2 "), None),
        (explicit(0x00280009, b"AT", b"\1\0"), "vr/length"),
        (explicit(0x00189073, b"FD", bytes(12)), "vr/length"),
        (explicit(0x00080060, b"CS", b"CT\\MR "), "vr/multiplicity"),
        (explicit(0x00080008, b"CS", b"ORIGINAL"), "vr/multiplicity"),
        (explicit(0x00280010, b"US", b""), None),
    ],
)
def test_values_are_counted_and_measured(element: bytes, rule: str | None) -> None:
    assert rules_of(raw(element), "vr/") == ({rule} if rule else set())


def test_the_value_that_is_wrong_is_told_by_its_number() -> None:
    (message,) = [
        one for one in check(raw(explicit(0x00080008, b"CS", b"ORIGINAL\\primary"))) if "vr/" in one.rule
    ]
    assert "value 2" in message.message

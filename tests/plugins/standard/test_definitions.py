"""What dictionary and UID documents define, as every plugin reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom.errors import DocumentError, NotFoundError
from fileroom.plugin import Document, DocumentName
from fileroom_plugins.metadata.oracle_names import ELEMENTS
from fileroom_plugins.standard.definitions import (
    VRS,
    Definition,
    Definitions,
    Dictionary,
    TagPattern,
    Uid,
    read_definitions,
    read_private_dictionary,
    read_standard_dictionary,
    read_uids,
)

STANDARD = """
[[standard_attribute_definition]]
tag = "00089999"
name = "Mood"
vr = "CS"
vm = "1-2"
retired = true
[[standard_attribute_definition]]
tag = "60xx9999"
name = "Overlay Mood"
[[standard_attribute_definition]]
tag = "00089998"
name = "Either"
vr = "OWB"
"""
PRIVATE = """
[[private_attribute_definition]]
tag = "0009xx01"
name = "Dose"
definer = "ACME"
vr = "DS"
"""
UIDS = """
[[uid_def]]
uid = "1.2.3.4"
name = "ACME Squeezed"
classification = "transferSyntax"
isEVR = false
"""


def named(kind: str, text: str) -> DocumentName:
    return DocumentName.of(Document("mine", kind, text.encode()))


def test_three_documents_define_together() -> None:
    known = read_definitions(
        named("standard-dictionary", STANDARD), named("private-dictionary", PRIVATE), named("uid", UIDS)
    )
    assert known.attribute(0x0008_9999) == Definition("CS", "Mood", "1-2", retired=True)
    assert known.attribute(0x6004_9999) == Definition("", "Overlay Mood")
    assert known.attribute(0x0009_1201, "ACME") == Definition("DS", "Dose")
    assert known.attribute(0x0009_1201, "OTHER") is None
    assert known.attribute(0x0009_1201) is None
    assert known.uids["1.2.3.4"] == Uid("ACME Squeezed", "transferSyntax", explicit_vr=False)


def test_what_oracle_calls_a_vr_of_two_is_what_the_standard_calls_it() -> None:
    known = read_definitions(named("standard-dictionary", STANDARD))
    definition = known.attribute(0x0008_9998)
    assert definition is not None
    assert definition.vr == "OB or OW"


def test_without_documents_nothing_is_defined() -> None:
    known = read_definitions()
    assert known.attribute(0x0010_0010) is None
    assert known.uids == Definitions().uids == {}


def test_without_an_archive_a_name_is_a_built_in_document_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(UIDS)
    assert "1.2.3.4" in read_definitions(uids=DocumentName(str(file))).uids
    assert "1.2.840.10008.1.2" in read_definitions(uids=DocumentName("ordcmui.xml")).uids
    with pytest.raises(NotFoundError, match=r"none\.xml"):
        read_definitions(uids=DocumentName("none.xml"))


def test_documents_may_name_every_vr_that_headers_name() -> None:
    assert set(VRS) == set(ELEMENTS)


@pytest.mark.parametrize("vm", ["1-0n", "8-2", "0", "1-", "n", "-1"])
def test_a_multiplicity_that_no_number_of_values_has_is_refused(vm: str) -> None:
    text = f'[[standard_attribute_definition]]\ntag = "00089999"\nname = "a"\nvm = "{vm}"\n'
    with pytest.raises(DocumentError, match="mine:4: VM: expected a multiplicity"):
        read_standard_dictionary(Document("mine", "standard-dictionary", text.encode()))


@pytest.mark.parametrize(("first", "second"), [("0009xx01", "00091001"), ("00091001", "0009xx01")])
def test_one_tag_is_defined_once_in_whatever_order(first: str, second: str) -> None:
    one = '[[private_attribute_definition]]\ntag = "{}"\nname = "a"\ndefiner = "ACME"\n'
    with pytest.raises(DocumentError, match="mine:5: this tag is defined twice"):
        read_private_dictionary(
            Document("mine", "private-dictionary", (one.format(first) + one.format(second)).encode())
        )


TAGS = st.lists(st.integers(0, 0xFFFF_FFFF).map("{:08X}".format), max_size=20, unique=True)


@given(TAGS, st.integers(0, 0xFFFF_FFFF))
def test_a_tag_is_found_if_it_was_added(tags: list[str], other: int) -> None:
    dictionary = Dictionary()
    for number, tag in enumerate(tags):
        dictionary.add(TagPattern.parse(tag), "", Definition("LO", str(number)), "mine", 1)
    for number, tag in enumerate(tags):
        assert dictionary.find(int(tag, 16)) == Definition("LO", str(number))
    assert (dictionary.find(other) is not None) == (f"{other:08X}" in tags)


def test_a_document_of_another_kind_is_refused() -> None:
    with pytest.raises(DocumentError, match="mine"):
        read_uids(Document("mine", "uid", PRIVATE.encode()))

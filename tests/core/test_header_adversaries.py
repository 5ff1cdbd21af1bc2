"""Data sets written to set the quick and the careful reader at odds: rules of PS3.5 section 7 are broken."""

from __future__ import annotations

import io
import zlib
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fileroom._header import window
from fileroom._header.elements import MAX_DEPTH
from fileroom.errors import InvalidDatasetError
from fileroom.testing.hostile import (
    Element,
    delimiter,
    explicit,
    explicit_big,
    identifiers,
    implicit,
    preamble,
)
from tests.core.header_readers import BOTH, CAREFUL, QUICK, answer
from tests.thorough import times

T = TypeVar("T")

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
IMPLICIT, EXPLICIT, BIG, DEFLATED = (
    b"1.2.840.10008.1.2",
    b"1.2.840.10008.1.2.1",
    b"1.2.840.10008.1.2.2",
    b"1.2.840.10008.1.2.1.99",
)
ENCODINGS = [
    (EXPLICIT, explicit),
    (IMPLICIT, implicit),
    (BIG, explicit_big),
    (DEFLATED, explicit),
    (EXPLICIT, implicit),  # which its file meta information denies
    (IMPLICIT, explicit),
]
LONG = {b"SQ", b"UN", b"OB", b"UT"}
WANTED = 0x00400275
"""Request Attributes Sequence, of which the items are kept."""

Ends = tuple[int | None, int | None, int]
"""The claimed length (None: the true one), the delimiter that follows (None: none), and its length."""

Node = tuple[int, bytes, "bytes | list[Item]", Ends]
"""An element: tag, VR, value or items, and how it ends."""

Item = tuple["list[Node]", Ends]


def mostly(usual: st.SearchStrategy[T], odd: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    """Draw what is usual, and now and then what is not: a data set that is all wrong is soon given up."""
    return st.integers(0, 15).flatmap(lambda number: odd if number == 15 else usual)


PLAIN: Ends = (None, None, 0)
ODD_LENGTHS = st.sampled_from([0, 2, 8, 9, 40, 65537, UNDEFINED - 1, UNDEFINED])
DELIMITERS = st.sampled_from([None, ITEM, ITEM_END, SEQUENCE_END])
ODD_ENDS: st.SearchStrategy[Ends] = st.tuples(st.none() | ODD_LENGTHS, DELIMITERS, st.sampled_from([0, 0, 4]))
SEQUENCE_ENDS = mostly(st.sampled_from([PLAIN, (UNDEFINED, SEQUENCE_END, 0)]), ODD_ENDS)
ITEM_ENDS = mostly(st.sampled_from([PLAIN, (UNDEFINED, ITEM_END, 0)]), ODD_ENDS)

VALUES = st.one_of(
    st.sampled_from([b"", b"1.2.3\0", b"ab", b"A\\B", bytes(8), b"ISO_IR 192", b"\\ISO 2022 IR 87"]),
    st.binary(max_size=12),
)
KNOWN = st.sampled_from(
    [
        *((0x00080005, b"CS"), (0x00080018, b"UI"), (0x0020000D, b"UI"), (0x00100010, b"PN")),
        *((0x00280010, b"US"), (0x00186020, b"SL"), (0x00189087, b"FD"), (0x00204000, b"LT")),
        *((0x00211010, b"UN"), (0x00080000, b"UL"), (0x00400007, b"LO"), (0xFFFCFFFC, b"OB")),
    ]
)
SEQUENCES = st.sampled_from([WANTED, WANTED, 0x00081140, 0x00081110, 0x00211020])
ODD = st.tuples(
    st.sampled_from(
        [0x00080005, 0x00100020, WANTED, 0x00081140, 0x7FE00010, ITEM, ITEM_END, SEQUENCE_END, 0]
    ),
    st.sampled_from([b"SQ", b"LO", b"UN", b"OB", b"UT", b"US", b"CS", b"FD", b"ZZ", b"\0\0", b"  "]),
)
LEAVES: st.SearchStrategy[Node] = st.builds(
    lambda name, value, ends: (name[0], name[1], value, ends),
    mostly(KNOWN, ODD),
    VALUES,
    mostly(st.just(PLAIN), ODD_ENDS),
)


def nested(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    items = st.lists(st.tuples(st.lists(inner, max_size=3), ITEM_ENDS), max_size=3)
    vrs = mostly(st.just(b"SQ"), st.sampled_from([b"UN", b"OB", b"LO"]))
    return st.tuples(SEQUENCES, vrs, items, SEQUENCE_ENDS)


NODES = st.recursive(LEAVES, nested, max_leaves=10)


def encoded(node: Node, element: Element) -> bytes:
    """Return an element as it is claimed to be."""
    tag, vr, value, ends = node
    order = ">" if element is explicit_big else "<"
    if not isinstance(value, bytes):
        bodies = [(b"".join(encoded(one, element) for one in nodes), ends) for nodes, ends in value]
        value = b"".join(
            delimiter(ITEM, len(body) if ends[0] is None else ends[0], order) + body + _end(ends, order)
            for body, ends in bodies
        )
    length = ends[0]
    if length is not None and vr not in LONG and element is not implicit:
        length &= 0xFFFF
    return element(tag, vr, value, length) + _end(ends, order)


def _end(ends: Ends, order: str) -> bytes:
    _, tag, length = ends
    return b"" if tag is None else delimiter(tag, length, order)


def assert_agreement(data: bytes) -> None:
    carefully = answer(CAREFUL, data)
    assert answer(QUICK, data) in (carefully, "unsure")
    assert answer(BOTH, io.BytesIO(data)) == carefully
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window, "CHUNK", 140)  # so that it moves often
        assert answer(BOTH, io.BytesIO(data)) == carefully


@given(st.sampled_from(ENCODINGS), st.lists(NODES, max_size=5), st.booleans(), st.integers(0, 9))
@settings(max_examples=times(100), deadline=None)
def test_whatever_rule_is_broken_the_readers_agree(
    encoding: tuple[bytes, Element], nodes: list[Node], identified_last: bool, cut: int
) -> None:
    syntax, element = encoding
    body = b"".join(encoded(one, element) for one in nodes)
    body = body + identifiers(element) if identified_last else identifiers(element) + body
    body = body[:-cut] if 1 <= cut <= 2 else body
    if syntax == DEFLATED:
        body = zlib.compress(body, wbits=-zlib.MAX_WBITS)
    assert_agreement(preamble(syntax) + body)


@pytest.mark.parametrize("undefined_items", [True, False])
@pytest.mark.parametrize("tag", [WANTED, 0x00081140, 0x00211020])
@pytest.mark.parametrize(("syntax", "element"), ENCODINGS)
def test_the_readers_agree_on_how_deep_sequences_may_be(
    syntax: bytes, element: Element, *, tag: int, undefined_items: bool
) -> None:
    ends = (UNDEFINED, ITEM_END, 0) if undefined_items else PLAIN
    node: Node = (0x00400007, b"LO", b"innermost ", PLAIN)
    for depth in range(1, MAX_DEPTH + 3):
        node = (tag, b"SQ", [([node], ends)], (UNDEFINED, SEQUENCE_END, 0))
        if abs(depth - MAX_DEPTH) > 1:
            continue
        body = encoded(node, element) + identifiers(element)
        if syntax == DEFLATED:
            body = zlib.compress(body, wbits=-zlib.MAX_WBITS)
        assert_agreement(preamble(syntax) + body)


DUPLICATES = {
    "two of a sequence, the first of them damaged": [
        (WANTED, b"SQ", b"no items", PLAIN),
        (WANTED, b"SQ", b"", PLAIN),
    ],
    "two of a sequence, the last of them damaged": [
        (WANTED, b"SQ", b"", PLAIN),
        (WANTED, b"SQ", b"no items", PLAIN),
    ],
    "an item without its delimiter": [
        (WANTED, b"SQ", delimiter(ITEM, UNDEFINED), PLAIN),
    ],
}


@pytest.mark.parametrize("nodes", DUPLICATES.values(), ids=DUPLICATES)
@pytest.mark.parametrize(("syntax", "element"), [(EXPLICIT, explicit), (IMPLICIT, implicit)])
def test_a_damaged_sequence_that_is_wanted_is_refused(
    nodes: list[Node], syntax: bytes, element: Element
) -> None:
    data = preamble(syntax) + identifiers(element) + b"".join(encoded(one, element) for one in nodes)
    with pytest.raises(InvalidDatasetError):
        BOTH.read(data)


@pytest.mark.parametrize(("syntax", "element"), [(EXPLICIT, explicit), (IMPLICIT, implicit)])
def test_of_a_tag_that_occurs_twice_the_last_one_counts(syntax: bytes, element: Element) -> None:
    names = [element(0x00100010, b"PN", name) for name in (b"First ", b"Last")]
    header = BOTH.read(preamble(syntax) + identifiers(element) + b"".join(names))
    assert header.tags["PatientName"] == "Last"


def test_an_item_that_ends_before_its_length_says_so_is_read_as_pydicom_reads_it() -> None:
    inner = explicit(0x00400007, b"LO", b"kept") + delimiter(ITEM_END)
    hidden = delimiter(ITEM, 12) + explicit(0x00400007, b"LO", b"lost")
    value = delimiter(ITEM, len(inner + hidden)) + inner + hidden
    header = BOTH.read(preamble() + identifiers() + explicit(WANTED, b"SQ", value))
    assert header.tags["RequestAttributesSequence"] == ({"ScheduledProcedureStepDescription": "kept"},)

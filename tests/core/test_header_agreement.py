"""The quick reader, the careful reader and pydicom give the same answer wherever they have one."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from pathlib import Path

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fileroom._header import window as _header_window
from fileroom.model import Header
from fileroom.testing.hostile import (
    Element,
    delimiter,
    explicit,
    explicit_big,
    identifiers,
    implicit,
    preamble,
)
from tests.core.header_readers import BOTH, CAREFUL, QUICK, TAGS, answer
from tests.thorough import times

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
IMPLICIT, EXPLICIT, DEFLATED, BIG = (
    b"1.2.840.10008.1.2",
    b"1.2.840.10008.1.2.1",
    b"1.2.840.10008.1.2.1.99",
    b"1.2.840.10008.1.2.2",
)

SHIPPED = sorted(
    path
    for path in (Path(pydicom.__file__).parent / "data").rglob("*")
    if path.is_file() and path.suffix not in (".py", ".pyc")
)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_both_readers_say_the_same_of_a_file_that_pydicom_ships(path: Path) -> None:
    data = path.read_bytes()
    carefully = answer(CAREFUL, data)
    assert answer(QUICK, data) in (carefully, "unsure")
    assert answer(BOTH, data) == carefully
    with path.open("rb") as file:
        assert answer(BOTH, file) == carefully


def test_the_quick_reader_reads_nearly_all_the_ordinary_files_that_pydicom_ships() -> None:
    """Otherwise the test above would prove little."""
    headers = [path for path in SHIPPED if isinstance(answer(BOTH, path.read_bytes()), Header)]
    quick = [path for path in headers if answer(QUICK, path.read_bytes()) != "unsure"]
    assert len(headers) > 90
    assert len(quick) > 0.85 * len(headers)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_headers_hold_what_a_pydicom_dataset_holds(path: Path) -> None:
    header = answer(BOTH, path.read_bytes())
    if isinstance(header, str):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(path, force=True, stop_before_pixels=True)
        expected = {spec.keyword: text_in(dataset, spec.keyword) for spec in TAGS.tag_numbers.values()}
        for keyword, returned in header.tags.items():
            if isinstance(returned, tuple):
                for item, texts in zip(dataset[keyword].value, returned, strict=True):
                    assert all(text_in(item, inner) == split(text) for inner, text in texts.items())
    held = {keyword: split(value) for keyword, value in header.tags.items() if isinstance(value, str)}
    assert held == {keyword: values for keyword, values in expected.items() if any(values)}
    assert header.identity.sop_instance_uid == dataset.SOPInstanceUID


def text_in(dataset: pydicom.Dataset, keyword: str) -> list[str]:
    """Return an element's single values as text; none for sequences."""
    element = dataset.get(keyword)
    if element is None or isinstance(element, pydicom.Sequence):
        return []
    values = element if isinstance(element, pydicom.multival.MultiValue | list) else [element]
    return [bare(str(value)) for value in values]


def split(text: str) -> list[str]:
    return [bare(value) for value in text.split("\\")]


def bare(text: str) -> str:
    """Return a value without padding and, as pydicom has them, names without empty groups at the end."""
    return text.strip(" \0").rstrip("=")


Tree = tuple[int, bytes, "bytes | list[list[Tree]]", bool, bool]
"""An element: tag, VR, value or items, and whether the sequence and its items have undefined lengths."""

TEXTS = st.one_of(
    st.binary(max_size=9),
    st.text(alphabet=" \0\\^=AZaz09.é\x1b", max_size=9).map(lambda text: text.encode("latin-1")),
)
LEAVES = st.one_of(
    st.tuples(st.sampled_from([0x00080060, 0x00100040, 0x00180015]), st.just(b"CS"), TEXTS),
    st.tuples(st.sampled_from([0x00081030, 0x0008103E, 0x00100020]), st.just(b"LO"), TEXTS),
    st.tuples(st.sampled_from([0x00100010, 0x00321032]), st.just(b"PN"), TEXTS),
    st.tuples(st.just(0x00204000), st.just(b"LT"), TEXTS),
    st.tuples(st.sampled_from([0x00200011, 0x00280008]), st.just(b"IS"), TEXTS),
    st.tuples(st.just(0x00211010), st.sampled_from([b"OB", b"UN", b"LO", b"UT"]), TEXTS),
    st.tuples(
        st.just(0x00080005),
        st.just(b"CS"),
        st.sampled_from(
            [b"ISO_IR 100", b"ISO_IR 192", b"\\ISO 2022 IR 87", b"GB18030", b"ISO_IR 101", b"XYZ", b""]
        ),
    ),
).map(lambda leaf: (*leaf, False, False))
SEQUENCES = st.sampled_from([0x00400275, 0x00081140, 0x00081110, 0x00211020])


def nested(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    items = st.lists(st.lists(inner, max_size=3), max_size=3)
    return st.tuples(SEQUENCES, st.just(b"SQ"), items, st.booleans(), st.booleans())


TREES = st.lists(st.recursive(LEAVES, nested, max_leaves=8), max_size=8)


def encoded(tree: Tree, element: Element) -> bytes:
    """Return an element in an encoding."""
    tag, vr, value, undefined, undefined_items = tree
    if isinstance(value, bytes):
        return element(tag, vr, value)
    order = ">" if element is explicit_big else "<"
    items = b""
    for item in value:
        body = b"".join(encoded(inner, element) for inner in item)
        if undefined_items:
            items += delimiter(ITEM, UNDEFINED, order) + body + delimiter(ITEM_END, 0, order)
        else:
            items += delimiter(ITEM, len(body), order) + body
    if undefined:
        return element(tag, vr, items + delimiter(SEQUENCE_END, 0, order), UNDEFINED)
    return element(tag, vr, items)


def data_set(trees: list[Tree], element: Element) -> bytes:
    return identifiers(element) + b"".join(encoded(tree, element) for tree in trees)


@given(TREES)
@settings(max_examples=times(100), deadline=None)
def test_a_data_set_has_one_header_in_all_encodings(trees: list[Tree]) -> None:
    explicitly = data_set(trees, explicit)
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    files = {
        EXPLICIT: explicitly,
        IMPLICIT: data_set(trees, implicit),
        BIG: data_set(trees, explicit_big),
        DEFLATED: deflater.compress(explicitly) + deflater.flush(),
    }
    expected = answer(BOTH, preamble(EXPLICIT) + explicitly)
    if not isinstance(expected, Header):  # a PatientID that none may have
        assert {answer(CAREFUL, preamble(syntax) + data) for syntax, data in files.items()} == {expected}
        return
    tags = [0x00100020, *(tag for tag, *_ in trees)]
    for syntax, data in files.items():
        carefully = CAREFUL.read(preamble(syntax) + data)
        assert carefully.transfer_syntax_uid == syntax.decode()
        assert (carefully.identity, carefully.tags) == (expected.identity, expected.tags)
        quickly = answer(QUICK, preamble(syntax) + data)
        is_plain = syntax != BIG and len(set(tags)) == len(tags)
        assert quickly == carefully if is_plain else quickly in (carefully, "unsure")


@given(TREES, st.data())
@settings(max_examples=times(100), deadline=None)
def test_damage_never_makes_the_readers_disagree(trees: list[Tree], draw: st.DataObject) -> None:
    syntax, element = draw.draw(
        st.sampled_from([(EXPLICIT, explicit), (IMPLICIT, implicit), (BIG, explicit_big)])
    )
    data = bytearray(preamble(syntax) + data_set(trees, element) + element(0x7FE00010, b"OW", bytes(20)))
    for _ in range(draw.draw(st.integers(1, 4))):
        at = draw.draw(st.integers(0, len(data)))
        piece = draw.draw(st.sampled_from(PIECES) | st.binary(max_size=3))
        data[at : at + draw.draw(st.sampled_from([0, 1, len(piece)]))] = piece
    carefully = answer(CAREFUL, bytes(data))
    assert answer(QUICK, bytes(data)) in (carefully, "unsure")
    assert answer(BOTH, io.BytesIO(data)) == carefully


PIECES = [
    struct.pack("<I", UNDEFINED),
    delimiter(ITEM),
    delimiter(ITEM_END),
    delimiter(SEQUENCE_END),
    explicit(0x00400275, b"SQ", length=UNDEFINED) + delimiter(ITEM, UNDEFINED),
    explicit(0x00211010, b"UN", length=UNDEFINED),
    explicit(0x00100020, b"LO", b"ABCD"),
    explicit(0x7FE00010, b"OW", b""),
    explicit(0x00080005, b"CS", b"ISO_IR 192"),
    b"UN",
    b"ZZ",
    b"\0\0",
]


@given(TREES, st.binary(max_size=400), st.integers(0, 400))
@settings(max_examples=50)
def test_a_window_that_moves_often_sees_the_same(trees: list[Tree], middle: bytes, split_at: int) -> None:
    syntax, element = EXPLICIT, explicit
    private = element(0x00090010, b"OB", middle) + element(0x00400275, b"SQ", length=0)
    whole = data_set(trees, element) + private + data_set(trees[:2], element)
    data = preamble(syntax) + whole[: len(whole) - split_at % 7]
    expected = answer(BOTH, data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_header_window, "CHUNK", 140)
        assert answer(BOTH, io.BytesIO(data)) == expected
        assert answer(CAREFUL, io.BytesIO(data)) == answer(CAREFUL, data)

"""XML and TOML as people write them, and the lines on which they stand."""

from __future__ import annotations

import string
import tomllib
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom.errors import DocumentError
from fileroom.markup import DEEPEST, LARGEST, Element, read_toml, read_xml

NAMES = st.text(string.ascii_letters + "_", min_size=1, max_size=8)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Co", "Cn"]), max_size=20)


def elements() -> st.SearchStrategy[Element]:
    leaves = st.builds(
        Element, NAMES, st.just(""), st.dictionaries(NAMES, TEXTS), st.just(0), TEXTS.map(str.strip)
    )

    def with_children(children: st.SearchStrategy[Element]) -> st.SearchStrategy[Element]:
        return st.builds(
            Element,
            NAMES,
            st.just(""),
            st.dictionaries(NAMES, TEXTS),
            st.just(0),
            TEXTS.map(str.strip),
            st.lists(children, max_size=4),
        )

    return st.recursive(leaves, with_children, max_leaves=12)


def written(element: Element) -> str:
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in element.attributes.items())
    inner = escape(element.text) + "".join(map(written, element.children))
    return f"<{element.name}{attributes}>{inner}</{element.name}>"


def without_lines(element: Element) -> tuple[object, ...]:
    children = tuple(without_lines(child) for child in element.children)
    return element.name, element.namespace, element.attributes, element.text, children


@given(elements())
def test_what_is_written_as_xml_is_read_again(element: Element) -> None:
    assert without_lines(read_xml(written(element).encode(), "x")) == without_lines(element)


def test_elements_know_namespace_line_and_children() -> None:
    root = read_xml(b'<a xmlns="urn:x" xmlns:y="urn:y"\n y:k="1">\n <b>one</b> two\n <b/>\n</a>', "x")
    assert (root.name, root.namespace, root.line) == ("a", "urn:x", 1)
    assert root.attributes == {"{urn:y}k": "1"}
    assert root.text == "two"
    assert [child.line for child in root.all("b")] == [3, 4]
    first = root.first("b")
    assert first is not None
    assert first.text == "one"
    assert root.first("c") is None


BOMB = b"""<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">]>
<a>&y;</a>"""


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (BOMB, 1, "DTD"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', 1, "DTD"),
        (b"<a>\n<b></a>", 2, "mismatched tag"),
        (b"", 1, "no element found"),
        (b"<a>\n\n&unknown;</a>", 3, "undefined entity"),
        (b"<a>" * (DEEPEST + 1), 1, "nested deeper"),
        (b"<?xml version='1.0' encoding='klingon'?><a/>", 1, "encoding"),
        (b"<a>\xff</a>", 1, "invalid token"),
        (b" " * (LARGEST + 1), 0, "larger than 16 MiB"),
    ],
)
def test_xml_that_is_wrong_or_hostile_is_one_error_with_its_line(data: bytes, line: int, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason) as caught:
        read_xml(data, "rules.xml")
    assert caught.value.line == line
    assert str(caught.value).startswith(f"rules.xml:{line}: " if line else "rules.xml: ")


TOML = b'''title = "x"

[[rule]]
name = "first"
text = """
name = "no key"
"""
[[rule.part]]
x = 1
[[rule.part]]
x = 2

[[rule]]
"na me".inner = 3
[other.table]
key = 1
'''


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("title",), 1),
        (("rule", 0), 3),
        (("rule", 0, "name"), 4),
        (("rule", 0, "text"), 5),
        (("rule", 0, "part", 1, "x"), 11),
        (("rule", 1), 13),
        (("rule", 1, "na me", "inner"), 14),
        (("rule", 1, "missing"), 13),
        (("other", "table", "key"), 16),
        (("nothing",), 1),
    ],
)
def test_toml_tells_the_line_of_a_key(keys: tuple[str | int, ...], line: int) -> None:
    assert read_toml(TOML, "x").line_of(*keys) == line


@pytest.mark.parametrize(
    ("data", "line"), [(b"a = 1\nb = \n", 2), (b"a = 1\na = 2", 2), (b'a = 1\nb = "\xff"', 2), (b"x", 1)]
)
def test_toml_that_is_wrong_is_one_error_with_its_line(data: bytes, line: int) -> None:
    with pytest.raises(DocumentError, match="TOML: ") as caught:
        read_toml(data, "rules.toml")
    assert caught.value.line == line


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_any_text_is_toml_or_one_error(text: str) -> None:
    try:
        expected = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError:
        with pytest.raises(DocumentError):
            read_toml(text.encode(), "x")
    else:
        assert read_toml(text.encode(), "x").table == expected

"""The kinds of documents: their defaults are sound, and what is wrong is told with its line."""

from __future__ import annotations

from importlib import import_module

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fileroom.errors import DocumentError
from fileroom.plugin import Document, DocumentKind
from fileroom.testing.documents import DocumentKindContract
from fileroom_plugins.metadata.locators import Locator
from fileroom_plugins.standard.definitions import TagPattern

DEFAULTS = {
    "mapping": "ordcmmp.xml",
    "preference": "ordcmpf.xml",
    "private-dictionary": "ordcmpv.xml",
    "standard-dictionary": "ordcmsd.xml",
    "stored-tags": "",
    "uid": "ordcmui.xml",
}


def kind_of(name: str) -> DocumentKind:
    module = import_module(f"fileroom_plugins.metadata.kinds.{name.replace('-', '_')}")
    plugin = module.fileroom_documents()
    assert plugin.name == name
    kind = plugin.open(plugin.options())
    assert isinstance(kind, DocumentKind)
    return kind


def check(kind: str, text: str) -> None:
    kind_of(kind).check(Document("mine", kind, text.encode()))


class TestKinds(DocumentKindContract):
    @pytest.fixture(params=DEFAULTS)
    def kind(self, request: pytest.FixtureRequest) -> DocumentKind:
        return kind_of(request.param)


@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults_are_sound(name: str) -> None:
    defaults = kind_of(name).defaults()
    assert set(defaults) == ({DEFAULTS[name]} if DEFAULTS[name] else set())
    for data in defaults.values():
        assert kind_of(name).check(Document("default", name, data)) == ()


PATH = "<MAPPED_PATH><ATTRIBUTE_TAG>{}</ATTRIBUTE_TAG><PATH>{}</PATH></MAPPED_PATH>"
MAPPING = "<XML_MAPPING_DOCUMENT>\n<ROOT_ELEM_TAG>A</ROOT_ELEM_TAG>\n{}</XML_MAPPING_DOCUMENT>"
PREFERENCE = (
    "<DICOM_RUNTIME_PREFERENCES>\n<PREFERENCE_DEF><PARAMETER>{}</PARAMETER><VALUE>{}</VALUE></PREFERENCE_DEF>"
    "</DICOM_RUNTIME_PREFERENCES>"
)
PRIVATE = (
    "<PRIVATE_ATTRIBUTE_DEFINITION><TAG>{}</TAG><NAME>a</NAME><DEFINER>b</DEFINER>"
    "</PRIVATE_ATTRIBUTE_DEFINITION>"
)
TWICE = "<DICOM_PRIVATE_ATTRIBUTES>{}\n{}</DICOM_PRIVATE_ATTRIBUTES>".format(
    PRIVATE.format("0009xx01"), PRIVATE.format("00091001")
)
UID = "<DICOM_UID_DEFINITIONS>\n<UID_DEF {}><UID>{}</UID><NAME>a</NAME></UID_DEF></DICOM_UID_DEFINITIONS>"

WRONG = [
    ("mapping", "<A/>", r"mine:1: the root is A"),
    ("mapping", "<XML_MAPPING_DOCUMENT/>", r"mine:1: XML_MAPPING_DOCUMENT has no ROOT_ELEM_TAG"),
    ("mapping", "<XML_MAPPING_DOCUMENT xmlns='urn:other'/>", r"mine:1: .*another namespace"),
    ("mapping", MAPPING.format("<MAPPED/>"), r"mine:3: element 'MAPPED' is not known .*MAPPED_PATH"),
    ("mapping", MAPPING.format(PATH.format("xyz!", "B")), r"mine:3: ATTRIBUTE_TAG: no locator"),
    ("mapping", MAPPING.format(PATH.format("NoSuchKeyword", "B")), r"mine:3: ATTRIBUTE_TAG: no tag"),
    ("mapping", MAPPING.format(PATH.format("00100010#Nothing", "B")), r"mine:3: .*no component"),
    ("mapping", MAPPING.format(PATH.format("00100010", "a b")), r"mine:3: PATH: expected names"),
    ("mapping", MAPPING.format("<MAPPED_PATH occurs='maybe'/>"), r"mine:3: .*expected true or false"),
    ("mapping", MAPPING.format("<ROOT_ELEM_TAG>B</ROOT_ELEM_TAG>"), r"mine:3: .*more than once"),
    ("mapping", MAPPING.format("text"), r"mine:1: .*holds text"),
    ("mapping", 'root_elem_tag = "A"\nother = 1\n', r"mine:2: key 'other' is not known"),
    ("mapping", 'root_elem_tag = "A"\n\n[[mapped_path]]\nattribute_tag = "00100010"\n', r"mine:3: .*no PATH"),
    (
        "preference",
        PREFERENCE.format("XML_SKIP_ATTR", "12"),
        r"mine:2: XML_SKIP_ATTR: expected a whole number",
    ),
    ("preference", PREFERENCE.format("NOTHING", "1"), r"mine:2: PARAMETER: expected one of"),
    ("stored-tags", "<STORED_TAG_LIST/>", r"mine:1: STORED_TAG_LIST has no VALUE_LOCATOR"),
    (
        "private-dictionary",
        TWICE,
        r"mine:2: this tag is defined twice",
    ),
    ("uid", UID.format("", "1.02"), r"mine:2: UID: expected a UID"),
    ("uid", UID.format("classification='x'", "1.2"), r"mine:2: UID_DEF/@classification: expected one of"),
    ("uid", "<!DOCTYPE a []><a/>", r"mine:1: a DTD"),
]


@pytest.mark.parametrize(("kind", "text", "message"), WRONG)
def test_what_is_wrong_is_told_with_its_line(kind: str, text: str, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        check(kind, text)


@pytest.mark.parametrize(
    ("text", "steps", "component"),
    [
        ("00100010", [(0x00100010, "DICOM", None)], ""),
        ("00100010(DICOM)#UnibyteFamily", [(0x00100010, "DICOM", None)], "UnibyteFamily"),
        ("00091002(ACME 1.1)", [(0x00090002, "ACME 1.1", None)], ""),
        (
            "00081140(DICOM)[1].00081155(DICOM)",
            [(0x00081140, "DICOM", 1), (0x00081155, "DICOM", None)],
            "",
        ),
        (
            "ReferencedImageSequence[*].0008114A",
            [(0x00081140, "DICOM", None), (0x0008114A, "DICOM", None)],
            "",
        ),
    ],
)
def test_locators_are_read(text: str, steps: list[tuple[int, str, int | None]], component: str) -> None:
    locator = Locator.parse(text)
    assert [(step.tag, step.definer, step.item) for step in locator.steps] == steps
    assert locator.component == component


@given(st.text(max_size=30))
def test_whatever_is_no_locator_is_one_error(text: str) -> None:
    try:
        assert Locator.parse(text).steps
    except ValueError:
        return


def test_a_wildcard_of_either_end_is_one_of_the_range() -> None:
    pattern = TagPattern.parse("0039xx01~00410001")
    assert pattern == TagPattern.parse("0039xx01~0041xx01") == TagPattern.parse("00390001~0041xx01")
    assert pattern.matches(0x00411001)
    assert not pattern.matches(0x00411002)
    with pytest.raises(ValueError, match="ends before it begins"):
        TagPattern.parse("X0000001~10000000")


@given(st.text(alphabet="0123456789ABCDEFxX~ ", max_size=18))
@example("X0000001~10000000")
def test_patterns_match_their_first_tag_or_are_refused(text: str) -> None:
    try:
        pattern = TagPattern.parse(text)
    except ValueError:
        return
    assert pattern.matches(pattern.low)
    assert pattern.overlaps(pattern)

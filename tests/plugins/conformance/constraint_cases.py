"""Constraint documents and data sets for tests, and documents written from models."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

import pydicom
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from fileroom.plugin import Document
from fileroom_plugins.conformance.constraints import evaluate
from fileroom_plugins.conformance.constraints.locators import Locator, Step, name_of
from fileroom_plugins.conformance.constraints.model import (
    Being,
    Call,
    Comparison,
    Connective,
    Function,
    Joined,
    Literal,
    MacroCall,
    Matching,
    Membership,
    OfItems,
    Predicate,
    Quantifier,
    Range,
    Relation,
    RuleReference,
    State,
)
from fileroom_plugins.conformance.constraints.patterns import Pattern

if TYPE_CHECKING:
    from fileroom_plugins.conformance.constraints.model import Operand
    from fileroom_plugins.conformance.messages import Message


def document(text: str, name: str = "site", **related: str) -> Document:
    others = {key: Document(key, "constraint", value.encode()) for key, value in related.items()}
    return Document(name, "constraint", text.encode(), related=others)


def rule(check: str, more: str = "") -> Document:
    return document(f"[[rule]]\nname = 'R'\ncheck = '''{check}'''\n{more}")


def dataset(**values: object) -> Dataset:
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def sample(name: str) -> str:
    """Return the path of a file that comes with pydicom."""
    path = get_testdata_file(name)
    assert isinstance(path, str)
    return path


def from_file(made: Dataset, *, implicit: bool = False) -> Dataset:
    """Write a data set and read it, so that nothing in it is converted yet."""
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, made, implicit_vr=implicit, little_endian=True)
    return pydicom.dcmread(io.BytesIO(buffer.getvalue()), force=True)


def holds(check: str, made: Dataset) -> bool:
    return not evaluate(rule(check), made)


def said(found: list[Message]) -> list[str]:
    return [one.message for one in found]


# Models as documents.

KEYWORDS = ("PatientID", "PatientName", "StudyDate", "Rows", "KVP", "ImageType", "SOPClassUID")
SEQUENCES = ("RequestAttributesSequence", "ReferencedImageSequence")


def tag(keyword: str) -> int:
    number = pydicom.datadict.tag_for_keyword(keyword)
    assert number is not None
    return int(number)


_VALUES = {
    "PatientID": ("A1", 'it\'s "x"', "a\\b", "#"),
    "PatientName": ("Doe^Jane", "ä"),
    "StudyDate": ("20200101", "20211231"),
    "Rows": ("512", "64"),
    "KVP": ("120", "70.5"),
    "ImageType": ("ORIGINAL", "AXIAL"),
    "SOPClassUID": ("1.2.840.10008.5.1.4.1.1.2",),
}


@st.composite
def locators(draw: st.DrawFn, keyword: str) -> Locator:
    above = draw(st.lists(st.sampled_from(SEQUENCES), max_size=2))
    steps = [Step(tag(name), "", draw(st.sampled_from((0, 0, 1, 2)))) for name in above]
    last = Step(tag(keyword), "", draw(st.sampled_from((0, 0, 0, 2))))
    component = draw(st.sampled_from((None, (0, 0), (1, 4), (2, None)))) if keyword == "PatientName" else None
    return Locator((*steps, last), component, draw(st.booleans()))


@st.composite
def _tests(draw: st.DrawFn, parts: st.SearchStrategy[Predicate] | None) -> object:
    keyword = draw(st.sampled_from(KEYWORDS))
    locator = draw(locators(keyword))
    literals = st.sampled_from(_VALUES[keyword]).map(Literal)
    ranges = st.tuples(st.none() | literals, st.none() | literals).filter(any).map(lambda ends: Range(*ends))
    calls = st.sampled_from(Function).map(lambda function: Call(function, locator))
    choices = st.lists(literals | ranges | st.just(locator), min_size=1, max_size=3).map(tuple)
    kinds: list[st.SearchStrategy[object]] = [
        st.builds(Being, st.sampled_from(State), st.just(locator)),
        st.builds(Comparison, st.sampled_from(Relation), st.just(locator), literals | locators(keyword)),
        st.builds(Comparison, st.sampled_from(Relation), calls, st.just(Literal("3"))),
        st.builds(Membership, st.just(locator), choices),
        st.builds(Matching, st.just(locator), st.sampled_from(("a.*", "[A-Z]{2}", "x|y")).map(Pattern)),
    ]
    if parts is not None:
        sequence = Locator((Step(tag(draw(st.sampled_from(SEQUENCES))), "", draw(st.sampled_from((0, 1)))),))
        several = st.lists(parts, min_size=2, max_size=3).map(tuple)
        kinds += [
            st.builds(Joined, st.sampled_from((Connective.AND, Connective.OR)), several),
            parts.map(lambda part: Joined(Connective.NOT, (part,))),
            st.tuples(parts, parts).map(lambda pair: Joined(Connective.IMPLIES, pair)),
            st.builds(OfItems, st.sampled_from(Quantifier), st.just(sequence), parts),
        ]
    return draw(st.one_of(*kinds))


_leaves = _tests(None).map(Predicate)  # type: ignore[arg-type]
predicates: st.SearchStrategy[Predicate] = st.recursive(
    _leaves,
    lambda parts: _tests(parts).map(Predicate),  # type: ignore[arg-type]
    max_leaves=6,
)
"""Predicates that both forms can hold, without actions."""


def locator_text(one: Locator) -> str:
    names = [f"{name_of(step)}{f'[{step.item}]' if step.item else ''}" for step in one.steps]
    component = str(one).partition("#")
    return ("/" if one.absolute else "") + ".".join(names) + component[1] + component[2]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _operand(one: Operand | Range) -> str:
    match one:
        case Literal(text):
            return _quoted(text)
        case Range(low, high):
            return f"{_operand(low) if low else ''}..{_operand(high) if high else ''}"
        case Call(function, locator):
            return f"{function}({locator_text(locator)})"
        case _:
            return locator_text(one)


def expression(predicate: Predicate) -> str:  # noqa: C901, PLR0911 - one line a kind
    match predicate.test:
        case Joined(Connective.NOT, (part,)):
            return f"not ({expression(part)})"
        case Joined(connective, parts):
            return f" {connective} ".join(f"({expression(part)})" for part in parts)
        case OfItems(quantifier, sequence, part):
            return f"{quantifier} item of {locator_text(sequence)} has ({expression(part)})"
        case Being(State.EXISTS, locator):
            return f"{locator_text(locator)} exists"
        case Being(_, locator):
            return f"{locator_text(locator)} is not empty"
        case Comparison(relation, left, right):
            return f"{_operand(left)} {relation} {_operand(right)}"
        case Membership(operand, choices):
            return f"{_operand(operand)} in [{', '.join(map(_operand, choices))}]"
        case Matching(operand, pattern):
            return f"{_operand(operand)} matches {_quoted(pattern.text)}"
        case RuleReference(name):
            return f"rule({_quoted(name)})"
        case MacroCall(name, arguments):
            return f"{name}({', '.join(f'{key}={_operand(value)}' for key, value in arguments.items())})"


def _xml_operand(one: Operand | Range) -> str:
    match one:
        case Literal(text):
            return f"<STRING_VALUE>{escape(text)}</STRING_VALUE>"
        case Range(low, high):
            ends = [f" {name}={quoteattr(end.text)}" for name, end in (("low", low), ("high", high)) if end]
            return f"<RANGE{''.join(ends)}/>"
        case Call(function, locator):
            return f'<ATTRIBUTE_TAG function="{function}">{locator_text(locator)}</ATTRIBUTE_TAG>'
        case _:
            return f"<ATTRIBUTE_TAG>{locator_text(one)}</ATTRIBUTE_TAG>"


_RELATIONS = dict(zip(Relation, ("eq", "ne", "lt", "le", "gt", "ge"), strict=True))


def xml(predicate: Predicate) -> str:
    match predicate.test:
        case Joined(connective, parts):
            word = "derive" if connective is Connective.IMPLIES else connective
            inside = f'<LOGICAL operator="{word}">{"".join(map(xml, parts))}</LOGICAL>'
        case OfItems(quantifier, sequence, part):
            inside = f'<LOGICAL operator="{quantifier}">{_xml_operand(sequence)}{xml(part)}</LOGICAL>'
        case Being(state, locator):
            asked = "occurs" if state is State.EXISTS else "notEmpty"
            inside = f'<BOOLEAN_FUNC operator="{asked}">{_xml_operand(locator)}</BOOLEAN_FUNC>'
        case Comparison(relation, left, right):
            both = _xml_operand(left) + _xml_operand(right)
            inside = f'<RELATIONAL operator="{_RELATIONS[relation]}">{both}</RELATIONAL>'
        case Membership(operand, choices):
            listed = "".join(map(_xml_operand, choices))
            inside = f'<RELATIONAL operator="in">{_xml_operand(operand)}{listed}</RELATIONAL>'
        case Matching(operand, pattern):
            value = _xml_operand(Literal(pattern.text))
            inside = f'<RELATIONAL operator="match">{_xml_operand(operand)}{value}</RELATIONAL>'
        case _:
            raise AssertionError(predicate)
    actions = "".join(
        f'<ACTION when="{str(one.when).lower()}" action="{one.severity}">{escape(one.text)}</ACTION>'
        for one in predicate.actions
    )
    return f"<PREDICATE>{inside}{actions}</PREDICATE>"


def constraint_xml(inside: str) -> str:
    namespace = "http://xmlns.oracle.com/ord/dicom/constraint_1_0"
    return (
        f'<CONFORMANCE_CONSTRAINT_DEFINITION xmlns="{namespace}">{inside}</CONFORMANCE_CONSTRAINT_DEFINITION>'
    )

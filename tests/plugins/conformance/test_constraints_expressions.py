"""Expressions: what they mean, and what is said of those that mean nothing."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom_plugins.conformance.constraints.expressions import read_expression
from fileroom_plugins.conformance.constraints.locators import read_locator
from fileroom_plugins.conformance.constraints.model import (
    Being,
    Comparison,
    Connective,
    Joined,
    Literal,
    MacroCall,
    Membership,
    OfItems,
    Predicate,
    Quantifier,
    Range,
    Relation,
    RuleReference,
    State,
)
from fileroom_plugins.conformance.constraints.tokens import ExpressionError
from tests.plugins.conformance.constraint_cases import expression, predicates

ID, ROWS = read_locator("PatientID"), read_locator("Rows")
EXISTS = Predicate(Being(State.EXISTS, ID))


@given(predicates)
def test_what_an_expression_says_is_read_as_it_was_meant(predicate: Predicate) -> None:
    assert read_expression(expression(predicate)) == predicate


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PatientID exists", Being(State.EXISTS, ID)),
        ("(0010,0020) is not empty", Being(State.NOT_EMPTY, ID)),
        ("PatientID is empty", Joined(Connective.NOT, (Predicate(Being(State.NOT_EMPTY, ID)),))),
        ("PatientID is missing", Joined(Connective.NOT, (EXISTS,))),
        ("PatientID is not missing", Being(State.EXISTS, ID)),
        ("Rows in 1..512", Membership(ROWS, (Range(Literal("1"), Literal("512")),))),
        (
            "Rows in [..5, 7, 9..]",
            Membership(ROWS, (Range(None, Literal("5")), Literal("7"), Range(Literal("9"), None))),
        ),
        ("Rows not in [7]", Joined(Connective.NOT, (Predicate(Membership(ROWS, (Literal("7"),))),))),
        ("Rows >= -1.5", Comparison(Relation.GREATER_OR_EQUAL, ROWS, Literal("-1.5"))),
        ("5 < Rows", Comparison(Relation.LESS, Literal("5"), ROWS)),
        ("rule('Site CT')", RuleReference("Site CT")),
        ("coded(what = Rows, scheme='DCM')", MacroCall("coded", {"what": ROWS, "scheme": Literal("DCM")})),
        (
            "any item of ReferencedImageSequence has PatientID exists",
            OfItems(Quantifier.ANY, read_locator("ReferencedImageSequence"), EXISTS),
        ),
    ],
)
def test_each_test_means_what_the_language_says(text: str, expected: object) -> None:
    assert read_expression(text).test == expected


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("not Rows exists and PatientID exists", "(not Rows exists) and PatientID exists"),
        ("Rows exists or Rows == 1 and PatientID exists", "Rows exists or (Rows == 1 and PatientID exists)"),
        (
            "Rows == 1 or Rows == 2 implies PatientID exists",
            "(Rows == 1 or Rows == 2) implies PatientID exists",
        ),
        ("Rows == 1 implies Rows == 2 implies Rows == 3", "Rows == 1 implies (Rows == 2 implies Rows == 3)"),
    ],
)
def test_some_words_bind_more_than_others(text: str, grouped: str) -> None:
    assert read_expression(text) == read_expression(grouped)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected an attribute, and not the end, at column 1"),
        (
            "PatientID",
            "expected a comparison, 'exists', 'is', 'in' or 'matches', and not the end, at column 10",
        ),
        ("PatientID is 5", "two values are compared by '=='"),
        ("PatientID = '5'", "expected a comparison, .* and not '=', at column 11"),
        ("PatientId exists", "no attribute has the keyword 'PatientId', at column 1"),
        ("PatientID exists && Rows exists", "'&' at column 18: write 'and'"),
        (
            "PatientID exists Rows exists",
            "expected 'and', 'or', 'implies' or the end, and not 'Rows', at column 18",
        ),
        ("any item ReferencedImageSequence has Rows exists", "expected 'of' after 'item'"),
        ("(PatientID exists", r"expected '\)' here"),
        ("PatientID matches '['", "the pattern at column 19 is wrong: missing"),
        ("PatientID matches Rows", "expected a pattern in quotation marks at column 19"),
        ('PatientID == "x', "a string that does not end at column 14"),
        ("Rows in {1}", r"write a list in \[ \]"),
        ("Rows in []", "expected a value"),
        ("Rows in [1 2]", "or ',' after a value"),
        ("'x' exists", "only an attribute can exist"),
        ("count(5) == 1", "expected an attribute, and not '5', at column 7"),
        ("rule(Site)", "expected a rule's name in quotation marks at column 6"),
        ("coded(Rows)", "expected '=' after the parameter's name"),
        ("coded(a=Rows, a=Rows)", "'a' is given twice, at column 15"),
        ("Rows[0] == 1", "counted from 1"),
        ("PatientName#Nick == 'x'", "#Nick is no part of a name"),
        ("(" * 40 + "Rows exists" + ")" * 40, "nested deeper than"),
        ("not " * 3000 + "Rows exists", "at most 10,000 characters"),
        ("not " * 300 + "Rows exists", "nested deeper than"),
        ("x" * 20_000, "at most 10,000 characters"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_column(text: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message):
        read_expression(text)


WORDS = st.lists(
    st.sampled_from(
        [
            "PatientID",
            "Rows",
            "and",
            "or",
            "not",
            "implies",
            "(",
            ")",
            "[",
            "]",
            "in",
            "is",
            "empty",
            "exists",
            "==",
            "'x'",
            "5",
            "..",
            ",",
            "any",
            "item",
            "of",
            "has",
            "count",
            "rule",
            "m",
            "=",
            "matches",
            "/",
            "#Family",
            '"',
        ]
    ),
    max_size=12,
).map(" ".join)


@given(WORDS | st.text(max_size=30))
def test_whatever_somebody_writes_is_read_or_refused_by_one_error(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        read_expression(text)


def test_a_parameter_is_what_its_name_says_within_its_macro() -> None:
    names = frozenset(("code",))
    test = read_expression("code.CodeValue exists and count(code) == 1", names).test
    assert isinstance(test, Joined)
    read = [part.test for part in test.parts]
    assert read[0] == Being(State.EXISTS, read_locator("code.CodeValue", names))
    with pytest.raises(ExpressionError, match="no attribute has the keyword 'code'"):
        read_expression("code.CodeValue exists")

"""The vocabulary of constraint documents in XML: elements, what may stand in them, operators, severities.

Most of it is Oracle's (Oracle Multimedia DICOM 11.1 to 18c). Its schema's lists of operators are not
published: to take another word, add it here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fileroom_plugins.conformance.constraints.model import (
    Being,
    Comparison,
    Connective,
    Joined,
    Literal,
    Matching,
    Membership,
    Predicate,
    Quantifier,
    Range,
    Relation,
    State,
)
from fileroom_plugins.conformance.constraints.patterns import Pattern, PatternError
from fileroom_plugins.conformance.messages import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fileroom_plugins.conformance.constraints.locators import Locator
    from fileroom_plugins.conformance.constraints.model import Operand, Test

NAMESPACE = "http://xmlns.oracle.com/ord/dicom/constraint_1_0"
"""The namespace of the elements; a document without any is taken, too."""


class Shape(NamedTuple):
    """What may stand in an element.

    Attributes:
        children: names of elements.
        attributes: names of XML attributes.
        text: whether it may hold text.
    """

    children: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    text: bool = False


def _shape(children: str = "", attributes: str = "", *, text: bool = False) -> Shape:
    return Shape(frozenset(children.split()), frozenset(attributes.split()), text)


TESTS = "LOGICAL RELATIONAL BOOLEAN_FUNC INVOKE_MACRO GLOBAL_RULE_REF"
"""What a PREDICATE holds one of."""

_LOG = "DOCUMENT_MODIFIER DOCUMENT_MODIFICATION_DATE DOCUMENT_VERSION MODIFICATION_COMMENT BASE_DOCUMENT"
_LOG += " BASE_DOCUMENT_RELEASE_DATE BASE_DOCUMENT_DESCRIPTION"

SHAPES: Mapping[str, Shape] = {
    "CONFORMANCE_CONSTRAINT_DEFINITION": _shape(
        "DOCUMENT_HEADER EXTERNAL_RULE_INCLUDE EXTERNAL_MACRO_INCLUDE GLOBAL_RULE GLOBAL_MACRO"
    ),
    "DOCUMENT_HEADER": _shape("DOCUMENT_CHANGE_LOG"),
    "DOCUMENT_CHANGE_LOG": _shape(_LOG),
    **{name: _shape(text=True) for name in _LOG.split()},
    "EXTERNAL_RULE_INCLUDE": _shape("NAME DESCRIPTION", "name", text=True),
    "EXTERNAL_MACRO_INCLUDE": _shape("NAME DESCRIPTION", "name", text=True),
    "GLOBAL_RULE": _shape("NAME DESCRIPTION PREDICATE", "name"),
    "GLOBAL_MACRO": _shape("NAME DESCRIPTION PARAMETER_DECLARATION PREDICATE", "name"),
    "PARAMETER_DECLARATION": _shape("NAME DESCRIPTION", "name", text=True),
    "PREDICATE": _shape(f"DESCRIPTION ACTION {TESTS}"),
    "LOGICAL": _shape(f"ATTRIBUTE_TAG PREDICATE {TESTS}", "operator"),
    "RELATIONAL": _shape("ATTRIBUTE_TAG STRING_VALUE PARAMETER RANGE", "operator"),
    "BOOLEAN_FUNC": _shape("ATTRIBUTE_TAG PARAMETER", "operator"),
    "INVOKE_MACRO": _shape("MACRO_NAME PARAMETER", "name"),
    "GLOBAL_RULE_REF": _shape("NAME", "name", text=True),
    "ACTION": _shape("DESCRIPTION", "when action", text=True),
    "MACRO_NAME": _shape(text=True),
    "PARAMETER": _shape("NAME VALUE ATTRIBUTE_TAG STRING_VALUE", "name", text=True),
    "ATTRIBUTE_TAG": _shape(attributes="definer function", text=True),
    "STRING_VALUE": _shape(text=True),
    "RANGE": _shape(attributes="low high"),
    "NAME": _shape(text=True),
    "VALUE": _shape(text=True),
    "DESCRIPTION": _shape(text=True),
}

SEVERITIES: Mapping[str, Severity] = {
    "error": Severity.ERROR,
    "warning": Severity.WARNING,
    "warn": Severity.WARNING,
    "info": Severity.INFO,
    "log": Severity.INFO,
    "message": Severity.INFO,
}
"""The words of ``ACTION/@action``."""


class Operator(NamedTuple):
    """How a test is made of its operands.

    Attributes:
        make: makes it, of operands or of predicates.
        least: of how many at least.
        most: of how many at most, None for any number.
    """

    make: Callable[..., Test]
    least: int = 1
    most: int | None = None


def _joined(connective: Connective) -> Callable[..., Test]:
    return lambda *parts: Joined(connective, parts)


def _compared(relation: Relation) -> Callable[..., Test]:
    return lambda left, right: Comparison(relation, left, right)


def _member(operand: Operand, *choices: Literal | Range | Locator) -> Test:
    return Membership(operand, choices)


def _between(operand: Operand, low: Literal, high: Literal) -> Test:
    return Membership(operand, (Range(low, high),))


def _matching(operand: Operand, pattern: Operand) -> Test:
    if not isinstance(pattern, Literal):
        raise PatternError("a pattern stands in STRING_VALUE, and takes no parameter")
    return Matching(operand, Pattern(pattern.text))


def _state(state: State, *, negated: bool = False) -> Callable[..., Test]:
    if negated:
        return lambda locator: Joined(Connective.NOT, (Predicate(Being(state, locator)),))
    return lambda locator: Being(state, locator)


def _named(operator: Operator, *names: str) -> dict[str, Operator]:
    return dict.fromkeys(names, operator)


OPERATORS: Mapping[str, Mapping[str, Operator]] = {
    "LOGICAL": {
        "and": Operator(_joined(Connective.AND)),
        "or": Operator(_joined(Connective.OR)),
        "not": Operator(_joined(Connective.NOT), 1, 1),
        **_named(Operator(_joined(Connective.IMPLIES), 2, 2), "derive", "implies"),
    },
    "RELATIONAL": {
        **_named(Operator(_compared(Relation.EQUAL), 2, 2), "eq", "equal", "equals"),
        **_named(Operator(_compared(Relation.DIFFERENT), 2, 2), "ne", "notequal"),
        **_named(Operator(_compared(Relation.LESS), 2, 2), "lt", "lessthan"),
        **_named(Operator(_compared(Relation.LESS_OR_EQUAL), 2, 2), "le", "lessthanorequal"),
        **_named(Operator(_compared(Relation.GREATER), 2, 2), "gt", "greaterthan"),
        **_named(Operator(_compared(Relation.GREATER_OR_EQUAL), 2, 2), "ge", "greaterthanorequal"),
        "in": Operator(_member, 2),
        "between": Operator(_between, 3, 3),
        **_named(Operator(_matching, 2, 2), "match", "matches"),
    },
    "BOOLEAN_FUNC": {
        **_named(Operator(_state(State.EXISTS), 1, 1), "occurs", "exists"),
        **_named(Operator(_state(State.EXISTS, negated=True), 1, 1), "notoccurs", "notexists"),
        "notempty": Operator(_state(State.NOT_EMPTY), 1, 1),
        "empty": Operator(_state(State.NOT_EMPTY, negated=True), 1, 1),
    },
}
"""Element to its operators, in lower case: case plays no part."""

QUANTIFIERS: Mapping[str, Quantifier] = {
    "any": Quantifier.ANY,
    "all": Quantifier.EVERY,
    "every": Quantifier.EVERY,
}
"""Operators of LOGICAL that are about the items of the sequence in ATTRIBUTE_TAG."""

"""Conditions of PS3.3 as our tables write them: one line each.

A condition is an expression in Python's syntax, of which this is understood::

    PixelSpacing                                 is there and has a value
    PhotometricInterpretation == "RGB"           its first value; also != < <= > >=
    Modality in ("CT", "MR")                     its first value is one of these; also not in
    ImageType[3] == "LOCALIZER"                  its third value: values are counted from 1, as in the standard
    "LOCALIZER" in ImageType                     one of its values
    not … , … and … , … or … , ( … )

A name is an attribute's keyword: of the item where the condition is asked, or of the next level around it that
has the attribute. A comparison with an attribute that has no such value is false, whatever it compares.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from pydicom.datadict import tag_for_keyword

from fileroom_plugins.conformance.values.numbers import values_of

if TYPE_CHECKING:
    from fileroom_plugins.conformance.reading.elements import Element, Level
    from fileroom_plugins.conformance.values.numbers import Value

Condition: TypeAlias = "Callable[[Level], bool]"
"""Whether something holds at a level."""

_OPERATORS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda value, known: value in known,
    ast.NotIn: lambda value, known: value not in known,
}


def condition(text: str) -> Condition:
    """Return what a text means.

    Raises:
        ValueError: it is no condition; says why.
    """
    try:
        return _compile(ast.parse(text.strip(), mode="eval").body)
    except SyntaxError as error:
        raise ValueError(f"no condition: {text}") from error


def find(level: Level, tag: int) -> tuple[Element, Level] | None:
    """Return an attribute that has a value, of a level or of the next one around it that has it."""
    place: Level | None = level
    while place is not None:
        element = place.elements.get(tag)
        if element is not None:
            return None if element.is_empty else (element, place)
        place = place.parent
    return None


def _compile(node: ast.expr) -> Condition:
    if isinstance(node, ast.BoolOp):
        parts = [_compile(one) for one in node.values]
        if isinstance(node.op, ast.And):
            return lambda level: all(part(level) for part in parts)
        return lambda level: any(part(level) for part in parts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = _compile(node.operand)
        return lambda level: not inner(level)
    if isinstance(node, ast.Name):
        tag = _tag(node)
        return lambda level: find(level, tag) is not None
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _comparison(node.left, node.ops[0], node.comparators[0])
    raise ValueError(f"no condition: {ast.unparse(node)}")


def _comparison(left: ast.expr, op: ast.cmpop, right: ast.expr) -> Condition:
    if isinstance(op, ast.In) and isinstance(left, ast.Constant):
        wanted, among = left.value, _tag(right)
        return lambda level: wanted in _values(level, among)
    position = 0
    if isinstance(left, ast.Subscript):
        position = int(ast.literal_eval(left.slice)) - 1
        left = left.value
    tag, constant, holds = _tag(left), ast.literal_eval(right), _OPERATORS[type(op)]

    def compare(level: Level) -> bool:
        values = _values(level, tag)
        try:
            return len(values) > position and holds(values[position], constant)
        except TypeError:
            return False  # a text where a number is expected: the VR is wrong

    return compare


def _values(level: Level, tag: int) -> tuple[Value, ...]:
    found = find(level, tag)
    return values_of(*found) if found else ()


def _tag(node: ast.expr) -> int:
    tag = tag_for_keyword(node.id) if isinstance(node, ast.Name) else None
    if tag is None:
        raise ValueError(f"no attribute: {ast.unparse(node)}")
    return tag

"""Conditions of PS3.3 as our tables write them: one line each.

A condition is an expression in Python's syntax, of which this is understood::

    PixelSpacing                                 is there and has a value
    PhotometricInterpretation == "RGB"           its first value; also != < <= > >=
    Modality in ("CT", "MR")                     its first value is one of these; also not in
    ImageType[3] == "LOCALIZER"                  its third value: the standard counts from 1
    "LOCALIZER" in ImageType                     one of its values
    not … , … and … , … or … , ( … )

A name is an attribute's keyword: of the item where the condition is asked, or with ``root.`` before it of
the data set. A comparison with an attribute that has no such value is false, whatever it compares.
"""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any, TypeAlias

from pydicom.datadict import tag_for_keyword

from fileroom_plugins.conformance.values.numbers import values_of

if TYPE_CHECKING:
    from collections.abc import Callable

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
        return _compile(ast.parse(f"({text})", mode="eval").body)
    except SyntaxError as error:
        raise ValueError(f"no condition: {text}") from error


def _compile(node: ast.expr) -> Condition:
    if isinstance(node, ast.BoolOp):
        parts = [_compile(one) for one in node.values]
        if isinstance(node.op, ast.And):
            return lambda level: all(part(level) for part in parts)
        return lambda level: any(part(level) for part in parts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = _compile(node.operand)
        return lambda level: not inner(level)
    if isinstance(node, ast.Name | ast.Attribute):
        find = _finder(node)
        return lambda level: find(level) is not None
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _comparison(node.left, node.ops[0], node.comparators[0])
    raise ValueError(f"no condition: {ast.unparse(node)}")


def _comparison(left: ast.expr, op: ast.cmpop, right: ast.expr) -> Condition:
    if isinstance(op, ast.In) and isinstance(left, ast.Constant):
        wanted, among = left.value, _finder(right)
        return lambda level: wanted in _values(among(level), level)
    position = 0
    if isinstance(left, ast.Subscript):
        position = int(ast.literal_eval(left.slice)) - 1
        left = left.value
    find, constant, holds = _finder(left), ast.literal_eval(right), _OPERATORS[type(op)]

    def compare(level: Level) -> bool:
        values = _values(find(level), level)
        try:
            return len(values) > position and holds(values[position], constant)
        except TypeError:
            return False  # a text where a number is expected: the VR is wrong

    return compare


def _values(element: Element | None, level: Level) -> tuple[Value, ...]:
    return values_of(element, level) if element is not None else ()


def _finder(node: ast.expr) -> Callable[[Level], Element | None]:
    """Return what finds an attribute that has a value."""
    of_root = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "root"
    keyword = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    tag = tag_for_keyword(keyword)
    if tag is None or (isinstance(node, ast.Attribute) and not of_root):
        raise ValueError(f"no attribute: {ast.unparse(node)}")

    def find(level: Level) -> Element | None:
        element = (level.root if of_root else level).elements.get(tag)
        return None if element is None or element.is_empty else element

    return find

"""What tests read themselves, and whether what they compare it with makes sense; without an object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom_plugins.conformance.constraints.locators import Locator, LocatorError
from fileroom_plugins.conformance.constraints.model import (
    Being,
    Call,
    Comparison,
    Joined,
    Literal,
    MacroCall,
    Matching,
    Membership,
    OfItems,
    Range,
)
from fileroom_plugins.conformance.constraints.values import Kind, comparable, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom_plugins.conformance.constraints.model import Operand, Predicate, Test


def operands_of(test: Test) -> Iterator[Operand]:
    """Yield what a test reads itself, aside from the predicates in it, the arguments of a call included."""
    match test:
        case Being(_, locator):
            yield locator
        case Comparison(_, left, right):
            yield left
            yield right
        case Membership(operand, choices):
            yield operand
            yield from (choice for choice in choices if not isinstance(choice, Range))
        case Matching(operand, _):
            yield operand
        case OfItems(_, sequence, _):
            yield sequence
        case MacroCall(_, arguments):
            yield from arguments.values()


def parts_of(test: Test) -> tuple[Predicate, ...]:
    """Return the predicates within a test."""
    match test:
        case Joined(_, parts):
            return parts
        case OfItems(_, _, part):
            return (part,)
    return ()


def check(predicate: Predicate) -> None:
    """Make sure that standard attributes are compared with values that they can have.

    Raises:
        LocatorError: one is not; the line is in the attribute ``line``.
    """
    try:
        _check(predicate.test)
    except LocatorError as error:
        error.line = predicate.line
        raise
    for part in parts_of(predicate.test):
        check(part)


def _check(test: Test) -> None:
    match test:
        case Comparison(_, left, right):
            _check_literals(left, [right])
            _check_literals(right, [left])
        case Membership(operand, choices):
            ends = [
                end for choice in choices if isinstance(choice, Range) for end in (choice.low, choice.high)
            ]
            _check_literals(operand, [*(one for one in choices if isinstance(one, Literal)), *ends])
        case OfItems(_, sequence, _) if (vr := _vr(sequence)) not in ("", "SQ"):
            raise LocatorError(f"{sequence} is no sequence: it has no items (its VR is {vr})")


def _check_literals(operand: Operand, others: list[Operand] | list[Literal | None]) -> None:
    kind = _kind(operand)
    if kind is None:
        return
    if kind is Kind.NONE:
        raise LocatorError(
            f"{operand} has no values that can be compared: compare count({operand}), or its items"
        )
    for other in others:
        if isinstance(other, Literal) and comparable(other.text, kind) is None:
            raise LocatorError(f"{other.text!r} is no value of {_shown(operand)}: expected {kind.value}")


def _shown(operand: Operand) -> str:
    return f"{operand.function}({operand.locator})" if isinstance(operand, Call) else str(operand)


def _kind(operand: Operand) -> Kind | None:
    if isinstance(operand, Call):
        return Kind.NUMBER if operand.function == "count" else None
    vr = _vr(operand) if isinstance(operand, Locator) else ""
    return kind_of(vr) if vr else None


def _vr(locator: Locator) -> str:
    """Return the VR that the dictionary has; empty where that does not tell."""
    from pydicom.datadict import dictionary_VR  # noqa: PLC0415 - heavy: when needed

    if not locator.steps or locator.steps[-1].definer:
        return ""
    try:
        return dictionary_VR(locator.steps[-1].tag)
    except KeyError:
        return ""

"""Which attributes rules read, and whether what they compare them with makes sense; without an object."""

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
    RuleReference,
)
from fileroom_plugins.conformance.constraints.values import Kind, comparable, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fileroom_plugins.conformance.constraints.loading import RuleBook
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


def attributes_read(book: RuleBook, rule: str = "") -> tuple[Locator, ...]:
    """Return the attributes that the rules of a document may read, in order of their tags.

    What they read of the items of a sequence is told by the way through it. Where a macro calls itself for
    what lies deeper, the way is told as far as the first call goes.

    Args:
        book: the document's rules, and those they refer to.
        rule: one of its rules; empty for all of them.

    Raises:
        DocumentError: there is no such rule, or one refers to what is not there.
    """
    found: dict[Locator, None] = {}
    for name in [rule] if rule else list(book.constraints.rules):
        _collect_rule(book, name, found, set())
    return tuple(sorted(found, key=lambda one: (one.steps, str(one))))


def _collect_rule(book: RuleBook, name: str, found: dict[Locator, None], seen: set[str]) -> None:
    if name not in seen:
        seen.add(name)
        _, rule = book.rule(name, 0)
        _Collector(book, found, seen).collect(rule.predicate, Locator(()), {}, ())


class _Collector:
    def __init__(self, book: RuleBook, found: dict[Locator, None], seen: set[str]) -> None:
        self._book = book
        self._found = found
        self._seen = seen

    def collect(
        self, predicate: Predicate, above: Locator, bindings: Mapping[str, Operand], calls: tuple[str, ...]
    ) -> None:
        """Note what a predicate reads.

        Args:
            predicate: it.
            above: the way to the items that it looks at.
            bindings: what the parameters stand for, from the whole object.
            calls: the macros that are being called.
        """
        test = predicate.test
        read = [_placed(operand, above, bindings) for operand in operands_of(test)]
        if isinstance(test, MacroCall):
            if test.name not in calls:
                macro = self._book.macro(test.name, predicate.line)
                inner = dict(zip(test.arguments, read, strict=True))
                self.collect(macro.predicate, above, inner, (*calls, test.name))
            return
        if isinstance(test, RuleReference):
            _collect_rule(self._book, test.name, self._found, self._seen)
        for operand in read:
            locator = operand.locator if isinstance(operand, Call) else operand
            if isinstance(locator, Locator) and locator.steps:
                self._found.setdefault(locator)
        if isinstance(test, OfItems) and isinstance(read[0], Locator):
            above = read[0]
        for part in parts_of(test):
            self.collect(part, above, bindings, calls)


def _placed(operand: Operand, above: Locator, bindings: Mapping[str, Operand]) -> Operand:
    """Return an operand as it is from the whole object, parameters replaced by what they stand for."""
    if isinstance(operand, Literal):
        return operand
    if isinstance(operand, Call):
        placed = _placed(operand.locator, above, bindings)
        return Call(operand.function, placed) if isinstance(placed, Locator) else placed
    if not operand.parameter:
        start = () if operand.absolute else above.steps
        return Locator((*start, *operand.steps), operand.component)
    bound = bindings.get(operand.parameter, Literal(""))
    if not isinstance(bound, Locator):
        return bound
    return Locator((*bound.steps, *operand.steps), operand.component or bound.component)

"""What rules may read and say, with all that they refer to; without an object."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fileroom.plugin import DocumentError, DocumentRule
from fileroom_plugins.conformance.constraints.attributes import operands_of, parts_of
from fileroom_plugins.conformance.constraints.loading import RuleBook
from fileroom_plugins.conformance.constraints.locators import Locator
from fileroom_plugins.conformance.constraints.model import (
    Call,
    Connective,
    Joined,
    Literal,
    MacroCall,
    OfItems,
    Quantifier,
    RuleReference,
)
from fileroom_plugins.conformance.messages import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from fileroom.plugin import Document
    from fileroom_plugins.conformance.constraints.model import Operand, Predicate

MOST_STEPS = 200_000
"""Predicates that are looked at in one document; macros that call others twice would come to any number."""


@dataclass(slots=True)
class Reach:
    """How far a rule goes.

    Attributes:
        attributes: what it may read, whatever the object, in the order of the document.
        severities: of what it may say.
    """

    attributes: dict[Locator, None] = field(default_factory=dict)
    severities: set[Severity] = field(default_factory=set)


def attributes_read(book: RuleBook, rule: str = "") -> tuple[Locator, ...]:
    """Return the attributes that the rules of a document may read, in order of their tags.

    What they read of the items of a sequence is told by the way through it. Where a macro calls itself for
    what lies deeper, the way is told as far as the first call goes.

    Args:
        book: the document's rules, and those they refer to.
        rule: one of its rules; empty for all of them.

    Raises:
        DocumentError: there is no such rule, one refers to what is not there, or there is too much to it.
    """
    steps = iter(range(MOST_STEPS))
    names = [rule] if rule else list(book.constraints.rules)
    return _ordered({locator for name in names for locator in _reach(book, name, steps).attributes})


def rules_of(document: Document) -> list[DocumentRule]:
    """Return the rules of a document as `fileroom.plugin.DocumentKind.rules` does."""
    book = RuleBook.of(document)
    steps = iter(range(MOST_STEPS))
    rules = book.constraints.rules.values()
    return [_told(rule.name, rule.description, _reach(book, rule.name, steps)) for rule in rules]


def _told(name: str, description: str, reach: Reach) -> DocumentRule:
    attributes = dict.fromkeys(map(str, _ordered(reach.attributes)))
    worst = next(severity for severity in Severity if severity in reach.severities)
    return DocumentRule(name, str(worst), tuple(attributes), description)


def _ordered(found: Collection[Locator]) -> tuple[Locator, ...]:
    return tuple(sorted(found, key=lambda one: (one.steps, str(one))))


def _reach(book: RuleBook, name: str, steps: Iterator[object]) -> Reach:
    """Return how far a rule goes; each predicate on the way takes a step. Errors as for `attributes_read`."""
    walk = _Walk(book, steps)
    try:
        walk.rule(name)
    except RecursionError as error:
        raise DocumentError(f"the rule {name!r} refers to others too deeply", book.name) from error
    return walk.reach


class _Walk:
    """Goes through a rule and all that it refers to, and notes what they read and say."""

    def __init__(self, book: RuleBook, steps: Iterator[object]) -> None:
        self.reach = Reach()
        self._book = book
        self._steps = steps
        self._seen: set[str] = set()

    def rule(self, name: str) -> None:
        if name in self._seen:
            return
        self._seen.add(name)
        _, rule = self._book.rule(name)
        if not self._speaks(rule.predicate, ()):
            self.reach.severities.add(Severity.ERROR)  # as what is said in its place
        self.predicate(rule.predicate, Locator(()), {}, ())

    def predicate(
        self, predicate: Predicate, above: Locator, bindings: Mapping[str, Operand], calls: tuple[str, ...]
    ) -> None:
        """Note what a predicate reads and says.

        Args:
            predicate: the predicate.
            above: the way to the items that it looks at.
            bindings: what the parameters stand for, from the whole object.
            calls: the macros that are being called.
        """
        self._step()
        self.reach.severities.update(action.severity for action in predicate.actions)
        test = predicate.test
        read = [_placed(operand, above, bindings) for operand in operands_of(test)]
        if isinstance(test, MacroCall):
            if test.name not in calls:
                macro = self._book.macro(test.name, predicate.line)
                inner = dict(zip(test.arguments, read, strict=True))
                self.predicate(macro.predicate, above, inner, (*calls, test.name))
            return
        if isinstance(test, RuleReference):
            self.rule(test.name)
        for operand in read:
            locator = operand.locator if isinstance(operand, Call) else operand
            if isinstance(locator, Locator) and locator.steps:
                self.reach.attributes.setdefault(locator)
        if isinstance(test, OfItems) and isinstance(read[0], Locator):
            above = read[0]
        for part in parts_of(test):
            self.predicate(part, above, bindings, calls)

    def _speaks(self, predicate: Predicate, calls: tuple[str, ...]) -> bool:
        """Say whether something is said each time that a predicate does not hold."""
        self._step()
        speaks = any(not action.when for action in predicate.actions)
        match predicate.test:
            case _ if speaks:
                pass
            case Joined(Connective.AND, parts):
                speaks = all(self._speaks(part, calls) for part in parts)
            case Joined(Connective.OR, parts):
                speaks = any(self._speaks(part, calls) for part in parts)
            case Joined(Connective.IMPLIES, (_, part)) | OfItems(Quantifier.EVERY, _, part):
                speaks = self._speaks(part, calls)
            case RuleReference():
                speaks = True
            case MacroCall(name, _):
                macro = self._book.macro(name, predicate.line)
                speaks = name in calls or self._speaks(macro.predicate, (*calls, name))
        return speaks

    def _step(self) -> None:
        if next(self._steps, None) is None:
            raise DocumentError("its rules come to too much for a list of what they read", self._book.name)


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

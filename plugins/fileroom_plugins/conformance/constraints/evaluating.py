"""Whether an object keeps rules, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.plugin import DocumentError
from fileroom_plugins.conformance.constraints.leaves import Focus, Leaves, focus_on
from fileroom_plugins.conformance.constraints.model import (
    Connective,
    Joined,
    MacroCall,
    OfItems,
    Quantifier,
    RuleReference,
)
from fileroom_plugins.conformance.constraints.places import NotAnAttributeError, Scope
from fileroom_plugins.conformance.messages import Message, Severity

if TYPE_CHECKING:
    from pydicom import Dataset

    from fileroom_plugins.conformance.constraints.leaves import Answer
    from fileroom_plugins.conformance.constraints.loading import RuleBook
    from fileroom_plugins.conformance.constraints.model import Predicate, Rule

MOST_STEPS = 1_000_000
"""Predicates, values and characters that the rules of a document may look at in one object."""

DEEPEST = 120
"""How deep predicates may be nested when an object is looked at, calls included."""


class Evaluation:
    """Rules of one document on one object.

    Args:
        book: the document's rules, and those they refer to.
        dataset: the object.

    Attributes:
        messages: what was said, each once, in order.
    """

    def __init__(self, book: RuleBook, dataset: Dataset) -> None:
        self._book = book
        self._root = Scope.of(dataset)
        self._leaves = Leaves(self._spend)
        self._steps = 0
        self._depth = 0
        self._failed = 0
        self._rule = ("", "")
        self._known: dict[str, Answer] = {}
        self._said: dict[Message, None] = {}

    @property
    def messages(self) -> list[Message]:
        """What was said, each once, in order."""
        return list(self._said)

    def keeps(self, name: str) -> bool:
        """Say whether the object keeps a rule of the document.

        Raises:
            DocumentError: there is no such rule, or it does not come to an end.
        """
        return self._refer(name, 0)[0]

    def _refer(self, name: str, line: int) -> Answer:
        if name in self._known:
            return self._known[name]
        document, rule = self._book.rule(name, line)
        caller, self._rule = self._rule, (document, rule.name)
        said = self._failed
        answer = self._holds(rule.predicate, self._root)
        if not answer[0] and self._failed == said:
            self._say(Severity.ERROR, _what_is_not_so(rule), answer[1])
            self._failed += 1
        self._rule = caller
        self._known[name] = answer
        return answer

    def _holds(self, predicate: Predicate, scope: Scope) -> Answer:
        self._spend(1)
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._error(
                f"goes on for ever: its predicates are nested more than {DEEPEST} deep", predicate.line
            )
        try:
            answer = self._tested(predicate, scope)
        except NotAnAttributeError as error:
            message = f"the parameter {str(error)!r} is used as an attribute, and was given a value"
            raise self._error(message, predicate.line) from error
        self._depth -= 1
        for action in predicate.actions:
            if action.when is answer[0]:
                self._failed += not action.when
                self._say(action.severity, action.text, answer[1])
        return answer

    def _tested(self, predicate: Predicate, scope: Scope) -> Answer:
        match predicate.test:
            case Joined() as test:
                answer = self._joined(test, scope)
            case OfItems() as test:
                answer = self._of_items(test, scope)
            case MacroCall() as test:
                macro = self._book.macro(test.name, predicate.line)
                answer = self._holds(macro.predicate, scope.calling(test.arguments))
            case RuleReference(name):
                answer = self._refer(name, predicate.line)
            case _ as test:
                answer = self._leaves.answer(test, scope)
        return answer

    def _joined(self, test: Joined, scope: Scope) -> Answer:
        """Ask all parts of an AND, for their messages; else only those that can make a difference."""
        connective, parts = test.connective, test.parts
        if connective is Connective.NOT:
            value, focus = self._holds(parts[0], scope)
            return not value, focus
        if connective is Connective.IMPLIES:
            value, focus = self._holds(parts[0], scope)
            return self._holds(parts[1], scope) if value else (True, focus)
        decided: Answer | None = None
        first: Answer | None = None
        for part in parts:
            answer = self._holds(part, scope)
            first = first or answer
            if answer[0] is (connective is Connective.OR):
                decided = decided or answer
                if connective is Connective.OR:
                    break
        return decided or (connective is Connective.AND, first[1] if first else Focus())

    def _of_items(self, test: OfItems, scope: Scope) -> Answer:
        anyone = test.quantifier is Quantifier.ANY
        found = self._leaves.places(test.sequence, scope)
        decided: Answer | None = None
        for place in found:
            for item in place.items():
                answer = self._holds(test.part, item)
                if answer[0] is anyone:
                    decided = decided or answer
                    if anyone:
                        return answer
        return decided or (not anyone, focus_on(found[0]) if found else Focus())

    def _say(self, severity: Severity, text: str, focus: Focus) -> None:
        text = text.replace("{attribute}", focus.attribute or "it")
        name = "/".join(part for part in self._rule if part)
        self._said.setdefault(Message(focus.path, severity, name, text, focus.attribute))

    def _spend(self, steps: int) -> None:
        self._steps += steps
        if self._steps > MOST_STEPS:
            raise self._error(f"takes more than {MOST_STEPS:,} steps on one object", 0)

    def _error(self, what: str, line: int) -> DocumentError:
        document, rule = self._rule
        return DocumentError(f"the rule {rule!r} {what}", document or self._book.name, line)


def _what_is_not_so(rule: Rule) -> str:
    return f"not so: {rule.description}" if rule.description else "the rule is not kept"

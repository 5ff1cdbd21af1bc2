"""Whether an object keeps rules, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from fileroom.plugin import DocumentError
from fileroom_plugins.conformance.constraints.leaves import Focus, Leaves, focus_on
from fileroom_plugins.conformance.constraints.model import (
    Action,
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
    from collections.abc import Iterator

    from pydicom import Dataset

    from fileroom_plugins.conformance.constraints.leaves import Answer
    from fileroom_plugins.conformance.constraints.loading import RuleBook
    from fileroom_plugins.conformance.constraints.model import Predicate, Rule
    from fileroom_plugins.conformance.reading.dictionary import DataDictionary

MOST_STEPS = 500_000
"""The steps that a document's rules may take on one object: predicates, values and characters."""

DEEPEST = 120
"""How deep predicates may be nested when an object is looked at, calls included."""


class _Said(NamedTuple):
    """One message, and whether it was said because a predicate failed."""

    message: Message
    failed: bool


class Evaluation:
    """Rules of one document on one object.

    Args:
        book: the document's rules, and those they refer to.
        dataset: the object.
        dictionary: which attributes and UIDs there are.
    """

    def __init__(self, book: RuleBook, dataset: Dataset, dictionary: DataDictionary) -> None:
        self._book = book
        self._root = Scope.of(dataset, dictionary)
        self._leaves = Leaves(self._spend)
        self._steps = 0
        self._depth = 0
        self._rule = ("", "")
        self._known: dict[str, tuple[Answer, list[_Said]]] = {}
        self._said: list[_Said] = []

    @property
    def messages(self) -> list[Message]:
        """What was said, each once, in order."""
        return list(dict.fromkeys(one.message for one in self._said))

    def keeps(self, name: str) -> bool:
        """Say whether the object keeps a rule of the document.

        Raises:
            DocumentError: there is no such rule, or it does not come to an end.
        """
        return self._refer(name, 0)[0]

    def _refer(self, name: str, line: int) -> Answer:
        if name in self._known:
            answer, again = self._known[name]
            self._spend(len(again))
            self._said += again
            return answer
        document, rule = self._book.rule(name, line)
        caller, self._rule = self._rule, (document, rule.name)
        mark = len(self._said)
        answer = self._holds(rule.predicate, self._root)
        if not answer[0]:
            self._say(Action(False, Severity.ERROR, _what_is_not_so(rule), fallback=True), mark, answer[1])
        self._rule = caller
        # Each once: rules that refer twice to the next say twice as much with each, were it all kept.
        self._spend(len(self._said) - mark)
        self._said[mark:] = dict.fromkeys(self._said[mark:])
        self._known[name] = answer, self._said[mark:]
        return answer

    def _holds(self, predicate: Predicate, scope: Scope) -> Answer:
        self._spend(1)
        mark = len(self._said)
        self._depth += 1
        if self._depth > DEEPEST:
            what = f"goes on for ever: its predicates are nested more than {DEEPEST} deep"
            raise self._error(what, predicate.line)
        try:
            answer = self._tested(predicate, scope)
        except NotAnAttributeError as error:
            message = f"the parameter {str(error)!r} is used as an attribute, and was given a value"
            raise self._error(message, predicate.line) from error
        self._depth -= 1
        for action in predicate.actions:
            if action.when is answer[0]:
                self._say(action, mark, answer[1])
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
        mark = len(self._said)
        match test.connective:
            case Connective.NOT:
                value, focus = self._holds(test.parts[0], scope)
                self._unsay(mark)
                return not value, focus
            case Connective.IMPLIES:
                value, focus = self._holds(test.parts[0], scope)
                self._unsay(mark)
                return self._holds(test.parts[1], scope) if value else (True, focus)
            case Connective.AND:
                answers = [self._holds(part, scope) for part in test.parts]
                return next((answer for answer in answers if not answer[0]), answers[0])
            case Connective.OR:
                return self._any((self._holds(part, scope) for part in test.parts), mark) or (False, Focus())

    def _of_items(self, test: OfItems, scope: Scope) -> Answer:
        mark = len(self._said)
        found = self._leaves.places(test.sequence, scope)
        # A sequence that was an argument leads into the scope of who gave it.
        items = (replace(item, bindings=scope.bindings) for place in found for item in place.items())
        answers = (self._holds(test.part, item) for item in items)
        itself = focus_on(found[0]) if found else Focus()
        if test.quantifier is Quantifier.ANY:
            return self._any(answers, mark) or (False, itself)
        failed = [answer for answer in answers if not answer[0]]
        return failed[0] if failed else (True, itself)

    def _any(self, answers: Iterator[Answer], mark: int) -> Answer | None:
        """Return the first answer that is yes, or else the first; None for none."""
        first: Answer | None = None
        for answer in answers:
            if answer[0]:
                self._unsay(mark)
                return answer
            first = first or answer
        return first

    def _say(self, action: Action, mark: int, focus: Focus) -> None:
        """Say something, unless it is a mere fallback, and enough has been said since a mark."""
        if action.fallback and any(one.failed for one in self._said[mark:]):
            return
        text = action.text.replace("{attribute}", focus.attribute or "it")
        name = "/".join(part for part in self._rule if part)
        message = Message(focus.path, action.severity, name, text, focus.attribute)
        self._said.append(_Said(message, not action.when))

    def _unsay(self, mark: int) -> None:
        """Take back what was said, since a mark, of predicates that failed and need not hold after all."""
        self._said[mark:] = [one for one in self._said[mark:] if not one.failed]

    def _spend(self, steps: int) -> None:
        self._steps += steps
        if self._steps > MOST_STEPS:
            raise self._error(f"takes more than {MOST_STEPS:,} steps on one object", 0)

    def _error(self, what: str, line: int) -> DocumentError:
        document, rule = self._rule
        return DocumentError(f"the rule {rule!r} {what}", document or self._book.name, line)


def _what_is_not_so(rule: Rule) -> str:
    return f"not so: {rule.description}" if rule.description else "the rule is not kept"

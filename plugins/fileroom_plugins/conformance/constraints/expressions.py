"""Expressions: predicates as people write them in a TOML document.

From what binds least to what binds most::

    A implies B        where A holds, B does, too
    A or B    A and B    not A    (A)
    any item of SEQUENCE has A    every item of SEQUENCE has A
    X exists    X is missing    X is empty    X is not empty
    X == Y    X != Y    X < Y    X <= Y    X > Y    X >= Y
    X in [Y, Y, 1..5, "20200101"..]    X in 1..5    X not in [Y]
    X matches "pattern"    X not matches "pattern"
    rule("name")    macro(parameter=X)

X is an attribute (`fileroom_plugins.conformance.constraints.locators`), a parameter, ``count(attribute)``,
``vr(attribute)`` or ``uid_type(attribute)``; Y is one of these or a value. A tag is written ``(0010,0020)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from fileroom_plugins.conformance.constraints.locators import Locator, LocatorError, read_locator
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
from fileroom_plugins.conformance.constraints.patterns import Pattern, PatternError
from fileroom_plugins.conformance.constraints.tokens import ExpressionError, tokens

if TYPE_CHECKING:
    from fileroom_plugins.conformance.constraints.model import Operand, Test
    from fileroom_plugins.conformance.constraints.tokens import Token

DEEPEST = 32
"""How deep an expression may be nested."""

_RELATIONS = frozenset(Relation)


def read_expression(text: str, parameters: frozenset[str] = frozenset(), line: int = 0) -> Predicate:
    """Read an expression.

    Args:
        text: as the module's description has it.
        parameters: names that stand for a macro's parameters.
        line: where it stands in its document.

    Raises:
        ExpressionError: it cannot be read; the message says in which column.
    """
    return _Parser(text, parameters, line).read()


class _Parser:
    def __init__(self, text: str, parameters: frozenset[str], line: int) -> None:
        self._tokens = list(tokens(text))
        self._parameters = parameters
        self._line = line
        self._at = 0
        self._depth = 0

    def read(self) -> Predicate:
        predicate = self._implies()
        if self._next.kind != "end":
            self._expected("'and', 'or', 'implies' or the end")
        return predicate

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += token.kind != "end"
        return token

    def _took(self, text: str) -> bool:
        """Go on if what comes next is a certain word or sign."""
        if self._next.kind in ("word", "sign") and self._next.text == text:
            self._at += 1
            return True
        return False

    def _must(self, text: str, where: str) -> None:
        if not self._took(text):
            self._expected(f"{text!r} {where}")

    def _expected(self, what: str) -> NoReturn:
        raise ExpressionError(f"expected {what}, and not {self._next}, at column {self._next.column}")

    def _predicate(self, test: Test) -> Predicate:
        return Predicate(test, (), self._line)

    def _implies(self) -> Predicate:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExpressionError(f"nested deeper than {DEEPEST}: write a macro for a part of it")
        left = self._either()
        if self._took("implies"):
            left = self._predicate(Joined(Connective.IMPLIES, (left, self._implies())))
        self._depth -= 1
        return left

    def _either(self) -> Predicate:
        parts = [self._both()]
        while self._took("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else self._predicate(Joined(Connective.OR, tuple(parts)))

    def _both(self) -> Predicate:
        parts = [self._single()]
        while self._took("and"):
            parts.append(self._single())
        return parts[0] if len(parts) == 1 else self._predicate(Joined(Connective.AND, tuple(parts)))

    def _single(self) -> Predicate:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExpressionError(f"nested deeper than {DEEPEST}: write a macro for a part of it")
        predicate = self._primary()
        self._depth -= 1
        return predicate

    def _primary(self) -> Predicate:
        if self._took("not"):
            return self._predicate(Joined(Connective.NOT, (self._single(),)))
        for quantifier in Quantifier:
            if self._took(quantifier):
                return self._of_items(quantifier)
        if self._took("rule"):
            self._must("(", "after 'rule'")
            name = self._take()
            if name.kind != "string":
                raise ExpressionError(f"expected a rule's name in quotation marks at column {name.column}")
            self._must(")", "after the rule's name")
            return self._predicate(RuleReference(name.text))
        if self._took("("):
            inner = self._implies()
            self._must(")", "here, or 'and', 'or', 'implies'")
            return inner
        if self._next.kind == "attribute" and self._tokens[self._at + 1].text == "(":
            return self._call()
        return self._test(self._operand())

    def _of_items(self, quantifier: Quantifier) -> Predicate:
        self._must("item", f"after '{quantifier}'")
        self._must("of", "after 'item'")
        sequence = self._locator()
        self._must("has", "after the sequence")
        return self._predicate(OfItems(quantifier, sequence, self._single()))

    def _call(self) -> Predicate:
        name = self._take().text
        if not name.isidentifier():
            raise ExpressionError(f"{name!r} is no macro's name")
        self._must("(", "after the macro's name")
        arguments: dict[str, Operand] = {}
        while not self._took(")"):
            if arguments:
                self._must(",", "or ')' after an argument")
            token = self._take()
            if token.kind != "attribute" or not token.text.isidentifier():
                raise ExpressionError(f"expected parameter=value at column {token.column}")
            self._must("=", "after the parameter's name")
            if token.text in arguments:
                raise ExpressionError(f"{token.text!r} is given twice, at column {token.column}")
            arguments[token.text] = self._operand()
        return self._predicate(MacroCall(name, arguments))

    def _test(self, operand: Operand) -> Predicate:
        token = self._take()
        if token.kind == "sign" and token.text in _RELATIONS:
            return self._predicate(Comparison(Relation(token.text), operand, self._operand()))
        if token.kind == "word" and token.text in ("exists", "is"):
            if not isinstance(operand, Locator):
                raise ExpressionError(f"only an attribute can exist or be empty, at column {token.column}")
            if token.text == "exists":
                return self._predicate(Being(State.EXISTS, operand))
            return self._state(operand)
        negated = token.kind == "word" and token.text == "not"
        token = self._take() if negated else token
        test: Test
        if token.kind == "word" and token.text == "in":
            test = Membership(operand, self._choices())
        elif token.kind == "word" and token.text == "matches":
            test = Matching(operand, self._pattern())
        else:
            self._at -= token.kind != "end"
            self._expected("a comparison, 'exists', 'is', 'in' or 'matches'")
        predicate = self._predicate(test)
        return self._predicate(Joined(Connective.NOT, (predicate,))) if negated else predicate

    def _state(self, locator: Locator) -> Predicate:
        negated = self._took("not")
        if self._took("empty"):
            filled = self._predicate(Being(State.NOT_EMPTY, locator))
            return filled if negated else self._predicate(Joined(Connective.NOT, (filled,)))
        if self._took("missing"):
            there = self._predicate(Being(State.EXISTS, locator))
            return there if negated else self._predicate(Joined(Connective.NOT, (there,)))
        return self._expected("'empty', 'missing' or 'not' after 'is'; two values are compared by '=='")

    def _choices(self) -> tuple[Literal | Range | Locator, ...]:
        if not self._took("["):
            return (self._choice(),)
        choices = [self._choice()]
        while self._took(","):
            choices.append(self._choice())
        self._must("]", "or ',' after a value")
        return tuple(choices)

    def _choice(self) -> Literal | Range | Locator:
        if self._took(".."):
            return Range(None, self._literal())
        if self._next.kind == "attribute":
            return self._locator()
        low = self._literal()
        if not self._took(".."):
            return low
        return Range(low, self._literal() if self._next.kind in ("string", "number") else None)

    def _pattern(self) -> Pattern:
        token = self._take()
        if token.kind != "string":
            raise ExpressionError(f"expected a pattern in quotation marks at column {token.column}")
        try:
            return Pattern(token.text)
        except PatternError as error:
            raise ExpressionError(f"the pattern at column {token.column} is wrong: {error}") from error

    def _operand(self) -> Operand:
        for function in Function:
            if self._took(function):
                self._must("(", f"after '{function}'")
                locator = self._locator()
                self._must(")", "after the attribute")
                return Call(function, locator)
        if self._next.kind in ("string", "number"):
            return self._literal()
        return self._locator()

    def _literal(self) -> Literal:
        if self._next.kind not in ("string", "number"):
            self._expected("a value")
        return Literal(self._take().text)

    def _locator(self) -> Locator:
        token = self._next
        if token.kind != "attribute":
            self._expected("an attribute")
        try:
            locator = read_locator(token.text, self._parameters)
        except LocatorError as error:
            raise ExpressionError(f"{error}, at column {token.column}") from error
        self._at += 1
        return locator

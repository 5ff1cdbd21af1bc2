"""What constraint documents come to, whichever way they are written: rules, macros, predicates.

All is frozen and compares by what it means: lines are left aside.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from fileroom_plugins.conformance.constraints.locators import Locator

if TYPE_CHECKING:
    from fileroom_plugins.conformance.constraints.patterns import Pattern
    from fileroom_plugins.conformance.messages import Severity


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that stands in the document, as text: what it means depends on what it is compared with."""

    text: str


class Function(enum.StrEnum):
    """What can be asked of an attribute instead of its values.

    ``COUNT``: how many items or values it has, 0 where it is not there. ``VR``: its value representation.
    ``UID_TYPE``: what PS3.6 table A-1 says its UID is of, for example ``Transfer Syntax``.
    """

    COUNT = "count"
    VR = "vr"
    UID_TYPE = "uid_type"


@dataclass(frozen=True, slots=True)
class Call:
    """A function of an attribute."""

    function: Function
    locator: Locator


Operand: TypeAlias = Locator | Literal | Call


class Connective(enum.StrEnum):
    """How predicates are joined: ``IMPLIES`` says that where the first holds the second does, too."""

    AND = "and"
    OR = "or"
    NOT = "not"
    IMPLIES = "implies"


class Relation(enum.StrEnum):
    """How values are compared."""

    EQUAL = "=="
    DIFFERENT = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="


class State(enum.StrEnum):
    """What can be said of an attribute by itself: it is there; it is there and has a value."""

    EXISTS = "exists"
    NOT_EMPTY = "not empty"


class Quantifier(enum.StrEnum):
    """Of how many items of a sequence something must be true. Of no items, ``EVERY`` is true."""

    ANY = "any"
    EVERY = "every"


@dataclass(frozen=True, slots=True)
class Joined:
    """Predicates joined: one for NOT, two for IMPLIES, any number for the others."""

    connective: Connective
    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two operands compared."""

    relation: Relation
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Range:
    """From one value to another, both included; None for an open end."""

    low: Literal | None
    high: Literal | None


@dataclass(frozen=True, slots=True)
class Membership:
    """Whether a value is one of several, or within a range."""

    operand: Operand
    choices: tuple[Literal | Range | Locator, ...]


@dataclass(frozen=True, slots=True)
class Matching:
    """Whether a value as a whole matches a pattern."""

    operand: Operand
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Being:
    """Whether an attribute is in some state."""

    state: State
    locator: Locator


@dataclass(frozen=True, slots=True)
class OfItems:
    """Whether a predicate holds for items of a sequence: within it, locators start from the item."""

    quantifier: Quantifier
    sequence: Locator
    part: Predicate


@dataclass(frozen=True, slots=True)
class RuleReference:
    """Another rule, of this document or of one that it includes. It looks at the whole object."""

    name: str


@dataclass(frozen=True, slots=True)
class MacroCall:
    """A macro with arguments for its parameters. It looks at the same item as who calls it."""

    name: str
    arguments: Mapping[str, Operand]


Test: TypeAlias = "Joined | Comparison | Membership | Matching | Being | OfItems | RuleReference | MacroCall"


@dataclass(frozen=True, slots=True)
class Action:
    """What is said of a predicate.

    Attributes:
        when: what the predicate must come to for this to be said.
        severity: how bad that is.
        text: the message. ``{attribute}`` stands for the name of the attribute that the predicate is about.
        fallback: whether this is only said where nothing within the predicate was said to have failed.
    """

    when: bool
    severity: Severity
    text: str
    fallback: bool = False


@dataclass(frozen=True, slots=True)
class Predicate:
    """Something that is true of an object or not, and what is said then.

    Attributes:
        test: what is tested.
        actions: what is said.
        line: where it begins in its document, from 1.
    """

    test: Test
    actions: tuple[Action, ...] = ()
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """A predicate that can be checked by its name.

    Attributes:
        name: in its document, no other rule has it.
        predicate: true of an object that keeps the rule.
        description: in a sentence.
        line: where it begins in its document, from 1.
    """

    name: str
    predicate: Predicate
    description: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Macro:
    """A predicate with parameters, for rules and other macros to call.

    Attributes:
        name: in its document, no other macro has it.
        parameters: their names.
        predicate: in which locators may start from the parameters.
        description: in a sentence.
        line: where it begins in its document, from 1.
    """

    name: str
    parameters: tuple[str, ...]
    predicate: Predicate
    description: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Constraints:
    """One constraint document.

    Attributes:
        name: the document's name.
        rules: by name, in the document's order.
        macros: by name.
        includes: names of the documents whose rules and macros it uses.
    """

    name: str
    rules: Mapping[str, Rule]
    macros: Mapping[str, Macro]
    includes: tuple[str, ...] = ()

    def predicates(self) -> list[Predicate]:
        """Return the predicates of all rules and macros."""
        rules = [rule.predicate for rule in self.rules.values()]
        return rules + [macro.predicate for macro in self.macros.values()]

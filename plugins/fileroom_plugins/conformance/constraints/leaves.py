"""Tests that look at attributes themselves: whether one is there, and how its values compare."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from fileroom_plugins.conformance.constraints.locators import Locator
from fileroom_plugins.conformance.constraints.model import (
    Being,
    Call,
    Comparison,
    Function,
    Literal,
    Matching,
    Membership,
    Range,
    Relation,
    State,
)
from fileroom_plugins.conformance.constraints.places import Place, places, resolved
from fileroom_plugins.conformance.constraints.values import Kind, common_kind, comparable, kind_of
from fileroom_plugins.conformance.values.uids import kind_of as kind_of_uid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from fileroom_plugins.conformance.constraints.model import Operand
    from fileroom_plugins.conformance.constraints.places import Scope

_RELATIONS: dict[Relation, Callable[[Any, Any], bool]] = {
    Relation.EQUAL: operator.eq,
    Relation.DIFFERENT: operator.ne,
    Relation.LESS: operator.lt,
    Relation.LESS_OR_EQUAL: operator.le,
    Relation.GREATER: operator.gt,
    Relation.GREATER_OR_EQUAL: operator.ge,
}


class Focus(NamedTuple):
    """What a predicate is about: path and name of an attribute."""

    path: str = ""
    attribute: str = ""


Answer: TypeAlias = "tuple[bool, Focus]"


class Values(NamedTuple):
    """The values of an operand, at one place.

    Attributes:
        texts: the values; none where the attribute is not there, or empty.
        kind: how they compare; None for what compares as the other side does.
        focus: where they stand.
    """

    texts: Sequence[str]
    kind: Kind | None
    focus: Focus = Focus()


Leaf: TypeAlias = Being | Comparison | Membership | Matching


class Leaves:
    """Answers these tests on one object. A test is true if it is true at all places that its attribute has.

    Args:
        spend: called with the steps that were taken; it may raise.
    """

    def __init__(self, spend: Callable[[int], object]) -> None:
        self._spend = spend

    def answer(self, test: Leaf, scope: Scope) -> Answer:
        """Answer a test.

        Raises:
            NotAnAttributeError: a parameter stands for a value where an attribute is needed.
        """
        match test:
            case Being():
                return self._is(test, scope)
            case Comparison():
                return self._compared(test, scope)
            case Membership():
                choices = [self._choice(choice, scope) for choice in test.choices]
                return self._each(
                    test.operand, scope, lambda text, kind: any(one(text, kind) for one in choices)
                )
            case Matching(operand, pattern):
                return self._each(operand, scope, lambda text, _: pattern.matches(text, self._spend))

    def places(self, locator: Locator, scope: Scope) -> list[Place]:
        """Return where a locator leads; as `answer`."""
        return places(locator, scope, self._spend)

    def _is(self, test: Being, scope: Scope) -> Answer:
        state = Place.is_there if test.state is State.EXISTS else Place.is_filled
        return _all(
            ((state(place), focus_on(place)) for place in self.places(test.locator, scope)), test.locator
        )

    def _compared(self, test: Comparison, scope: Scope) -> Answer:
        lefts, rights = self._values(test.left, scope), self._values(test.right, scope)
        if len(rights) == 1 or len(lefts) == 1:
            pairs = [(left, right) for left in lefts for right in rights]
        else:
            pairs = list(zip(lefts, rights, strict=False)) if len(lefts) == len(rights) else []
        relation = _RELATIONS[test.relation]
        focus = next((one.focus for one in (*lefts, *rights) if one.focus.path), Focus())
        for left, right in pairs:
            if not self._alike(left, right, relation):
                return False, left.focus if left.focus.path else right.focus
        return bool(pairs), focus

    def _alike(self, left: Values, right: Values, relation: Callable[[Any, Any], bool]) -> bool:
        kind = left.kind or right.kind or Kind.TEXT
        if left.kind and right.kind:
            kind = common_kind(left.kind, right.kind)
        ours = [comparable(text, kind) for text in left.texts]
        theirs = [comparable(text, kind) for text in right.texts]
        self._spend(len(ours) + len(theirs))
        if not ours or not theirs or None in ours or None in theirs:
            return False
        if len(theirs) == 1:
            return all(relation(one, theirs[0]) for one in ours)
        if len(ours) == 1:
            return all(relation(ours[0], one) for one in theirs)
        if len(ours) != len(theirs):
            return relation is operator.ne
        if relation is operator.ne:
            return ours != theirs
        return all(relation(one, other) for one, other in zip(ours, theirs, strict=True))

    def _each(self, operand: Operand, scope: Scope, test: Callable[[str, Kind], bool]) -> Answer:
        found = self._values(operand, scope)
        answers = (
            (bool(one.texts) and all(test(text, one.kind or Kind.TEXT) for text in one.texts), one.focus)
            for one in found
        )
        return _all(answers, operand)

    def _choice(self, choice: Literal | Range | Locator, scope: Scope) -> Callable[[str, Kind], bool]:
        if isinstance(choice, Range):
            low, high = choice.low, choice.high
            return lambda text, kind: self._within(text, kind, low, high)
        texts = [text for one in self._values(choice, scope) for text in one.texts]
        return lambda text, kind: any(self._same(text, other, kind) for other in texts)

    def _same(self, text: str, other: str, kind: Kind) -> bool:
        self._spend(1)
        one, another = comparable(text, kind), comparable(other, kind)
        return one is not None and one == another

    def _within(self, text: str, kind: Kind, low: Literal | None, high: Literal | None) -> bool:
        self._spend(1)
        value = comparable(text, kind)
        if value is None:
            return False
        for bound, relation in ((low, operator.ge), (high, operator.le)):
            if bound is not None:
                limit = comparable(bound.text, kind)
                if limit is None or not relation(value, limit):
                    return False
        return True

    def _values(self, operand: Operand, scope: Scope) -> list[Values]:
        """Return the values of an operand, place by place."""
        operand, scope = resolved(operand, scope)
        match operand:
            case Literal(text):
                return [Values((text,), None)]
            case Call(Function.COUNT, locator):
                found = self.places(locator, scope)
                focus = focus_on(found[0]) if found else Focus()
                return [Values((str(sum(place.many() for place in found)),), Kind.NUMBER, focus)]
            case Call(Function.VR, locator):
                return [
                    Values((place.found.vr,) if place.found else (), Kind.TEXT, focus_on(place))
                    for place in self.places(locator, scope)
                ]
            case Call(_, locator):
                return [
                    Values(_uid_types(place), Kind.TEXT, focus_on(place))
                    for place in self.places(locator, scope)
                ]
            case Locator():
                return [
                    Values(
                        _component(place.values(), operand),
                        kind_of(place.found.vr) if place.found else None,
                        focus_on(place),
                    )
                    for place in self.places(operand, scope)
                ]


def _all(answers: Iterable[Answer], operand: Operand) -> Answer:
    """Say whether there is an answer, and all are yes; the focus is on the first that is not."""
    first: Answer | None = None
    for answer in answers:
        if not answer[0]:
            return answer
        first = first or answer
    if first is None:
        name = str(operand) if isinstance(operand, Locator) else ""
        return False, Focus(name, name.rpartition(".")[2])
    return first


def focus_on(place: Place) -> Focus:
    """Return what a predicate about a place is about."""
    return Focus(place.path, place.attribute)


def _component(values: Sequence[str], locator: Locator) -> Sequence[str]:
    """Return the parts of persons' names that a locator asks for (PS3.5 section 6.2.1)."""
    if locator.component is None:
        return values
    group, part = locator.component
    found = []
    for value in values:
        groups = value.split("=")
        text = groups[group] if group < len(groups) else ""
        parts = text.split("^")
        wanted = text if part is None else (parts[part] if part < len(parts) else "")
        if wanted.strip():
            found.append(wanted.strip())
    return found


def _uid_types(place: Place) -> tuple[str, ...]:
    """Return what the UIDs at a place identify; empty for one that nobody knows."""
    uids = place.scope.dictionary.uids
    return tuple(kind_of_uid(uid, uids) for uid in place.values())

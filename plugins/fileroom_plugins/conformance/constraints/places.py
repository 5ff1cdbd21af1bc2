"""Where a locator leads in an object: the attributes it means, and how messages call them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from fileroom_plugins.conformance.constraints.locators import Locator, name_of
from fileroom_plugins.conformance.constraints.reading import charset_of, find
from fileroom_plugins.conformance.reading.dictionary import STANDARD

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydicom import Dataset

    from fileroom.plugin import CharacterSet
    from fileroom_plugins.conformance.constraints.locators import Step
    from fileroom_plugins.conformance.constraints.model import Operand
    from fileroom_plugins.conformance.constraints.reading import Found
    from fileroom_plugins.conformance.reading.dictionary import DataDictionary


class NotAnAttributeError(Exception):
    """A parameter stands for a value where an attribute is needed; internal, ends as a `DocumentError`."""


class Bound(NamedTuple):
    """What a parameter stands for: an operand as it is in the scope of who called the macro."""

    operand: Operand
    scope: Scope


@dataclass(frozen=True, slots=True)
class Scope:
    """A data set that predicates look at: an object, or an item of a sequence.

    Attributes:
        dataset: the data set.
        charset: how its text is encoded.
        path: of the item, empty for an object.
        root: the scope of the whole object; None for that itself.
        bindings: what a macro's parameters stand for.
        dictionary: which attributes and UIDs there are.
    """

    dataset: Dataset = field(repr=False)
    charset: CharacterSet
    path: str = ""
    root: Scope | None = None
    bindings: Mapping[str, Bound] = field(default_factory=dict)
    dictionary: DataDictionary = field(default=STANDARD, repr=False)

    @classmethod
    def of(cls, dataset: Dataset, dictionary: DataDictionary) -> Scope:
        """Return the scope of an object."""
        return cls(dataset, charset_of(dataset), dictionary=dictionary)

    def item(self, dataset: Dataset, path: str) -> Scope:
        """Return the scope of an item somewhere below."""
        charset = charset_of(dataset, self.charset)
        return replace(self, dataset=dataset, charset=charset, path=path, root=self.root or self)

    def calling(self, arguments: Mapping[str, Operand]) -> Scope:
        """Return the scope of a macro that is called here."""
        bindings = {name: Bound(operand, self) for name, operand in arguments.items()}
        return replace(self, bindings=bindings)

    def path_to(self, name: str) -> str:
        """Return the path of an attribute that is directly in here."""
        return f"{self.path}.{name}" if self.path else name


class Place(NamedTuple):
    """Where an attribute is, or would be.

    Attributes:
        found: the attribute, None where it is not there.
        path: as `fileroom_plugins.conformance.messages.Message.path` has it.
        attribute: its keyword or tag.
        scope: the data set that it is in.
        item: which of its items or values is meant, from 1; 0 for all.
    """

    found: Found | None
    path: str
    attribute: str
    scope: Scope
    item: int

    def items(self) -> list[Scope]:
        """Return the items that are meant."""
        numbered = enumerate(self.found.items if self.found else (), start=1)
        return [
            self.scope.item(dataset, f"{self.path}[{number}]")
            for number, dataset in numbered
            if self.item in (0, number)
        ]

    def values(self) -> Sequence[str]:
        """Return the values that are meant."""
        values = self.found.values if self.found else ()
        return values[self.item - 1 : self.item] if self.item else values

    def many(self) -> int:
        """Count the items or values that are meant; one that cannot be shown as text is one."""
        if self.found is None:
            return 0
        shown = len(self.items()) if self.found.items else len(self.values())
        return shown or int(self.is_filled())

    def is_there(self) -> bool:
        """Say whether the attribute is there, with the item or value that is meant."""
        if self.found is None:
            return False
        return not self.item or self.many() > 0

    def is_filled(self) -> bool:
        """Say whether it has a value or an item; of a number that is meant, that one."""
        if self.found is None or not self.item:
            return self.found is not None and self.found.filled
        return bool(self.items()) or any(self.values())


def resolved(operand: Operand, scope: Scope) -> Bound:
    """Return what a mere parameter stands for; any other operand stands for itself."""
    while isinstance(operand, Locator) and operand.parameter and not (operand.steps or operand.component):
        operand, scope = scope.bindings[operand.parameter]
    return Bound(operand, scope)


def places(locator: Locator, scope: Scope, spend: Callable[[int], object]) -> list[Place]:
    """Return where a locator leads: one place for each item that it goes through, present or not.

    Args:
        locator: its component plays no part.
        scope: where it starts.
        spend: called with how many data sets were looked into.

    Raises:
        NotAnAttributeError: a parameter that it starts from stands for a value.
    """
    scopes = [(scope.root or scope) if locator.absolute else scope]
    if locator.parameter:
        operand, home = resolved(*scope.bindings[locator.parameter])
        if not isinstance(operand, Locator):
            raise NotAnAttributeError(locator.parameter)
        before = places(operand, home, spend)
        if not locator.steps:
            return before
        scopes = [item for place in before for item in place.items()]
    return _walk(scopes, locator.steps, spend)


def _walk(scopes: Sequence[Scope], steps: Sequence[Step], spend: Callable[[int], object]) -> list[Place]:
    found: list[Place] = []
    names = [name_of(step) for step in steps]
    missing: list[Place] = []
    for number, (step, name) in enumerate(zip(steps, names, strict=True), start=1):
        spend(len(scopes))
        found = [
            Place(
                find(one.dataset, step, one.charset, one.dictionary), one.path_to(name), name, one, step.item
            )
            for one in scopes
        ]
        if number < len(steps):
            below = [(place, place.items()) for place in found]
            rest = "".join(f".{name}" for name in names[number:])
            missing += [
                Place(None, place.path + rest, names[-1], place.scope, 0)
                for place, items in below
                if not items
            ]
            scopes = [item for _, items in below for item in items]
    return found + missing

"""From a document to rules that can be checked: read, and linked with the documents that it includes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeVar

from fileroom.plugin import Document, DocumentError
from fileroom_plugins.conformance.constraints.attributes import check, parts_of
from fileroom_plugins.conformance.constraints.defaults import default_documents
from fileroom_plugins.conformance.constraints.locators import LocatorError
from fileroom_plugins.conformance.constraints.model import MacroCall, RuleReference
from fileroom_plugins.conformance.constraints.toml_form import read_toml_form
from fileroom_plugins.conformance.constraints.xml_form import read_xml_form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom_plugins.conformance.constraints.model import Constraints, Macro, Predicate, Rule

_Named = TypeVar("_Named")

LARGEST = 2 << 20
"""Bytes that a document may have: some ten thousand rules, which are read in a few seconds."""

KIND = "constraint"
"""The kind of these documents."""


def read_constraints(document: Document) -> Constraints:
    """Read a document by itself, XML or TOML; what it includes plays no part.

    Raises:
        DocumentError: it is no constraint document; the message says on which line what is wrong.
    """
    if len(document.data) > LARGEST:
        raise DocumentError(f"larger than {LARGEST >> 20} MiB: divide it, and check with each", document.name)
    is_xml = document.data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or b"<\0" in document.data[:4]
    read = read_xml_form if is_xml else read_toml_form
    constraints = read(document.data, document.name)
    for predicate in constraints.predicates():
        try:
            check(predicate)
        except LocatorError as error:
            raise DocumentError(str(error), document.name, error.line) from error
    if not constraints.includes:
        RuleBook(constraints, {}).check()
    return constraints


@dataclass(frozen=True, slots=True)
class RuleBook:
    """A document's rules, with those of the documents that it includes, directly or not.

    Attributes:
        constraints: the document's own.
        others: those that it includes, by their names.
    """

    constraints: Constraints
    others: Mapping[str, Constraints]

    @classmethod
    def of(cls, document: Document) -> Self:
        """Read a document and what it includes: found in ``related``, or among Fileroom's own.

        Raises:
            DocumentError: one of them is wrong, is not there, or refers to what is not there.
        """
        constraints = read_constraints(document)
        others: dict[str, Constraints] = {}
        waiting = [(constraints, name) for name in constraints.includes]
        while waiting:
            by, name = waiting.pop()
            if name in others or name == document.name:
                continue
            found = document.related.get(name)
            if found is None and name in (own := default_documents()):
                found = Document(name, KIND, own[name])
            if found is None:
                raise DocumentError(f"includes {name!r}, which is not there", by.name)
            others[name] = read_constraints(found)
            waiting += [(others[name], other) for other in others[name].includes]
        book = cls(constraints, others)
        book.check()
        return book

    @property
    def name(self) -> str:
        """The document's name."""
        return self.constraints.name

    def rule(self, name: str, line: int = 0) -> tuple[str, Rule]:
        """Return a rule, and the name of its document.

        Args:
            name: the rule's.
            line: where it is asked for, for the error.

        Raises:
            DocumentError: there is no such rule, or there are two.
        """
        found = [(one.name, one.rules[name]) for one in self._all() if name in one.rules]
        return self._single(found, f"rule {name!r}", self.name, line)

    def macro(self, name: str, line: int = 0) -> Macro:
        """Return a macro; arguments and errors as for `rule`."""
        found = [(one.name, one.macros[name]) for one in self._all() if name in one.macros]
        return self._single(found, f"macro {name!r}", self.name, line)[1]

    def check(self) -> None:
        """Make sure that whatever is referred to is there, once, and gets the parameters that it has.

        Raises:
            DocumentError: a rule or macro is missing or defined twice, or a macro gets other parameters.
        """
        for one in self._all():
            at_home = RuleBook(one, {other.name: other for other in self._all() if other is not one})
            for root in one.predicates():
                for predicate in _walk(root):
                    at_home.check_reference(predicate)

    def check_reference(self, predicate: Predicate) -> None:
        """Make sure of one predicate of the document; errors as for `check`."""
        test, line = predicate.test, predicate.line
        if isinstance(test, RuleReference):
            self.rule(test.name, line)
        elif isinstance(test, MacroCall):
            wanted, given = set(self.macro(test.name, line).parameters), set(test.arguments)
            for names, what in (
                (wanted - given, "needs the parameter"),
                (given - wanted, "has no parameter"),
            ):
                if names:
                    message = f"the macro {test.name!r} {what} {', '.join(sorted(names))}"
                    raise DocumentError(message, self.name, line)

    def _all(self) -> Iterator[Constraints]:
        yield self.constraints
        yield from self.others.values()

    @staticmethod
    def _single(found: list[tuple[str, _Named]], what: str, document: str, line: int) -> tuple[str, _Named]:
        if not found:
            raise DocumentError(f"there is no {what}, here or in what is included", document, line)
        if len(found) > 1:
            names = " and ".join(name for name, _ in found)
            raise DocumentError(f"there is more than one {what}: in {names}", document, line)
        return found[0]


def _walk(predicate: Predicate) -> Iterator[Predicate]:
    yield predicate
    for part in parts_of(predicate.test):
        yield from _walk(part)

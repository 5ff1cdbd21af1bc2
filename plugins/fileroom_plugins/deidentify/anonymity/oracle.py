"""Anonymity documents in the XML of Oracle Multimedia DICOM.

A rule has an ``action``: ``none``, ``remove`` (the default) or ``replace``. That of an attribute beats those
of groups, and what neither names stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from fileroom.plugin import DocumentError, read_xml
from fileroom_plugins.deidentify.actions import Action, Rule
from fileroom_plugins.deidentify.anonymity.bases import NONE, base_profile, own_identity
from fileroom_plugins.deidentify.anonymity.locators import STANDARD, parse_locator
from fileroom_plugins.deidentify.anonymity.rules import replacing_rule
from fileroom_plugins.deidentify.claims import honest
from fileroom_plugins.deidentify.dictionary import KNOWN
from fileroom_plugins.deidentify.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fileroom.plugin import Document, Element
    from fileroom_plugins.deidentify.anonymity.locators import Locator
    from fileroom_plugins.deidentify.dictionary import DataDictionary

NAMESPACE = "http://xmlns.oracle.com/ord/dicom/anonymity_1_0"
ROOT = "ANONYMITY_RULE_DOCUMENT"

_ATTRIBUTE = "INDIVIDUAL_ATTRIBUTE"
_GROUPS = {
    "PRIVATE_ATTRIBUTES": "any_private",
    "UNDEFINED_STANDARD_ATTRIBUTES": "undefined",
    "UNDEFINED_PRIVATE_ATTRIBUTES": "undefined_private",
}
"""Element to the part of a profile that it is the rule of."""

_CHILDREN: Mapping[str, frozenset[str]] = {
    ROOT: frozenset({"DOCUMENT_HEADER", *_GROUPS, _ATTRIBUTE}),
    _ATTRIBUTE: frozenset({"ATTRIBUTE_TAG", "DESCRIPTION", "ANONYMITY_ACTION"}),
}
_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys((*_GROUPS, "ANONYMITY_ACTION"), frozenset({"action"})),
    "ATTRIBUTE_TAG": frozenset({"definer"}),
}
"""What an element may have; an element that is not listed may have none. A header is not looked into."""

_ACTIONS = {"none": Action.KEEP, "remove": Action.REMOVE, "replace": Action.REPLACE}


@dataclass(slots=True)
class _Rules:
    tags: dict[int, Rule] = field(default_factory=dict)
    paths: dict[tuple[int, ...], Rule] = field(default_factory=dict)
    private: dict[tuple[str, int], Rule] = field(default_factory=dict)

    def add(self, locator: Locator, rule: Rule) -> bool:
        """Add a rule; say whether there was none for the attribute."""
        if len(locator.path) > 1:
            return self.paths.setdefault(locator.path, rule) is rule
        if locator.creator:
            return self.private.setdefault((locator.creator, locator.tag), rule) is rule
        return self.tags.setdefault(locator.tag, rule) is rule


def read_oracle(document: Document, dictionary: DataDictionary = KNOWN) -> Profile:
    """Read a document.

    Args:
        document: the document.
        dictionary: what the dictionaries know.

    Raises:
        DocumentError: it is none; says on which line.
    """
    return _Reader(document.name, dictionary).read(read_xml(document.data, document.name))


class _Reader:
    def __init__(self, name: str, dictionary: DataDictionary) -> None:
        self._name = name
        self._dictionary = dictionary

    def read(self, root: Element) -> Profile:
        if root.name != ROOT or root.namespace not in {NAMESPACE, ""}:
            self._refuse(root, f"expected {ROOT} of the namespace {NAMESPACE}")
        self._check(root)
        groups: dict[str, Rule] = {}
        rules = _Rules()
        for element in root.children:
            if element.name == _ATTRIBUTE:
                locator, rule = self._attribute(element)
                if not rules.add(locator, rule):
                    self._refuse(element, "there is a rule for this attribute already")
            elif part := _GROUPS.get(element.name):
                if part in groups:
                    self._refuse(element, f"{element.name} is there already")
                groups[part] = self._rule(element, "")
        made = Profile(
            self._name[:64],
            tags=own_identity(self._name) | rules.tags,
            paths=rules.paths,
            private=rules.private,
            other=Rule(Action.KEEP, f"{self._name}: no rule"),
            undefined=groups.get("undefined", Rule(Action.REMOVE, f"{self._name}: undefined")),
            any_private=groups.get("any_private", Rule(Action.REMOVE, f"{self._name}: private")),
            undefined_private=groups.get("undefined_private"),
            dictionary=self._dictionary,
        )
        return honest(made, base_profile(NONE, ()))

    def _attribute(self, element: Element) -> tuple[Locator, Rule]:
        self._check(element)
        tag, action = element.first("ATTRIBUTE_TAG"), element.first("ANONYMITY_ACTION")
        if tag is None or action is None:
            self._refuse(element, "expected ATTRIBUTE_TAG and ANONYMITY_ACTION")
        self._check(tag)
        self._check(action)
        try:
            locator = parse_locator(tag.text, tag.attributes.get("definer", STANDARD))
        except ValueError as error:
            self._refuse(tag, str(error), error)
        rule = self._rule(action, locator.vr(self._dictionary))
        if locator.items and rule.action is Action.KEEP:
            self._refuse(tag, "an item's number is not told apart: what is kept would be kept in all items")
        return locator, rule

    def _rule(self, element: Element, vr: str) -> Rule:
        self._check(element)
        word = element.attributes.get("action", "remove")
        action = _ACTIONS.get(word)
        if action is None:
            self._refuse(element, f"action: expected {', '.join(_ACTIONS)}")
        name = f"{self._name}:{element.line}"
        if action is not Action.REPLACE:
            return Rule(action, name)
        if element.name in _GROUPS:
            self._refuse(element, "a group's values have no common type: they cannot be replaced")
        try:
            return replacing_rule(element.text, vr, name)
        except ValueError as error:
            self._refuse(element, str(error), error)

    def _check(self, element: Element) -> None:
        known = _CHILDREN.get(element.name, frozenset())
        for child in element.children:
            if child.name not in known:
                self._refuse(child, f"{child.name} is not known in {element.name}")
        if unknown := set(element.attributes) - _ATTRIBUTES.get(element.name, frozenset()) - _SCHEMA:
            self._refuse(element, f"{element.name} has no attribute {min(unknown)}")

    def _refuse(self, element: Element, what: str, cause: Exception | None = None) -> NoReturn:
        raise DocumentError(what, self._name, element.line) from cause


_SCHEMA = frozenset(
    f"{{http://www.w3.org/2001/XMLSchema-instance}}{name}"
    for name in ("schemaLocation", "noNamespaceSchemaLocation")
)

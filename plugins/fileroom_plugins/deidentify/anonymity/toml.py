r"""Anonymity documents in TOML: all that a profile can say, on top of the standard's or of nothing.

::

    base = "basic"                          # or "none", the default
    options = ["retain-uids"]               # of the basic profile

    [attributes]
    PatientName = { replace = "anonymous" }
    "Patient*Address" = "remove"
    "0032xxxx" = "X"
    "00081140.00081155" = "keep"
    StudyDescription = { pattern = '(?i)dr\.? \w+', replace = "a physician" }
    StudyDate = "shift"

    [private."SIEMENS CSA HEADER"]
    "0029xx08" = "keep"

    [vr]
    PN = "dummy"

    [groups]
    other = "keep"                          # standard attributes without a rule
    undefined = "remove"                    # those that the standard does not know
    private = "remove"
    undefined-private = "remove"

An action is a word or a code of PS3.15 (see `rules.WORDS`), or a table with ``replace``, alone or with
``pattern``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from fileroom.plugin import DocumentError, FileroomError, read_toml
from fileroom_plugins.deidentify.actions import Action
from fileroom_plugins.deidentify.anonymity.bases import base_profile
from fileroom_plugins.deidentify.anonymity.locators import (
    is_pattern,
    parse_locator,
    private_tag,
    tags_like,
)
from fileroom_plugins.deidentify.anonymity.rules import matching_rule, replacing_rule, simple_rule
from fileroom_plugins.deidentify.claims import honest
from fileroom_plugins.deidentify.dictionary import KNOWN
from fileroom_plugins.standard.vrs import VRS

if TYPE_CHECKING:
    from fileroom.plugin import Document, Toml
    from fileroom_plugins.deidentify.actions import Rule
    from fileroom_plugins.deidentify.anonymity.locators import Locator
    from fileroom_plugins.deidentify.dictionary import DataDictionary
    from fileroom_plugins.deidentify.profile import Profile

_KEYS = ("base", "options", "attributes", "private", "vr", "groups")
_GROUPS = ("other", "undefined", "private", "undefined-private")


def read_toml_document(document: Document, dictionary: DataDictionary = KNOWN) -> Profile:
    """Read a document.

    Args:
        document: the document.
        dictionary: what the dictionaries know.

    Raises:
        DocumentError: it is none; says on which line.
        MissingDependencyError: it has regular expressions, and RE2 is not installed.
    """
    return _Reader(document.name, read_toml(document.data, document.name), dictionary).read()


class _Reader:
    def __init__(self, name: str, toml: Toml, dictionary: DataDictionary) -> None:
        self._name = name
        self._dictionary = dictionary
        self._toml = toml

    def read(self) -> Profile:
        for key in self._toml.table:
            if key not in _KEYS:
                self._refuse(f"unknown key {key!r}: expected one of {', '.join(_KEYS)}", key)
        base = self._base()
        kinds, exact, paths = self._attributes()
        groups = self._groups()
        made = replace(
            base,
            name=self._name[:64],
            tags={**base.tags, **kinds, **exact},
            paths={**base.paths, **paths},
            private={**base.private, **self._private()},
            vrs={**base.vrs, **self._vrs()},
            other=groups.get("other", base.other),
            undefined=groups.get("undefined", base.undefined),
            any_private=groups.get("private", base.any_private),
            undefined_private=groups.get("undefined-private", base.undefined_private),
            dictionary=self._dictionary,
            speaks_of_added=base.speaks_of_added or "other" in groups,
        )
        return honest(made, base)

    def _base(self) -> Profile:
        name = self._toml.table.get("base", "none")
        options = self._toml.table.get("options", [])
        if not isinstance(options, list) or not all(isinstance(each, str) for each in options):
            self._refuse("expected a list of options' names", "options")
        try:
            return base_profile(name, options)
        except (ValueError, FileroomError) as error:
            self._refuse(str(error), "options" if name == "basic" else "base", cause=error)

    def _attributes(self) -> tuple[dict[int, Rule], dict[int, Rule], dict[tuple[int, ...], Rule]]:
        """Return the rules for kinds of attributes, for attributes, and for those at one place."""
        wild: dict[int, Rule] = {}
        exact: dict[int, Rule] = {}
        paths: dict[tuple[int, ...], Rule] = {}
        for key, value in self._table("attributes").items():
            place = ("attributes", key)
            if is_pattern(key):
                wild.update(dict.fromkeys(self._tags_like(key), self._rule(value, "", *place)))
                continue
            locator = self._locator(key)
            rule = self._rule(value, locator.vr(self._dictionary), *place)
            if locator.creator or locator.items:
                self._refuse("creators have tables of their own, and items no numbers", *place)
            rules: dict[int, Rule] | dict[tuple[int, ...], Rule] = exact if len(locator.path) == 1 else paths
            found = locator.tag if rules is exact else locator.path
            if found in rules:
                self._refuse("there is a rule for this attribute already", *place)
            rules[found] = rule  # type: ignore[index]  # a tag for those, a path for these
        return wild, exact, paths

    def _private(self) -> dict[tuple[str, int], Rule]:
        rules = {}
        for creator, table in self._table("private").items():
            if not isinstance(table, Mapping):
                self._refuse("expected a table of tags and actions", "private", creator)
            for key, value in table.items():
                place = ("private", creator, key)
                try:
                    tag = private_tag(key)
                except ValueError as error:
                    self._refuse(str(error), *place, cause=error)
                rules[creator, tag] = self._rule(value, self._dictionary.private_vr_of(creator, tag), *place)
        return rules

    def _vrs(self) -> dict[str, Rule]:
        rules = {}
        for vr, value in self._table("vr").items():
            if vr not in VRS:
                self._refuse(f"there is no VR {vr!r}", "vr", vr)
            rules[vr] = self._rule(value, vr, "vr", vr)
        return rules

    def _groups(self) -> dict[str, Rule]:
        rules = {}
        for key, value in self._table("groups").items():
            if key not in _GROUPS:
                self._refuse(f"unknown group {key!r}: expected one of {', '.join(_GROUPS)}", "groups", key)
            rule = self._rule(value, "", "groups", key)
            if rule.action is Action.REPLACE:
                self._refuse("a group's values have no common type: they cannot be replaced", "groups", key)
            rules[key] = rule
        return rules

    def _rule(self, value: object, vr: str, *place: str) -> Rule:
        name = f"{self._name}:{self._toml.line_of(*place)}"
        try:
            match value:
                case str():
                    return simple_rule(value, vr, name)
                case {"replace": str(text), **rest} if not rest:
                    return replacing_rule(text, vr, name)
                case {"replace": str(text), "pattern": str(pattern), **rest} if not rest:
                    return matching_rule(pattern, text, vr, name)
                case _:
                    expected = "expected an action, { replace = … } or { pattern = …, replace = … }"
                    self._refuse(expected, *place)
        except ValueError as error:
            self._refuse(str(error), *place, cause=error)

    def _locator(self, key: str) -> Locator:
        try:
            return parse_locator(key)
        except ValueError as error:
            self._refuse(str(error), "attributes", key, cause=error)

    def _tags_like(self, key: str) -> tuple[int, ...]:
        try:
            return tags_like(key, self._dictionary)
        except ValueError as error:
            self._refuse(str(error), "attributes", key, cause=error)

    def _table(self, key: str) -> Mapping[str, object]:
        table = self._toml.table.get(key, {})
        if not isinstance(table, Mapping):
            self._refuse("expected a table", key)
        return table

    def _refuse(self, what: str, *place: str, cause: Exception | None = None) -> NoReturn:
        where = ".".join(place)
        raise DocumentError(f"{where}: {what}", self._name, self._toml.line_of(*place)) from cause

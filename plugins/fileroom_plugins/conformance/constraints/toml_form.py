"""Constraint documents in TOML, the form for people.

```toml
include = ["site-basics"]

[[rule]]
name = "SiteCT"
description = "What we ask of CT"
when = 'Modality == "CT"'

[[rule.check]]
that = "PatientID is not empty"
message = "no Patient ID"
severity = "warning"

[[rule.check]]
that = "every item of RequestAttributesSequence has coded(what=ScheduledProtocolCodeSequence)"

[[macro]]
name = "coded"
parameters = ["what"]
check = "every item of what has (CodeValue exists and CodeMeaning exists)"
```

A rule with one check has it, with its message, directly: ``check = "PatientID exists"``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn

from fileroom.plugin import DocumentError, read_toml
from fileroom_plugins.conformance.constraints.expressions import read_expression
from fileroom_plugins.conformance.constraints.model import (
    Action,
    Connective,
    Constraints,
    Joined,
    Macro,
    Predicate,
    Rule,
)
from fileroom_plugins.conformance.constraints.tokens import RESERVED, ExpressionError
from fileroom_plugins.conformance.messages import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from fileroom.plugin import Toml

_DOCUMENT = frozenset(("title", "description", "include", "rule", "macro"))
_CHECK = frozenset(("that", "when", "message", "severity", "met", "met_severity"))
_RULE = frozenset(("name", "description", "check")) | _CHECK - {"that"}
_MACRO = _RULE | {"parameters"}


def read_toml_form(data: bytes, name: str) -> Constraints:
    """Read a constraint document.

    Raises:
        DocumentError: it is none; the message says on which line what is wrong.
    """
    return _Reader(read_toml(data, name), name).read()


class _Reader:
    def __init__(self, toml: Toml, name: str) -> None:
        self._toml = toml
        self._name = name

    def read(self) -> Constraints:
        self._only(self._toml.table, _DOCUMENT, ())
        includes = self._texts(self._toml.table, "include", ())
        rules: dict[str, Rule] = {}
        for table, way in self._tables("rule"):
            rule = self._rule(table, way)
            if rule.name in rules:
                self._wrong(f"there is a rule {rule.name!r} already, on line {rules[rule.name].line}", *way)
            rules[rule.name] = rule
        macros: dict[str, Macro] = {}
        for table, way in self._tables("macro"):
            macro = self._macro(table, way)
            if macro.name in macros:
                self._wrong(
                    f"there is a macro {macro.name!r} already, on line {macros[macro.name].line}", *way
                )
            macros[macro.name] = macro
        if not rules and not macros:
            self._wrong("there is no [[rule]] in it")
        return Constraints(self._name, rules, macros, tuple(dict.fromkeys(includes)))

    def _rule(self, table: Mapping[str, Any], way: Sequence[str | int]) -> Rule:
        self._only(table, _RULE, way)
        name = self._text(table, "name", way, required=True)
        predicate = self._checks(table, way, frozenset())
        return Rule(name, predicate, self._text(table, "description", way), self._line(*way))

    def _macro(self, table: Mapping[str, Any], way: Sequence[str | int]) -> Macro:
        self._only(table, _MACRO, way)
        name = self._text(table, "name", way, required=True)
        parameters = self._texts(table, "parameters", way)
        for word in (name, *parameters):
            if not word.isidentifier() or word in RESERVED:
                self._wrong(
                    f"{word!r} cannot be a name here: it takes letters, digits and _, and no word of the "
                    "language",
                    *way,
                )
        if len(set(parameters)) < len(parameters):
            self._wrong("a parameter is there twice", *way, "parameters")
        predicate = self._checks(table, way, frozenset(parameters))
        return Macro(
            name, tuple(parameters), predicate, self._text(table, "description", way), self._line(*way)
        )

    def _checks(self, table: Mapping[str, Any], way: Sequence[str | int], names: frozenset[str]) -> Predicate:
        line = self._line(*way)
        check = table.get("check")
        if isinstance(check, str):
            one = {**{key: value for key, value in table.items() if key in _CHECK}, "that": check}
            return self._check(one, way, "check", names, Severity.ERROR)
        if not isinstance(check, list) or not check or not all(isinstance(one, Mapping) for one in check):
            self._wrong("expected a check: an expression, or tables [[….check]]", *way, "check")
        if stray := [key for key in ("message", "met", "met_severity") if key in table]:
            self._wrong(f"{stray[0]!r} belongs to a check where there are several", *way, stray[0])
        severity = self._severity(table, "severity", way, Severity.ERROR)
        parts = []
        for number, one in enumerate(check):
            self._only(one, _CHECK, (*way, "check", number))
            parts.append(self._check(one, (*way, "check", number), "that", names, severity))
        predicate = parts[0] if len(parts) == 1 else Predicate(Joined(Connective.AND, tuple(parts)), (), line)
        return self._conditional(table, way, names, predicate)

    def _check(
        self,
        table: Mapping[str, Any],
        way: Sequence[str | int],
        key: str,
        names: frozenset[str],
        severity: Severity,
    ) -> Predicate:
        text = self._text(table, "that", way, required=True)
        predicate = self._expression(text, (*way, key), names)
        message = self._text(table, "message", way)
        said = message or f"not so: {' '.join(text.split())}"
        level = self._severity(table, "severity", way, severity)
        actions = [Action(False, level, said, fallback=not message)]
        if met := self._text(table, "met", way):
            actions.append(Action(True, self._severity(table, "met_severity", way, Severity.INFO), met))
        predicate = Predicate(predicate.test, tuple(actions), predicate.line)
        return self._conditional(table, way, names, predicate)

    def _conditional(
        self, table: Mapping[str, Any], way: Sequence[str | int], names: frozenset[str], then: Predicate
    ) -> Predicate:
        text = self._text(table, "when", way)
        if not text:
            return then
        condition = self._expression(text, (*way, "when"), names)
        return Predicate(Joined(Connective.IMPLIES, (condition, then)), (), condition.line)

    def _expression(self, text: str, way: Sequence[str | int], names: frozenset[str]) -> Predicate:
        line = self._line(*way)
        try:
            return read_expression(text, names, line)
        except ExpressionError as error:
            raise DocumentError(f"in {way[-1]!r}: {error}", self._name, line) from error

    def _severity(
        self, table: Mapping[str, Any], key: str, way: Sequence[str | int], default: Severity
    ) -> Severity:
        text = self._text(table, key, way)
        try:
            return Severity(text) if text else default
        except ValueError:
            self._wrong(f"{key} is one of {', '.join(Severity)}", *way, key)

    def _text(
        self, table: Mapping[str, Any], key: str, way: Sequence[str | int], *, required: bool = False
    ) -> str:
        value = table.get(key, "")
        if not isinstance(value, str) or (key in table and not value.strip()):
            self._wrong(f"{key} is a text", *way, key)
        if required and key not in table:
            self._wrong(f"there is no {key}", *way)
        return value

    def _texts(self, table: Mapping[str, Any], key: str, way: Sequence[str | int]) -> list[str]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
            self._wrong(f"{key} is a list of texts", *way, key)
        return value

    def _tables(self, key: str) -> Iterator[tuple[Mapping[str, Any], tuple[str, int]]]:
        value = self._toml.table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
            self._wrong(f"expected tables [[{key}]]", key)
        for number, table in enumerate(value):
            yield table, (key, number)

    def _only(self, table: Mapping[str, Any], known: frozenset[str], way: Sequence[str | int]) -> None:
        for key in table:
            if key not in known:
                self._wrong(f"there is no key {key!r} here: known are {', '.join(sorted(known))}", *way, key)

    def _line(self, *way: str | int) -> int:
        return self._toml.line_of(*way)

    def _wrong(self, what: str, *way: str | int) -> NoReturn:
        raise DocumentError(what, self._name, self._line(*way))

"""Constraint documents in the XML of Oracle Multimedia DICOM: read by the tables of `xml_words`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from fileroom.plugin import DocumentError, read_xml
from fileroom_plugins.conformance.constraints.locators import Locator, LocatorError, read_locator
from fileroom_plugins.conformance.constraints.model import (
    Action,
    Call,
    Connective,
    Constraints,
    Function,
    Joined,
    Literal,
    Macro,
    MacroCall,
    OfItems,
    Predicate,
    Range,
    Rule,
    RuleReference,
)
from fileroom_plugins.conformance.constraints.patterns import PatternError
from fileroom_plugins.conformance.constraints.xml_words import (
    NAMESPACE,
    OPERATORS,
    QUANTIFIERS,
    SEVERITIES,
    SHAPES,
    TESTS,
)

if TYPE_CHECKING:
    from fileroom.plugin import Element
    from fileroom_plugins.conformance.constraints.model import Operand, Quantifier, Test


def read_xml_form(data: bytes, name: str) -> Constraints:
    """Read a constraint document.

    Raises:
        DocumentError: it is none; the message says on which line what is wrong.
    """
    root = read_xml(data, name)
    return _Reader(name).read(root)


class _Reader:
    def __init__(self, name: str) -> None:
        self._name = name
        self._parameters: frozenset[str] = frozenset()

    def read(self, root: Element) -> Constraints:
        if root.name != "CONFORMANCE_CONSTRAINT_DEFINITION":
            self._wrong(f"expected CONFORMANCE_CONSTRAINT_DEFINITION, and not {root.name}", root)
        self._check_shape(root)
        includes = [
            self._name_of(child)
            for child in root.children
            if child.name in ("EXTERNAL_RULE_INCLUDE", "EXTERNAL_MACRO_INCLUDE")
        ]
        rules: dict[str, Rule] = {}
        for element in root.all("GLOBAL_RULE"):
            rule = Rule(self._name_of(element), self._all_of(element), _description(element), element.line)
            if rule.name in rules:
                self._wrong(
                    f"there is a rule {rule.name!r} already, on line {rules[rule.name].line}", element
                )
            rules[rule.name] = rule
        macros: dict[str, Macro] = {}
        for element in root.all("GLOBAL_MACRO"):
            macro = self._macro(element)
            if macro.name in macros:
                self._wrong(
                    f"there is a macro {macro.name!r} already, on line {macros[macro.name].line}", element
                )
            macros[macro.name] = macro
        if not rules and not macros:
            self._wrong("there is no GLOBAL_RULE in it", root)
        return Constraints(self._name, rules, macros, tuple(dict.fromkeys(includes)))

    def _check_shape(self, element: Element) -> None:
        shape = SHAPES.get(element.name)
        if shape is None or element.namespace not in ("", NAMESPACE):
            self._wrong(f"the element {element.name} is not known", element)
        for attribute in element.attributes:
            if attribute not in shape.attributes and not attribute.startswith("{"):
                self._wrong(f"{element.name} has no attribute {attribute!r}", element)
        if element.text and not shape.text:
            self._wrong(f"{element.name} holds no text", element)
        for child in element.children:
            if child.name in SHAPES and child.name not in shape.children:
                self._wrong(f"{child.name} has no place in {element.name}", child)
            self._check_shape(child)

    def _name_of(self, element: Element) -> str:
        child = element.first("NAME")
        name = element.attributes.get("name", "").strip() or (child.text if child else "") or element.text
        if not name:
            self._wrong(f"{element.name} has no name", element)
        return name

    def _macro(self, element: Element) -> Macro:
        parameters = [self._name_of(child) for child in element.all("PARAMETER_DECLARATION")]
        if len(set(parameters)) < len(parameters):
            self._wrong("a parameter is declared twice", element)
        for name in parameters:
            if not name.isidentifier():
                self._wrong(f"{name!r} cannot be a parameter's name: it takes letters, digits and _", element)
        self._parameters = frozenset(parameters)
        predicate = self._all_of(element)
        self._parameters = frozenset()
        return Macro(
            self._name_of(element), tuple(parameters), predicate, _description(element), element.line
        )

    def _all_of(self, element: Element) -> Predicate:
        parts = [self._predicate(child) for child in element.all("PREDICATE")]
        if not parts:
            self._wrong(f"{element.name} has no PREDICATE", element)
        if len(parts) == 1:
            return parts[0]
        return Predicate(Joined(Connective.AND, tuple(parts)), (), element.line)

    def _predicate(self, element: Element) -> Predicate:
        """Read a PREDICATE, or a test that stands where one is expected."""
        if element.name != "PREDICATE":
            return Predicate(self._test(element), (), element.line)
        tests = [child for child in element.children if child.name not in ("DESCRIPTION", "ACTION")]
        if len(tests) != 1:
            self._wrong(
                f"expected one of {TESTS.replace(' ', ', ')} in PREDICATE, and not {len(tests)}", element
            )
        actions = tuple(self._action(child) for child in element.all("ACTION"))
        return Predicate(self._test(tests[0]), actions, element.line)

    def _action(self, element: Element) -> Action:
        when = element.attributes.get("when", "false").strip().lower()
        if when not in ("true", "false"):
            self._wrong("ACTION/@when is true or false", element)
        word = element.attributes.get("action", "error").strip().lower()
        if word not in SEVERITIES:
            self._wrong(f"ACTION/@action is one of {', '.join(SEVERITIES)}", element)
        text = element.text or _description(element)
        if not text:
            self._wrong("ACTION has no text", element)
        return Action(when == "true", SEVERITIES[word], " ".join(text.split()))

    def _test(self, element: Element) -> Test:
        match element.name:
            case "INVOKE_MACRO":
                return self._call(element)
            case "GLOBAL_RULE_REF":
                return RuleReference(self._name_of(element))
        word = element.attributes.get("operator", "").strip().lower()
        if element.name == "LOGICAL" and word in QUANTIFIERS:
            return self._of_items(element, QUANTIFIERS[word])
        operators = OPERATORS[element.name]
        operator = operators.get(word)
        if operator is None:
            known = ", ".join([*operators, *(QUANTIFIERS if element.name == "LOGICAL" else ())])
            self._wrong(f"{element.name}/@operator {word!r} is not known: known are {known}", element)
        if element.name == "LOGICAL":
            if stray := element.first("ATTRIBUTE_TAG"):
                self._wrong(f"ATTRIBUTE_TAG has no place with the operator {word!r}", stray)
            made: list[object] = [self._predicate(child) for child in element.children]
        else:
            made = [self._operand(child) for child in element.children]
        if len(made) < operator.least or (operator.most is not None and len(made) > operator.most):
            wanted = str(operator.least) if operator.least == operator.most else f"{operator.least} or more"
            self._wrong(f"the operator {word!r} takes {wanted} operands, and not {len(made)}", element)
        self._check_operands(element, word, made)
        try:
            return operator.make(*made)
        except PatternError as error:
            raise DocumentError(f"the pattern is wrong: {error}", self._name, element.line) from error

    def _check_operands(self, element: Element, word: str, made: list[object]) -> None:
        """Refuse what only some places can hold: ranges, functions, values."""
        for position, (child, operand) in enumerate(zip(element.children, made, strict=True)):
            is_choice = word == "in" and position > 0
            if isinstance(operand, Range) and not is_choice:
                self._wrong("RANGE is for the operator 'in', after the attribute", child)
            if isinstance(operand, Call) and is_choice:
                self._wrong("a function has no place in a list of values", child)
            if element.name == "BOOLEAN_FUNC" and not isinstance(operand, Locator):
                self._wrong(f"the operator {word!r} takes an attribute", child)
            if word == "between" and position and not isinstance(operand, Literal):
                self._wrong("the ends of a range stand in STRING_VALUE", child)

    def _of_items(self, element: Element, quantifier: Quantifier) -> Test:
        sequences = list(element.all("ATTRIBUTE_TAG"))
        parts = [self._predicate(child) for child in element.children if child.name != "ATTRIBUTE_TAG"]
        if len(sequences) != 1 or len(parts) != 1:
            self._wrong("an operator for items takes one ATTRIBUTE_TAG and one PREDICATE", element)
        sequence = self._operand(sequences[0])
        if not isinstance(sequence, Locator):
            self._wrong("a function has no items", sequences[0])
        return OfItems(quantifier, sequence, parts[0])

    def _call(self, element: Element) -> Test:
        child = element.first("MACRO_NAME")
        name = element.attributes.get("name", "").strip() or (child.text if child else "")
        if not name:
            self._wrong("INVOKE_MACRO has no MACRO_NAME", element)
        arguments: dict[str, Operand] = {}
        for parameter in element.all("PARAMETER"):
            given = [one for one in parameter.children if one.name != "NAME"]
            if len(given) != 1:
                self._wrong("PARAMETER has one VALUE, ATTRIBUTE_TAG or STRING_VALUE", parameter)
            named = self._name_of(parameter)
            if named in arguments:
                self._wrong(f"the parameter {named!r} is given twice", parameter)
            arguments[named] = self._argument(given[0])
        return MacroCall(name, arguments)

    def _argument(self, element: Element) -> Operand:
        """Read what a parameter is given; a VALUE that can be read as an attribute is one."""
        if element.name == "VALUE":
            try:
                return read_locator(element.text, self._parameters)
            except LocatorError:
                return Literal(element.text)
        operand = self._operand(element)
        assert not isinstance(operand, Range)  # which has no place in PARAMETER
        return operand

    def _operand(self, element: Element) -> Operand | Range:
        if element.name == "RANGE":
            ends = [element.attributes.get(end) for end in ("low", "high")]
            low, high = (None if end is None else Literal(end.strip()) for end in ends)
            if low is None and high is None:
                self._wrong("RANGE has neither 'low' nor 'high'", element)
            return Range(low, high)
        if element.name == "PARAMETER":
            return self._locator(element, f"${{{self._name_of(element)}}}")
        if element.name == "STRING_VALUE":
            text = element.text
            return self._locator(element, text) if text.startswith("${") else Literal(text)
        definer = element.attributes.get("definer", "").strip()
        locator = self._locator(element, f'{element.text}("{definer}")' if definer else element.text)
        function = element.attributes.get("function", "").strip().lower()
        if not function:
            return locator
        if function not in [*Function]:
            self._wrong(f"the function {function!r} is not known: known are {', '.join(Function)}", element)
        return Call(Function(function), locator)

    def _locator(self, element: Element, text: str) -> Locator:
        try:
            return read_locator(text, self._parameters)
        except LocatorError as error:
            raise DocumentError(str(error), self._name, element.line) from error

    def _wrong(self, what: str, element: Element) -> NoReturn:
        raise DocumentError(what, self._name, element.line)


def _description(element: Element) -> str:
    child = element.first("DESCRIPTION")
    return " ".join(child.text.split()) if child else ""

"""From a command string to operators and their values."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from fileroom.plugin import InvalidValueError
from fileroom_plugins.imaging.commands.arguments import read_form
from fileroom_plugins.imaging.commands.operators import EXCLUSIVE, OPERATORS, SYNONYMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fileroom_plugins.imaging.commands.arguments import Value

LONGEST = 4000
"""So many characters a command may have; Oracle's have no more either."""

_COMMA = r"""(?:,(?=[\s"'A-Za-z]))"""  # between operators or values, and not within a number
_TOKEN = re.compile(
    rf"""(?:\s|{_COMMA})*"""
    rf"""(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<equals>=)|(?P<word>(?:(?!{_COMMA})[^\s"'=])+))"""
)


class _Token(NamedTuple):
    text: str
    quoted: bool = False

    @property
    def is_equals(self) -> bool:
        return self.text == "=" and not self.quoted


@dataclass(frozen=True, slots=True)
class Command:
    """Operators and their values, whatever order they were written in.

    Attributes:
        values: an operator's name, spelled as in `OPERATORS`, to its values; empty for one without.
    """

    values: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def numbers(self, name: str) -> tuple[float, ...]:
        """Return those of an operator's values that are numbers; none where it is not given."""
        return tuple(value for value in self.values.get(name, ()) if not isinstance(value, str))

    def whole(self, name: str) -> tuple[int, ...]:
        """Return those of an operator's values that are whole numbers; none where it is not given."""
        return tuple(value for value in self.values.get(name, ()) if isinstance(value, int))

    def word(self, name: str) -> str | None:
        """Return the first of an operator's values that is a word; None where there is none."""
        return next((value for value in self.values.get(name, ()) if isinstance(value, str)), None)

    def having(self, **values: tuple[Value, ...]) -> Command:
        """Return this command with some operators set."""
        return Command(MappingProxyType({**self.values, **values}))


def parse(text: str) -> Command:
    """Read a command string: operators divided by blanks or commas, ``operator = value value``, in any order.

    Case plays no part; blanks round the equals sign may be left out; values may be quoted; operators without
    a value (``flip``) stand alone. An empty string is a command that changes nothing.

    Raises:
        InvalidValueError: an operator is unknown, given twice, excluded by another, or its values are not
            what it takes; names it, and says what is known or expected.
    """
    if len(text) > LONGEST:
        raise InvalidValueError(f"a command has at most {LONGEST} characters")
    values: dict[str, tuple[Value, ...]] = {}
    for name, tokens in _groups(list(_tokens(text))):
        operator = OPERATORS[SYNONYMS.get(name.casefold(), name.casefold())]
        if operator.name in values:
            raise InvalidValueError(f"{operator.name}: given more than once")
        words = [word for token in tokens or () for word in _words(token, operator.name)]
        if tokens is not None and not words:
            raise InvalidValueError(f"{operator.name}: there is nothing after the equals sign")
        values[operator.name] = read_form(operator.name, operator.forms, words)
    for names in EXCLUSIVE:
        given = [name for name in names if name in values]
        if len(given) > 1:
            raise InvalidValueError(f"{given[1]}: excludes {given[0]}; give one of them")
    return Command(MappingProxyType(values))


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    text = text.rstrip().rstrip(",").rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise InvalidValueError("the command has a quote that is not closed")
        position = match.end()
        kind = match.lastgroup or ""
        yield _Token(match[kind], quoted=kind in {"double", "single"})


def _groups(tokens: list[_Token]) -> Iterator[tuple[str, list[_Token] | None]]:
    """Yield operators with the tokens of their values; None for one without an equals sign."""
    position = 0
    while position < len(tokens):
        name = tokens[position]
        if name.is_equals:
            raise InvalidValueError("the command has an equals sign without an operator before it")
        _check_known(name)
        position += 1
        if position == len(tokens) or not tokens[position].is_equals:
            yield name.text, None
            continue
        end = position = position + 1
        while end < len(tokens) and not _begins_operator(tokens, end):
            end += 1
        yield name.text, tokens[position:end]
        position = end


def _begins_operator(tokens: list[_Token], position: int) -> bool:
    token = tokens[position]
    if token.quoted:
        return False
    if token.is_equals or (position + 1 < len(tokens) and tokens[position + 1].is_equals):
        return True
    operator = OPERATORS.get(token.text.casefold())
    return operator is not None and not operator.takes_values


def _check_known(token: _Token) -> None:
    name = token.text.casefold()
    if not token.quoted and (name in OPERATORS or name in SYNONYMS):
        return
    known = sorted((operator.name for operator in OPERATORS.values()), key=str.casefold)
    close = difflib.get_close_matches(name, OPERATORS, n=1)
    hint = f" (did you mean {OPERATORS[close[0]].name}?)" if close else ""
    shown = token.text if len(token.text) <= _SHOWN else "of this length"
    raise InvalidValueError(f"no operator {shown!r}{hint}: known are {', '.join(known)}")


_SHOWN = 40


def _words(token: _Token, name: str) -> list[str]:
    """Return what a token holds: several words in quotes are values, save where a name has blanks."""
    if not token.quoted:
        return [token.text]
    words = token.text.split()
    if name == "window" and not all(_is_number(word) for word in words):
        return [token.text.strip()]
    return words


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True

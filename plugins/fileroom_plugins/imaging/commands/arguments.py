"""Kinds of values that operators take: how each is read from a word, and how an error describes it."""

from __future__ import annotations

import abc
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from fileroom.plugin import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Mapping

Value: TypeAlias = "int | float | str"

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_NUMBER = re.compile(
    r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})(?:[eE][+-]?[0-9]{1,3})?", re.ASCII
)


class Argument(abc.ABC):
    """One value of an operator."""

    @abc.abstractmethod
    def read(self, word: str) -> Value | None:
        """Return the value of a word, or None if it is none of this kind."""

    @property
    @abc.abstractmethod
    def described(self) -> str:
        """What is expected, to be put into an error and into the documentation."""


@dataclass(frozen=True, slots=True)
class Whole(Argument):
    """A whole number in a range, both ends included; without ``most``, up to a million."""

    least: int
    most: int = 1_000_000

    def read(self, word: str) -> Value | None:
        """See `Argument.read`."""
        if not _INTEGER.fullmatch(word):
            return None
        number = int(word)
        return number if self.least <= number <= self.most else None

    @property
    def described(self) -> str:
        """See `Argument.described`."""
        return f"a whole number from {self.least} to {self.most}"


@dataclass(frozen=True, slots=True)
class Number(Argument):
    """A number in a range, both ends included unless ``above`` excludes the lower."""

    least: float
    most: float
    above: bool = False

    def read(self, word: str) -> Value | None:
        """See `Argument.read`."""
        if not _NUMBER.fullmatch(word):
            return None
        number = float(word)
        if not math.isfinite(number) or number > self.most or number < self.least:
            return None
        return None if self.above and number == self.least else number

    @property
    def described(self) -> str:
        """See `Argument.described`."""
        start = f"above {self.least:g}, at most" if self.above else f"from {self.least:g} to"
        return f"a number {start} {self.most:g}"


@dataclass(frozen=True, slots=True)
class Keyword(Argument):
    """One of several words, whatever their case; each stands for the canonical one it maps to."""

    words: Mapping[str, str]

    def read(self, word: str) -> Value | None:
        """See `Argument.read`."""
        return self.words.get(word.casefold())

    @property
    def described(self) -> str:
        """See `Argument.described`."""
        return "one of " + ", ".join(dict.fromkeys(self.words.values()))


@dataclass(frozen=True, slots=True)
class Text(Argument):
    """Any text, quoted where it has blanks; ``what`` says of what kind."""

    what: str
    pattern: re.Pattern[str]

    def read(self, word: str) -> Value | None:
        """See `Argument.read`."""
        return word if self.pattern.fullmatch(word) else None

    @property
    def described(self) -> str:
        """See `Argument.described`."""
        return self.what


def keywords(*names: str, **aliases: str) -> Keyword:
    """Return a `Keyword` of these names, and of aliases that stand for one of them."""
    words = {name.casefold(): name for name in names}
    words.update({alias.casefold(): name for alias, name in aliases.items()})
    return Keyword(words)


Form: TypeAlias = "tuple[Argument, ...]"
"""The values of an operator, in order."""


def read_form(operator: str, forms: tuple[Form, ...], words: list[str]) -> tuple[Value, ...]:
    """Return the values of words by the first of several forms that fits.

    Raises:
        InvalidValueError: none fits; names the operator and says what is expected.
    """
    for form in forms:
        # Some names have a blank: JPEG 2000.
        given = ["-".join(words)] if words and len(form) == 1 and isinstance(form[0], Keyword) else words
        if len(form) == len(given):
            values = [argument.read(word) for argument, word in zip(form, given, strict=True)]
            if None not in values:
                return tuple(value for value in values if value is not None)
    shown = " ".join(words) if sum(map(len, words)) <= _QUOTED else f"{len(words)} values"
    expected = "; or ".join(_described(form) for form in forms)
    raise InvalidValueError(f"{operator}: expected {expected}, not {shown or 'nothing'}")


_QUOTED = 60


def _described(form: Form) -> str:
    if not form:
        return "no value"
    if len(form) > 1 and all(argument == form[0] for argument in form):
        return f"{len(form)} values, each {form[0].described}"
    return ", then ".join(argument.described for argument in form)

"""The words of an expression."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 10_000
"""Characters that an expression may have."""

RESERVED = frozenset(
    (
        *("and", "or", "not", "implies", "in", "is", "empty", "missing", "exists", "matches"),
        *("any", "every", "item", "of", "has", "rule", "count", "vr", "uid_type"),
    )
)
"""Words of the language, which can be no names of parameters or macros."""

_TAG = r"""\([0-9A-Fa-f]{4},[0-9A-Fa-fxX]{2}[0-9A-Fa-f]{2}\)(?:\((?:"[^"]*"|[^()"]*)\))?"""
_STEP = rf"(?:{_TAG}|[A-Za-z_]\w*)(?:\[(?:\d+|\*)\])?"
_TOKEN = re.compile(
    rf"""(?P<space>\s+)
      |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      |(?P<number>[+-]?\d+(?:\.\d+)?)
      |(?P<attribute>/?{_STEP}(?:\.{_STEP})*(?:\#[A-Za-z]+)?)
      |(?P<sign>==|!=|<=|>=|<|>|\.\.|[()\[\],=])""",
    re.VERBOSE | re.ASCII | re.DOTALL,
)
_QUOTED = re.compile(r"\\(.)", re.DOTALL)


class ExpressionError(ValueError):
    """An expression cannot be read; internal, ends as a `fileroom.plugin.DocumentError` with its line."""


class Token(NamedTuple):
    """A word of an expression.

    Attributes:
        kind: ``string``, ``number``, ``attribute`` (which may be a name, too), ``word`` (a reserved one),
            ``sign``, or ``end``.
        text: as it stands there; of a string what it means.
        column: where it begins, from 1.
    """

    kind: str
    text: str
    column: int

    def __str__(self) -> str:
        """Write it as errors show it."""
        return "the end" if self.kind == "end" else repr(self.text)


def tokens(text: str) -> Iterator[Token]:
    """Yield the words of an expression, and at last one of kind ``end``.

    Raises:
        ExpressionError: something is none.
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"an expression has at most {LONGEST:,} characters")
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            what = "a string that does not end" if text[at] in "\"'" else repr(text[at])
            raise ExpressionError(f"{what} at column {at + 1}: {_hint(text, at)}")
        kind, word = str(match.lastgroup), match[0]
        if kind == "string":
            word = _QUOTED.sub(r"\1", word[1:-1])
        elif kind == "attribute" and word in RESERVED:
            kind = "word"
        if kind != "space":
            yield Token(kind, word, at + 1)
        at = match.end()
    yield Token("end", "", len(text) + 1)


def _hint(text: str, at: int) -> str:
    hints = {
        "&": "write 'and'",
        "|": "write 'or'",
        "!": "write 'not', or '!='",
        "~": "write 'matches'",
        "{": "write a list in [ ]",
    }
    return hints.get(text[at], "expected a keyword, a value in quotation marks, a number or a sign")

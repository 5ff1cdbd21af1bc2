"""Lines of a ``dcmqrscp.cfg``, and the values in them.

A *gap* is white space, ``=`` and ``,``. A *value* goes up to the next gap, or, if it begins with a quote, up
to the next quote: any of ``"``, ``'``, ``(`` and ``)``, which need not pair.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LINE = 510
"""Bytes of a line; dcmqrscp reads what follows them as another line."""

_GAPS = re.compile(r"[\s=,]+", re.ASCII)
_QUOTED = re.compile(r"""["'()]([^"'()]*)["'()]""")
_PLAIN = re.compile(r"[^\s=,]+", re.ASCII)
_WORD = re.compile(r"\S+", re.ASCII)
_QUOTES = "\"'()"
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


class WrongLineError(Exception):
    """A line cannot be understood; internal, ends in a `fileroom.errors.ConfigError`."""


class Line(NamedTuple):
    """A line that says something: its number, from 1, and its text without the line's end."""

    number: int
    text: str


def split(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and bytes of each line that is neither empty nor a comment, or is too long to be one."""
    for number, raw in enumerate(data.split(b"\n"), 1):
        if len(raw) > MAX_LINE or (raw and not raw.startswith((b"#", b"\r"))):
            yield number, raw


def decoded(raw: bytes) -> str:
    """Return a line's text.

    Raises:
        WrongLineError: it is too long, or no text.
    """
    if len(raw) > MAX_LINE:
        raise WrongLineError(
            f"longer than {MAX_LINE} bytes: dcmqrscp would read it as several lines; shorten it"
        )
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise WrongLineError("not UTF-8: save the file as UTF-8, or write ASCII") from None
    if _NO_TEXT.search(text):
        raise WrongLineError("not text: it has characters that do not print")
    return text


def first_words(text: str) -> tuple[str, str]:
    """Return the first two words of a line, empty where there are fewer; only white space separates them."""
    first, second, *_ = *_WORD.findall(text)[:2], "", ""
    return first, second


def starts_with_gap(text: str) -> bool:
    """Say whether there is a gap before a line's first value."""
    return _GAPS.match(text) is not None


def values(text: str) -> Iterator[str]:
    """Yield the values in a text, without their quotes.

    Raises:
        WrongLineError: a quote has no other.
    """
    at = _skip(text, 0)
    while at < len(text):
        match = (_QUOTED if text[at] in _QUOTES else _PLAIN).match(text, at)
        if match is None:
            raise WrongLineError(f"{shown(text[at:])} is not closed: add the bracket or the quote at its end")
        yield match[1] if match.re is _QUOTED else match[0]
        at = _skip(text, match.end())


def _skip(text: str, at: int) -> int:
    match = _GAPS.match(text, at)
    return at if match is None else match.end()


def shown(text: str) -> str:
    """Return a piece of the file as errors quote it: in quotes, at most 40 characters."""
    text = text.rstrip()
    return repr(text if len(text) <= 40 else f"{text[:39]}…")  # noqa: PLR2004 - as the docstring says

"""Regular expressions that cannot run away.

A pattern is followed in all its branches at once (K. Thompson, "Regular expression search algorithm", 1968),
so the time is bounded by the length of pattern and text multiplied, whatever somebody wrote. `re` tries one
branch after another, and takes for ever over some patterns of ten letters.

What `re` has is understood, but for what needs more than that: references back, looking ahead and behind. A
value matches as a whole; ``(?i)`` at the beginning disregards case.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_STATES = 2000
"""States that a pattern may come to: about its length, repetitions written out."""

_LARGEST_REPEAT = 1000
_DEEPEST = 50

Ranges: TypeAlias = "tuple[tuple[int, int], ...]"
"""Code points from the first to the second of each pair, both included."""

_ANY: Ranges = ((0, 9), (11, 0x10FFFF))  # but for a line's end, as in `re`
_DIGIT: Ranges = ((48, 57),)
_WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE: Ranges = ((9, 13), (32, 32))
_CLASSES = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
_CONTROLS = {"t": 9, "n": 10, "r": 13, "f": 12, "v": 11}


class PatternError(ValueError):
    """A text is no pattern; internal, ends as a `fileroom.plugin.DocumentError` with its line."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression.

    Attributes:
        text: as it was written.

    Raises:
        PatternError: it is none, or needs too many states; the message says why.
    """

    text: str

    def __post_init__(self) -> None:
        _program(self.text)

    def matches(self, value: str, spend: Callable[[int], object] = lambda _: None) -> bool:
        """Say whether a value as a whole matches.

        Args:
            value: any text.
            spend: called with the number of steps that each character took.
        """
        program = _program(self.text)
        value = value.casefold() if program.folds else value
        states = program.closure({program.start}, at_start=True, at_end=not value)
        for position, char in enumerate(value, start=1):
            code = ord(char)
            after = {
                state.out
                for state in (program.states[number] for number in states)
                if state.ranges is not None and _within(code, state.ranges)
            }
            spend(1 + len(states))
            if not after:
                return False
            states = program.closure(after, at_start=False, at_end=position == len(value))
        return program.end in states


@dataclass(slots=True)
class _State:
    """A place in a pattern: eats a character of ``ranges``, or none, and goes on to ``out`` and ``also``."""

    ranges: Ranges | None = None
    out: int = -1
    also: int = -1
    anchor: str = ""


@dataclass(slots=True)
class _Program:
    states: list[_State] = field(default_factory=list)
    start: int = 0
    end: int = 0
    folds: bool = False

    def add(self, ranges: Ranges | None = None, out: int = -1, also: int = -1, anchor: str = "") -> int:
        if len(self.states) >= MOST_STATES:
            raise PatternError(
                f"the pattern is too large: its repetitions come to more than {MOST_STATES} states"
            )
        self.states.append(_State(ranges, out, also, anchor))
        return len(self.states) - 1

    def closure(self, states: set[int], *, at_start: bool, at_end: bool) -> set[int]:
        """Return the states that can be reached without eating a character."""
        reached: set[int] = set()
        waiting = list(states)
        while waiting:
            number = waiting.pop()
            if number < 0 or number in reached:
                continue
            reached.add(number)
            state = self.states[number]
            passable = not state.anchor or (at_start if state.anchor == "^" else at_end)
            if state.ranges is None and passable:
                waiting += (state.out, state.also)
        return reached


@lru_cache(maxsize=256)
def _program(text: str) -> _Program:
    return _Reader(text).read()


def _within(code: int, ranges: Ranges) -> bool:
    return any(low <= code <= high for low, high in ranges)


class _Reader:
    """Reads a pattern from its end to its beginning: each part is made in the knowledge of what follows."""

    def __init__(self, text: str) -> None:
        self._program = _Program(folds=text.startswith("(?i)"))
        self._text = text.removeprefix("(?i)")
        self._at = 0
        self._depth = 0

    def read(self) -> _Program:
        tree = self._alternatives()
        if self._at < len(self._text):
            raise PatternError("there is a ')' without a '('")
        self._program.end = self._program.add()
        self._program.start = self._make(tree, self._program.end)
        return self._program

    # A tree is a tuple: ("eat", ranges), ("anchor", sign), ("all", trees), ("either", trees),
    # ("repeat", tree, least, most), most None for any number.

    def _alternatives(self) -> tuple[object, ...]:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise PatternError(f"parentheses are nested deeper than {_DEEPEST}")
        branches = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            branches.append(self._sequence())
        self._depth -= 1
        return branches[0] if len(branches) == 1 else ("either", branches)

    def _sequence(self) -> tuple[object, ...]:
        parts = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeated(self._atom()))
        return ("all", parts)

    def _repeated(self, tree: tuple[object, ...]) -> tuple[object, ...]:
        bounds = self._bounds()
        if bounds is None:
            return tree
        least, most = bounds
        if tree[0] == "anchor":
            raise PatternError("'^' and '$' cannot be repeated")
        if self._peek() == "?":
            self._at += 1  # whether it takes few or many makes no difference to the whole
        if self._bounds() is not None:
            raise PatternError("two repetitions follow each other")
        return ("repeat", tree, least, most)

    def _bounds(self) -> tuple[int, int | None] | None:
        sign = self._peek()
        if sign in ("*", "+", "?"):
            self._at += 1
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
        if sign != "{":
            return None
        close = self._text.find("}", self._at)
        inside = self._text[self._at + 1 : close] if close > 0 else ""
        low, comma, high = inside.partition(",")
        numbers = [part for part in (low, high) if part]
        if not low or not all(part.isascii() and part.isdigit() and len(part) < 6 for part in numbers):  # noqa: PLR2004
            raise PatternError("expected {m}, {m,} or {m,n}; a '{' itself is written as \\{")
        self._at = close + 1
        least = int(low)
        most = int(high) if high else (None if comma else least)
        if max(least, most or 0) > _LARGEST_REPEAT or (most is not None and most < least):
            raise PatternError(f"{{{inside}}} is no repetition: from 0 to {_LARGEST_REPEAT}, the lower first")
        return least, most

    def _atom(self) -> tuple[object, ...]:
        char = self._next()
        match char:
            case "(":
                return self._group()
            case "[":
                return ("eat", self._class())
            case ".":
                return ("eat", _ANY)
            case "^" | "$":
                return ("anchor", char)
            case "\\":
                return ("eat", self._escape())
            case "*" | "+" | "?" | "{":
                raise PatternError(f"there is nothing before {char!r} to repeat")
            case _:
                return ("eat", self._only(ord(char)))

    def _group(self) -> tuple[object, ...]:
        if self._peek() == "?":
            self._at += 1
            if self._next() != ":":
                raise PatternError("of '(?', only '(?:' and a '(?i)' at the beginning are known")
        tree = self._alternatives()
        if self._peek() != ")":
            raise PatternError("there is a '(' without a ')'")
        self._at += 1
        return tree

    def _escape(self) -> Ranges:
        char = self._next()
        if char.lower() in _CLASSES:
            ranges = _CLASSES[char.lower()]
            return ranges if char.islower() else _inverted(ranges)
        if char in _CONTROLS:
            return self._only(_CONTROLS[char])
        if char in ("x", "u"):
            length = 2 if char == "x" else 4
            digits = self._text[self._at : self._at + length]
            self._at += length
            try:
                return self._only(int(digits, 16) if len(digits) == length else -1)
            except ValueError:
                raise PatternError(f"\\{char} wants {length} hexadecimal digits") from None
        if char.isalnum():
            raise PatternError(f"\\{char} is not known")
        return self._only(ord(char))

    def _class(self) -> Ranges:
        negated = self._peek() == "^"
        self._at += negated
        ranges: list[tuple[int, int]] = []
        first = True
        while first or self._peek() != "]":
            first = False
            low = self._class_part()
            if self._peek() != "-" or self._text[self._at + 1 : self._at + 2] in ("]", ""):
                ranges += low
                continue
            self._at += 1
            high = self._class_part()
            if len(low) != 1 or len(high) != 1 or low[0][0] != low[0][1] or not low[0][0] <= high[0][1]:
                raise PatternError("a range of characters goes from one character to a later one")
            ranges.append((low[0][0], high[0][1]))
        self._at += 1
        return _inverted(tuple(ranges)) if negated else tuple(ranges)

    def _class_part(self) -> Ranges:
        char = self._next()
        return self._escape() if char == "\\" else self._only(ord(char))

    def _only(self, code: int) -> Ranges:
        if code < 0:
            raise ValueError
        if not self._program.folds:
            return ((code, code),)
        folded = chr(code).casefold()
        if len(folded) != 1:
            raise PatternError(f"(?i) does not know what {chr(code)!r} is in other cases")
        return ((ord(folded), ord(folded)),)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        if self._at >= len(self._text):
            raise PatternError("it ends too soon")
        self._at += 1
        return self._text[self._at - 1]

    def _make(self, tree: tuple[object, ...], then: int) -> int:
        """Add the states of a tree that goes on to a state; return its first."""
        program = self._program
        match tree:
            case ("eat", ranges):
                return program.add(ranges, then)  # type: ignore[arg-type]  # as `_atom` made it
            case ("anchor", sign):
                return program.add(None, then, anchor=str(sign))
            case ("all", parts):
                for part in reversed(parts):  # type: ignore[call-overload]
                    then = self._make(part, then)
                return then
            case ("either", parts):
                start = -1
                for part in reversed(parts):  # type: ignore[call-overload]
                    start = program.add(None, self._make(part, then), start)
                return start
            case ("repeat", part, least, most):
                return self._make_repeated(part, least, most, then)  # type: ignore[arg-type]
        raise AssertionError(tree)  # pragma: no cover - there are no other trees

    def _make_repeated(self, part: tuple[object, ...], least: int, most: int | None, then: int) -> int:
        if most is None:
            loop = self._program.add(None, -1, then)
            self._program.states[loop].out = self._make(part, loop)
            then = loop
        else:
            end = then
            for _ in range(most - least):
                then = self._program.add(None, self._make(part, then), end)
        for _ in range(least):
            then = self._make(part, then)
        return then


def _inverted(ranges: Ranges) -> Ranges:
    found = []
    start = 0
    for low, high in sorted(ranges):
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    return (*found, (start, 0x10FFFF)) if start <= 0x10FFFF else tuple(found)  # noqa: PLR2004 - the last code point

"""Rules: what decides on an object's tier."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fileroom.model import Level
from fileroom.plugin import ContentTypes, NotFoundError, parse_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.plugin import Traits

_AGE = re.compile(r"([0-9]{1,9}) ?([hdwy])", re.IGNORECASE)
_HOUR = 3_600
_UNITS = {"h": _HOUR, "d": 24 * _HOUR, "w": 7 * 24 * _HOUR, "y": 365 * 24 * _HOUR}


@dataclass(frozen=True, slots=True)
class Rule:
    """One of ``[[storage.rules]]``: what is all that it names lies in its tier.

    Attributes:
        to: the tier.
        min_size: so many bytes or more: a number, or a text such as ``"64 KB"``, where a KB has 1024.
        max_size: so many bytes or fewer, likewise.
        content_types: one of these: numbers, or the names of Fileroom's own; the names in
            ``[content_types]`` are not known to a storage. Empty for all.
        levels: what belongs to a resource of one of these levels. Empty for all.
        older_than: for how long the resource must be in the archive: a text such as ``"180 d"``, in hours
            (h), days (d), weeks (w) or years (y) of 365 days. Nothing is as old when it is put: what grows
            old is moved by ``fileroom move``.

    Raises:
        ValueError: a value is malformed, or the rule would fit nothing, or everything.
    """

    to: str
    min_size: int | str | None = None
    max_size: int | str | None = None
    content_types: tuple[int | str, ...] = ()
    levels: tuple[Literal["patient", "study", "series", "instance"], ...] = ()
    older_than: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        condition = Condition.of(self)
        if condition.high is not None and condition.low > condition.high:
            raise ValueError("min_size is larger than max_size: the rule would fit nothing")
        if condition == Condition(self.to):
            raise ValueError("a rule without conditions would fit everything: name its tier as the default")


@dataclass(frozen=True, slots=True)
class Condition:
    """A rule, read: what an object must be to lie in the tier ``to``.

    Attributes:
        to: the tier.
        low, high: bounds of the size in bytes, both included; no upper one if ``high`` is None.
        content_types, levels: one of these; empty for all.
        age: in seconds, at least.
    """

    to: str
    low: int = 0
    high: int | None = None
    content_types: frozenset[int] = frozenset()
    levels: frozenset[Level] = frozenset()
    age: int = 0

    @classmethod
    def of(cls, rule: Rule) -> Condition:
        """Read a rule.

        Raises:
            ValueError: a value is malformed.
        """
        high = None if rule.max_size is None else _size("max_size", rule.max_size)
        levels = frozenset(map(Level.parse, rule.levels))
        return cls(
            rule.to,
            _size("min_size", rule.min_size or 0),
            high,
            frozenset(map(_number, rule.content_types)),
            levels,
            _age(rule.older_than),
        )

    def may_fit(self, traits: Traits) -> bool:
        """Say whether an object fits, as far as its size does not matter."""
        return (
            (not self.content_types or traits.content_type in self.content_types)
            and (not self.levels or traits.level in self.levels)
            and traits.age >= self.age
        )

    def fits(self, traits: Traits) -> bool:
        """Say whether an object fits."""
        return (
            self.low <= traits.size
            and (self.high is None or traits.size <= self.high)
            and self.may_fit(traits)
        )


class Policy:
    """All rules, and the tier of what none of them fits."""

    def __init__(self, rules: Sequence[Rule], default: str) -> None:
        self._conditions = [Condition.of(rule) for rule in rules]
        self._default = default

    def tier_for(self, traits: Traits) -> str:
        """Return the tier of an object."""
        return next((one.to for one in self._conditions if one.fits(traits)), self._default)

    def bound(self, traits: Traits) -> int | None:
        """Return how many bytes to read of an object that is otherwise like this to tell its tier.

        It is told by the size, or by there being more bytes than that. None if the size does not matter.
        """
        return max(self._bounds(traits), default=None)

    def _bounds(self, traits: Traits) -> Iterator[int]:
        for one in self._conditions:
            if one.may_fit(traits):
                if not one.low and one.high is None:
                    return
                yield max(one.low, one.high or 0)


def _size(key: str, value: int | str) -> int:
    try:
        size = parse_size(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None
    if size < 0:
        raise ValueError(f"{key}: a size is 0 or more")
    return size


def _number(content_type: int | str) -> int:
    try:
        return ContentTypes().resolve(content_type).number
    except NotFoundError:
        own = ", ".join(one.name for one in ContentTypes())
        raise ValueError(f"content_types: expected numbers from 0 to 65535, or of {own}") from None


def _age(text: str | None) -> int:
    if text is None:
        return 0
    match = _AGE.fullmatch(text)
    if match is None:
        raise ValueError('older_than: expected a whole number and h, d, w or y, for example "180 d"')
    return int(match[1]) * _UNITS[match[2].lower()]

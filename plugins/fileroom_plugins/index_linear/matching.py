"""What a raw value must be, compiled for a search: `fileroom.query.matches`, at the speed of a lookup."""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from fileroom.model import Level
from fileroom.query import AnyOf, Empty, Equal, Item, Range, Wildcard, matches
from fileroom.tags import Comparison, dictionary_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from fileroom.model import TagValue
    from fileroom.query import Condition
    from fileroom.tags import TagSpec

    Plain: TypeAlias = Equal | Wildcard | Range | Empty | AnyOf
    Verdict: TypeAlias = Callable[[Collection[str]], bool]

K = TypeVar("K")
V = TypeVar("V")

_FORMS = 1 << 16
_WILDCARDS = re.compile("[*?]")


class Memo(dict[K, V]):
    """What a function returns, worked out once for each argument."""

    def __init__(self, function: Callable[[K], V]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, key: K) -> V:
        value = self[key] = self._function(key)
        return value


def value_test(condition: Condition) -> Callable[[TagValue | None], bool]:
    """Return what says of a raw value, None for a missing one, whether it meets a condition.

    It answers as `fileroom.query.matches` does, and remembers what it answered.
    """
    spec, match = condition.spec, condition.match
    if isinstance(match, Item):
        return partial(_any_item, {keyword: verdict(each) for keyword, each in match.keys.items()})
    if spec.comparison is Comparison.SEQUENCE:  # its values cannot be remembered, and are soon looked at
        return partial(matches, condition)
    decide = verdict(match)
    exact = condition.exact and spec.comparison is Comparison.FOLDED

    def judge(value: TagValue | None) -> bool:
        return decide(() if value is None else _forms(spec, value, exact))

    return Memo(judge).__getitem__


@lru_cache(_FORMS)
def _forms(spec: TagSpec, value: TagValue, exact: bool = False) -> tuple[str, ...]:  # noqa: FBT001, FBT002 - a key of the cache
    return spec.raw_values(value) if exact else spec.search_values(value)


def verdict(match: Plain) -> Verdict:
    """Return what says of the comparable forms of one value whether any of them is what is asked for."""
    options = match.options if isinstance(match, AnyOf) else (match,)
    equal = frozenset(option.value for option in options if isinstance(option, Equal))
    tests = [_wildcard_test(option.pattern) for option in options if isinstance(option, Wildcard)]
    tests += [partial(_lies_within, option) for option in options if isinstance(option, Range)]
    empty = any(isinstance(option, Empty) for option in options)

    def decide(values: Collection[str]) -> bool:
        if not values:
            return empty
        if not equal.isdisjoint(values):
            return True
        for test in tests:  # written out: a search of a text that every instance has spends its time here
            for value in values:
                if test(value):
                    return True
        return False

    return decide


def _lies_within(bounds: Range, value: str) -> bool:
    return (bounds.low is None or bounds.low <= value) and (bounds.high is None or value <= bounds.high)


def _wildcard_test(pattern: str) -> Callable[[str], bool]:
    """Return what says of a text whether it is what a pattern of ``*`` and ``?`` stands for.

    Most texts are not, and the longest run of characters in the pattern tells so of most of these. What
    stands between two stars may be taken where it comes first; an atomic group keeps the expression from
    trying elsewhere, which would take exponential time to fail.
    """
    needle = max(_WILDCARDS.split(pattern), key=len)
    if pattern == f"*{needle}*":
        return lambda text: needle in text
    first, *others = (re.escape(part).replace(r"\?", ".") for part in pattern.split("*"))
    between = "".join(f"(?>.*?{part})" for part in others[:-1])
    whole = re.compile(f"{first}{between}.*{others[-1]}" if others else first, re.DOTALL).fullmatch
    return lambda text: needle in text and whole(text) is not None


def _any_item(wanted: Mapping[str, Verdict], value: TagValue | None) -> bool:
    if not isinstance(value, tuple):
        return False
    return any(
        all(decide(_item_forms(item, keyword)) for keyword, decide in wanted.items()) for item in value
    )


def _item_forms(item: Mapping[str, str], keyword: str) -> tuple[str, ...]:
    spec = dictionary_spec(keyword, Level.INSTANCE)
    return _forms(spec, item[keyword]) if spec and keyword in item else ()

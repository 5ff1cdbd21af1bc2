"""Rules: what they say, what they refuse, and how much of an object is read to follow them."""

from __future__ import annotations

import io
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fileroom.model import Level
from fileroom.plugin import PutItem, Traits
from fileroom.storage import CHUNK
from fileroom.testing.storage_case import content, new_key, sample
from fileroom_plugins.storage_tiered import peeking
from fileroom_plugins.storage_tiered.rules import Policy, Rule
from tests.plugins.storage_tiered.tiers import memory, tiered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fileroom.storage import Source

DAY = 86_400
LABELS = ("patient", "study", "series", "instance")

bounds = st.none() | st.integers(0, 50)
levels = st.none() | st.sampled_from(Level)
content_types = st.none() | st.sampled_from((1, 16, 1_024))


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    low, high = draw(bounds), draw(bounds)
    if low is not None and high is not None:
        low, high = sorted((low, high))
    named = {
        "min_size": low,
        "max_size": high,
        "content_types": tuple(draw(st.sets(st.sampled_from((1, 16, 1_024))))),
        "levels": tuple(draw(st.sets(st.sampled_from(LABELS)))),
        "older_than": draw(st.none() | st.integers(1, 3).map(lambda days: f"{days} d")),
    }
    if not low and not any(value for key, value in named.items() if key != "max_size") and high is None:
        named["levels"] = ("study",)
    return Rule(draw(st.sampled_from(("small", "other"))), **named)  # type: ignore[arg-type]


def fits(rule: Rule, traits: Traits) -> bool:
    """Say it in other words than the code does."""
    level = traits.level.label if traits.level else None
    days = int(rule.older_than.split()[0]) if rule.older_than else 0
    checks = [
        rule.min_size is None or int(rule.min_size) <= traits.size,
        rule.max_size is None or traits.size <= int(rule.max_size),
        not rule.content_types or traits.content_type in rule.content_types,
        not rule.levels or level in rule.levels,
        days * DAY <= traits.age,
    ]
    return all(checks)


@given(
    st.lists(rules(), max_size=4),
    st.builds(Traits, st.integers(0, 60), levels, content_types, st.integers(0, 4 * DAY).map(float)),
)
def test_the_first_rule_that_fits_decides(chosen: list[Rule], traits: Traits) -> None:
    expected = next((rule.to for rule in chosen if fits(rule, traits)), "large")
    assert Policy(chosen, "large").tier_for(traits) == expected


@given(st.lists(rules(), max_size=4), st.integers(0, 60), levels, content_types)
def test_more_bytes_than_the_bound_tell_as_much_as_all_of_them(
    chosen: list[Rule], size: int, level: Level | None, content_type: int | None
) -> None:
    policy = Policy(chosen, "large")
    whole = Traits(size, level, content_type)
    bound = policy.bound(Traits(0, level, content_type))
    read = 0 if bound is None else min(size, bound + 1)
    assert policy.tier_for(Traits(read, level, content_type)) == policy.tier_for(whole)


SOURCES: dict[str, Callable[[bytes], Source]] = {
    "bytes": lambda data: data,
    "view": memoryview,
    "file": io.BytesIO,
    "pieces": lambda data: _pieces(data, 7),
    "one piece": lambda data: iter([data]),
}


def _pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(rules(), max_size=3),
    st.lists(
        st.tuples(st.integers(0, 60), levels, content_types, st.sampled_from(sorted(SOURCES))), max_size=6
    ),
    st.none() | st.integers(0, 60),
)
def test_an_object_lies_where_its_real_size_wants_it_whatever_was_told(
    chosen: list[Rule],
    objects: list[tuple[int, Level | None, int | None, str]],
    told: int | None,
) -> None:
    policy = Policy(chosen, "large")
    storage = tiered(tuple(chosen), small=memory(), large=memory(), other=memory())
    items = [
        PutItem(new_key(), SOURCES[kind](sample(size)), {}, level, number, told)
        for size, level, number, kind in objects
    ]
    stored = storage.put_many(items)
    for one, (size, level, number, _) in zip(stored, objects, strict=True):
        assert storage.tier_of(one.locator) == policy.tier_for(Traits(size, level, number))
        assert content(storage, one.locator) == sample(size)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (lambda: Rule("a"), "name its tier as the default"),
        (lambda: Rule("a", min_size=0), "name its tier as the default"),
        (lambda: Rule("a", min_size=2, max_size=1), "fit nothing"),
        (lambda: Rule("a", max_size="64"), "max_size: a size is a whole number"),
        (lambda: Rule("a", min_size=-1), "min_size: a size is 0 or more"),
        (lambda: Rule("a", content_types=("report",)), "dicom, dicom-as-json"),
        (lambda: Rule("a", content_types=(65_536,)), "from 0 to 65535"),
        (lambda: Rule("a", older_than="180"), "older_than: expected a whole number and h, d, w or y"),
        (lambda: Rule("a", older_than="1.5 d"), "older_than"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(rule: Callable[[], Rule], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        rule()


@pytest.mark.parametrize(
    ("text", "seconds"), [("1h", 3_600), ("2 d", 2 * DAY), ("3W", 21 * DAY), ("1 y", 365 * DAY)]
)
def test_ages_have_units(text: str, seconds: int) -> None:
    policy = Policy([Rule("old", older_than=text)], "new")
    tiers = [policy.tier_for(Traits(0, age=float(age))) for age in (0, seconds - 1, seconds)]
    assert tiers == ["new", "new", "old"]


def test_no_more_is_read_ahead_than_the_rules_ask_for() -> None:
    read = []

    def source() -> Iterator[bytes]:
        for number in range(100):
            read.append(number)
            yield bytes(100)

    peeked = _peeked(source(), 1_000)
    assert (peeked.size, peeked.held, len(read)) == (1_100, 1_100, 11)
    assert b"".join(peeked) == bytes(10_000)


def test_what_was_read_ahead_stays_when_the_source_uses_its_buffer_again() -> None:
    def source() -> Iterator[bytes]:
        buffer = bytearray(5)
        for start in range(0, 60, 5):
            buffer[:] = sample(60)[start : start + 5]
            yield memoryview(buffer)  # type: ignore[misc]  # buffers

    assert b"".join(map(bytes, _peeked(source(), 1_000))) == sample(60)


def _peeked(source: Source, bound: int) -> peeking.Peeked:
    return peeking.Peeked(source, bound, ExitStack())


def test_what_is_more_than_memory_may_hold_waits_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peeking, "IN_MEMORY", 1_000)
    rules = (Rule("small", max_size="1 mb"),)
    storage = tiered(rules, small=memory(), large=memory())
    data = [sample(CHUNK + extra) for extra in (-1, 0, 1, CHUNK)]
    items = [PutItem(new_key(), _pieces(one, 999)) for one in data]
    stored = storage.put_many(items)
    assert [storage.tier_of(one.locator) for one in stored] == ["small", "small", "large", "large"]
    assert [content(storage, one.locator) for one in stored] == data

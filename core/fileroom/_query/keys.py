"""The keys of a search, resolved: which attribute each names, and which conditions come of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fileroom._query.values import EMPTY, check_order, is_universal, parse_value, value_error
from fileroom._tags.comparable import PADDING
from fileroom.errors import QueryError
from fileroom.model import Level
from fileroom.query import AnyOf, Condition, Empty, Equal, Item, Moment, Range, Wildcard
from fileroom.tags import Comparison, TagSpec, dictionary_spec

if TYPE_CHECKING:
    from fileroom._query.scope import Scope
    from fileroom.query import Match

_AGGREGATES = {
    "ModalitiesInStudy": TagSpec("ModalitiesInStudy", 0x00080061, "CS", Level.STUDY, Comparison.EXACT),
    "SOPClassesInStudy": TagSpec("SOPClassesInStudy", 0x00080062, "UI", Level.STUDY, Comparison.EXACT),
}
"""The computed attributes that a search can match."""


@dataclass(slots=True)
class ParsedKeys:
    """What the keys of one search come to; the fields as in `fileroom.query_parse.Plan` and its query."""

    conditions: list[Condition] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    aggregates: dict[str, Equal | Wildcard | AnyOf] = field(default_factory=dict)
    computed: list[str] = field(default_factory=list)
    scanned: list[Condition] = field(default_factory=list)


def parse_keys(scope: Scope, keys: Mapping[str, object], *, exact: bool, scan: bool) -> ParsedKeys:
    """Resolve the keys of a search (see `fileroom.query_parse.parse_query`).

    Raises:
        QueryError: a key cannot be searched, or its value is not well formed.
        KeyNotIndexedError: a key is not in the index, and ``scan`` is False.
    """
    parsed = ParsedKeys()
    found: dict[TagSpec, Match] = {}
    values = _with_items(keys)
    for keyword, value in values.items():
        if scope.is_computed(keyword):
            _add_computed(parsed, keyword, value)
            continue
        spec = scope.attribute(keyword) if scan else scope.indexed(keyword)
        match = _parse(spec, value, exact=exact)
        if match is not None:
            found[spec] = match
    parsed.moments += _take_moments(scope, found, values)
    for spec, match in found.items():
        if not isinstance(match, Item):
            check_order(spec, match)
        condition = Condition(spec, match, exact=exact and spec.comparison is Comparison.FOLDED)
        (parsed.conditions if scope.is_indexed(spec) else parsed.scanned).append(condition)
    return parsed


def _with_items(keys: Mapping[str, object]) -> dict[str, object]:
    """Gather ``Sequence.Keyword`` keys, and mappings given for a sequence, into one mapping per sequence."""
    gathered: dict[str, object] = {}
    for name, value in keys.items():
        keyword, dot, inner = name.partition(".")
        entry = {inner: value} if dot else value
        before = gathered.get(keyword)
        if isinstance(before, dict) and isinstance(entry, Mapping) and not before.keys() & entry.keys():
            before.update(entry)
        elif keyword in gathered:
            raise QueryError(f"{keyword} is asked for twice, in ways that do not go together")
        else:
            gathered[keyword] = dict(entry) if isinstance(entry, Mapping) else entry
    return gathered


def _add_computed(parsed: ParsedKeys, keyword: str, value: object) -> None:
    spec = _AGGREGATES.get(keyword)
    match = parse_value(spec, value) if spec else None
    if match is None and (spec or is_universal(value)):
        parsed.computed.append(keyword)
    elif isinstance(match, (Equal, Wildcard)) or (isinstance(match, AnyOf) and Empty() not in match.options):
        parsed.aggregates[keyword] = match
    else:
        raise QueryError(f"{keyword} is computed: it can be asked for with an empty value, not compared so")


def _parse(spec: TagSpec, value: object, *, exact: bool) -> Match | None:
    if isinstance(value, dict):
        return _parse_item(spec, value)
    if spec.comparison is not Comparison.SEQUENCE:
        return parse_value(spec, value, exact=exact)
    if is_universal(value):
        return None
    if isinstance(value, str) and value.strip(PADDING) == EMPTY:
        return Empty()
    raise value_error(spec, f"ask for what an item holds: {spec.keyword}.Keyword, or a mapping of keywords")


def _parse_item(sequence: TagSpec, values: Mapping[str, object]) -> Item | None:
    if sequence.comparison is not Comparison.SEQUENCE:
        raise value_error(sequence, "only a sequence has items with keys of their own")
    matches = {}
    for keyword, value in values.items():
        spec = dictionary_spec(keyword, sequence.level)
        if spec is None or spec.comparison is Comparison.SEQUENCE:
            raise value_error(sequence, f"{keyword!r} is no attribute that its items can be searched by")
        match = parse_value(spec, value)
        if match is not None:
            check_order(spec, match)
            matches[keyword] = match
    return Item(matches) if matches else None


def _take_moments(scope: Scope, found: dict[TagSpec, Match], values: Mapping[str, object]) -> list[Moment]:
    """Take out of the matches each pair of a date and a time that are to be matched together."""
    taken = []
    for time, clock in list(found.items()):
        written_as_range = "-" in str(values[time.keyword])  # a single time may be a stretch too: an hour
        if time.vr != "TM" or not written_as_range or not scope.is_indexed(time):
            continue
        date = scope.tags.by_keyword(time.level, time.keyword.replace("Time", "Date"))
        days = found.get(date) if date and date.vr == "DA" else None
        if date and isinstance(days, Range) and isinstance(clock, Range) and _form(days) == _form(clock):
            taken.append(_moment(date, days, time, clock))
            del found[date], found[time]
    return taken


def _form(match: Range) -> tuple[bool, bool]:
    return match.low is None, match.high is None


def _moment(date: TagSpec, days: Range, time: TagSpec, clock: Range) -> Moment:
    low = days.low + clock.low if days.low and clock.low else None
    high = days.high + clock.high if days.high and clock.high else None
    if low and high and high < low:
        raise value_error(date, "the range ends before it begins")
    return Moment(date, time, low, high)

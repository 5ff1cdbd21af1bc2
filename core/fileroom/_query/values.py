"""What a search key's value asks for: matching syntax or Python values in, matches out.

The syntax is that of PS3.4 section C.2.2.2:

- nothing, or nothing but ``*``: universal matching, that is, no condition;
- two quotation marks: empty value matching;
- ``*`` and ``?`` in the VRs of `WILDCARD_VRS`;
- ``A-B``, ``A-`` and ``-B``, bounds included, for dates and times;
- values separated by backslashes: any of them; not in `fileroom._tags.comparable.UNSPLIT_VRS`.

A time, or a date and time, of less than full precision stands for all that it covers: ``10`` is from ten up
to the last microsecond before eleven, also as the end of a range. A name that ends in ``^*`` also asks for
those that leave out the remaining components, as PS3.5 section 6.2.1 lets a writer do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING, TypeAlias

from fileroom._query import moments
from fileroom._tags import comparable
from fileroom.errors import QueryError
from fileroom.folding import fold
from fileroom.query import AnyOf, Empty, Equal, Range, Wildcard
from fileroom.tags import Comparison

if TYPE_CHECKING:
    from fileroom.tags import TagSpec

WILDCARD_VRS = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
"""The VRs in which ``*`` and ``?`` are wildcards (PS3.4 section C.2.2.2.4)."""

Option: TypeAlias = "Equal | Wildcard | Range | Empty"

EMPTY = '""'
"""Asks for a missing or empty value (PS3.4 section C.2.2.2, empty value matching)."""

# What could be an offset from UTC is one: nobody asks for images up to the year 1200.
_DT = r"[0-9]{4,14}(?:\.[0-9]{1,9})?(?:[+-](?:0[0-9]|1[0-4])[0-5][0-9])?"
_DT_RANGE = re.compile(rf"({_DT})?-({_DT})?")
_DT_SINGLE = re.compile(_DT)
_COMPONENTS = 5  # of a group of a person name: family, given, middle, prefix, suffix
_SYNTAX = {
    Comparison.NUMBER: "a number, or several separated by backslashes",
    Comparison.DATE: "a date as YYYYMMDD, or a range A-B, A- or -B",
    Comparison.TIME: "a time as HHMMSS.FFFFFF or its beginning, or a range A-B, A- or -B",
    Comparison.DATETIME: "a time as YYYYMMDDHHMMSS.FFFFFF+ZZZZ or its beginning, or a range A-B, A- or -B",
}


def parse_value(spec: TagSpec, value: object, *, exact: bool = False) -> Option | AnyOf | None:
    """Return what a key's value asks for, or None for universal matching.

    Args:
        spec: the attribute; no sequence.
        value: text in the syntax above; a number; a date, time or datetime; a sequence of such values, any
            of which may match; or None for universal matching.
        exact: the match is for raw text, with case and accents (see `fileroom.query.Condition`).

    Raises:
        QueryError: no value of the attribute could be meant. The message names the keyword, never the value.
    """
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        options = [option for single in value for option in _listed(spec, single, exact=exact)]
        if not options:
            raise value_error(spec, "an empty list matches nothing; leave the key out to match everything")
    else:
        options = _options(spec, value, exact=exact)
    options = list(dict.fromkeys(options))
    if not options:
        return None
    return options[0] if len(options) == 1 else AnyOf(tuple(options))


def is_universal(value: object) -> bool:
    """Say whether a value asks for nothing: it is None, blank, or all stars."""
    return value is None or (isinstance(value, str) and not value.strip(comparable.PADDING).strip("*"))


def value_error(spec: TagSpec, reason: str = "") -> QueryError:
    """Return the error that says what is wrong with a key's value, without quoting it."""
    reason = reason or f"expected {_SYNTAX.get(spec.comparison, 'text')}"
    return QueryError(f"{spec.keyword} ({spec.vr}): {reason}")


def check_order(spec: TagSpec, match: Option | AnyOf) -> None:
    """Refuse a range that ends before it begins.

    Raises:
        QueryError: it does.
    """
    for option in match.options if isinstance(match, AnyOf) else (match,):
        if isinstance(option, Range) and option.low and option.high and option.high < option.low:
            raise value_error(spec, "the range ends before it begins")


def _listed(spec: TagSpec, value: object, *, exact: bool) -> list[Option]:
    options = _options(spec, value, exact=exact)
    if not options:
        raise value_error(
            spec, """a value in the list is empty or *; two quotation marks ('""') ask for a missing one"""
        )
    return options


def _options(spec: TagSpec, value: object, *, exact: bool) -> list[Option]:
    """Return what may match; nothing for universal matching."""
    if is_universal(value):
        return []
    if not isinstance(value, str):
        return [_python_value(spec, value)]
    options: list[Option] = []
    for part in filter(None, comparable.split(spec.vr, value)):
        found = _part(spec, part, exact=exact)
        if not found:
            return []
        options += found
    return options


def _part(spec: TagSpec, part: str, *, exact: bool) -> list[Option]:
    if part == EMPTY:
        return [Empty()]
    if not part.strip("*"):
        return []
    if spec.comparison is Comparison.NUMBER:
        return [_number(spec, part)]
    if spec.comparison in _BOUNDS:
        return [_stretch(spec, "-".join(end.strip() for end in part.split("-")))]
    return _text(spec, part, exact=exact)


def _number(spec: TagSpec, part: str) -> Option:
    try:
        return Equal(comparable.parse_number(part))
    except ValueError as error:
        raise value_error(spec) from error


def _text(spec: TagSpec, part: str, *, exact: bool) -> list[Option]:
    form = _name(part) if spec.vr == "PN" else part
    if spec.comparison is Comparison.FOLDED and not exact:
        form = fold(form)
    if not form:
        raise value_error(spec, "the value holds no character that could be compared")
    if "*" not in form and "?" not in form:
        return [Equal(form)]
    if spec.vr not in WILDCARD_VRS:
        raise value_error(spec, f"* and ? are no wildcards in a value of VR {spec.vr}")
    if not form.strip("*"):
        return []
    return [Wildcard(form), *_with_components_left_out(form)] if spec.vr == "PN" else [Wildcard(form)]


def _name(part: str) -> str:
    """Return a name to look for: one group among all groups of a value, several only in their places."""
    whole = comparable.whole_name(part)
    alone = whole.lstrip("=")
    return whole if "=" in alone else alone


def _with_components_left_out(form: str) -> list[Option]:
    options: list[Option] = []
    for _ in range(_COMPONENTS - 1):
        if not form.endswith("^*"):
            break
        form = form[:-2].rstrip("^")
        if form:
            options.append(Wildcard(form) if "*" in form or "?" in form else Equal(form))
    return options


def _date_bounds(text: str) -> tuple[str, str]:
    day = moments.parse_date(text)
    return day, day


_BOUNDS = {
    Comparison.DATE: _date_bounds,
    Comparison.TIME: moments.time_bounds,
    Comparison.DATETIME: moments.datetime_bounds,
}


def _stretch(spec: TagSpec, text: str) -> Equal | Range:
    """Return the stretch of time that a single value or a range of one of the temporal VRs stands for."""
    ends = _split_range(spec, text)
    first, last = ends or (text, text)
    if not first and not last:
        raise value_error(spec)
    bounds = _BOUNDS[spec.comparison]
    try:
        low = bounds(first)[0] if first else None
        high = bounds(last)[1] if last else None
    except ValueError as error:
        raise value_error(spec) from error
    if ends is None and low is not None and low == high:
        return Equal(low)
    return Range(low, high)


def _split_range(spec: TagSpec, text: str) -> tuple[str, str] | None:
    """Return both ends of a range, either of which may be open; None for a single value."""
    if spec.comparison is not Comparison.DATETIME:
        first, dash, last = text.partition("-")
        return (first, last) if dash else None
    if _DT_SINGLE.fullmatch(text):
        return None
    found = _DT_RANGE.fullmatch(text)
    if found is None:
        raise value_error(spec)
    return found[1] or "", found[2] or ""


def _python_value(spec: TagSpec, value: object) -> Option:
    kind = spec.comparison
    try:
        match value:
            case bool():
                pass
            case int() | float() if kind is Comparison.NUMBER:
                return Equal(comparable.parse_number(str(value)))
            case int() if kind in (Comparison.EXACT, Comparison.FOLDED):
                return Equal(str(value))
            case datetime() if kind is Comparison.DATETIME:
                return Equal(moments.format_datetime(value))
            case datetime():
                pass
            case date() if kind is Comparison.DATE:
                return Equal(moments.format_date(value))
            case date() if kind is Comparison.DATETIME:
                day = moments.format_date(value)
                return Range(day + moments.DAY_START, day + moments.DAY_END)
            case time(tzinfo=None) if kind is Comparison.TIME:
                return Equal(moments.format_time(value))
    except (ValueError, OverflowError) as error:
        raise value_error(spec) from error
    raise value_error(spec, f"a {type(value).__name__} is no value of VR {spec.vr}")

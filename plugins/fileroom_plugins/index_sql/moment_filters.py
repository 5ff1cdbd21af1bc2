"""Conditions on a date and a time taken together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, literal, or_, select

from fileroom.errors import QueryError
from fileroom.query import Range
from fileroom_plugins.index_sql.filters import Filter, Rank, any_of
from fileroom_plugins.index_sql.values import value_test

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from fileroom.query import Moment
    from fileroom_plugins.databases.database import Database
    from fileroom_plugins.index_sql.filters import Numbers
    from fileroom_plugins.index_sql.schema import Schema

_DAY_START = "000000.000000"
_DATE_LENGTH = 8


class MomentFilter(Filter):
    """One of the dates with one of the times, or with the start of the day, lies within the bounds.

    Raises:
        QueryError: the two attributes are of different levels.
    """

    def __init__(self, database: Database, schema: Schema, moment: Moment) -> None:
        if moment.date.level is not moment.time.level:
            raise QueryError(
                f"{moment.date.keyword} and {moment.time.keyword} are kept at different levels: "
                "search by one of them"
            )
        both = moment.low is not None and moment.high is not None
        super().__init__(moment.date.level, Rank.DAYS if both else Rank.MANY)
        self._database = database
        self._moment = moment
        self._place = place = schema.levels[moment.date.level]
        date, time = place.fields[moment.date.keyword], place.fields[moment.time.keyword]
        self._date = place.table.c[date.form] if date.form else None
        self._time = place.table.c[time.form] if time.form else None
        self._dates = schema.term.alias("date")
        self._times = schema.term.alias("time")
        self._date_key, self._time_key = date.key, time.key

    def numbers(self) -> Numbers:
        """See `Filter.numbers`."""
        dates = self._dates.c
        parts: list[Any] = []
        if self._date is not None:
            within = self._within(self._date)
            parts += [select(self._place.id).where(days, within) for days in self._days(self._date)]
        with_dates = self._dates.join(self._place.table, self._place.id == dates.resource)
        of_key = (dates.level == int(self.level), dates.key == self._date_key)
        within = self._within(dates.value)
        parts += [
            select(dates.resource).select_from(with_dates).where(*of_key, days, within)
            for days in self._days(dates.value)
        ]
        return any_of(parts)

    def test(self) -> ColumnElement[bool]:
        """See `Filter.test`."""
        dates = self._dates.c
        here = (dates.level == int(self.level), dates.resource == self._place.id, dates.key == self._date_key)
        tests: list[ColumnElement[bool]] = [
            exists().where(*here, self._within(dates.value)).correlate(self._place.table)
        ]
        if self._date is not None:
            tests.append(self._within(self._database.unindexed(self._date)))
        return or_(*tests)

    def _days(self, date: ColumnElement[str]) -> list[ColumnElement[bool]]:
        """Return tests on a date alone, to start from: what passes `_within` passes one of them.

        A text that sorts before the day of the lower bound, and after it with a time behind, can only be a
        beginning of that day; no date should look so, but some do.
        """
        low, high = self._moment.low, self._moment.high
        until = [date <= high] if high is not None else []
        if low is None:
            return [and_(date.is_not(None), *until)]
        day = low[:_DATE_LENGTH]
        return [
            and_(date >= day, *until),
            and_(date.in_([day[:size] for size in range(1, len(day))]), *until),
        ]

    def _within(self, date: ColumnElement[str]) -> ColumnElement[bool]:
        """Return the test whether a date, with one of the times of its resource, is within the bounds."""
        times, bounds = self._times.c, Range(self._moment.low, self._moment.high)
        here = (times.level == int(self.level), times.resource == self._place.id, times.key == self._time_key)
        any_time = exists().where(*here, value_test(self._database, date + times.value, bounds))
        any_time = any_time.correlate(self._place.table, self._dates)
        if self._time is not None:
            first = date + func.coalesce(self._time, _DAY_START)
            return or_(value_test(self._database, first, bounds), any_time)
        start = value_test(self._database, date + literal(_DAY_START), bounds)
        timeless = ~exists().where(*here).correlate(self._place.table)
        return or_(and_(start, timeless), any_time)

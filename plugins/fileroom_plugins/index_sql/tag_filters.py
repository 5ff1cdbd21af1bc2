"""Conditions on attributes: on the first value, in its column, and on all values, in ``term``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import and_, exists, false, or_, select

from fileroom.query import Range, Wildcard, sort_key
from fileroom.tags import Comparison
from fileroom_plugins.index_sql.filters import Filter, Rank, any_of
from fileroom_plugins.index_sql.values import OneOf, alternatives, prefix_of, value_test

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement

    from fileroom.query import Condition
    from fileroom_plugins.databases.database import Database
    from fileroom_plugins.index_sql.fields import TagField
    from fileroom_plugins.index_sql.filters import Numbers
    from fileroom_plugins.index_sql.schema import Schema
    from fileroom_plugins.index_sql.values import Alternatives, Test

    Wrap: TypeAlias = Callable[[ColumnElement[Any]], ColumnElement[Any]]

_CODES = frozenset({"AE", "AS", "CS"})
_TELLING = 3  # characters of a beginning that leave few
_MOMENTS = frozenset({Comparison.DATE, Comparison.DATETIME})


class TagFilter(Filter):
    """A condition on an attribute, unless it is about the items of a sequence."""

    def __init__(self, database: Database, schema: Schema, condition: Condition) -> None:
        self._database = database
        self._schema = schema
        self._place = schema.levels[condition.spec.level]
        self._field = self._place.fields[condition.spec.keyword]
        self._wanted = alternatives(condition.match)
        super().__init__(condition.spec.level, _rank(self._field, self._wanted))
        exact = condition.exact and condition.spec.comparison is Comparison.FOLDED
        name = self._field.column if exact else self._field.form
        self._column = self._place.table.c[name] if name else None
        key = self._field.raw_key if exact else self._field.key
        self._term = and_(schema.term.c.level == int(self.level), schema.term.c.key == key)

    def numbers(self) -> Numbers:
        """See `Filter.numbers`."""
        term = self._schema.term.c
        return any_of(
            [
                *(select(self._place.id).where(test) for test in self._column_tests(_as_it_is)),
                *(select(term.resource).where(self._term, test) for test in self._term_tests()),
            ]
        )

    def test(self) -> ColumnElement[bool]:
        """See `Filter.test`."""
        tests = self._column_tests(self._database.unindexed)
        here = (self._schema.term.c.resource == self._place.id, self._term)
        if self._wanted.tests:
            tests.append(exists().where(*here, or_(*self._term_tests())).correlate(self._place.table))
        if self._wanted.empty and self._column is None:
            tests.append(~exists().where(*here).correlate(self._place.table))
        return or_(false(), *tests)

    def _term_tests(self) -> list[ColumnElement[bool]]:
        return [value_test(self._database, self._schema.term.c.value, test) for test in self._wanted.tests]

    def _column_tests(self, wrap: Wrap) -> list[ColumnElement[bool]]:
        """Return the tests of which the first value must pass one; ``wrap`` is put around the columns."""
        if self._column is None:
            return []
        tests = [
            each for test in self._wanted.tests for each in self._first_value_tests(self._column, test, wrap)
        ]
        if self._wanted.empty and self._field.number:
            number = self._place.table.c[self._field.number]
            tests.append(and_(wrap(number).is_(None), self._database.unindexed(self._column).is_(None)))
        elif self._wanted.empty:
            tests.append(self._database.indexed(wrap(self._column)).is_(None))
        return tests

    def _first_value_tests(
        self, column: ColumnElement[Any], test: Test, wrap: Wrap
    ) -> list[ColumnElement[bool]]:
        if self._field.coded:
            uid = self._schema.uid.c
            uids = select(uid.id).where(value_test(self._database, uid.uid, test))
            return [wrap(column).in_(uids)]
        if self._field.number and isinstance(test, OneOf):
            return self._number_tests(column, test, wrap)
        return [value_test(self._database, wrap(column), test)]

    def _number_tests(self, column: ColumnElement[Any], test: OneOf, wrap: Wrap) -> list[ColumnElement[bool]]:
        """Return tests that start from the number; the text decides, for it is more precise."""
        number = wrap(self._place.table.c[self._field.number or ""])
        text = self._database.unindexed(column)
        values = {value: sort_key(self._field.spec, value) for value in test.values}
        numbers = {value: key for value, key in values.items() if key is not None}
        others = values.keys() - numbers.keys()
        tests = [and_(number.in_(set(numbers.values())), text.in_(numbers))] if numbers else []
        return [*tests, and_(number.is_(None), text.in_(others))] if others else tests


def _as_it_is(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return column


def _rank(field: TagField, wanted: Alternatives) -> Rank:
    if wanted.empty:
        return Rank.MOST if field.form else Rank.ALL
    return max((_rank_of_test(field, test) for test in wanted.tests), default=Rank.ONE)


def _rank_of_test(field: TagField, test: Test) -> Rank:
    spec = field.spec
    match test:
        case Wildcard(pattern=pattern):
            beginning = len(prefix_of(pattern))
            few = beginning >= _TELLING and spec.vr not in _CODES
            return Rank.MOST if not beginning else Rank.SOME if few else Rank.MANY
        case Range(low=low, high=high):
            both = low is not None and high is not None
            return Rank.DAYS if both and spec.comparison in _MOMENTS else Rank.MANY
        case OneOf():
            return _rank_of_value(field)


def _rank_of_value(field: TagField) -> Rank:
    spec = field.spec
    if spec.keyword == spec.level.uid_keyword:
        return Rank.ONE
    if field.coded or spec.vr in _CODES or spec.comparison in (Comparison.NUMBER, Comparison.TIME):
        return Rank.MANY
    if spec.comparison in _MOMENTS:
        return Rank.DAYS
    return Rank.FEW if spec.comparison is Comparison.EXACT or spec.vr == "PN" else Rank.SOME

"""Conditions on the items of a sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, false, or_, select, true

from fileroom_plugins.index_sql.fields import item_key
from fileroom_plugins.index_sql.filters import Filter, Rank, any_of
from fileroom_plugins.index_sql.values import NothingMatchesError, alternatives, value_test

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from fileroom.query import Item
    from fileroom.tags import TagSpec
    from fileroom_plugins.databases.database import Database
    from fileroom_plugins.index_sql.filters import Numbers
    from fileroom_plugins.index_sql.schema import Schema
    from fileroom_plugins.index_sql.values import Alternatives


class ItemFilter(Filter):
    """One item has all these values; ``term`` has a row for each item, and one for each value in it."""

    def __init__(self, database: Database, schema: Schema, spec: TagSpec, wanted: Item) -> None:
        self._database = database
        self._spec = spec
        self._id = schema.levels[spec.level].id
        self._item = schema.term.alias("item")
        self._value = schema.term.alias("value")
        self._wanted: dict[int, Alternatives] = {}
        for keyword, match in wanted.keys.items():
            key, values = item_key(spec, keyword), alternatives(match)
            if key is not None:
                self._wanted[key] = values
            elif not values.empty:  # no item has a value of what is no attribute
                raise NothingMatchesError
        self._start = next((each for each in self._wanted.items() if not each[1].empty), None)
        super().__init__(spec.level, Rank.FEW if self._start else Rank.MOST)

    def numbers(self) -> Numbers:
        """See `Filter.numbers`."""
        item, value = self._item.c, self._value.c
        if self._start is None:
            return select(item.resource).where(
                item.level == int(self.level), item.key == self._spec.tag, self._all()
            )
        key, wanted = self._start
        of_key = and_(value.level == int(self.level), value.key == key)
        resources = any_of(select(value.resource).where(of_key, test) for test in self._tests(wanted))
        marks_item = self._database.unindexed(item.key) == self._spec.tag
        here = (item.level == int(self.level), item.resource.in_(resources), marks_item)
        return select(item.resource).where(*here, self._all())

    def test(self) -> ColumnElement[bool]:
        """See `Filter.test`."""
        item = self._item.c
        here = (item.level == int(self.level), item.resource == self._id, item.key == self._spec.tag)
        return exists().where(*here, self._all()).correlate(self._id.table)

    def _all(self) -> ColumnElement[bool]:
        """Return the test that an item has all that is wanted."""
        item, value = self._item.c, self._value.c
        tests: list[ColumnElement[bool]] = []
        for key, wanted in self._wanted.items():
            same_item = (value.level == item.level, value.resource == item.resource, value.item == item.item)
            here = (*same_item, value.key == key)
            has_value = exists().where(*here, or_(false(), *self._tests(wanted))).correlate(self._item)
            has_none = ~exists().where(*here).correlate(self._item)
            tests.append(or_(has_value, has_none) if wanted.empty else has_value)
        return and_(true(), *tests)

    def _tests(self, wanted: Alternatives) -> list[ColumnElement[bool]]:
        return [value_test(self._database, self._value.c.value, test) for test in wanted.tests]

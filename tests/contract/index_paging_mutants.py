"""Broken indexes about the order of answers, their pages, and reading by id: each breaks one promise."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom.errors import QueryError
from fileroom.model import Level
from fileroom.tags import Comparison
from fileroom.testing import memory_search
from fileroom.testing.memory_index import MemoryIndex
from tests.contract.index_mutants import must_fail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.model import ResourceRecord
    from fileroom.query import Query
    from fileroom.testing.memory_tables import Row, Tables


# Order and pages


class AnotherPage(MemoryIndex):
    """Pages through something else than it was asked for."""

    def ordered(self, query: Query, rows: list[Row], tables: Tables) -> list[Row]:
        return memory_search.page(replace(query, limit=None, cursor=None), rows, tables)[0]


@must_fail("test_everything_is_found_in_order_of_arrival")
class AnswersInOrderOfIds(AnotherPage):
    def _page(self, query: Query, rows: list[Row], tables: Tables) -> tuple[list[Row], str | None]:
        return super()._page(query, [replace(row, number=int(row.id[:8], 16)) for row in rows], tables)


@must_fail("test_answers_stand_in_the_order_asked_for")
class IgnoresTheDirection(AnotherPage):
    def _page(self, query: Query, rows: list[Row], tables: Tables) -> tuple[list[Row], str | None]:
        upwards = tuple(replace(each, descending=False) for each in query.order_by)
        return super()._page(replace(query, order_by=upwards), rows, tables)


@must_fail("test_numbers_are_ordered_by_value_and_missing_ones_come_first")
class OrdersNumbersAsText(AnotherPage):
    def _page(self, query: Query, rows: list[Row], tables: Tables) -> tuple[list[Row], str | None]:
        specs = [replace(each.spec, comparison=Comparison.EXACT) for each in query.order_by]
        as_text = tuple(replace(each, spec=spec) for each, spec in zip(query.order_by, specs, strict=True))
        return super()._page(replace(query, order_by=as_text), rows, tables)


@must_fail("test_missing_values_come_last_when_descending")
class PutsMissingValuesFirstAlways(AnotherPage):
    def _page(self, query: Query, rows: list[Row], tables: Tables) -> tuple[list[Row], str | None]:
        found, cursor = super()._page(query, rows, tables)
        return sorted(found, key=lambda row: bool(row.tags.get("StudyDate"))), cursor


@must_fail("test_the_order_of_ties_is_stable")
class TurnsTiesRoundEachTime(AnotherPage):
    turn = 1

    def _page(self, query: Query, rows: list[Row], tables: Tables) -> tuple[list[Row], str | None]:
        self.turn = -self.turn
        return super()._page(query, [replace(row, number=self.turn * row.number) for row in rows], tables)


@must_fail("test_pages_put_together_are_the_whole_answer")
class SkipsTiesAtTheEndOfAPage(AnotherPage):
    def _page(self, query: Query, rows: list[Row], tables: Tables) -> tuple[list[Row], str | None]:
        keys = len(query.order_by)
        if query.cursor is not None and keys:
            signature, position = json.loads(query.cursor)
            query = replace(query, cursor=json.dumps([signature, [*position[:-1], float("inf")]]))
        return super()._page(query, rows, tables)


@must_fail("test_what_matched_all_the_time_is_found_once_whatever_happens_meanwhile")
class CountsOffsets(AnotherPage):
    def _page(self, query: Query, rows: list[Row], tables: Tables) -> tuple[list[Row], str | None]:
        start = int(query.cursor or 0)
        stop = len(rows) if query.limit is None else start + query.limit
        return self.ordered(query, rows, tables)[start:stop], str(stop) if stop < len(rows) else None


@must_fail("test_what_matched_all_the_time_is_found_once_whatever_happens_meanwhile")
class LooksForTheLastOneAgain(AnotherPage):
    def _page(self, query: Query, rows: list[Row], tables: Tables) -> tuple[list[Row], str | None]:
        ordered = self.ordered(query, rows, tables)
        ids = [row.id for row in ordered]
        start = ids.index(query.cursor) + 1 if query.cursor in ids else 0
        shown = ordered[start:][: query.limit]
        return shown, shown[-1].id if start + len(shown) < len(ids) else None


@must_fail("test_no_cursor_leads_to_an_empty_page")
class AlwaysOffersAnotherPage(AnotherPage):
    def _page(self, query: Query, rows: list[Row], tables: Tables) -> tuple[list[Row], str | None]:
        first, cursor = super()._page(query, rows, tables)
        if first and cursor is None:
            _, cursor = super()._page(
                replace(query, limit=len(first)), [*rows, replace(rows[0], number=10**9)], tables
            )
        return first, cursor


@must_fail("test_a_cursor_that_is_none_is_refused")
class BeginsAnewWithABadCursor(AnotherPage):
    def _page(self, query: Query, rows: list[Row], tables: Tables) -> tuple[list[Row], str | None]:
        try:
            return super()._page(query, rows, tables)
        except QueryError:
            return super()._page(replace(query, cursor=None), rows, tables)


# Reading by id


@must_fail("test_get_answers_in_the_order_of_the_ids")
class GetsInItsOwnOrder(MemoryIndex):
    def get(self, ids: Sequence[str], computed: Sequence[str] = ()) -> list[ResourceRecord | None]:
        return super().get(sorted(ids), computed)


@must_fail("test_what_is_not_there_is_none")
class LeavesOutWhatIsNotThere(MemoryIndex):
    def get(self, ids: Sequence[str], computed: Sequence[str] = ()) -> list[ResourceRecord | None]:
        return [each for each in super().get(ids, computed) if each]


@must_fail("test_children_come_in_order_of_arrival")
class SortsChildren(MemoryIndex):
    def children(self, parent: str) -> Iterator[ResourceRecord]:
        return iter(sorted(super().children(parent), key=lambda record: record.uid))


@must_fail("test_a_record_holds_the_whole_line_of_its_ancestors")
class LeavesOutThePatient(MemoryIndex):
    def get(self, ids: Sequence[str], computed: Sequence[str] = ()) -> list[ResourceRecord | None]:
        records = super().get(ids, computed)
        return [
            each and (replace(each, parent=None) if each.level is Level.STUDY else each) for each in records
        ]

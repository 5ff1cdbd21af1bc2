"""Broken indexes about what is found: each breaks one promise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom.query import AnyOf, Condition, Equal, Item, LabelMatch, Range, Wildcard
from fileroom.tags import Comparison
from fileroom.testing import memory_search
from fileroom.testing.memory_index import MemoryIndex
from tests.contract.index_mutants import must_fail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom.model import ResourceRecord
    from fileroom.query import Match, Query
    from fileroom.testing.memory_tables import Row, Tables


class AnotherQuery(MemoryIndex):
    """Answers another query than it was asked."""

    def altered(self, query: Query) -> Query:
        raise NotImplementedError

    def _matching(self, query: Query, tables: Tables) -> list[Row]:
        memory_search.check(query, self.tags, tables)
        return memory_search.matching(self.altered(query), tables)


class AnotherCondition(AnotherQuery):
    """Checks other conditions than it was asked to."""

    def altered(self, query: Query) -> Query:
        return replace(query, conditions=tuple(map(self.condition, query.conditions)))

    def condition(self, condition: Condition) -> Condition:
        return replace(condition, match=self.match(condition.match))

    def match(self, match: Match) -> Match:
        return match


MATCHING = "test_matching_is_that_of_the_query_module"


@must_fail(MATCHING)
class TakesUnderscoreForAWildcard(AnotherCondition):
    def match(self, match: Match) -> Match:
        return Wildcard(match.pattern.replace("_", "?")) if isinstance(match, Wildcard) else match


@must_fail(MATCHING)
class TakesPercentForAWildcard(AnotherCondition):
    def match(self, match: Match) -> Match:
        return Wildcard(match.pattern.replace("%", "*")) if isinstance(match, Wildcard) else match


@must_fail(MATCHING)
class IgnoresCaseOfIdentifiers(AnotherCondition):
    def condition(self, condition: Condition) -> Condition:
        if condition.spec.keyword != "PatientID" or not isinstance(condition.match, Equal):
            return condition
        folded = replace(condition.spec, comparison=Comparison.FOLDED)
        return Condition(folded, Equal(condition.match.value.casefold()))


@must_fail("test_examples_worked_out_by_hand")
class HeedsAccents(AnotherCondition):
    def condition(self, condition: Condition) -> Condition:
        return replace(condition, exact=condition.spec.comparison is Comparison.FOLDED)


@must_fail(MATCHING)
class IgnoresExact(AnotherCondition):
    def condition(self, condition: Condition) -> Condition:
        return replace(condition, match=_folded(condition), exact=False) if condition.exact else condition


@must_fail(MATCHING)
class ExcludesTheBoundsOfRanges(AnotherCondition):
    def match(self, match: Match) -> Match:
        return Range(match.low and match.low + "\0", match.high) if isinstance(match, Range) else match


@must_fail(MATCHING)
class ComparesOnlyTheFirstOfAList(AnotherCondition):
    def match(self, match: Match) -> Match:
        return match.options[0] if isinstance(match, AnyOf) else match


@must_fail(MATCHING)
class LooksForSequenceKeysInDifferentItems(AnotherCondition):
    def altered(self, query: Query) -> Query:
        conditions: list[Condition] = []
        for each in query.conditions:
            keys = each.match.keys.items() if isinstance(each.match, Item) else ()
            conditions += [replace(each, match=Item({key: match})) for key, match in keys] or [each]
        return replace(query, conditions=tuple(conditions))


@must_fail(MATCHING)
class TreatsNumbersAsText(AnotherCondition):
    def condition(self, condition: Condition) -> Condition:
        text = condition.spec.comparison is Comparison.NUMBER
        return (
            replace(condition, spec=replace(condition.spec, comparison=Comparison.EXACT))
            if text
            else condition
        )


@must_fail(MATCHING)
class IgnoresTheTimeOfAMoment(AnotherQuery):
    def altered(self, query: Query) -> Query:
        moments = [
            replace(each, low=each.low and each.low[:8], high=each.high and each.high[:8] + "235959.999999")
            for each in query.moments
        ]
        return replace(query, moments=tuple(moments))


@must_fail(MATCHING)
class ComparesDateAndTimeApart(AnotherQuery):
    def altered(self, query: Query) -> Query:
        apart = []
        for each in query.moments:
            apart.append(Condition(each.date, Range(each.low and each.low[:8], each.high and each.high[:8])))
            apart.append(Condition(each.time, Range(each.low and each.low[8:], each.high and each.high[8:])))
        return replace(query, conditions=(*query.conditions, *apart), moments=())


@must_fail(MATCHING)
class TakesAnyLabelForAll(AnotherQuery):
    def altered(self, query: Query) -> Query:
        everything = query.label_match is LabelMatch.ALL
        return replace(query, label_match=LabelMatch.ANY) if everything else query


@must_fail(MATCHING)
class IgnoresUnwantedLabels(AnotherQuery):
    def altered(self, query: Query) -> Query:
        return replace(query, labels=()) if query.label_match is LabelMatch.NONE else query


@must_fail(MATCHING)
class TakesUnderscoreInMetadataForAWildcard(AnotherQuery):
    def altered(self, query: Query) -> Query:
        return replace(query, metadata={name: self.match(each) for name, each in query.metadata.items()})

    def match(self, match: Equal | Wildcard | AnyOf) -> Equal | Wildcard | AnyOf:
        return Wildcard(match.value.replace("_", "?")) if isinstance(match, Equal) else match


@must_fail(MATCHING)
class IgnoresAggregates(AnotherQuery):
    def altered(self, query: Query) -> Query:
        return replace(query, aggregates={})


@must_fail(MATCHING)
class IgnoresKeysOfUpperLevels(AnotherQuery):
    def altered(self, query: Query) -> Query:
        own = tuple(each for each in query.conditions if each.spec.level is query.level)
        return replace(query, conditions=own)


@must_fail("test_within_an_ancestor_or_the_resource_itself")
class FindsOnlyChildrenWithin(AnotherQuery):
    def altered(self, query: Query) -> Query:
        return query

    def _matching(self, query: Query, tables: Tables) -> list[Row]:
        rows = super()._matching(query, tables)
        return [row for row in rows if query.within in (None, row.parent)]


@must_fail("test_nothing_lies_within_what_is_not_there")
class IgnoresAnUnknownAncestor(MemoryIndex):
    def _matching(self, query: Query, tables: Tables) -> list[Row]:
        known = query.within in tables.rows
        return super()._matching(query if known else replace(query, within=None), tables)


@must_fail("test_a_tag_that_is_not_kept_is_named_in_the_error")
class TakesUnknownTagsForMissing(MemoryIndex):
    def _matching(self, query: Query, tables: Tables) -> list[Row]:
        return memory_search.matching(query, tables)


@must_fail("test_limit_order_and_cursor_play_no_part_in_counting")
class CountsOnePage(MemoryIndex):
    def count(self, query: Query) -> int:
        return len(self.find(query).records)


@must_fail("test_each_level_has_its_own")
class ComputesTheWrongNumber(MemoryIndex):
    def get(self, ids: Sequence[str], computed: Sequence[str] = ()) -> list[ResourceRecord | None]:
        wrong = ["NumberOfStudyRelatedSeries" if "Instances" in name else name for name in computed]
        return super().get(ids, wrong)


def _folded(condition: Condition) -> Match:
    match condition.match:
        case Equal(value):
            return Equal(condition.spec.search_values(value)[0])
        case Wildcard(pattern):
            return Wildcard(pattern.casefold())
        case other:
            return other

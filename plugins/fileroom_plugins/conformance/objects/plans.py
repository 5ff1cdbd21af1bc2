"""What an IOD demands at each level of an object: its modules laid over each other."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

from fileroom_plugins.conformance.objects.facts import ANYWHERE, NONE, facts_of
from fileroom_plugins.standard.modules import CONTENT_SEQUENCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fileroom_plugins.conformance.objects.conditions import Condition
    from fileroom_plugins.conformance.objects.facts import Facts
    from fileroom_plugins.conformance.reading.elements import Level
    from fileroom_plugins.standard import Attribute, Iod
    from fileroom_plugins.standard import Level as Attributes

SHARED, PER_FRAME = 0x5200_9229, 0x5200_9230
"""The sequences of functional groups, whose items hold each group in one of the two."""

_MOST_DEMANDING_FIRST = ("1", "2", "1C", "2C", "3", "")


class Source(NamedTuple):
    """What one module says of the attributes of one level.

    Attributes:
        module: its name.
        attributes: their types, by tag.
        facts: what else is known of them, by tag.
        binds: whether what it demands must be there; not for optional modules that are absent.
    """

    module: str
    attributes: Attributes
    facts: Mapping[int, Facts]
    binds: bool = True


class Demand(NamedTuple):
    """A type that counts under a condition only.

    Attributes:
        when: the condition.
        type: the type.
        module: the one that gives it.
    """

    when: Condition
    type: str
    module: str


class Need(NamedTuple):
    """What is demanded of one attribute.

    Attributes:
        tag: the attribute's.
        type: the most demanding of its types.
        module: the one that gives it this type.
        facts: what the modules say besides.
        demands: types that count in some objects only.
    """

    tag: int
    type: str
    module: str
    facts: tuple[Facts, ...]
    demands: tuple[Demand, ...]

    def at(self, level: Level) -> tuple[str, str]:
        """Return the type that counts at a level of an object, and the module that gives it."""
        kind, module = self.type, self.module
        for one in self.demands:
            if _is_more(one.type, kind) and one.when(level):
                kind, module = one.type, one.module
        return kind, module


def _is_more(kind: str, other: str) -> bool:
    return _MOST_DEMANDING_FIRST.index(kind) < _MOST_DEMANDING_FIRST.index(other)


class Plan:
    """What is demanded at one level.

    Args:
        sources: what the modules say.
        sequence: the tag of the sequence that the level is an item of; 0 for the data set.

    Attributes:
        needs: by tag, in ascending order.
        demanding: those that may be missing.
    """

    def __init__(self, sources: Iterable[Source], sequence: int = 0) -> None:
        self._sources = tuple(sources)
        self._sequence = sequence
        self._below: dict[int, Plan | None] = {}
        gathered: dict[int, list[tuple[Source, Attribute]]] = {}
        for source in self._sources:
            for tag, attribute in source.attributes.items():
                gathered.setdefault(tag, []).append((source, attribute))
        self.needs = {tag: self._need(tag, gathered[tag]) for tag in sorted(gathered)}
        self.demanding = tuple(
            need
            for need in self.needs.values()
            if need.type in {"1", "2"} or need.demands or any(one.required for one in need.facts)
        )

    def _need(self, tag: int, said: list[tuple[Source, Attribute]]) -> Need:
        best, module = "3", said[0][0].module
        facts, demands = [], []
        for source, attribute in said:
            here = source.facts.get(tag) if source.binds else None
            kind = attribute.type if source.binds else "3"
            if here is not None:
                facts.append(here)
                if here.when is not None:
                    demands.append(Demand(here.when, kind, source.module))
                    continue
            if _is_more(kind, best):
                best, module = kind, source.module
        if self._sequence and (anywhere := facts_of(ANYWHERE).get(tag)) is not None:
            facts.append(anywhere)
        return Need(tag, best, module, tuple(facts), tuple(demands))

    def below(self, tag: int) -> Plan | None:
        """Return what is demanded of the items of a sequence; None where it is not in the IOD."""
        if tag == self._sequence == CONTENT_SEQUENCE:
            return self
        if tag not in self._below:
            self._below[tag] = self._make(tag)
        return self._below[tag]

    def _make(self, tag: int) -> Plan | None:
        sources = [
            Source(one.module, found.items, one.facts.get(tag, NONE).below, tag not in {SHARED, PER_FRAME})
            for one in self._sources
            if (found := one.attributes.get(tag)) is not None and found.items
        ]
        if not sources:
            return None
        return Plan([*sources], tag)


@functools.lru_cache(maxsize=64)
def plan(iod: Iod, present: frozenset[str]) -> Plan:
    """Return what an IOD demands of a data set.

    Args:
        iod: the IOD.
        present: the names of its optional and conditional modules that are there, or must be.
    """
    return Plan(
        Source(use.name, use.attributes, facts_of(use.name), use.usage == "M" or use.name in present)
        for use in iod.modules
    )

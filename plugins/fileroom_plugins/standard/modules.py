"""Modules (PS3.3 Annex C): which attributes they have, and of which type."""

from __future__ import annotations

import functools
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, cast

from fileroom.errors import NotFoundError
from fileroom_plugins.standard.data import tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STRICTEST_FIRST = ("1", "1C", "2", "2C", "3")
"""Attribute types (PS3.5 section 7.4) in the order of what they demand of an attribute that is there."""

CONTENT_SEQUENCE = 0x0040_A730
"""The one sequence whose items hold it again to any depth (PS3.3 C.17.3); the tables show one level."""

_REPEATING_GROUPS = (0x5000, 0x6000)


class Attribute(NamedTuple):
    """What a module says of one attribute.

    Attributes:
        type: ``1``, ``1C``, ``2``, ``2C`` or ``3`` (PS3.5 section 7.4); empty where PS3.3 gives none, as in
            modules of normalised SOP classes.
        items: for a sequence, what each of its items holds; else empty.
    """

    type: str
    items: Level


Level: TypeAlias = "Mapping[int, Attribute]"
"""The attributes at one level, of a dataset or of a sequence's items, by tag in ascending order."""

_NOTHING: Level = MappingProxyType({})


def repeating(tag: int) -> int:
    """Return the tag under which the tables hold an attribute: that of the first of repeating groups.

    Curves and overlays repeat in the even groups 5000 to 501E and 6000 to 601E (PS3.5 section 7.6); older
    editions let them go on to 50FE and 60FE, which are taken here too.
    """
    first = tag >> 16 & 0xFF00
    return first << 16 | tag & 0xFFFF if first in _REPEATING_GROUPS and not tag >> 16 & 1 else tag


def modules() -> tuple[str, ...]:
    """Return the names of all modules whose attributes are known, in alphabetical order."""
    return tuple(tables()["modules"])


@functools.cache
def level(name: str) -> Level:
    """Return the attributes of a module as a tree.

    Args:
        name: as in `modules`: that of PS3.3 in lower case with dashes, for example ``general-image``.

    Raises:
        NotFoundError: there is no such module.
    """
    number = tables()["modules"].get(name)
    if number is None:
        raise NotFoundError(f"PS3.3 has no module {name!r} whose attributes are known here")
    return _level(number)


@functools.cache
def module(name: str) -> Mapping[tuple[int, ...], str]:
    """Return the types of a module's attributes by their paths.

    Args:
        name: as for `level`.

    Returns:
        Paths of tags, from the dataset's through those of sequences down, to types; in ascending order.

    Raises:
        NotFoundError: there is no such module.
    """
    return MappingProxyType(dict(_paths(level(name), ())))


def find(attributes: Level, path: tuple[int, ...]) -> Attribute | None:
    """Follow a path of tags down from a level; None where nothing is defined at its end."""
    found = None
    for place, step in enumerate(path):
        if found is None or place == 0 or step != CONTENT_SEQUENCE or path[place - 1] != step:
            found = attributes.get(repeating(step))
        if found is None:
            return None
        attributes = found.items
    return found


@functools.cache
def _level(number: int) -> Level:
    cells = iter(tables()["tables"][number])
    rows = cast("Iterator[tuple[int, str, int]]", zip(cells, cells, cells, strict=True))
    found = {tag: Attribute(kind, _level(items) if items >= 0 else _NOTHING) for tag, kind, items in rows}
    return MappingProxyType(found)


def _paths(attributes: Level, above: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], str]]:
    for tag, attribute in attributes.items():
        yield (*above, tag), attribute.type
        yield from _paths(attribute.items, (*above, tag))

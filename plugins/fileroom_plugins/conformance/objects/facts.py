"""What PS3.3 says of attributes beside their types, from the tables in ``tables/``: conditions and values.

The tables are TOML, one file for a family of modules. A module is a table; in it stand attributes by keyword,
and in a sequence those of its items; an attribute's own keys are in lower case::

    [image-pixel]
    PlanarConfiguration.required = "SamplesPerPixel > 1"
    PlanarConfiguration.enumerated = [0, 1]

``required``
    for types 1C and 2C: the condition under which it must be there (see `conditions`).
``allowed``
    the condition under which it may be there; ``"required"`` for: only where it must.
``enumerated``
    the values it may have (PS3.3 5.4, Enumerated Values); a list of lists: those of the first value, of the
    second, …; an empty one for any.
``terms``
    as ``enumerated``, for Defined Terms, which sites may extend.
``least``, ``most``
    the smallest and largest number.
``items``
    the least and the most items of a sequence.
``when``
    the condition under which the type counts; for attributes of macros that the standard includes in some
    cases only.
``like``
    beside attributes: the table whose attributes stand here too.

``["*"]`` is for attributes that mean the same in every sequence where they stand.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any

from pydicom.datadict import tag_for_keyword

from fileroom_plugins.conformance.objects.conditions import condition

if TYPE_CHECKING:
    from fileroom_plugins.conformance.objects.conditions import Condition

Choices = tuple[frozenset[Any], ...]
"""What each value may be, by its position; the last is for all that follow."""

ANYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one attribute in one module.

    Attributes:
        required: where it must be there; None where nobody can tell.
        allowed: where it may be there; None for everywhere.
        enumerated: enumerated values.
        terms: defined terms.
        least: the smallest number.
        most: the largest number.
        items: the least and the most items; empty for any number.
        when: where the type counts; None for everywhere.
        below: of a sequence, facts of what its items hold, by tag.
    """

    required: Condition | None = None
    allowed: Condition | None = None
    enumerated: Choices = ()
    terms: Choices = ()
    least: float | None = None
    most: float | None = None
    items: tuple[int, ...] = ()
    when: Condition | None = None
    below: Mapping[int, Facts] = field(default_factory=dict)


NONE = Facts()


@functools.cache
def facts_of(module: str) -> Mapping[int, Facts]:
    """Return what is known of a module's attributes, by tag; nothing for most modules."""
    return _below(_tables().get(module, {}))


def known_modules() -> tuple[str, ...]:
    """Return the names of the modules of which something is known."""
    return tuple(_tables())


@functools.cache
def table(name: str) -> Mapping[str, Any]:
    """Return one of the files in ``tables/``, as TOML has it."""
    file = resources.files(__package__).joinpath("tables", name)
    return tomllib.loads(file.read_text(encoding="utf-8"))


OTHERS = frozenset({"modules.toml", "groups.toml"})
"""Files in ``tables/`` that hold something else."""


@functools.cache
def _tables() -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for file in resources.files(__package__).joinpath("tables").iterdir():
        if file.name.endswith(".toml") and file.name not in OTHERS:
            found.update(table(file.name))
    return found


def _below(node: Mapping[str, Any]) -> Mapping[int, Facts]:
    own = {_tag(key): _facts(inner) for key, inner in node.items() if key[0].isupper()}
    return {**_below(_tables()[node["like"]]), **own} if "like" in node else own


def _facts(node: Mapping[str, Any]) -> Facts:
    required = condition(node["required"]) if "required" in node else None
    allowed = node.get("allowed")
    return Facts(
        required,
        required if allowed == "required" else condition(allowed) if allowed else None,
        _choices(node.get("enumerated", [])),
        _choices(node.get("terms", [])),
        node.get("least"),
        node.get("most"),
        tuple(node.get("items", ())),
        condition(node["when"]) if "when" in node else None,
        _below(node),
    )


def _choices(values: list[Any]) -> Choices:
    if values and isinstance(values[0], list):
        return tuple(map(frozenset, values))
    return (frozenset(values),) if values else ()


def _tag(keyword: str) -> int:
    tag = tag_for_keyword(keyword) or _REPEATING.get(keyword)
    if tag is None:
        raise ValueError(f"the tables name an attribute {keyword} that the data dictionary does not have")
    return tag


_REPEATING = {
    "OverlayType": 0x6000_0040,
    "OverlayBitsAllocated": 0x6000_0100,
    "OverlayBitPosition": 0x6000_0102,
    "OverlaySubtype": 0x6000_0045,
}

"""Information object definitions (PS3.3 Annex A): which modules the objects of a SOP class have."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from fileroom_plugins.standard.data import tables
from fileroom_plugins.standard.modules import STRICTEST_FIRST, find, level

if TYPE_CHECKING:
    from fileroom_plugins.standard.modules import Level

Usage: TypeAlias = Literal["M", "U", "C"]
"""Mandatory, optional at the user's choice, or conditional (PS3.3 section A.1.3)."""


@dataclass(frozen=True, slots=True)
class ModuleUse:
    """A module as an IOD uses it.

    Attributes:
        name: the module's, for example ``general-image``.
        usage: ``M``, ``U`` or ``C``.
        entity: the information entity that it describes, for example ``Image``.
    """

    name: str
    usage: Usage
    entity: str

    @property
    def attributes(self) -> Level:
        """The module's attributes; none for the few modules that the tables name without them."""
        return level(self.name) if self.name in tables()["modules"] else {}


@dataclass(frozen=True, slots=True)
class Iod:
    """An information object definition.

    Attributes:
        name: that of PS3.3 in lower case with dashes, for example ``ct-image``.
        modules: in the order of its table in PS3.3.
    """

    name: str
    modules: tuple[ModuleUse, ...]

    def attribute_type(self, path: tuple[int, ...]) -> str | None:
        """Return the type of an attribute in objects of this IOD.

        Several modules may have one attribute. What mandatory modules say goes before what the others say,
        and ``1`` before ``1C``, ``2``, ``2C`` and ``3``. In an optional or conditional module, the type is
        what holds where the module is present.

        Args:
            path: the tags from the dataset through sequences down to the attribute, without item numbers.

        Returns:
            ``1``, ``1C``, ``2``, ``2C``, ``3``; an empty text where PS3.3 gives none; None where the IOD does
            not have the attribute.
        """
        for mandatory in (True, False):
            uses = (use for use in self.modules if (use.usage == "M") is mandatory)
            found = {one.type for use in uses if (one := find(use.attributes, path)) is not None}
            if found:
                return next((kind for kind in STRICTEST_FIRST if kind in found), "")
        return None


def iods() -> tuple[str, ...]:
    """Return the names of all IODs in alphabetical order."""
    return tuple(tables()["iods"])


def iod_of(sop_class_uid: str) -> Iod | None:
    """Return the IOD of a SOP class (PS3.4 section B.5), or None for a class that has none here."""
    name = tables()["sop_classes"].get(sop_class_uid)
    return None if name is None else iod(name)


@functools.cache
def iod(name: str) -> Iod:
    """Return an IOD by its name; the name must be one of `iods`."""
    uses = (
        ModuleUse(module, cast("Usage", usage), entity) for module, usage, entity in tables()["iods"][name]
    )
    return Iod(name, tuple(uses))

"""A data set with no more than what locators name; what a stored tag list leaves of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom_plugins.metadata.elements import CHARACTER_SET, DataSet
from fileroom_plugins.metadata.locators import Locator
from fileroom_plugins.metadata.lookup import creator_tag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fileroom_plugins.metadata.elements import Element, Object

_ALWAYS = (CHARACTER_SET, 0x00080016, 0x00080018, 0x0020000D, 0x0020000E)


def only(source: Object, locators: Iterable[Locator]) -> Object:
    """Return an object with only the attributes that locators lead to, and those that tell whose they are.

    Character set, SOP class and the UIDs are always kept, and so are the creators of private blocks and the
    character sets of items.
    """
    kept: set[int] = set()
    within: set[int] = set()
    for locator in locators:
        for depth in range(1, len(locator.steps)):
            within |= {id(element) for element, _ in Locator(locator.steps[:depth]).find(source.dataset)}
        kept |= {id(element) for element, _ in locator.find(source.dataset)}
    dataset = _only(source.dataset, kept, within, always=_ALWAYS)
    return replace(source, dataset=dataset)


def _only(dataset: DataSet, kept: set[int], within: set[int], always: tuple[int, ...]) -> DataSet:
    elements: list[Element] = []
    for element in dataset.elements:
        if id(element) in kept or element.tag in always:
            elements.append(element)
        elif id(element) in within and isinstance(element.value, list):
            items = [_only(item, kept, within, (CHARACTER_SET,)) for item in element.value]
            elements.append(element._replace(value=items))
    creators = {creator_tag(element.tag) for element in elements} - {element.tag for element in elements}
    elements += [element for element in dataset.elements if element.tag in creators]
    return DataSet(sorted(elements, key=lambda element: element.tag), dataset.charset)

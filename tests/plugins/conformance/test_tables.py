"""Our tables of conditions and values: every line means something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pydicom.datadict import dictionary_VR, tag_for_keyword

from fileroom_plugins.conformance.objects.conditions import condition
from fileroom_plugins.conformance.objects.facts import ANYWHERE, facts_of, known_modules, table
from fileroom_plugins.standard import iods, level, modules
from fileroom_plugins.standard.iods import iod

KEYS = {"required", "allowed", "enumerated", "terms", "least", "most", "items", "when", "like"}
FILES = [
    "ct_mr.toml",
    "general.toml",
    "image.toml",
    "nuclear.toml",
    "presentation.toml",
    "projection.toml",
    "radiotherapy.toml",
    "reports.toml",
    "secondary_capture.toml",
    "segmentation.toml",
    "ultrasound.toml",
    "x_ray.toml",
]
NOT_OF_THE_STANDARD = {ANYWHERE, "content-item", "functional-groups"}
ENTRIES = [(file, name) for file in FILES for name in table(file)]


def nodes(node: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, inner in node.items():
        if key[0].isupper():
            yield (*path, key), inner
            yield from nodes(inner, (*path, key))


def test_no_module_is_in_two_files() -> None:
    assert len({name for _, name in ENTRIES}) == len(ENTRIES) == len(known_modules())


@pytest.mark.parametrize(("file", "name"), ENTRIES)
def test_attributes_are_those_of_the_module(file: str, name: str) -> None:
    """A sequence's own keys apart, each line is about an attribute that PS3.3 has in this module."""
    if name in NOT_OF_THE_STANDARD:
        return
    for path, _ in nodes(table(file)[name]):
        attributes = level(name)
        for keyword in path:
            tag = tag_for_keyword(keyword) or {"OverlayType": 0x60000040, "OverlaySubtype": 0x60000045}.get(
                keyword, 0x60000100 if keyword == "OverlayBitsAllocated" else 0x60000102
            )
            assert tag in attributes, f"{name} has no {'.'.join(path)}"
            attributes = attributes[tag].items


@pytest.mark.parametrize(("file", "name"), ENTRIES)
def test_keys_are_known_and_conditions_make_sense(file: str, name: str) -> None:
    for path, node in nodes(table(file)[name]):
        own = {key: value for key, value in node.items() if not key[0].isupper()}
        assert own or len(node) > len(own), path
        assert set(own) <= KEYS, path
        for key in ("required", "when", "allowed"):
            if key in own and own[key] != "required":
                condition(own[key])
        assert facts_of(name) is not None


@pytest.mark.parametrize(("file", "name"), ENTRIES)
def test_a_condition_is_given_for_a_conditional_type_only(file: str, name: str) -> None:
    if name in NOT_OF_THE_STANDARD:
        return
    for path, node in nodes(table(file)[name]):
        if "required" not in node or "like" in node:
            continue
        attributes = level(name)
        for keyword in path[:-1]:
            attributes = attributes[tag_for_keyword(keyword) or 0].items
        assert attributes[tag_for_keyword(path[-1]) or 0].type in {"1C", "2C"}, f"{name}: {path}"


@pytest.mark.parametrize(("file", "name"), ENTRIES)
def test_values_have_the_type_of_their_vr(file: str, name: str) -> None:
    for path, node in nodes(table(file)[name]):
        for key in ("enumerated", "terms"):
            values = node.get(key, [])
            flat = (
                [one for part in values for one in part] if values and isinstance(values[0], list) else values
            )
            if tag_for_keyword(path[-1]) and flat:
                numeric = dictionary_VR(path[-1])[:2] in {"US", "IS", "DS", "SS", "UL", "FD"}
                assert all(isinstance(one, int | float) is numeric for one in flat), path


def test_conditional_modules_are_those_of_their_iods() -> None:
    for name, conditions in table("modules.toml").items():
        for module, text in conditions.items():
            condition(text)
            assert module in modules()
            if name != ANYWHERE:
                assert "C" in [use.usage for use in iod(name).modules if use.name == module], (name, module)


def test_mandatory_functional_groups_are_in_the_tables_of_their_iods() -> None:
    shared, per_frame = 0x52009229, 0x52009230
    for name, groups in table("groups.toml").items():
        assert name in iods()
        (use,) = (use for use in iod(name).modules if shared in use.attributes)
        for keyword in groups["mandatory"]:
            assert tag_for_keyword(keyword) in level(use.name)[per_frame].items


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Rows ==",
        "NoSuchThing",
        "Rows + 1",
        "print(1)",
        "Rows == Columns",
        "1 < Rows < 3",
        "x.Rows",
        "[]",
    ],
)
def test_what_is_no_condition_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"no condition|no attribute|malformed"):
        condition(text)

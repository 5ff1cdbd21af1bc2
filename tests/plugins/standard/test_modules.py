"""Modules: their attributes as a tree and by path."""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path

import pytest
from pydicom.datadict import keyword_for_tag
from scripts import standard_tables

from fileroom.errors import NotFoundError
from fileroom_plugins.standard import level, module, modules, repeating


def test_a_module_gives_the_types_of_its_attributes_by_path() -> None:
    patient = module("patient")
    assert patient[(0x00100010,)] == "2"
    assert patient[(0x00081120,)] == "3"
    assert patient[(0x00081120, 0x00081150)] == "1"
    assert list(patient) == sorted(patient)


def test_tree_and_paths_agree() -> None:
    for path, kind in module("ct-image").items():
        attributes = level("ct-image")
        for tag in path[:-1]:
            attributes = attributes[tag].items
        assert attributes[path[-1]].type == kind


@pytest.mark.parametrize("ask", [module, level])
def test_an_unknown_module_is_an_error(ask: object) -> None:
    assert callable(ask)
    with pytest.raises(NotFoundError, match="no module 'patients'"):
        ask("patients")


@pytest.mark.parametrize(
    ("tag", "first"),
    [(0x601E0010, 0x60000010), (0x50FE0005, 0x50000005), (0x60010010, 0x60010010), (0x00100010, 0x00100010)],
)
def test_repeating_groups_stand_under_their_first(tag: int, first: int) -> None:
    assert repeating(tag) == first


def test_every_module_has_attributes_and_every_attribute_a_name() -> None:
    assert len(modules()) > 400
    for name in modules():
        attributes = module(name)
        assert attributes
        assert all(keyword_for_tag(path[-1]) for path in attributes)


def test_the_tables_are_those_of_highdicom() -> None:
    """Where highdicom is installed: nothing is lost on the way to the compact form."""
    try:
        files = importlib.metadata.files("highdicom") or []
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("highdicom is not installed")
    (place,) = (one for one in files if one.name == "module_attribute_map.json")
    original = json.loads(Path(str(place.locate())).read_text(encoding="utf-8"))
    assert set(original) == set(modules())
    for name, rows in original.items():
        expected = {
            tuple(standard_tables.tag(keyword) for keyword in [*row["path"], row["keyword"]]): row["type"]
            for row in rows
        }
        empty = {path: "" if kind in (None, "None") else kind for path, kind in expected.items()}
        assert module(name) == empty

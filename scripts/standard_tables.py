"""Make ``fileroom_plugins/standard/tables.json`` of the tables that highdicom ships.

highdicom (MIT) extracts the tables of modules and IODs from PS3.3 and the SOP classes from PS3.4, one row for
each attribute of each module, with those of all macros written out: 22 MB. Most of it is repetition, since a
code sequence looks the same wherever it stands. Here equal tables of attributes are kept once, and refer to
each other by number::

    {"tables": [[tag, type, items, tag, type, items, ...], ...],   items: number of a table, -1: no sequence
     "modules": {name: number of its table},
     "iods": {name: [[module, usage, information entity], ...]},
     "sop_classes": {UID: name of its IOD}}

Tags are numbers in ascending order; those of repeating groups stand for the first group (6000). The type is
empty where the standard gives none. A table refers to those before it only.

    python scripts/standard_tables.py highdicom-0.28.2-py3-none-any.whl

needs pydicom, and highdicom's wheel (``pip download --no-deps highdicom==0.28.2``), not highdicom itself.
"""

from __future__ import annotations

import argparse
import json
import zipfile
from pathlib import Path
from typing import Any

from pydicom._dicom_dict import RepeatersDictionary  # no public name has the masks
from pydicom.datadict import tag_for_keyword

TARGET = Path(__file__).parents[1] / "plugins" / "fileroom_plugins" / "standard" / "tables.json"
REPEATING = {row[4]: int(mask.replace("x", "0"), 16) for mask, row in RepeatersDictionary.items()}

Tree = dict[int, tuple[str, "Tree"]]
"""Tag to type and, for a sequence, what its items hold."""


def tag(keyword: str) -> int:
    """Return an attribute's tag, in the first group where groups repeat."""
    found = tag_for_keyword(keyword)
    return REPEATING[keyword] if found is None else found


def tree_of(rows: list[dict[str, Any]]) -> Tree:
    """Return the attributes of a module as a tree; a sequence's row stands before those of its items."""
    root: Tree = {}
    for row in rows:
        level = root
        for keyword in row["path"]:
            level = level[tag(keyword)][1]
        kind = row["type"]
        level[tag(row["keyword"])] = ("" if kind in (None, "None") else kind, {})
    return root


class Tables:
    """Tables of attributes, equal ones once."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[tuple[int, str, int], ...], int] = {}

    def add(self, tree: Tree) -> int:
        """Return a tree's number."""
        rows = tuple(
            (tag, kind, self.add(items) if items else -1) for tag, (kind, items) in sorted(tree.items())
        )
        return self.numbers.setdefault(rows, len(self.numbers))


def convert(wheel: Path) -> dict[str, Any]:
    """Return what is written."""
    with zipfile.ZipFile(wheel) as archive:
        iods, modules, sop_classes = (
            json.loads(archive.read(f"highdicom/_standard/{name}.json"))
            for name in ("iod_module_map", "module_attribute_map", "sop_class_iod_map")
        )
    tables = Tables()
    numbers = {name: tables.add(tree_of(rows)) for name, rows in sorted(modules.items())}
    return {
        "tables": [[cell for row in rows for cell in row] for rows in tables.numbers],
        "modules": numbers,
        "iods": {
            name: [[use["key"], use["usage"], use["ie"]] for use in uses]
            for name, uses in sorted(iods.items())
        },
        "sop_classes": dict(sorted(sop_classes.items())),
    }


def main() -> None:
    """Read the wheel that is named, and write the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("wheel", type=Path)
    made = convert(parser.parse_args().wheel)
    lines = [f" {json.dumps(name)}: {_json_lines(value)}" for name, value in made.items()]
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8", newline="\n")


def _json_lines(value: dict[str, Any] | list[Any]) -> str:
    """Write one entry on each line, so that a change of the standard is a readable difference."""
    if isinstance(value, list):
        return "[\n" + ",\n".join(json.dumps(one, separators=(",", ":")) for one in value) + "\n]"
    entries = (f"{json.dumps(key)}:{json.dumps(one, separators=(',', ':'))}" for key, one in value.items())
    return "{\n" + ",\n".join(entries) + "\n}"


if __name__ == "__main__":
    main()

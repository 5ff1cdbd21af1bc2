"""The import rules: core knows no driver and no plugin, and nothing heavy loads before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = sorted((ROOT / "core").rglob("*.py"))
PLUGINS = sorted((ROOT / "plugins").rglob("*.py"))
CORE_MAY = {"fileroom", "pluggy", "pydicom"}
CLI_MAY = CORE_MAY | {"click", "rich"}
CLI_MAY_WHERE_IT_IS = {"picture.py": {"PIL"}, "terminal.py": {"prompt_toolkit"}}
TABLES_MAY = CORE_MAY | {"pyarrow", "pandas"}  # within functions only, as HEAVY makes sure
TESTING_MAY = CORE_MAY | {"pytest", "hypothesis", "numpy"}
PLUGIN_SURFACE = {"plugin", "model", "errors", "query", "index", "tags"}
SHARED_ROOMS = {"databases", "standard"}
BUILT_ON = {
    "storage_cache": {"storage_filesystem"},  # what lies in the cache is such a storage's
    "deidentify": {
        "imaging"
    },  # frames that are to be cleaned are decoded as those to be shown, with its checks
}
HEAVY = [
    "sqlalchemy",
    "boto3",
    "botocore",
    "numpy",
    "PIL",
    "pydicom",
    "pynetdicom",
    "rich",
    "prompt_toolkit",
    "distributed",
    "lxml",
    "pandas",
    "pyarrow",
]
HEAVY_FOR_TESTS = ["hypothesis", "pytest"]


def imported(path: Path) -> set[str]:
    """Return the dotted modules a file imports, wherever in it, those for type checking included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


def foreign(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)} - sys.stdlib_module_names - {"_typeshed"}


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT)))
def test_core_imports_no_driver_and_no_plugin(path: Path) -> None:
    parts = path.relative_to(ROOT / "core" / "fileroom").parts
    extra = CLI_MAY_WHERE_IT_IS.get(parts[-1], set())
    rooms = {"cli": CLI_MAY | extra, "testing": TESTING_MAY, "_tables": TABLES_MAY}
    assert foreign(path) <= rooms.get(parts[0], CORE_MAY)


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: str(path.relative_to(ROOT)))
def test_built_in_plugins_see_only_what_third_parties_see(path: Path) -> None:
    ours = {name for name in imported(path) if name.split(".")[0] == "fileroom"}
    assert {name.partition(".")[2] for name in ours} <= PLUGIN_SURFACE


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: str(path.relative_to(ROOT)))
def test_built_in_plugins_share_nothing_but_the_shared_rooms(path: Path) -> None:
    own = path.relative_to(ROOT / "plugins" / "fileroom_plugins").parts[0]
    rooms = {name.split(".")[1] for name in imported(path) if name.startswith("fileroom_plugins.")}
    assert rooms <= {own, *SHARED_ROOMS} | BUILT_ON.get(own, set())


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in run.stdout.split()}


def test_importing_fileroom_loads_nothing_heavy() -> None:
    assert not loaded_by("import fileroom, fileroom.plugin").intersection(HEAVY + HEAVY_FOR_TESTS)


def test_importing_the_command_loads_nothing_heavy() -> None:
    assert not loaded_by("import fileroom.cli").intersection(HEAVY + HEAVY_FOR_TESTS)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "index_sql.sqlite",
            "index_sql.postgres",
            "index_sql.sql",
            "index_linear",
            "storage_filesystem",
            "storage_s3",
        ),
        "storage_tiered",
        *("imaging", "dimse", "admission", "journal", "local_executor", "dask_executor", "table_feed"),
        "standard",
    ],
)
def test_importing_a_plugin_loads_nothing_heavy(name: str) -> None:
    assert not loaded_by(f"import fileroom_plugins.{name}").intersection(HEAVY + HEAVY_FOR_TESTS)

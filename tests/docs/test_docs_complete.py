"""What a user can name is documented: keys with their defaults, commands, options, errors, hooks, tags."""

from __future__ import annotations

import dataclasses
import enum
import importlib.metadata
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from fileroom import config, errors, hooks, network, on_store, plugin, reports, retention
from fileroom._config import layers as _layers
from fileroom._tags.main_tags import COMPUTED, MAIN_TAGS
from fileroom.cli.application import COMMANDS, cli
from fileroom.content_types import BUILT_IN
from fileroom.model import ChangeType
from fileroom.reports import Status
from fileroom.storage import Storage
from fileroom_plugins import table_feed
from tests.docs.blocks import DOCS, ROOT

CONFIGURATION = (DOCS / "configuration.md").read_text(encoding="utf-8")
CLI = (DOCS / "cli.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| `(\w+)` \| *(?:`(.*?)`)? *\|", re.MULTILINE)


def text_of(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def documented(heading: str) -> dict[str, str]:
    """Return keys and defaults in the table under a heading of the configuration page.

    ``[storage] backend = "x"`` is the heading ``backend = "x"`` of the section ``[storage]``.
    """
    text = CONFIGURATION
    for part in heading.split(" ", maxsplit=1):
        found = re.search(rf"^(#+) {re.escape(part)}$(.*)", text, re.MULTILINE | re.DOTALL)
        assert found, f"no section {heading}"
        text = re.split(rf"^#{{1,{len(found[1])}}} ", found[2], maxsplit=1, flags=re.MULTILINE)[0]
    return dict(_ROW.findall(re.split(r"^#+ ", text, maxsplit=1, flags=re.MULTILINE)[0]))


def defaults(options: type[Any]) -> dict[str, str]:
    """Return the keys of an options dataclass, with their defaults as TOML writes them."""
    return {field.name: _as_toml(field) for field in dataclasses.fields(options)}


def _as_toml(field: dataclasses.Field[Any]) -> str:
    factory = field.default_factory
    value = field.default if factory is dataclasses.MISSING else factory()
    match value:
        case None | dataclasses.MISSING:
            return ""
        case Path() | enum.StrEnum() | str():
            return json.dumps(str(value))
        case plugin.DocumentName():
            return json.dumps(value.text)
        case tuple():
            return json.dumps(list(value))
        case _:
            return json.dumps(value)


def built_in() -> Iterator[tuple[str, type[Any]]]:
    """Yield the heading and the options of every built-in plugin."""
    for one in importlib.metadata.distribution("fileroom").entry_points:
        if one.group == "fileroom.plugins":
            registration = one.load()()
            if isinstance(registration, plugin.FeedPlugin):
                continue  # whose options are arguments
            if not dataclasses.fields(registration.options):
                continue  # a table that must be empty need not be there
            heading = f"[plugins.{one.name.rpartition('.')[2]}]"
            for table, kind in (("storage", plugin.StoragePlugin), ("index", plugin.IndexPlugin)):
                if isinstance(registration, kind):
                    heading = f'[{table}] backend = "{registration.name}"'
            yield heading, registration.options


TABLES = [
    ("[index]", config._Choice),
    ("[index.extra_tags]", config._ExtraTags),
    ("[storage]", config._Choice),
    ("[ingest]", config.IngestOptions),
    ("[processing]", on_store.ProcessingOptions),
    ("[quota]", retention.QuotaOptions),
    ("[network]", network.NetworkOptions),
    ("[plugins]", config._PluginNames),
    ("[quarantine]", config._Quarantine),
    *built_in(),
]


@pytest.mark.parametrize(("heading", "options"), TABLES, ids=[heading for heading, _ in TABLES])
def test_every_key_is_documented_with_its_default(heading: str, options: type[Any]) -> None:
    expected = defaults(options)
    if options is config._Choice:
        expected["backend"] = json.dumps(str(config._DEFAULTS[heading.strip("[]")]["backend"]))
    assert documented(heading) == expected


def test_every_option_of_the_feed_is_documented_with_its_default() -> None:
    assert dict(_ROW.findall(text_of("blobs.md"))) == defaults(table_feed.Options)


def test_every_table_is_documented() -> None:
    headings = set(re.findall(r"^## \[(\w+)\]$", CONFIGURATION, re.MULTILINE))
    assert headings == set(_layers.TABLES)


def test_built_in_content_types_are_documented() -> None:
    for one in BUILT_IN:
        assert f"`{one.name}` ({one.number})" in CONFIGURATION


def public_errors() -> list[str]:
    classes = [one for one in (*vars(errors).values(), *vars(reports).values()) if inspect.isclass(one)]
    return sorted({one.__name__ for one in classes if issubclass(one, errors.FileroomError)})


@pytest.mark.parametrize("name", [name for name in public_errors() if name != "FileroomError"])
def test_every_error_is_in_the_table_of_errors(name: str) -> None:
    assert f"\n| `{name}` | " in text_of("embedding.md")


@pytest.mark.parametrize("name", [name for name in dir(hooks) if name.startswith("fileroom_")])
def test_every_hook_is_on_a_plugin_page(name: str) -> None:
    assert f"`{name}" in text_of("plugins/index.md") + text_of("plugins/extension.md")


@pytest.mark.parametrize("status", Status)
def test_every_status_is_documented(status: Status) -> None:
    assert f"\n| `{status}` | " in text_of("importing.md")


@pytest.mark.parametrize("change", ChangeType, ids=str)
def test_every_type_of_change_is_documented(change: ChangeType) -> None:
    assert f"`{change.label}`" in CLI


def test_every_main_tag_and_computed_attribute_is_documented() -> None:
    querying = text_of("querying.md")
    keywords = [row.keyword for rows in MAIN_TAGS.values() for row in rows]
    keywords += [keyword for names in COMPUTED.values() for keyword in names]
    assert [keyword for keyword in keywords if f"`{keyword}`" not in querying] == []


def test_every_storage_method_is_documented() -> None:
    page = text_of("plugins/storage.md")
    methods = [name for name, _ in inspect.getmembers(Storage, inspect.isfunction) if name[0] != "_"]
    assert [name for name in methods if f"`{name}" not in page] == []


def commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(cli)
    for section in COMMANDS.values():
        for name in section:
            command = cli.get_command(context, name)
            assert command is not None
            yield name, command
            if isinstance(command, click.Group):
                for inner in command.list_commands(context):
                    found = command.get_command(context, inner)
                    assert found is not None
                    yield f"{name} {inner}", found


@pytest.mark.parametrize(("name", "command"), [pytest.param(*one, id=one[0]) for one in commands()])
def test_every_command_is_documented_with_its_options(name: str, command: click.Command) -> None:
    title = rf"^### (?:[^\n]*, )?{name.partition(' ')[0]}(?:,[^\n]*)?$"
    section = re.search(rf"{title}(.*?)(?=^##|\Z)", CLI, re.MULTILINE | re.DOTALL)
    assert section, f"no section about {name}"
    assert f"fileroom {name}" in CLI
    common = CLI.partition("\n## Fill")[0]
    for option in command.params:
        if isinstance(option, click.Option):
            for flag in (*option.opts, *option.secondary_opts):
                assert re.search(rf"{flag}(?![\w-])", section[1] + common), f"{name} {flag}"


def test_every_benchmark_is_described() -> None:
    described = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    helpers = {"orthanc.py"}
    scripts = {path.name for path in (ROOT / "benchmarks").glob("*.py")} - helpers
    assert [name for name in scripts if f"benchmarks/{name}" not in described] == []

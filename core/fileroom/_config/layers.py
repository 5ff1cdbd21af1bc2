"""Layers of configuration: where settings come from, and how those of several places become one.

A *setting* is one option's value with its origin, under its path: ``("storage", "root")``,
``("plugins", "imaging", "size")``. A higher layer replaces the whole value of a setting; lists and tables
that are values are not merged, but for the tables within ``[storage]``, of which the environment sets keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from fileroom._config.conversion import EnvironmentText, expected
from fileroom._config.nested import is_table, joined, leaf, leaves
from fileroom._hints import did_you_mean
from fileroom.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PREFIX = "FILEROOM_"
TABLES = (
    "index",
    "storage",
    "ingest",
    "processing",
    "quota",
    "network",
    "plugins",
    "content_types",
    "quarantine",
)
BACKENDS = ("index", "storage")
SHARED_INDEX_KEY = "extra_tags"
"""The one key of ``[index]`` that is not its backend's, and stays when another backend is chosen."""

NAME_LISTS = ("enable", "disable")
"""The keys of ``[plugins]`` that are no plugin's table."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and its origin, as `fileroom.config.Config.origins` has it.

    Attributes:
        value: what was given.
        origin: where; of a table that several layers have made, all of them.
        inner: of a table whose keys are set one by one, the origins of those, by their paths within it.
    """

    value: object
    origin: str
    inner: Mapping[tuple[str, ...], str] = field(default_factory=dict)


Layer: TypeAlias = "dict[tuple[str, ...], Setting]"


def read_file(file: Path) -> Layer:
    """Return the settings in a TOML file (UTF-8, with or without a byte order mark).

    Raises:
        ConfigError: it cannot be read, is not TOML (the message has the line), or has an unknown table.
    """
    import tomllib  # noqa: PLC0415 - 8 ms that an archive without a file does not need

    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(f"{file} cannot be read: {reason}") from error
    except UnicodeDecodeError:
        # Not chained: the error holds the bytes.
        raise ConfigError(f"{file} is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file} is not valid TOML: {error}") from error
    return settings(tables, f"file {file.name}")


def read_environment(environment: Mapping[str, str]) -> Layer:
    """Return the settings in variables such as ``FILEROOM_STORAGE__ROOT``.

    Two underscores separate tables and keys, in upper case; a name without any is no setting.

    Raises:
        ConfigError: a table is unknown, or a variable contradicts another.
    """
    tables: dict[str, Any] = {}
    for variable in sorted(environment):
        names = variable.removeprefix(PREFIX).lower().split("__")
        if not variable.startswith(PREFIX) or len(names) == 1:
            continue
        if not all(names) or not _insert(tables, names, EnvironmentText(environment[variable])):
            raise ConfigError(f"the environment variable {variable} names no setting, or a part of another's")
    layer = settings(tables, "environment")
    return {path: _of_environment(path, one.value) for path, one in layer.items()}


def _insert(table: dict[str, Any], names: list[str], value: EnvironmentText) -> bool:
    """Set a value within nested tables, unless another one is in its way."""
    inner: Any = table
    for name in names[:-1]:
        inner = inner.setdefault(name, {})
        if not isinstance(inner, dict):
            return False
    return inner.setdefault(names[-1], value) is value


def settings(tables: Mapping[str, object], origin: str) -> Layer:
    """Return the settings in nested tables.

    Raises:
        ConfigError: a table is unknown, or no table.
    """
    layer: Layer = {}
    for name, table in tables.items():
        if name not in TABLES:
            raise ConfigError(f"unknown table in the {origin}{did_you_mean(name, TABLES)}", name)
        if not isinstance(table, Mapping):
            raise expected("a table", table, name)
        for key, value in table.items():
            if name == "plugins" and isinstance(value, Mapping) and key not in NAME_LISTS:
                inner = value
            elif name == "index" and key == SHARED_INDEX_KEY:
                if not isinstance(value, Mapping):
                    raise expected("a table", value, f"{name}.{key}")
                inner = value
            else:
                layer[name, key] = Setting(value, origin)
                continue
            layer.update({(name, key, option): Setting(one, origin) for option, one in inner.items()})
    return layer


def merge(layers: Iterable[Layer]) -> Layer:
    """Merge layers, the lowest first.

    Where a layer chooses another backend than the layers below it, what those say about their backend
    is left out, so that no backend gets another one's options.
    """
    merged: Layer = {}
    for layer in layers:
        for table in BACKENDS:
            chosen, before = layer.get((table, "backend")), merged.get((table, "backend"))
            if chosen and before and chosen.value != before.value:
                merged = {path: one for path, one in merged.items() if not _is_of_backend(path, table)}
        merged |= {path: _over(merged.get(path), one) for path, one in layer.items()}
    return merged


def _over(before: Setting | None, setting: Setting) -> Setting:
    """Return a setting, joined with the one below it if its keys are set one by one."""
    if before is None or not (setting.inner and is_table(before.value) and is_table(setting.value)):
        return setting
    value = joined(before.value, setting.value)
    inner = {keys: setting.inner.get(keys, before.origin) for keys in leaves(value)}
    return Setting(value, f"{before.origin}, {setting.origin}", inner)


def _is_of_backend(path: tuple[str, ...], table: str) -> bool:
    return path[0] == table and path[1] != SHARED_INDEX_KEY


def _of_environment(path: tuple[str, ...], value: object) -> Setting:
    inner = {}
    if path[0] == "storage" and is_table(value):
        inner = {keys: _variables((*path, *keys), leaf(value, keys)) for keys in leaves(value)}
    return Setting(value, _variables(path, value), inner)


def _variables(path: tuple[str, ...], value: object) -> str:
    name = PREFIX + "__".join(path).upper()
    return f"environment {name}__*" if isinstance(value, Mapping) else f"environment {name}"

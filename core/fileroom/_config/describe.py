"""A configuration as it may be shown.

Errs on the side of hiding: what looks like a secret is one, by its name, its form, or its place in a URL.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from fileroom._config.layers import TABLES
from fileroom._config.nested import is_secrets_place
from fileroom.options import secret_fields
from fileroom.secret import HIDDEN, Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fileroom.config import Config

_WORDS = r"(?:secret|passw|passphrase|token|credential|key|auth|signature|\bpin\b|\bpwd\b)"
_SECRET_NAME = re.compile(_WORDS, re.IGNORECASE)
_CREDENTIALS = re.compile(r"([^\s:/@]*:)(?!//).+(?=@)|(?<=://)[^\s:@]+(?=@)", re.DOTALL)
_PARAMETER = re.compile(rf"({_WORDS}\w*\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&;]+)", re.IGNORECASE)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class ConfigLine(NamedTuple):
    """One setting: its dotted key, its value as text that may be shown, and its origin."""

    key: str
    value: str
    origin: str


def describe(config: Config, option_types: Mapping[str, type[Any]]) -> list[ConfigLine]:
    """Return every setting in the order of the tables; see `fileroom.config.Config.describe`."""
    values = _own_settings(config)
    tables = {"index": config.index.options, "storage": config.storage.options}
    tables |= {f"plugins.{name}": table for name, table in config.plugins.tables.items()}
    given: set[str] = set()
    for table, options in tables.items():
        flat = dict(_flat(table, options, option_types))
        given |= flat.keys()
        values |= flat
    for table, cls in option_types.items():
        values = {f"{table}.{key}": value for key, value in _defaults(cls).items()} | values
        secrets = {f"{table}.{name}" for name in secret_fields(cls)}
        values |= {key: Secret("") for key in secrets & values.keys()}
    return [
        ConfigLine(key, shown(key, values[key]), _origin(config.origins, key, key in given))
        for key in sorted(values, key=lambda key: (TABLES.index(key.partition(".")[0]), key))
    ]


def _origin(origins: Mapping[str, str], key: str, given: bool) -> str:  # noqa: FBT001 - private
    """Return where a setting comes from; one that was given comes with its table, if that came as a whole."""
    while given and key not in origins and "." in key:
        key = key.rpartition(".")[0]
    return origins.get(key, "default")


def _flat(
    table: str, options: Mapping[str, object], option_types: Iterable[str]
) -> Iterator[tuple[str, object]]:
    """Yield dotted keys and values, those of inner storages' tables too."""
    for key, value in options.items():
        path = f"{table}.{key}"
        if isinstance(value, Mapping) and any(f"{one}.".startswith(f"{path}.") for one in option_types):
            yield from _flat(path, value, option_types)
        else:
            yield path, value


def _defaults(cls: type[Any]) -> dict[str, object]:
    unset = (dataclasses.MISSING, None)
    defaults = {one.name: one.default for one in dataclasses.fields(cls)}
    return {name: value for name, value in defaults.items() if not any(value is one for one in unset)}


def _own_settings(config: Config) -> dict[str, object]:
    """Return what belongs to no plugin."""
    values: dict[str, object] = {}
    for table, backend in (("index", config.index), ("storage", config.storage)):
        values[f"{table}.backend"] = backend.name
        if backend.distribution is not None:
            values[f"{table}.distribution"] = backend.distribution
    values |= {f"index.extra_tags.{level.label}": tags for level, tags in config.extra_tags.items()}
    values |= {f"ingest.{key}": value for key, value in dataclasses.asdict(config.ingest).items()}
    processing = dataclasses.asdict(config.processing).items()
    values |= {f"processing.{key}": value for key, value in processing}
    quota = dataclasses.asdict(config.quota).items()
    values |= {f"quota.{key}": value for key, value in quota if value is not None}
    values |= {f"network.{key}": value for key, value in dataclasses.asdict(config.network).items()}
    values["plugins.enable"], values["plugins.disable"] = config.plugins.enable, config.plugins.disable
    values |= {f"content_types.{name}": value for name, value in config.content_types.items()}
    values["quarantine.path"] = config.quarantine
    return values


def shown(name: str, value: object) -> str:
    """Return a value as text, with ``********`` for a secret and for the secret parts of a text.

    A secret is a `Secret`, what stands under a name with a word like *password* or *key* in it, and a table
    of ``env`` or ``file`` alone. In a text, a URL's password (or its user, without one) is hidden, and so
    are parameters with such names.
    """
    if _is_secret(name, value):
        return HIDDEN
    return _text(str(value)) if isinstance(value, str | Path) else _literal(name, value)


def _is_secret(name: str, value: object) -> bool:
    if isinstance(value, Mapping) and is_secrets_place(value):
        return True
    return isinstance(value, Secret) or _SECRET_NAME.search(name) is not None


def _text(value: str) -> str:
    without = _CREDENTIALS.sub(lambda match: f"{match[1] or ''}{HIDDEN}", value)
    return _PARAMETER.sub(rf"\1{HIDDEN}", without)


def _literal(name: str, value: object) -> str:
    if _is_secret(name, value):
        return json.dumps(HIDDEN)
    match value:
        case str() | Path():
            text = json.dumps(_text(str(value)), ensure_ascii=False)
        case list() | tuple():
            text = f"[{', '.join(_literal(name, one) for one in value)}]"
        case Mapping():
            text = ", ".join(f"{_key(str(key))} = {_literal(str(key), one)}" for key, one in value.items())
            text = f"{{ {text} }}" if text else "{}"
        case int() | float() | date() | time():
            text = str(value).lower()
        case _:
            text = HIDDEN  # a host's own object, of which nothing is known
    return text


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else json.dumps(name, ensure_ascii=False)

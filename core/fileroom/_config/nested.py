"""Tables within ``[storage]``, such as those of inner storages: the environment sets single keys of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Iterator


def is_table(value: object) -> TypeGuard[Mapping[str, object]]:
    """Say whether a value has keys that can be set one by one: a place that a secret is kept in has not."""
    return isinstance(value, Mapping) and not is_secrets_place(value)


def is_secrets_place(value: Mapping[str, object]) -> bool:
    """Say whether a table names the environment variable or the file that a secret is kept in."""
    return len(value) == 1 and set(value) <= {"env", "file"}


def leaves(table: Mapping[str, object], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the paths of all that is no table itself."""
    for key, value in table.items():
        if is_table(value):
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key)


def leaf(table: Mapping[str, object], path: tuple[str, ...]) -> object:
    """Return what lies at a path."""
    value: object = table
    for key in path:
        assert isinstance(value, Mapping)
        value = value[key]
    return value


def joined(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    """Return a table with another one's keys over its own, table by table.

    Where that chooses another ``backend``, it takes the table's place, as of ``[storage]`` itself.
    """
    if "backend" in above and below.get("backend", above["backend"]) != above["backend"]:
        return dict(above)
    table = dict(below)
    for key, value in above.items():
        old = below.get(key)
        table[key] = joined(old, value) if is_table(old) and is_table(value) else value
    return table

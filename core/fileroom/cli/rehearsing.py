"""Targets of a dry run: what is not there yet is imagined elsewhere, and gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fileroom._dispatch import Dispatch
from fileroom.archive import Archive
from fileroom.config import load_config
from fileroom.options import InnerStorage, build_options, inner_storages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.config import Config

WITHOUT_PLUGINS: dict[str, Any] = {"plugins": {"enable": []}, "ingest": {"before_store": []}}
"""The tables that open an archive without plugins that might write."""


@contextmanager
def rehearsed(path: str) -> Iterator[Archive]:
    """Open an archive, and make nothing where it would be.

    Paths in the options of its backends that lead to nothing, or to an empty folder, lead into a temporary
    folder instead.

    Args:
        path: its folder, which need not exist, or its TOML file.

    Raises:
        FileroomError: it cannot be opened.
    """
    config = load_config(path, **WITHOUT_PLUGINS)
    with (
        tempfile.TemporaryDirectory(prefix="fileroom-") as folder,
        Archive(_elsewhere(config, Path(folder))) as archive,
    ):
        yield archive


def _elsewhere(config: Config, folder: Path) -> Config:
    plugins = Dispatch.open(config)
    plugins.close()
    places: dict[Path, str] = {}

    def moved(table: str, given: Mapping[str, object]) -> dict[str, object]:
        options = build_options(plugins.option_types[table], given, table, config.base)
        values = {field.name: getattr(options, field.name) for field in fields(options)}
        return {**given, **{key: other for key, value in values.items() if (other := elsewhere(value))}}

    def elsewhere(value: object) -> object:
        match value:
            case Path() if _is_nothing(value):
                return places.setdefault(value, str(folder / str(len(places))))
            case InnerStorage():
                options = moved(value.path, value.options)
                return InnerStorage(value.name, options, value.distribution, value.path)
            case Mapping() if inner_storages(value):
                return {key: elsewhere(one) for key, one in value.items()}
        return None

    backends = {"index": config.index, "storage": config.storage}
    for table, backend in backends.items():
        backends[table] = replace(backend, options=moved(table, backend.options))
    base = folder if _is_nothing(config.base) else config.base
    return replace(config, base=base, index=backends["index"], storage=backends["storage"])


def _is_nothing(path: Path) -> bool:
    return not path.exists() or (path.is_dir() and next(path.iterdir(), None) is None)

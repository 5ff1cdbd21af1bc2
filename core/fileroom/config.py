"""Configuration: arguments over environment over TOML over defaults, as one frozen `Config`.

Each setting keeps its origin. Paths that are relative start at the folder of the TOML file, at the archive's
folder, or, without either, at the current folder; whichever layer they come from.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fileroom._config.area import AREA, AREA_FILES, is_area
from fileroom._config.describe import ConfigLine, describe
from fileroom._config.layers import BACKENDS, SHARED_INDEX_KEY, merge, read_environment, read_file, settings
from fileroom._config.starter import starter_toml
from fileroom._on_store.options import ProcessingOptions
from fileroom.content_types import ContentTypes
from fileroom.errors import ConfigError
from fileroom.index import Overwrite
from fileroom.model import Level
from fileroom.network import NetworkOptions
from fileroom.options import build_options
from fileroom.retention import QuotaOptions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fileroom._config.layers import Layer

__all__ = [
    "AREA",
    "AREA_FILES",
    "FILE_NAME",
    "Backend",
    "Config",
    "ConfigLine",
    "IngestOptions",
    "PluginsConfig",
    "load_config",
    "starter_toml",
]

FILE_NAME = "fileroom.toml"
"""The configuration file of an archive that is opened by its folder."""

_INDEX_BACKEND = ("index", "backend")
_DEFAULTS: Mapping[str, Mapping[str, object]] = {
    "index": {"backend": "sqlite"},
    "storage": {"backend": "filesystem"},
}


@dataclass(frozen=True, slots=True)
class Backend:
    """What ``[index]`` or ``[storage]`` says.

    Attributes:
        name: the plugin's entry-point name, ``backend`` in TOML.
        options: the other keys, as they were given: the plugin says what they mean. May hold secrets.
        distribution: the distribution that is meant, where several offer that name.
    """

    name: str
    options: Mapping[str, object] = field(default_factory=dict, repr=False)
    distribution: str | None = None


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """What ``[ingest]`` says.

    Attributes:
        overwrite: what to do with an instance that is there already.
        before_store: the interventions, by plugin name, in the order in which they run.
        digest: name of the digest algorithm of attachments, one of `hashlib.algorithms_guaranteed`.
    """

    overwrite: Overwrite = Overwrite.NEVER
    before_store: tuple[str, ...] = ()
    digest: str = "md5"

    def __post_init__(self) -> None:
        known = sorted(name for name in hashlib.algorithms_guaranteed if not name.startswith("shake"))
        if self.digest not in known:
            raise ValueError(f"digest must be one of {', '.join(known)}")


@dataclass(frozen=True, slots=True)
class PluginsConfig:
    """What ``[plugins]`` says.

    Attributes:
        enable: plugins to load beside the backends, in order.
        disable: plugins never to import, whatever else names them.
        tables: plugin name to its options, as they were given. May hold secrets.
    """

    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    tables: Mapping[str, Mapping[str, object]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    """A whole configuration. It holds no open thing, and can be pickled for a worker process.

    Attributes:
        base: the absolute folder that relative paths start from.
        index: the index backend.
        storage: the storage backend.
        ingest: how objects come in.
        processing: what is done with objects once they are stored.
        quota: how much the archive may hold.
        network: who this archive is on a DICOM network, and which peers it knows.
        plugins: the other plugins.
        content_types: ``[content_types]`` as it was given; see `fileroom.content_types.ContentTypes`.
        extra_tags: DICOM keywords to index beyond the main tags, by level.
        quarantine: the absolute folder for objects that were set aside.
        origins: dotted key to where its value comes from: ``"file NAME"``, ``"environment FILEROOM_…"``,
            ``"argument"``, ``"area"`` (the folder is one of DCMTK's) or ``"default"``; what nobody set is
            missing here.
    """

    base: Path
    index: Backend
    storage: Backend
    ingest: IngestOptions
    processing: ProcessingOptions
    quota: QuotaOptions
    network: NetworkOptions
    plugins: PluginsConfig
    content_types: Mapping[str, object]
    extra_tags: Mapping[Level, tuple[str, ...]]
    quarantine: Path
    origins: Mapping[str, str] = field(repr=False)

    def overwriting(self, overwrite: Overwrite) -> Config:
        """Return this configuration with another policy for what is there already."""
        ingest = replace(self.ingest, overwrite=overwrite)
        return replace(self, ingest=ingest, origins={**self.origins, "ingest.overwrite": "argument"})

    def disabling(self, names: Iterable[str]) -> Config:
        """Return this configuration with these plugins disabled too, before any of them is imported.

        One that is only enabled is left out; an archive whose backend or intervention is disabled cannot be
        opened.
        """
        plugins = replace(self.plugins, disable=(*self.plugins.disable, *names))
        return replace(self, plugins=plugins, origins={**self.origins, "plugins.disable": "argument"})

    def storing_only(self) -> Config:
        """Return this configuration without what is done with objects once they are stored: for workers."""
        return replace(self, processing=replace(self.processing, on_store=()))

    def forgetting(self, names: Iterable[str]) -> Config:
        """Return this configuration without the tables of these plugins, for where they are not."""
        gone = frozenset(names)
        tables = {name: table for name, table in self.plugins.tables.items() if name not in gone}
        return replace(self, plugins=replace(self.plugins, tables=tables))

    def describe(self, option_types: Mapping[str, type[Any]] | None = None) -> list[ConfigLine]:
        """Return every setting as it may be shown, by table and key.

        Args:
            option_types: the options dataclasses of loaded plugins by table (``"storage"``,
                ``"plugins.imaging"``); adds their defaults, and hides what they declare as `Secret`.
                What looks like a secret is hidden in any case.
        """
        return describe(self, option_types or {})


@dataclass(frozen=True, slots=True)
class _Choice:
    backend: str
    distribution: str | None = None


@dataclass(frozen=True, slots=True)
class _ExtraTags:
    patient: tuple[str, ...] = ()
    study: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    instance: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _PluginNames:
    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Quarantine:
    path: Path = Path("quarantine")


def load_config(source: str | os.PathLike[str] | None = None, **tables: Mapping[str, object]) -> Config:
    """Merge a configuration. Nothing is created, and no plugin is imported.

    Precedence: arguments, then environment variables (``FILEROOM_STORAGE__ROOT``: two underscores between
    table and key), then the TOML file, then defaults. A higher layer replaces a key's whole value, but
    variables set single keys of the tables within ``[storage]``. One that chooses another ``backend`` drops
    what the layers below say about theirs, except ``[index.extra_tags]``.

    Args:
        source: an archive's folder, which need not exist (its ``fileroom.toml`` is read if it is there, and
            without one a DCMTK storage area is recognised by its ``index.dat``), or a TOML file; None takes
            all from the environment and the arguments.
        **tables: tables by name, as TOML has them: ``index``, ``storage``, ``ingest``, ``processing``,
            ``quota``, ``network``, ``plugins``, ``content_types``, ``quarantine``.

    Raises:
        ConfigError: a file is missing, unreadable or not TOML; no index is named, and an ``index.dat`` is
            damaged, or none of DCMTK's; a table or key of Fileroom's own is unknown, missing or of the wrong
            type. What belongs to a plugin is checked when that is loaded.
    """
    environment = read_environment(os.environ)
    arguments = settings(tables, "argument")
    base, file = _locate(source, index_named=_INDEX_BACKEND in environment or _INDEX_BACKEND in arguments)
    if source is None and not any(path[0] in BACKENDS for path in (*environment, *arguments)):
        raise ConfigError("nothing to open: name a folder or a TOML file, or give index= and storage=")
    return _assemble(base, merge([settings(_DEFAULTS, "default"), file, environment, arguments]))


def _locate(source: str | os.PathLike[str] | None, *, index_named: bool) -> tuple[Path, Layer]:
    """Return the base folder, and the settings of the TOML file where there is one."""
    if source is None:
        return Path.cwd(), {}
    try:
        path = Path(source).expanduser().absolute()
        if path.is_file() or (path.suffix.lower() == ".toml" and not path.exists()):
            return path.parent, read_file(path)
        if path.exists() and not path.is_dir():
            raise ConfigError(f"{source} is neither a folder nor a TOML file")
        file = path / FILE_NAME
        if file.exists():
            return path, read_file(file)
        return path, settings(AREA, "area") if is_area(path, sure=not index_named) else {}
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{source} cannot be opened: {reason}") from error


def _assemble(base: Path, merged: Layer) -> Config:
    tables: dict[str, dict[str, object]] = {}
    nested: dict[str, dict[str, dict[str, object]]] = {}
    for (table, *inner, key), setting in merged.items():
        target = (
            nested.setdefault(table, {}).setdefault(inner[0], {}) if inner else tables.setdefault(table, {})
        )
        target[key] = setting.value
    index, storage = (_backend(name, tables[name], base) for name in BACKENDS)
    extra = build_options(
        _ExtraTags, nested.get("index", {}).get(SHARED_INDEX_KEY, {}), f"index.{SHARED_INDEX_KEY}", base
    )
    names = build_options(_PluginNames, tables.get("plugins", {}), "plugins", base)
    ContentTypes(tables.get("content_types"))
    return Config(
        base=base,
        index=index,
        storage=storage,
        ingest=build_options(IngestOptions, tables.get("ingest", {}), "ingest", base),
        processing=build_options(ProcessingOptions, tables.get("processing", {}), "processing", base),
        quota=build_options(QuotaOptions, tables.get("quota", {}), "quota", base),
        network=_network(tables.get("network", {}), base),
        plugins=PluginsConfig(names.enable, names.disable, nested.get("plugins", {})),
        content_types=tables.get("content_types", {}),
        extra_tags={level: getattr(extra, level.label) for level in Level if getattr(extra, level.label)},
        quarantine=build_options(_Quarantine, tables.get("quarantine", {}), "quarantine", base).path,
        origins=_origins(merged),
    )


def _origins(merged: Layer) -> dict[str, str]:
    origins = {".".join(path): setting.origin for path, setting in merged.items()}
    for path, setting in merged.items():
        origins |= {".".join((*path, *keys)): origin for keys, origin in setting.inner.items()}
    return origins


def _backend(name: str, table: Mapping[str, object], base: Path) -> Backend:
    own = {key: table[key] for key in ("backend", "distribution") if key in table}
    choice = build_options(_Choice, own, name, base)
    options = {key: value for key, value in table.items() if key not in own}
    return Backend(choice.backend, options, choice.distribution)


def _network(table: Mapping[str, object], base: Path) -> NetworkOptions:
    """Read ``[network]``, where a symbol may stand for one table instead of a list of them."""
    hosts = table.get("hosts")
    if isinstance(hosts, Mapping):
        listed = {symbol: [one] if isinstance(one, Mapping) else one for symbol, one in hosts.items()}
        table = {**table, "hosts": listed}
    return build_options(NetworkOptions, table, "network", base)

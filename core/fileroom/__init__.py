"""Fileroom: a DICOM archive framework.

``fileroom.open(...)`` returns an `Archive`: patients, studies, series and instances with their attachments,
over an index and a storage that a configuration chooses. Importing this module loads no driver, and not
pydicom either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from fileroom.errors import (
    AlreadyExistsError,
    CatalogError,
    ConfigError,
    DocumentError,
    ExecutorError,
    FeedError,
    FileroomError,
    IntegrityError,
    InvalidDatasetError,
    InvalidValueError,
    KeyNotIndexedError,
    MissingDependencyError,
    NetworkError,
    NotDicomError,
    NotFoundError,
    NotSupportedError,
    PluginConflictError,
    PluginError,
    PluginLoadError,
    PluginNotFoundError,
    QueryError,
    RejectedError,
    RevisionError,
    SchemaError,
    StorageError,
    StorageFullError,
    TaskLostError,
)
from fileroom.model import ChangeType, Level

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from pydicom import Dataset

    from fileroom.archive import Archive
    from fileroom.processing import Product

__version__ = "0.1.0"


def open(  # noqa: A001 - `fileroom.open` reads as what it does
    source: str | os.PathLike[str] | None = None,
    *,
    register: Sequence[object] = (),
    **tables: Mapping[str, object],
) -> Archive:
    """Open an archive.

    Args:
        source: a folder (made on first use; its ``fileroom.toml`` is read if there is one), or a TOML file;
            None with keywords alone.
        register: plugin modules or objects of the host application, beside the installed ones.
        **tables: configuration tables by name, which win over the environment and the file, for example
            ``index={"backend": "sqlite", "path": "a.sqlite"}``.

    Raises:
        ConfigError: the configuration is wrong; the message holds the key's path.
        PluginError: a plugin that the configuration names cannot be used.
        CatalogError: the index cannot be opened.
        StorageError: the storage cannot be opened.
    """
    from fileroom.archive import Archive  # noqa: PLC0415 - `import fileroom` stays light
    from fileroom.config import load_config  # noqa: PLC0415

    return Archive(load_config(source, **tables), register)


def process(
    source: bytes | str | os.PathLike[str] | BinaryIO | Dataset,
    processor: str,
    **options: Any,  # noqa: ANN401 - the processor's own
) -> list[Product]:
    """Run a processor on one DICOM object that is in no archive; return what it makes.

    For many objects, `fileroom.standalone.processor` opens a processor once.

    Args:
        source: its bytes, a file's path, an open binary file (read from where it stands), or a dataset.
        processor: the processor's name, for example ``"thumbnail"``.
        **options: the processor's own. A document is one that comes with a plugin, or a file.

    Raises:
        NotFoundError: the file cannot be read.
        NotSupportedError: the processor does nothing for such objects.
        InvalidDatasetError: the object is damaged.
        PluginNotFoundError: no such processor is installed.
        ConfigError: an option is wrong.
        PluginError: the processor cannot be used.
    """
    from fileroom import standalone  # noqa: PLC0415 - `import fileroom` stays light

    return standalone.process(source, processor, **options)


def __getattr__(name: str) -> Any:  # noqa: ANN401 - module attributes, loaded on first use
    if name == "Archive":
        from fileroom.archive import Archive  # noqa: PLC0415

        return Archive
    raise AttributeError(f"module 'fileroom' has no attribute {name!r}")


__all__ = [
    "AlreadyExistsError",
    "Archive",
    "CatalogError",
    "ChangeType",
    "ConfigError",
    "DocumentError",
    "ExecutorError",
    "FeedError",
    "FileroomError",
    "IntegrityError",
    "InvalidDatasetError",
    "InvalidValueError",
    "KeyNotIndexedError",
    "Level",
    "MissingDependencyError",
    "NetworkError",
    "NotDicomError",
    "NotFoundError",
    "NotSupportedError",
    "PluginConflictError",
    "PluginError",
    "PluginLoadError",
    "PluginNotFoundError",
    "QueryError",
    "RejectedError",
    "RevisionError",
    "SchemaError",
    "StorageError",
    "StorageFullError",
    "TaskLostError",
    "open",
    "process",
]

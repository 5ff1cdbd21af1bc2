"""The one import for plugin authors.

``from fileroom.plugin import hookimpl, StoragePlugin, Storage, …``: the contracts, what registration hooks
return, what event hooks receive, and the errors to raise. Whatever is named here follows semantic
versioning by `API`; whatever is not may change in any release.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fileroom._header.charset import CharacterSet
from fileroom.content_types import ContentTypes
from fileroom.datasets import ObjectSource, Openable, opened_source
from fileroom.documents import Document, DocumentKind, DocumentName, DocumentRule
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
    QueryError,
    RejectedError,
    RevisionError,
    SchemaError,
    StorageError,
    StorageFullError,
    TaskLostError,
)
from fileroom.events import (
    Accept,
    Decision,
    Incoming,
    Quarantine,
    Reject,
    RemovedBatch,
    Replace,
    StoredBatch,
    StoredInstance,
)
from fileroom.executing import Answer, Executor, close_idle, perform
from fileroom.feeding import Feed, FeedItem
from fileroom.folders import folders_overlap
from fileroom.header import identity_of
from fileroom.hooks import hookimpl
from fileroom.index import Index
from fileroom.markup import Element, Toml, read_toml, read_xml
from fileroom.naming import NameTemplate, clean_component
from fileroom.network import Host, NetworkOptions
from fileroom.objects import ObjectName
from fileroom.options import InnerStorage, Secret
from fileroom.processing import Processor, Product, Takes
from fileroom.retention import format_size, parse_size
from fileroom.sending import (
    EchoResult,
    Sender,
    SendItem,
    SendReport,
    SendState,
    SendStatus,
    SendStoppedError,
)
from fileroom.storage import (
    CHUNK,
    ByteRange,
    Deletion,
    PutItem,
    Source,
    Storage,
    StorageCapabilities,
    Stored,
    Traits,
    buffers,
    external_locator,
    external_path,
    is_external,
)
from fileroom.tags import TagSet
from fileroom.windows import RangeFile, Window, read_at

API = 1
"""The number of this interface. It is raised when a plugin written against the one before would break."""


@dataclass(frozen=True, slots=True)
class StoragePlugin:
    """What `fileroom_storage` returns.

    Attributes:
        name: the name in TOML, ``[storage] backend = "<name>"``; the same as the entry point's.
        options: a frozen dataclass; its fields are the keys of the TOML table (see `fileroom.options`).
        open: makes the backend from its options.
        summary: one line for ``fileroom plugins``.
        api: the `API` it was written against.
    """

    name: str
    options: type[Any]
    open: Callable[[Any], Storage]
    summary: str
    api: int = API


@dataclass(frozen=True, slots=True)
class IndexPlugin:
    """What `fileroom_index` returns; as `StoragePlugin`, but ``open`` also gets the tags to keep.

    Attributes:
        header_tags: keywords of attributes that headers are to have for this index beside the tags it is
            opened with; they are not to be searched.
    """

    name: str
    options: type[Any]
    open: Callable[[Any, TagSet], Index]
    summary: str
    api: int = API
    header_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProcessorPlugin:
    """What `fileroom_processor` returns.

    ``name`` is what users call the processor; options come from ``[plugins.<entry point>]``, and over these
    lie those that a caller gives.

    Attributes:
        takes: what it is given of a patient, study or series.
    """

    name: str
    options: type[Any]
    open: Callable[[Any], Processor]
    summary: str
    api: int = API
    takes: Takes = Takes.MIDDLE


@dataclass(frozen=True, slots=True)
class SenderPlugin:
    """What `fileroom_sender` returns; ``open`` also gets ``[network]``, which says who the archive is.

    ``name`` is the name in TOML, ``[network] sender = "<name>"``; options come from ``[plugins.<name>]``.
    """

    name: str
    options: type[Any]
    open: Callable[[Any, NetworkOptions], Sender]
    summary: str
    api: int = API


@dataclass(frozen=True, slots=True)
class ExecutorPlugin:
    """What `fileroom_executor` returns.

    ``name`` is what users say for it, ``archive.ingest(…, executor="<name>")``; options come from
    ``[plugins.<name>]``.
    """

    name: str
    options: type[Any]
    open: Callable[[Any], Executor]
    summary: str
    api: int = API


@dataclass(frozen=True, slots=True)
class FeedPlugin:
    """What `fileroom_feed` returns.

    ``name`` is what users say for it, ``archive.feed("<name>", …)``; the options are the other arguments.
    """

    name: str
    options: type[Any]
    open: Callable[[Any], Feed]
    summary: str
    api: int = API


@dataclass(frozen=True, slots=True)
class DocumentsPlugin:
    """What `fileroom_documents` returns.

    ``name`` is the kind's, which documents say they are of; options come from ``[plugins.<name>]``.
    """

    name: str
    options: type[Any]
    open: Callable[[Any], DocumentKind]
    summary: str
    api: int = API


@dataclass(frozen=True, slots=True)
class ExtensionPlugin:
    """What `fileroom_extension` returns; ``open`` makes an object with event hooks, one per archive."""

    name: str
    options: type[Any]
    open: Callable[[Any], object]
    summary: str
    api: int = API


__all__ = [
    "API",
    "CHUNK",
    "Accept",
    "AlreadyExistsError",
    "Answer",
    "ByteRange",
    "CatalogError",
    "CharacterSet",
    "ConfigError",
    "ContentTypes",
    "Decision",
    "Deletion",
    "Document",
    "DocumentError",
    "DocumentKind",
    "DocumentName",
    "DocumentRule",
    "DocumentsPlugin",
    "EchoResult",
    "Element",
    "Executor",
    "ExecutorError",
    "ExecutorPlugin",
    "ExtensionPlugin",
    "Feed",
    "FeedError",
    "FeedItem",
    "FeedPlugin",
    "FileroomError",
    "Host",
    "Incoming",
    "Index",
    "IndexPlugin",
    "InnerStorage",
    "IntegrityError",
    "InvalidDatasetError",
    "InvalidValueError",
    "KeyNotIndexedError",
    "MissingDependencyError",
    "NameTemplate",
    "NetworkError",
    "NetworkOptions",
    "NotDicomError",
    "NotFoundError",
    "NotSupportedError",
    "ObjectName",
    "ObjectSource",
    "Openable",
    "Processor",
    "ProcessorPlugin",
    "Product",
    "PutItem",
    "Quarantine",
    "QueryError",
    "RangeFile",
    "Reject",
    "RejectedError",
    "RemovedBatch",
    "Replace",
    "RevisionError",
    "SchemaError",
    "Secret",
    "SendItem",
    "SendReport",
    "SendState",
    "SendStatus",
    "SendStoppedError",
    "Sender",
    "SenderPlugin",
    "Source",
    "Storage",
    "StorageCapabilities",
    "StorageError",
    "StorageFullError",
    "StoragePlugin",
    "Stored",
    "StoredBatch",
    "StoredInstance",
    "TagSet",
    "Takes",
    "TaskLostError",
    "Toml",
    "Traits",
    "Window",
    "buffers",
    "clean_component",
    "close_idle",
    "external_locator",
    "external_path",
    "folders_overlap",
    "format_size",
    "hookimpl",
    "identity_of",
    "is_external",
    "opened_source",
    "parse_size",
    "perform",
    "read_at",
    "read_toml",
    "read_xml",
]

"""The processor: a DICOM object in, its header as a document out."""

from __future__ import annotations

from functools import cache, cached_property, lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from fileroom.plugin import ConfigError, Document, DocumentName, Processor, Product
from fileroom_plugins.metadata import Options
from fileroom_plugins.metadata.bulk import Bulk
from fileroom_plugins.metadata.filtering import only
from fileroom_plugins.metadata.json_text import to_json
from fileroom_plugins.metadata.native_xml import to_native_xml
from fileroom_plugins.metadata.source import opened
from fileroom_plugins.metadata.walker import KEPT, read_object

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType

    from fileroom.plugin import ObjectSource
    from fileroom_plugins.metadata.elements import Object
    from fileroom_plugins.metadata.locators import Locator
    from fileroom_plugins.metadata.oracle_xml import Settings

_PRODUCTS = {
    "json": ("metadata", "application/dicom+json", ".json"),
    "xml": ("native-xml", "application/dicom+xml", ".xml"),
    "oracle-xml": ("oracle-xml", "application/xml", ".xml"),
}
_READERS = {
    "mapping": "read_mapping",
    "preference": "read_preference",
    "private-dictionary": "read_private_dictionary",
    "standard-dictionary": "read_standard_dictionary",
    "stored-tags": "read_stored_tags",
}
_DOCUMENTS = ("stored_tags", "mapping", "preference", "standard_dictionary", "private_dictionary")


class Metadata(Processor):
    """Makes one product: the header as a document of the format in the options."""

    def __init__(self, options: Options) -> None:
        self._format = Format(options)
        self._product = _PRODUCTS[options.format]

    def process(self, source: BinaryIO) -> Sequence[Product]:
        """Return the document; see `fileroom.processing.Processor.process`."""
        content_type, media_type, suffix = self._product
        with opened(source) as octets:
            text = self._format.written(read_object(octets, keep=self._format.kept))
        return [Product(content_type, text.encode(), media_type, suffix)]


class Format:
    """How headers are written, with the documents that say so read once.

    Attributes:
        options: what was asked for.
        bulk: how bulk data is referred to.
        kept: binary values of at most so many bytes are worth reading with the header.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.bulk = Bulk(None if options.inline else options.bulk_threshold, options.bulk_uri)
        self.kept = KEPT if options.inline else min(options.bulk_threshold, KEPT)
        self._stored = self._stored_tags()
        if options.format == "oracle-xml":
            _ = self.settings  # so that a wrong document is one error now, and not one for each object

    @cached_property
    def settings(self) -> Settings:
        """How Oracle's XML is written."""
        from fileroom_plugins.metadata.oracle_xml import Settings  # noqa: PLC0415 - for this format only

        options = self.options
        return Settings(
            _said(options.mapping, "mapping"),
            options.extract,
            _said(options.preference, "preference"),
            _said(options.standard_dictionary, "standard-dictionary"),
            _said(options.private_dictionary, "private-dictionary"),
        )

    def _stored_tags(self) -> tuple[Locator, ...] | None:
        named = self.options.stored_tags
        return None if named is None else _said(named, "stored-tags")

    def shown(self, source: Object) -> Object:
        """Return the object with what a document is to show of it."""
        return source if self._stored is None else only(source, self._stored)

    def written(self, source: Object) -> str:
        """Return the document."""
        source = self.shown(source)
        if self.options.format == "json":
            return to_json(source, self.bulk)
        if self.options.format == "xml":
            return to_native_xml(source, self.bulk)
        from fileroom_plugins.metadata.oracle_xml import to_oracle_xml  # noqa: PLC0415 - as above

        return to_oracle_xml(source, self.settings)


def document_of(source: ObjectSource, options: Mapping[str, Any]) -> bytes:
    """Return the header of an object as a document; see `fileroom_plugins.metadata.header`."""
    formatted = Format(checked(options))
    with opened(source) as octets:
        return formatted.written(read_object(octets, keep=formatted.kept)).encode()


def checked(options: Mapping[str, Any]) -> Options:
    """Return options as given to a function.

    Raises:
        ConfigError: there is no such option, or not with this value.
    """
    known = Options.__dataclass_fields__
    for name in options:
        if name not in known:
            raise ConfigError(f"no such option: known are {', '.join(known)}", name)
    said = {name: one for name, one in options.items() if one is not None}
    for name in _DOCUMENTS:
        if name in said:
            said[name] = DocumentName.parse(_named(said[name]), name, Path()).found_by(_find)
    for name, values in (("format", _PRODUCTS), ("extract", ("all", "mapped", "standard"))):
        if name in said:
            said[name] = str(said[name]).casefold()
            if said[name] not in values:
                raise ConfigError(f"expected one of {', '.join(values)}", name)
    try:
        return Options(**said)
    except ValueError as error:
        raise ConfigError(str(error)) from error


def _said(named: DocumentName, kind: str) -> Any:  # noqa: ANN401 - each kind has its own
    """Return what a document says."""
    document = named.found_by(_find).read(kind)
    return _read(kind, document.name, document.data)


@lru_cache(maxsize=32)
def _read(kind: str, name: str, data: bytes) -> Any:  # noqa: ANN401
    """Read a document once: most are those that come with the plugin."""
    reader: Callable[[Document], Any] = getattr(_module(kind), _READERS[kind])
    return reader(Document(name, kind, data))


def _find(name: str, kind: str) -> Document:
    """Return a document for callers without an archive: one that comes with the plugin, or a file."""
    default = _built_in(kind).get(name)
    return Document.load(name, kind) if default is None else Document(name, kind, default)


@cache
def _built_in(kind: str) -> Mapping[str, bytes]:
    defaults: Mapping[str, bytes] = _module(kind).fileroom_documents().open(None).defaults()
    return defaults


def _module(kind: str) -> ModuleType:
    return import_module(f"fileroom_plugins.metadata.kinds.{kind.replace('-', '_')}")


def _named(value: object) -> object:
    return str(value.expanduser().absolute()) if isinstance(value, Path) else value

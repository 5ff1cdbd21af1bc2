"""The processor: a DICOM object in, its header as a document out."""

from __future__ import annotations

from functools import cached_property
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
    from collections.abc import Mapping, Sequence

    from fileroom.plugin import ObjectSource
    from fileroom_plugins.metadata.elements import Object
    from fileroom_plugins.metadata.locators import Locator
    from fileroom_plugins.metadata.oracle_xml import Settings

_PRODUCTS = {
    "json": ("metadata", "application/dicom+json", ".json"),
    "xml": ("native-xml", "application/dicom+xml", ".xml"),
    "oracle-xml": ("oracle-xml", "application/xml", ".xml"),
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
        _ = (
            self.settings if options.format == "oracle-xml" else None,
            self._stored,
        )  # wrong ones are told at once

    @cached_property
    def settings(self) -> Settings:
        """How Oracle's XML is written."""
        from fileroom_plugins.metadata.kinds import mapping, preference, private_dictionary  # noqa: PLC0415
        from fileroom_plugins.metadata.kinds import standard_dictionary as standard  # noqa: PLC0415
        from fileroom_plugins.metadata.oracle_names import NAMESPACE, ROOT  # noqa: PLC0415 - for this format
        from fileroom_plugins.metadata.oracle_xml import Settings  # noqa: PLC0415 - only

        options = self.options
        more: dict[str, Any] = {}
        if options.preference:
            more["preference"] = preference.read_preference(options.preference.read(preference.KIND))
        if options.standard_dictionary:
            found = options.standard_dictionary.read(standard.KIND)
            more["standard"] = standard.read_standard_dictionary(found)
        if options.private_dictionary:
            found = options.private_dictionary.read(private_dictionary.KIND)
            more["private"] = private_dictionary.read_private_dictionary(found)
        plain = mapping.Mapping(NAMESPACE, ROOT)
        told = options.mapping and mapping.read_mapping(options.mapping.read(mapping.KIND))
        return Settings(told or plain, options.extract, **more)

    @cached_property
    def _stored(self) -> tuple[Locator, ...] | None:
        from fileroom_plugins.metadata.kinds import stored_tags  # noqa: PLC0415 - seldom used

        if self.options.stored_tags is None:
            return None
        return stored_tags.read_stored_tags(self.options.stored_tags.read(stored_tags.KIND))

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
    said = dict(options)
    for name in _DOCUMENTS:
        if said.get(name) is not None:
            said[name] = DocumentName.parse(_named(said[name]), name, Path()).found_by(_find)
    for name, values in (("format", _PRODUCTS), ("extract", ("all", "mapped", "standard"))):
        if name in said and said[name] not in values:
            raise ConfigError(f"expected one of {', '.join(values)}", name)
    try:
        return Options(**said)
    except ValueError as error:
        raise ConfigError(str(error)) from error


def _find(name: str, kind: str) -> Document:
    """Return a document for callers without an archive: a file, or one that comes with the plugin."""
    module = import_module(f"fileroom_plugins.metadata.kinds.{kind.replace('-', '_')}")
    defaults = module.fileroom_documents().open(None).defaults()
    if name in defaults and not Path(name).expanduser().is_file():
        return Document(name, kind, defaults[name])
    return Document.load(name, kind)


def _named(value: object) -> object:
    return str(value) if isinstance(value, Path) else value

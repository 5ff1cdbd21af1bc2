"""Edited documents back into objects: the processor ``write-metadata``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from fileroom.plugin import (
    ConfigError,
    DocumentName,
    NotFoundError,
    Processor,
    ProcessorPlugin,
    Product,
    hookimpl,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[plugins.write-metadata]``, all of which are told with each call.

    Attributes:
        document: the edited document.
        file: a file with it instead.
        sop_instance_uid: that of the new object; empty for the one in the document, or if that is still its
            source's, for one that is made of source and document.
        preference: the preference document that ``oracle-xml`` was made with; what it left out stays.
    """

    document: str = ""
    file: Path | None = None
    sop_instance_uid: str = ""
    preference: DocumentName = DocumentName("ordcmpf.xml")


class WriteMetadata(Processor):
    """Makes one product, a new DICOM object: the pixels of its source, and the header of a document.

    See `fileroom_plugins.metadata.write_metadata`, which says what a document is.
    """

    def __init__(self, options: Options) -> None:
        if bool(options.document) == bool(options.file):
            raise ConfigError("expected the edited document, or a file with it", "document")
        self._document: str | bytes = options.document
        if options.file is not None:
            try:
                self._document = options.file.expanduser().read_bytes()
            except OSError as error:
                raise NotFoundError(f"{options.file.name!r} cannot be read: {error.strerror}") from error
        self._uid = options.sop_instance_uid or None
        self._options = {"preference": options.preference}

    def process(self, source: BinaryIO) -> Sequence[Product]:
        """Return the new object; see `fileroom.processing.Processor.process`.

        Raises:
            DocumentError: the document cannot be used.
        """
        from fileroom_plugins.metadata.rewriting import rewritten  # noqa: PLC0415 - when needed

        made = rewritten(source, self._document, self._uid, self._options, anew=True)
        return [Product("dicom", made, "application/dicom", ".dcm")]


@hookimpl
def fileroom_processor() -> ProcessorPlugin:
    """Offer the processor."""
    return ProcessorPlugin(
        "write-metadata", Options, WriteMetadata, "A new object of an old one and an edited header"
    )

"""Headers as documents: the processor ``metadata``, and functions for those who have no archive.

```python
from fileroom_plugins.metadata import header, write_metadata

text = header("image.dcm", format="json")
changed = write_metadata("image.dcm", text.replace(b"CT1", b"CT2"))
```
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from fileroom.plugin import DocumentName, ProcessorPlugin, Takes, hookimpl

if TYPE_CHECKING:
    from fileroom.plugin import ObjectSource, Processor

__all__ = ["Options", "fileroom_processor", "header", "write_metadata"]


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[plugins.metadata]``.

    Attributes:
        format: ``json`` is DICOM JSON (PS3.18 annex F), ``xml`` the Native DICOM Model (PS3.19 section A.1),
            ``oracle-xml`` what Oracle Multimedia writes, or what a mapping document asks for.
        inline: whether all binary values are written into the document, and nothing is referred to; for
            ``json`` and ``xml``.
        bulk_threshold: binary values of more bytes than this are referred to, unless all are ``inline``.
        bulk_uri: how they are referred to: a template in which ``{offset}`` and ``{length}`` stand for the
            value's bytes in the object, ``{tag}`` for its tag, and ``{study}``, ``{series}`` and
            ``{instance}`` for UIDs.
        stored_tags: a stored tag list: only its attributes are in the document.
        mapping: a mapping document, for ``oracle-xml`` only, as all that follow. By default, they are the
            documents that come with the plugin; where an archive has a document of that name, it is used in
            its place.
        extract: ``all`` attributes, only those that the mapping names (``mapped``), or only those of the
            ``standard``.
        preference: a preference document.
        standard_dictionary: a standard dictionary: names of attributes that Fileroom does not know.
        private_dictionary: a private dictionary: the same for private attributes.

    Raises:
        ValueError: the threshold is negative, or the template has another field.
    """

    format: Literal["json", "xml", "oracle-xml"] = "json"
    inline: bool = False
    bulk_threshold: int = 1024
    bulk_uri: str = "?offset={offset}&length={length}"
    stored_tags: DocumentName | None = None
    mapping: DocumentName = DocumentName("ordcmmp.xml")
    extract: Literal["all", "mapped", "standard"] = "all"
    preference: DocumentName = DocumentName("ordcmpf.xml")
    standard_dictionary: DocumentName = DocumentName("ordcmsd.xml")
    private_dictionary: DocumentName = DocumentName("ordcmpv.xml")

    def __post_init__(self) -> None:
        """Refuse what makes no document."""
        from fileroom_plugins.metadata.bulk import Bulk  # noqa: PLC0415 - opened when needed

        Bulk(self.bulk_threshold, self.bulk_uri)


def header(source: ObjectSource, **options: Any) -> bytes:  # noqa: ANN401 - the fields of Options
    """Return the header of a DICOM object as a document, in UTF-8.

    Args:
        source: its bytes, its path, a seekable file from where it stands, pydicom's data set, or an
            instance of an archive.
        **options: fields of `Options`; documents by path, as `fileroom.plugin.Document` or `DocumentName`.

    Raises:
        InvalidDatasetError: it is damaged, or lacks what the mapping demands.
        NotFoundError: the file, or a document, is not there.
        DocumentError: a document cannot be used.
        ConfigError: there is no such option, or not with this value.
    """
    from fileroom_plugins.metadata.processor import document_of  # noqa: PLC0415 - opened when needed

    return document_of(source, options)


def write_metadata(
    source: ObjectSource,
    document: bytes | str,
    *,
    sop_instance_uid: str | None = None,
    keep_uid: bool = False,
    **options: Any,  # noqa: ANN401
) -> bytes:
    """Return a new DICOM object: the pixels of one, and the header that an edited document says.

    The document is what `header` made of the object with the same options, in any of its formats, and then
    changed. What is as it was keeps its very bytes; bulk data stays where it is; attributes that are in the
    document no more are taken out, and those that were never in it stay.

    Args:
        source: the object, as for `header`.
        document: the edited document.
        sop_instance_uid: that of the new object; None for the one in the document, or if nobody changed that
            a new one, made of source and document, and so the same again.
        keep_uid: let the new object have the UID of its source, unless it is given another.
        **options: those that `header` was given.

    Raises:
        DocumentError: the document cannot be used; the message says why, and on which line if it is no JSON.
        InvalidDatasetError: the object is damaged.
    """
    from fileroom_plugins.metadata.rewriting import rewritten  # noqa: PLC0415 - opened when needed

    return rewritten(source, document, sop_instance_uid, options, anew=not keep_uid)


def _open(options: Options) -> Processor:
    from fileroom_plugins.metadata.processor import Metadata  # noqa: PLC0415 - opened when needed

    return Metadata(options)


@hookimpl
def fileroom_processor() -> ProcessorPlugin:
    """Offer the processor."""
    return ProcessorPlugin(
        "metadata", Options, _open, "Headers as DICOM JSON or XML, and as Oracle had them", takes=Takes.EACH
    )

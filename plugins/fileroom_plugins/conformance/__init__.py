"""Does an object keep to the standard, and to the rules of a site? The processor ``conformance``.

Which module does what: `reading` walks over the bytes and notes what is wrong with their encoding, `values`
checks values by themselves, `objects` holds the data set against its IOD, `pixels` compares sizes, and
`constraints` evaluates the rules of documents that anyone can write. `rules` lists the rules of the standard,
`messages` is what all of them have to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.plugin import DocumentName, ProcessorPlugin, Takes, hookimpl
from fileroom_plugins.conformance.messages import Message, Severity, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fileroom.plugin import Document, ObjectSource, Processor

__all__ = ["Message", "Options", "Severity", "check", "fileroom_processor", "verdict"]


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[plugins.conformance]``, and the arguments of the processor.

    Attributes:
        rules: constraint documents to evaluate, by name or path.
        standard: whether objects are checked against the standard too.
        only: names of rules: of these documents, or of Fileroom's own, evaluate these rules only.
        standard_dictionary: a standard dictionary, whose attributes count as those of the standard. By
            default, this and the next two are the documents that come with Fileroom; where an archive has
            a document of that name, it is used in its place.
        private_dictionary: a private dictionary, which says what its attributes have to be like.
        uids: a UID document, whose transfer syntaxes, SOP classes and other UIDs count as known.
    """

    rules: tuple[DocumentName, ...] = ()
    standard: bool = True
    only: tuple[str, ...] = ()
    standard_dictionary: DocumentName = DocumentName("ordcmsd.xml")
    private_dictionary: DocumentName = DocumentName("ordcmpv.xml")
    uids: DocumentName = DocumentName("ordcmui.xml")


def check(
    source: ObjectSource,
    rules: Iterable[Document] = (),
    *,
    standard: bool = True,
    standard_dictionary: Document | None = None,
    private_dictionary: Document | None = None,
    uids: Document | None = None,
) -> list[Message]:
    """Check one object.

    Args:
        source: the bytes of a DICOM file, its path, a seekable binary file, which is read from where it
            stands and left open, a pydicom dataset, which need not have file meta information, or an instance
            of an archive.
        rules: constraint documents, with those that they include in ``related``.
        standard: whether it is checked against the standard too.
        standard_dictionary: defines attributes that count as the standard's.
        private_dictionary: defines private attributes.
        uids: defines UIDs that count as known.

    Returns:
        What is wrong, or worth knowing; the order means nothing. See `Message`.

    Raises:
        NotFoundError: the path cannot be read.
        DocumentError: a document is wrong, or one of its rules goes on for ever on this object.
        InvalidDatasetError: this is no DICOM at all, or a dataset that cannot be written. Damage that leaves
            something to check gives messages instead.
    """
    from fileroom_plugins.conformance.checking import check_with  # noqa: PLC0415 - pydicom is slow to import
    from fileroom_plugins.conformance.constraints.loading import RuleBook  # noqa: PLC0415
    from fileroom_plugins.conformance.reading.dictionary import DataDictionary  # noqa: PLC0415
    from fileroom_plugins.standard.definitions import read_definitions  # noqa: PLC0415

    documents = (standard_dictionary, private_dictionary, uids)
    defined = read_definitions(*(None if one is None else DocumentName.of(one) for one in documents))
    asked = [(RuleBook.of(document), "") for document in rules]
    return check_with(source, asked, DataDictionary(defined), standard=standard)


def _open(options: Options) -> Processor:
    from fileroom_plugins.conformance.processor import Conformance  # noqa: PLC0415 - pydicom is slow to import

    return Conformance(options)


@hookimpl
def fileroom_processor() -> ProcessorPlugin:
    """Offer the processor."""
    return ProcessorPlugin(
        "conformance",
        Options,
        _open,
        "What is wrong with an object, by the standard and by constraint documents",
        takes=Takes.EACH,
    )

"""Rules on objects: what the functions of this package do, once they are needed."""

from __future__ import annotations

import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

import pydicom
from pydicom.datadict import dictionary_has_tag
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import DeflatedExplicitVRLittleEndian

from fileroom.plugin import Document, InvalidDatasetError, NotDicomError, NotFoundError, opened_source
from fileroom_plugins.conformance.constraints.defaults import default_documents
from fileroom_plugins.conformance.constraints.evaluating import Evaluation
from fileroom_plugins.conformance.constraints.loading import KIND, RuleBook
from fileroom_plugins.conformance.reading.dictionary import STANDARD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fileroom.plugin import ObjectSource
    from fileroom_plugins.conformance.messages import Message
    from fileroom_plugins.conformance.reading.dictionary import DataDictionary

_PIXELS = frozenset((0x7FE00008, 0x7FE00009, 0x7FE00010))


Asked: TypeAlias = "tuple[RuleBook, str]"
"""A document, and the one of its rules that is asked for; all of them where that is empty."""


def evaluate(document: Document, dataset: Dataset, rule: str = "") -> list[Message]:
    """See `fileroom_plugins.conformance.constraints.evaluate`."""
    return evaluate_book(RuleBook.of(document), dataset, STANDARD, rule)


def evaluate_book(
    book: RuleBook, dataset: Dataset, dictionary: DataDictionary, rule: str = ""
) -> list[Message]:
    """Evaluate rules that are read already; as `evaluate`."""
    evaluation = Evaluation(book, dataset, dictionary)
    for name in [rule] if rule else book.constraints.rules:
        evaluation.keeps(name)
    return evaluation.messages


def is_valid(source: ObjectSource, rule: str, documents: Iterable[Document] = ()) -> bool:
    """See `fileroom_plugins.conformance.constraints.is_conformance_valid`."""
    book = book_with(rule, documents)
    with opened(source) as dataset:
        return Evaluation(book, dataset, STANDARD).keeps(rule)


def book_with(rule: str, documents: Iterable[Document]) -> RuleBook:
    """Return the first document that has a rule: of these, and then of Fileroom's own.

    Raises:
        NotFoundError: none has.
        DocumentError: one that was looked into is wrong.
    """
    documents = (*documents, *_own())
    for document in documents:
        book = RuleBook.of(document)
        if rule in book.constraints.rules:
            return book
    known = ", ".join(name for _, name in names(documents))
    raise NotFoundError(
        f"no constraint document at hand has a rule {rule!r}: there are {known}; 'fileroom documents rules' "
        "lists them"
    )


def names(documents: Iterable[Document] | None = None) -> list[tuple[str, str]]:
    """See `fileroom_plugins.conformance.constraints.rule_names`."""
    wanted = _own() if documents is None else documents
    return [(one.name, rule) for one in wanted for rule in RuleBook.of(one).constraints.rules]


def _own() -> list[Document]:
    return [Document(name, KIND, data) for name, data in default_documents().items()]


@contextmanager
def opened(source: ObjectSource) -> Iterator[Dataset]:
    """Yield the data set of an object; of its pixels it only has that they are there.

    It can be read from until the block ends.

    Raises:
        InvalidDatasetError: this is no DICOM object.
        FileroomError: as of `fileroom.plugin.opened_source`.
    """
    if isinstance(source, Dataset):
        yield source
        return
    with opened_source(source) as file:
        yield _read(file)


def _read(file: BinaryIO) -> Dataset:
    try:
        start = file.tell()
        dataset = pydicom.dcmread(file, force=True, stop_before_pixels=True)
        if getattr(dataset.file_meta, "TransferSyntaxUID", "") == DeflatedExplicitVRLittleEndian:
            # All of it is in memory by then, and the file does not stand before the pixels.
            file.seek(start)
            dataset = pydicom.dcmread(file, force=True)
        elif (pixels := _pixels(file, dataset)) is not None:
            dataset[pixels.tag] = pixels  # as pydicom itself does
    except Exception as error:
        # pydicom raises whatever the damage leads to, and its texts may repeat values.
        raise InvalidDatasetError(f"cannot be read: pydicom failed with {type(error).__name__}") from error
    if not any(map(dictionary_has_tag, dataset.keys())):
        raise NotDicomError("no DICOM object: there is no attribute in it")
    return dataset


def _pixels(file: BinaryIO, dataset: Dataset) -> RawDataElement | None:
    """Return the pixel data element that reading stopped before, without its value."""
    implicit, little = dataset.original_encoding
    order = "<" if little else ">"
    header = file.read(12)
    if len(header) < 8:  # noqa: PLR2004 - tag and length
        return None
    group, element = struct.unpack_from(f"{order}HH", header)
    if group << 16 | element not in _PIXELS:
        return None
    vr = "OW" if implicit else header[4:6].decode("latin-1")
    (length,) = struct.unpack_from(f"{order}I", header, 4 if implicit else len(header) - 4)
    return RawDataElement(Tag(group, element), vr, length, None, 0, bool(implicit), bool(little))

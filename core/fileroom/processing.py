"""The Processor contract: what looks into objects and makes something of them.

`fileroom.testing.processor` holds each promise below as a test.
"""

from __future__ import annotations

import abc
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

NEW_OBJECT = "dicom"
"""The content type of a product that is a DICOM object of its own."""


@dataclass(frozen=True, slots=True)
class Product:
    """What a processor made: bytes for one attachment, or a new DICOM object.

    A product of content type ``dicom`` is a new object: where products are kept, it becomes an instance of
    the archive, which must not be its source, and the metadata of both tell of each other.

    Attributes:
        content_type: a registered content type's name, or its number (0..65535).
        data: the bytes.
        media_type: the bytes' media type, for example ``image/jpeg``.
        suffix: what names of files with these bytes end in, for example ``.jpg``; empty for one that is found
            by the media type.
        metadata: name to short text, set as metadata on the resource that the product is kept at, so that
            resources can be found by it.
    """

    content_type: str | int
    data: bytes = field(repr=False)
    media_type: str
    suffix: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_new_object(self) -> bool:
        """Whether this is a DICOM object of its own, and no attachment of the one it was made of."""
        return self.content_type in {NEW_OBJECT, 1}


class Takes(enum.StrEnum):
    """What a processor is given of a patient, study or series; an instance is always given itself.

    ``MIDDLE`` is the middle instance: the products belong to the patient, study or series. ``EACH`` is every
    instance beneath: the products belong to the instances. ``SERIES`` is the middle instance of every series:
    `Processor.combine` makes of their products those of the patient or study.
    """

    MIDDLE = "middle"
    EACH = "each"
    SERIES = "series"


class Processor(abc.ABC):
    """Makes products of one DICOM object.

    - Any thread may call `process` at any time; calls share no state.
    - The same input and options give the same products, on any machine with the same libraries, unless the
      options ask for what is random.
    - A processor reads its source and what its options name, and nothing else: no archive, no network, no
      global setting. What options name, a document (`DocumentName`) or an object (`ObjectName`), is read when
      the processor is opened, so that what is wrong with it is one error, and not one for each object.
    """

    uses: ClassVar[tuple[str, ...]] = ()
    """Names of content types; `process_with` is given the instance's attachments of these."""

    consistent: bool = True
    """Whether every processor that is opened with these options makes the same products.

    False where the options ask for something random, such as pseudonyms without a key. Workers refuse to run
    it then, since each worker opens a processor of its own.
    """

    @abc.abstractmethod
    def process(self, source: BinaryIO) -> Sequence[Product]:
        """Return what this processor makes of one DICOM file.

        The source is seekable and stands at its start; it is left open, where reading ended, and
        never written to. No product at all is a valid answer.

        Raises:
            NotSupportedError: a sound object of a kind this processor does nothing for (no pixel data,
                for instance); the message says why.
            InvalidDatasetError: a damaged object. No other exception leaves a processor for bad input.
            MissingDependencyError: a package is not installed; the message names the extra.
        """

    def process_with(self, source: BinaryIO, kept: Mapping[str, bytes]) -> Sequence[Product]:
        """Do as `process` does, with what an archive has made of the same instance before.

        The products are the same as those of `process`, whatever the attachments hold; they only save work.

        Args:
            source: as for `process`.
            kept: name of a content type to bytes: those in `uses` that the instance has.
        """
        del kept
        return self.process(source)

    def combine(self, parts: Sequence[Sequence[Product]]) -> Sequence[Product]:
        """Make the products of a patient, study or series of those of its series; for `Takes.SERIES`.

        Args:
            parts: the products of each series' middle instance, in order of arrival; at least one. Series of
                which `process` could make nothing are left out.

        Returns:
            The products of the patient, study or series; by default those of the series in the middle.
        """
        return parts[len(parts) // 2]

    def close(self) -> None:  # noqa: B027 - most processors hold nothing
        """Release what the processor holds. May be called twice."""

"""The Processor contract: what looks into objects and makes something of them.

`fileroom.testing.processor` holds each promise below as a test.
"""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Product:
    """What a processor made: bytes for one attachment.

    Attributes:
        content_type: a registered content type's name, or its number (0..65535).
        data: the bytes.
        media_type: the bytes' media type, for example ``image/jpeg``.
    """

    content_type: str | int
    data: bytes
    media_type: str


class Processor(abc.ABC):
    """Makes products of one DICOM object.

    - Any thread may call `process` at any time; calls share no state.
    - The same input and options give the same products, on any machine with the same libraries.
    - A processor reads its source and nothing else: no archive, no network, no global setting.
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

    def close(self) -> None:  # noqa: B027 - most processors hold nothing
        """Release what the processor holds. May be called twice."""

"""The processor: a DICOM object in, a de-identified one and a report out."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from fileroom.plugin import Processor, Product
from fileroom_plugins.deidentify.opening import open_deidentifier, open_pseudonyms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom_plugins.deidentify import Options
    from fileroom_plugins.deidentify.pseudonyms import Pseudonyms


class DeidentifyProcessor(Processor):
    """Makes two products: ``dicom``, the new object, and ``deidentification``, the report as JSON.

    Pseudonyms are made with one key as long as the processor is open, a random one if none was given.
    """

    def __init__(self, options: Options) -> None:
        self._pseudonyms = open_pseudonyms(options)
        self.consistent = self._pseudonyms.consistent
        try:
            self._deidentifier = open_deidentifier(options, self._pseudonyms)
        except BaseException:
            self._pseudonyms.close()
            raise

    @property
    def pseudonyms(self) -> Pseudonyms:
        """What gives pseudonyms; with a mapping it can tell whom they stand for."""
        return self._pseudonyms

    def process(self, source: BinaryIO) -> Sequence[Product]:
        """Return the new object and the report; see `fileroom.processing.Processor.process`."""
        result = self._deidentifier.apply(source.read())
        return [
            Product("dicom", result.data, "application/dicom", ".dcm"),
            Product("deidentification", result.report.to_json(), "application/json", ".json"),
        ]

    def close(self) -> None:
        """Let the mapping go."""
        self._pseudonyms.close()

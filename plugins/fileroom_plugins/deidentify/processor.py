"""The processor: a DICOM object in, a de-identified one and a report out."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from fileroom.plugin import NotSupportedError, Processor, Product
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
        self._gives_uid = bool(options.new_sop_instance_uid)
        self._has_given_uid = False

    @property
    def pseudonyms(self) -> Pseudonyms:
        """What gives pseudonyms; with a mapping it can tell whom they stand for."""
        return self._pseudonyms

    def process(self, source: BinaryIO) -> Sequence[Product]:
        """Return the new object and the report; see `fileroom.processing.Processor.process`.

        Raises:
            NotSupportedError: an object has the ``new_sop_instance_uid`` already, besides what
                `fileroom_plugins.deidentify.deidentifier.Deidentifier.apply` raises.
        """
        if self._has_given_uid:
            raise NotSupportedError(
                "new_sop_instance_uid is for one object, and another one has it already: take it out of the "
                "configuration or the options"
            )
        result = self._deidentifier.apply(source.read())
        self._has_given_uid = self._gives_uid
        return [
            Product("dicom", result.data, "application/dicom", ".dcm"),
            Product("deidentification", result.report.to_json(), "application/json", ".json"),
        ]

    def close(self) -> None:
        """Let the mapping go."""
        self._pseudonyms.close()

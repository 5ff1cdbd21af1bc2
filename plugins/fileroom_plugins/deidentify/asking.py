"""Asking whether objects are de-identified: the processor ``anonymous``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.plugin import DocumentName, ProcessorPlugin, Takes, hookimpl

if TYPE_CHECKING:
    from fileroom.plugin import Processor


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[plugins.anonymous]``, and the arguments of the processor.

    Attributes:
        document: an anonymity document that says what may not be there; the Basic Profile if there is none.
        standard_dictionary: as of ``[plugins.deidentify]``, and so is the next one.
        private_dictionary: likewise.
    """

    document: DocumentName | None = None
    standard_dictionary: DocumentName = DocumentName("ordcmsd.xml")
    private_dictionary: DocumentName = DocumentName("ordcmpv.xml")


def _open(options: Options) -> Processor:
    from fileroom_plugins.deidentify.anonymous import Anonymous  # noqa: PLC0415 - pydicom is slow to import

    return Anonymous(options)


@hookimpl
def fileroom_processor() -> ProcessorPlugin:
    """Offer the processor."""
    summary = "Whether an object is de-identified"
    return ProcessorPlugin("anonymous", Options, _open, summary, takes=Takes.EACH)

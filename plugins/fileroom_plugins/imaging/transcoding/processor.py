"""The processor: a DICOM object in, the same in another transfer syntax out."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from fileroom.plugin import Processor, Product
from fileroom_plugins.imaging.transcoding.objects import transcode_bytes
from fileroom_plugins.imaging.transcoding.targets import target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom_plugins.imaging.transcoding import Options


class Transcode(Processor):
    """Makes one product, ``dicom``: another object, unless ``new_uid`` is false and nothing is lost."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def process(self, source: BinaryIO) -> Sequence[Product]:
        """Return the object; see `fileroom.processing.Processor.process`."""
        data = transcode_bytes(source, target(self._options.to), self._options)
        return [Product("dicom", data, "application/dicom", ".dcm")]

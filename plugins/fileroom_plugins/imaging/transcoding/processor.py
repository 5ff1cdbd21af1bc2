"""The processor: a DICOM object in, the same in another transfer syntax out."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

from fileroom.plugin import Processor, Product
from fileroom_plugins.imaging.transcoding.objects import transcode_file
from fileroom_plugins.imaging.transcoding.targets import target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom_plugins.imaging.transcoding import Options


class Transcode(Processor):
    """Makes one product: ``transcoded``, the same object; or ``dicom``, another one, with its own UID."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def process(self, source: BinaryIO) -> Sequence[Product]:
        """Return the object; see `fileroom.processing.Processor.process`."""
        buffer = io.BytesIO()
        another = transcode_file(source, buffer, target(self._options.to), self._options)
        content_type = "dicom" if another else "transcoded"
        return [Product(content_type, buffer.getvalue(), "application/dicom", ".dcm")]

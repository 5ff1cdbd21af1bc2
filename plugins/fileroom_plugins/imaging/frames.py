"""Where the frames of an image lie: the processor ``frames``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from fileroom.plugin import Processor, ProcessorPlugin, Product, Takes, hookimpl

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[plugins.frames]``: there are none."""


class Frames(Processor):
    """Makes one product, ``frame-offsets``: JSON that says where each frame of an image lies.

    With it, whoever wants one frame of a large compressed object reads no other: see
    `fileroom_plugins.imaging.offsets.FrameOffsets.document` for its keys.
    """

    def process(self, source: BinaryIO) -> Sequence[Product]:
        """Return the positions; see `fileroom.processing.Processor.process`."""
        from fileroom_plugins.imaging.faults import damage  # noqa: PLC0415 - pydicom is slow to import
        from fileroom_plugins.imaging.header import read_header  # noqa: PLC0415
        from fileroom_plugins.imaging.layout import read_layout  # noqa: PLC0415
        from fileroom_plugins.imaging.offsets import FrameOffsets  # noqa: PLC0415

        header = read_header(source)
        with damage("looking for frames"):
            layout = read_layout(header.dataset, header.pixels.keyword)
            data = FrameOffsets(header, layout).document()
        return [Product("frame-offsets", data, "application/json", ".json")]


def _open(_: Options) -> Processor:
    return Frames()


@hookimpl
def fileroom_processor() -> ProcessorPlugin:
    """Offer the processor."""
    return ProcessorPlugin(
        "frames",
        Options,
        _open,
        "Where each frame of an image lies, for reading one of many",
        takes=Takes.EACH,
    )

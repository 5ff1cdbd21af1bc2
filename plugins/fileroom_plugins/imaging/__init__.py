"""Images: their pixels, what they look like, and the processor ``thumbnail``.

`open_image` reads the pixels of a DICOM object without any archive::

    from fileroom_plugins.imaging import View, open_image

    with open_image("ct.dcm") as image:
        hounsfield = image.modality(0)
        shown = image.shown(0, View(window="lung"))

`render` makes pictures by command, `states_for` finds an image's presentation states, `transcode` writes
objects in other transfer syntaxes, and `capture_file`, `capture_frames`, `encapsulate_pdf` and
`encapsulate_cda` make objects of what is no DICOM yet.
These names are loaded when they are first asked for, since numpy and Pillow take their time.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from fileroom.plugin import MissingDependencyError, ObjectName, ProcessorPlugin, Takes, hookimpl

if TYPE_CHECKING:
    from fileroom.plugin import Processor
    from fileroom_plugins.imaging.capture import (
        capture_file,
        capture_frames,
        encapsulate_cda,
        encapsulate_pdf,
    )
    from fileroom_plugins.imaging.image import Image, open_image
    from fileroom_plugins.imaging.rendering.picture import Picture, render
    from fileroom_plugins.imaging.states import states_for
    from fileroom_plugins.imaging.transcoding.functions import transcode
    from fileroom_plugins.imaging.view import View

__all__ = [
    "Image",
    "Options",
    "Picture",
    "View",
    "capture_file",
    "capture_frames",
    "encapsulate_cda",
    "encapsulate_pdf",
    "fileroom_processor",
    "open_image",
    "render",
    "states_for",
    "transcode",
]

_MODULES = {
    "Image": "image",
    "Picture": "rendering.picture",
    "View": "view",
    "capture_file": "capture",
    "capture_frames": "capture",
    "encapsulate_cda": "capture",
    "encapsulate_pdf": "capture",
    "open_image": "image",
    "render": "rendering.picture",
    "states_for": "states",
    "transcode": "transcoding.functions",
}

_SIZES = range(16, 4097)
_QUALITIES = range(1, 96)


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[plugins.imaging]``.

    Attributes:
        size: length of a picture's longer side in pixels, 16 to 4096; smaller images are not enlarged.
        quality: of the JPEG, 1 to 95.
        presentation: a presentation state to apply to the frames that it refers to: the public id of an
            instance, or the path of a file.

    Raises:
        ValueError: one of them is out of range.
    """

    size: int = 256
    quality: int = 85
    presentation: ObjectName | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that make no picture."""
        if self.size not in _SIZES:
            raise ValueError(f"size: expected a number from 16 to 4096, not {self.size}")
        if self.quality not in _QUALITIES:
            raise ValueError(f"quality: expected a number from 1 to 95, not {self.quality}")


def _open(options: Options) -> Processor:
    try:
        from fileroom_plugins.imaging.thumbnail import Thumbnail  # noqa: PLC0415 - numpy and Pillow are slow
    except ImportError as error:
        message = f"thumbnails need {error.name or 'a package'}: pip install 'fileroom[imaging]'"
        raise MissingDependencyError(message, "imaging", "fileroom") from error
    return Thumbnail(options)


def __getattr__(name: str) -> object:
    """Load what the package offers for use without an archive."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


@hookimpl
def fileroom_processor() -> ProcessorPlugin:
    """Offer the processor."""
    return ProcessorPlugin(
        "thumbnail",
        Options,
        _open,
        "A JPEG of an image's middle frame, or a mosaic of a study's series",
        takes=Takes.SERIES,
    )

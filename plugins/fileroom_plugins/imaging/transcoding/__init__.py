"""Objects in another transfer syntax: the processor ``transcode``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.plugin import MissingDependencyError, ProcessorPlugin, Takes, hookimpl
from fileroom_plugins.imaging.transcoding.settings import Settings
from fileroom_plugins.imaging.transcoding.targets import target

if TYPE_CHECKING:
    from fileroom.plugin import Processor


@dataclass(frozen=True, slots=True)
class Options(Settings):
    """The keys of ``[plugins.transcode]``, and the processor's arguments.

    Attributes:
        to: the transfer syntax: ``explicit``, ``implicit``, ``deflated``, ``rle``, ``jpeg-ls``,
            ``jpeg-2000``, ``htj2k``, ``jpeg-lossless``; lossy ones are ``jpeg``, ``jpeg-12``,
            ``jpeg-2000-lossy`` and ``jpeg-ls-near``. A UID will do too.
        new_uid: give a new SOP Instance UID even if nothing is lost; then it is kept as another instance, and
            not as the attachment ``transcoded``.

    Raises:
        InvalidValueError: nothing can be transcoded to that, or a setting is out of its range.
    """

    to: str = "explicit"

    def __post_init__(self) -> None:
        """Refuse what cannot be written."""
        Settings.__post_init__(self)
        target(self.to)


def _open(options: Options) -> Processor:
    try:
        from fileroom_plugins.imaging.transcoding.processor import Transcode  # noqa: PLC0415 - numpy is slow
    except ImportError as error:
        message = f"transcoding needs {error.name or 'a package'}: pip install 'fileroom[imaging]'"
        raise MissingDependencyError(message, "transcode", "fileroom") from error
    return Transcode(options)


@hookimpl
def fileroom_processor() -> ProcessorPlugin:
    """Offer the processor."""
    return ProcessorPlugin(
        "transcode", Options, _open, "The object in another transfer syntax", takes=Takes.EACH
    )

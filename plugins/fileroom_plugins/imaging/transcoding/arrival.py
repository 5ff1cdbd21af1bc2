"""What becomes of one object that arrives."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pydicom.uid import DeflatedExplicitVRLittleEndian

from fileroom.plugin import InvalidDatasetError, NotSupportedError, Replace
from fileroom_plugins.imaging.transcoding.objects import transcode_bytes

if TYPE_CHECKING:
    from collections.abc import Collection

    from fileroom.plugin import Decision, Incoming
    from fileroom_plugins.imaging.transcoding.settings import Settings
    from fileroom_plugins.imaging.transcoding.targets import Target

_log = logging.getLogger("fileroom.transcode")


def replaced(
    incoming: Incoming, target: Target, settings: Settings, only: Collection[str]
) -> Decision | None:
    """Return the object in the target's transfer syntax; None to store it as it came.

    Stored as they came are objects without pixels, those in transfer syntaxes that ``only`` does not name,
    those in the target's already, and those that it cannot hold or that cannot be decoded. No object is
    refused because of its pixels.
    """
    header = incoming.header
    syntax = header.transfer_syntax_uid
    if syntax == target.uid or (only and syntax not in only):
        return None
    if header.pixel_data_offset is None and syntax != DeflatedExplicitVRLittleEndian:
        return None
    try:
        with incoming.open() as source:
            return Replace(transcode_bytes(source, target, settings))
    except (NotSupportedError, InvalidDatasetError) as error:
        _log.debug("stored as it came: %s", error)
        return None

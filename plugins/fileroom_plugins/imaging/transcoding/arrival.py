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

    So are stored: objects without pixels, those in other transfer syntaxes than ``only`` names, those in the
    target's already, and what it cannot hold or cannot be decoded. Nothing is refused for its pixels' sake.
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

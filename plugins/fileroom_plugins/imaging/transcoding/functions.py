"""Transcoding without an archive, on files, bytes and datasets."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from fileroom.plugin import opened_source
from fileroom_plugins.imaging.transcoding.objects import transcode_file
from fileroom_plugins.imaging.transcoding.settings import Settings
from fileroom_plugins.imaging.transcoding.targets import target

if TYPE_CHECKING:
    from fileroom.plugin import ObjectSource


def transcode(
    source: ObjectSource,
    to: str,
    *,
    quality: int = 90,
    ratio: float = 10.0,
    near: int = 2,
    new_uid: bool = False,
    uid_root: str = "",
) -> bytes:
    """Return an object in another transfer syntax.

    Args:
        source: an open file, which is left open; bytes; the path of a file; a dataset; or
            an instance of an archive.
        to: the transfer syntax, by name or UID: see `fileroom_plugins.imaging.transcoding.targets`.
        quality: of JPEG, 1 to 100.
        ratio: of lossy JPEG 2000: how many times smaller frames are to become.
        near: of near-lossless JPEG-LS: by how much a sample may differ at most.
        new_uid: give a new SOP Instance UID even if nothing is lost.
        uid_root: prefix of new UIDs; without one they are UUIDs beneath ``2.25``.

    Raises:
        InvalidValueError: the transfer syntax is unknown, or a number is out of its range.
        NotSupportedError: the transfer syntax cannot hold the object, or there is no decoder for it.
        InvalidDatasetError: the object is damaged.
        MissingDependencyError: an encoder or decoder is not installed; names the extra.
        NotFoundError: the path cannot be opened.
    """
    buffer = io.BytesIO()
    settings = Settings(quality, ratio, near, new_uid, uid_root)
    with opened_source(source) as file:
        transcode_file(file, buffer, target(to), settings)
    return buffer.getvalue()

"""``fileFormat=DICM``: the picture as a DICOM object of its own."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from pydicom import Dataset

from fileroom_plugins.imaging.capture.metadata import of_template
from fileroom_plugins.imaging.capture.rasters import capture_frames
from fileroom_plugins.imaging.formats import FORMATS
from fileroom_plugins.imaging.rendering.dicom_source import DicomSource
from fileroom_plugins.imaging.rendering.writers import quality
from fileroom_plugins.imaging.transcoding.lossy import refer_to_source
from fileroom_plugins.imaging.transcoding.objects import transcode_bytes
from fileroom_plugins.imaging.transcoding.settings import Settings
from fileroom_plugins.imaging.transcoding.targets import TARGETS, target

if TYPE_CHECKING:
    from typing import BinaryIO

    from fileroom_plugins.imaging.commands import Command
    from fileroom_plugins.imaging.rendering.moving import Frames
    from fileroom_plugins.imaging.rendering.sources import PictureSource

_ONLY_CODING = {"fileFormat", "compressionFormat", "compressionQuality"}
_LOSSY_2000 = "jpeg-2000-lossy"
_BEST = 100
_KEPT_LOSS = ("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod")


def dicom_object(
    source: PictureSource, command: Command, compression: str, frames: Frames, uid_root: str
) -> bytes:
    """Return a new DICOM object.

    Of a DICOM object of which nothing but the compression is to change, it is that object with a new SOP
    Instance UID. Else it is a Secondary Capture: of a DICOM object in its study, and referring to it.

    Raises:
        FileroomError: see `fileroom_plugins.imaging.rendering.picture.render`.
    """
    drawn = not set(command.values) <= _ONLY_CODING or (isinstance(source, DicomSource) and source.presented)
    name = FORMATS["DICM"].compressions[compression] or "explicit"
    if isinstance(source, DicomSource) and "compressionFormat" not in command:
        kept = next((one.name for one in TARGETS.values() if one.uid == source.image.syntax), name)
        name = name if drawn else kept
    given = quality(command)
    settings = Settings(quality=max(1, 85 if given is None else given), new_uid=True, uid_root=uid_root)
    if name == "jpeg-2000" and given is not None and given < _BEST:
        name = _LOSSY_2000
        settings = Settings(ratio=2 + (_BEST - given) / 2, new_uid=True, uid_root=uid_root)
    if isinstance(source, DicomSource) and not drawn:
        return transcode_bytes(_file(source), target(name), settings)
    metadata = _metadata(source.image.attributes) if isinstance(source, DicomSource) else None
    fps = next(iter(command.numbers("fps")), source.fps)
    data = capture_frames((np.asarray(image) for image in frames), metadata, fps=fps, uid_root=uid_root)
    if name == "explicit":
        return data
    lossless = Settings(settings.quality, settings.ratio, uid_root=uid_root)
    return transcode_bytes(io.BytesIO(data), target(name), lossless)


def _file(source: DicomSource) -> BinaryIO:
    """Return the object's file; that of a dataset is written first."""
    if not isinstance(source.source, Dataset):
        return source.source
    buffer = io.BytesIO()
    source.source.save_as(buffer, enforce_file_format=True)
    return buffer


def _metadata(attributes: Dataset) -> Dataset:
    taken = of_template(attributes)
    taken.SOPClassUID, taken.SOPInstanceUID = attributes.SOPClassUID, attributes.SOPInstanceUID
    refer_to_source(taken, "121322", "Source image for image processing operation")
    del taken.SOPClassUID, taken.SOPInstanceUID
    for keyword in _KEPT_LOSS:
        if keyword in attributes:
            taken[keyword] = attributes[keyword]
    return taken

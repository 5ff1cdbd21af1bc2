"""Objects without pixels: all that changes is how their attributes are written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.filewriter import correct_ambiguous_vr
from pydicom.uid import UID

from fileroom.plugin import InvalidDatasetError, NotSupportedError
from fileroom_plugins.imaging.header import PIXELS, inflated
from fileroom_plugins.imaging.transcoding.attributes import renew_uid, swap_words
from fileroom_plugins.imaging.transcoding.writing import write_object

if TYPE_CHECKING:
    from pydicom import Dataset

    from fileroom_plugins.imaging.transcoding.settings import Settings
    from fileroom_plugins.imaging.transcoding.targets import Target

_UNDEFINED = 0xFFFFFFFF


def transcode_plain(source: BinaryIO, sink: BinaryIO, target: Target, settings: Settings) -> bool:
    """Write an object that has no pixels in a transfer syntax that does not compress any.

    Raises:
        NotSupportedError: it has pixels after all, or inflates to more than `header.LARGEST`.
        InvalidDatasetError: it is no DICOM object.
    """
    plain = inflated(source) or source
    plain.seek(0)
    dataset: Dataset = pydicom.dcmread(plain, force=True)
    if "SOPClassUID" not in dataset or "SOPInstanceUID" not in dataset:
        raise InvalidDatasetError("this is no DICOM object, or a damaged one")
    syntax = dataset.file_meta.get("TransferSyntaxUID")
    if syntax and UID(syntax).is_encapsulated:
        raise InvalidDatasetError("the transfer syntax is one of compressed images, and there are no pixels")
    if not _is_whole(dataset, plain.seek(0, os.SEEK_END)):
        raise InvalidDatasetError("the object is cut off")
    if any(keyword in dataset for keyword in PIXELS.values()):
        raise NotSupportedError("the object has pixels, and is no image that can be transcoded")
    if dataset.original_encoding[1] is False:
        swap_words(dataset)
    another = renew_uid(dataset, target, settings, loses=False)
    meta = dataset.file_meta
    dataset = correct_ambiguous_vr(dataset, is_little_endian=True)
    write_object(sink, meta, (dataset, (), pydicom.Dataset()), UID(target.uid))
    return another


def _is_whole(dataset: Dataset, size: int) -> bool:
    """Say whether the last element ends where the object does, since pydicom reads it cut off too."""
    last: object = dataset.get_item(max(dataset.keys()))
    if not isinstance(last, RawDataElement) or last.length == _UNDEFINED:
        return True
    return last.value_tell + last.length == size

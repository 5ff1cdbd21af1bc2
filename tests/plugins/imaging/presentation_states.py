from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pydicom
from pydicom import Dataset
from pydicom.uid import UID, GrayscaleSoftcopyPresentationStateStorage

from fileroom.testing.datasets import make_instance
from tests.plugins.imaging.images import saved

if TYPE_CHECKING:
    from collections.abc import Mapping


def item(**values: object) -> Dataset:
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def reference(data: bytes, **more: object) -> Dataset:
    """Return a reference to an image."""
    image = pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True)
    return item(
        ReferencedSOPClassUID=image.SOPClassUID, ReferencedSOPInstanceUID=image.SOPInstanceUID, **more
    )


def state(*images: bytes, **values: object) -> Dataset:
    """Return the parts of a presentation state of images that matter here."""
    series = item(SeriesInstanceUID="1.2.3", ReferencedImageSequence=[reference(one) for one in images])
    window = item(WindowCenter=128, WindowWidth=256)
    full = {"SoftcopyVOILUTSequence": [window], "PresentationLUTShape": "IDENTITY", **values}
    return item(Modality="PR", ReferencedSeriesSequence=[series], **full)


def state_file(
    *images: bytes,
    kind: str = GrayscaleSoftcopyPresentationStateStorage,
    sop_uid: str = "1.2.826.1",
    parts: Mapping[str, object] | None = None,
) -> bytes:
    """Return a presentation state of images as a file, in the study of the first."""
    whole = pydicom.dcmread(io.BytesIO(make_instance(rows=0, sop_uid=sop_uid)))
    for data in images[:1]:
        image = pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True)
        whole.PatientID, whole.StudyInstanceUID = image.PatientID, image.StudyInstanceUID
    whole.update(state(*images, **(parts or {})))
    whole.SOPClassUID = whole.file_meta.MediaStorageSOPClassUID = UID(kind)
    whole.SeriesInstanceUID = "1.2.826.2"
    return saved(whole)

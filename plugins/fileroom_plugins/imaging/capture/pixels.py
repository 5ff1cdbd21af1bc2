"""The Image Pixel module and what goes with it, for frames that are arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fileroom.plugin import InvalidValueError

if TYPE_CHECKING:
    from pydicom import Dataset

    from fileroom_plugins.imaging.native import Pixels

SINGLE = "1.2.840.10008.5.1.4.1.1.7"
_MULTI_BYTE = "1.2.840.10008.5.1.4.1.1.7.2"
_MULTI_WORD = "1.2.840.10008.5.1.4.1.1.7.3"
_MULTI_COLOUR = "1.2.840.10008.5.1.4.1.1.7.4"

_COLOUR_AXES = 3


def sop_class_of(frame: Pixels, count: int) -> str:
    """Return the Secondary Capture SOP class for so many frames like this one (PS3.3 section A.8)."""
    if count == 1:
        return SINGLE
    if frame.ndim == _COLOUR_AXES:
        return _MULTI_COLOUR
    return _MULTI_BYTE if frame.dtype == np.uint8 else _MULTI_WORD


def check_frame(frame: Pixels, first: Pixels) -> None:
    """Make sure that a frame is one that Secondary Capture holds, and like the first.

    Raises:
        InvalidValueError: it is of another kind, or differs from the first in size or kind.
    """
    grey = frame.ndim == 2 and frame.dtype in (np.uint8, np.uint16)  # noqa: PLR2004
    colours = frame.ndim == _COLOUR_AXES and frame.shape[2] == _COLOUR_AXES and frame.dtype == np.uint8
    if not (grey or colours) or not frame.size or max(frame.shape[:2]) > 65535:  # noqa: PLR2004 - VR US
        raise InvalidValueError("a frame is rows by columns of 8 or 16 bits, or of three colours of 8 bits")
    if frame.shape != first.shape or frame.dtype != first.dtype:
        raise InvalidValueError("all frames have to be of one size and one kind")


def describe(dataset: Dataset, frame: Pixels, count: int, fps: float) -> None:
    """Set the attributes of frames that are not compressed.

    Args:
        dataset: changed.
        frame: one of them.
        count: how many there are.
        fps: frames a second.
    """
    bits = frame.dtype.itemsize * 8
    colours = frame.ndim == _COLOUR_AXES
    describe_samples(dataset, frame.shape[:2], bits, "RGB" if colours else "MONOCHROME2")
    describe_frames(dataset, count, fps, colours=colours)


def describe_samples(dataset: Dataset, shape: tuple[int, ...], bits: int, photometric: str) -> None:
    """Set the attributes of the Image Pixel module (PS3.3 section C.7.6.3)."""
    dataset.Rows, dataset.Columns = shape
    dataset.SamplesPerPixel = 1 if photometric == "MONOCHROME2" else 3
    if dataset.SamplesPerPixel > 1:
        dataset.PlanarConfiguration = 0
    dataset.PhotometricInterpretation = photometric
    dataset.BitsAllocated = 8 if bits <= 8 else 16  # noqa: PLR2004 - a byte
    dataset.BitsStored, dataset.HighBit = bits, bits - 1
    dataset.PixelRepresentation = 0
    if not dataset.get("ImageType"):
        dataset.ImageType = ["DERIVED", "SECONDARY"]
    for keyword in ("PatientOrientation", "Laterality"):
        if keyword not in dataset:
            setattr(dataset, keyword, "")


def describe_frames(dataset: Dataset, count: int, fps: float, *, colours: bool) -> None:
    """Set the attributes of several frames (PS3.3 sections C.7.6.5, C.7.6.6 and C.8.6.3)."""
    if count == 1:
        return
    dataset.NumberOfFrames = count
    dataset.FrameIncrementPointer = 0x00181063
    dataset.FrameTime = f"{1000 / fps:.3f}"
    if "BurnedInAnnotation" not in dataset:
        dataset.BurnedInAnnotation = "YES"  # nobody looked, and what is not known must not be denied
    if not colours:
        dataset.PresentationLUTShape = "IDENTITY"
        dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "0", "1", "US"

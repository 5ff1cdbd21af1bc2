"""One decoded frame of a DICOM image, read without the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

import pydicom
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.utils import pixel_array
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from fileroom.plugin import InvalidDatasetError, MissingDependencyError, NotSupportedError

if TYPE_CHECKING:
    import numpy as np

Pixels: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"
"""Rows by columns, or rows by columns by samples."""

LARGEST = 512 << 20
"""How many bytes a frame may claim to have; a digitised film of 10,000 by 10,000 pixels has 200 MB."""

_TAGS = (
    "SOPClassUID",
    "ImagerPixelSpacing",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "PixelRepresentation",
    "PixelSpacing",
    "PixelAspectRatio",
    "PixelPaddingValue",
    "WindowCenter",
    "WindowWidth",
    "VOILUTFunction",
    "VOILUTSequence",
    "RescaleSlope",
    "RescaleIntercept",
    "ModalityLUTSequence",
    *(f"{colour}PaletteColorLookupTableDescriptor" for colour in ("Red", "Green", "Blue")),
    *(f"{colour}PaletteColorLookupTableData" for colour in ("Red", "Green", "Blue")),
    *(f"Segmented{colour}PaletteColorLookupTableData" for colour in ("Red", "Green", "Blue")),
)
_TAG_AND_VR = 6
_PIXEL_DATA = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame's pixels, colours as RGB or as indices of a palette, and the attributes that explain them."""

    pixels: Pixels
    dataset: pydicom.Dataset


def middle_frame(source: BinaryIO) -> Frame:
    """Read and decode the middle frame of an image.

    Raises:
        NotSupportedError: there is no image, or none that can be decoded.
        MissingDependencyError: decoding needs packages that are not installed.
        InvalidDatasetError: this is no DICOM.
        Exception: whatever pydicom raises on damage.
    """
    dataset = pydicom.dcmread(source, force=True, stop_before_pixels=True, specific_tags=list(_TAGS))
    if "SOPClassUID" not in dataset:
        raise InvalidDatasetError("no picture: this is no DICOM object, or a damaged one")
    if "Rows" not in dataset or "Columns" not in dataset:
        raise NotSupportedError("no picture: the object is no image")
    syntax = _transfer_syntax(dataset)
    _check_decoder(syntax)
    _check_size(dataset)
    index = int(dataset.get("NumberOfFrames") or 1) // 2
    if syntax == DeflatedExplicitVRLittleEndian:
        return Frame(_frame_of_whole(source, index), dataset)
    start = source.read(_TAG_AND_VR)
    if not start:
        raise _no_pixel_data()
    if not syntax.is_implicit_VR and not start[4:].isalpha():
        return Frame(_frame_of_whole(source, index), dataset)
    return Frame(pixel_array(source, index=index, transfer_syntax_uid=syntax), dataset)


def _frame_of_whole(source: BinaryIO, index: int) -> Pixels:
    """Decode a frame of what cannot be read in part: deflated, or with implicit VRs unlike it claims."""
    source.seek(0)
    dataset = pydicom.dcmread(source)
    if not any(keyword in dataset for keyword in _PIXEL_DATA):
        raise _no_pixel_data()
    return pixel_array(dataset, index=index)


def _no_pixel_data() -> NotSupportedError:
    return NotSupportedError("no picture: the object has no pixel data")


def _transfer_syntax(dataset: pydicom.Dataset) -> UID:
    """Return the transfer syntax; without file meta information, the one the object was read with."""
    if syntax := dataset.file_meta.get("TransferSyntaxUID"):
        return UID(syntax)
    implicit, little = dataset.original_encoding
    if implicit:
        return ImplicitVRLittleEndian
    return ExplicitVRLittleEndian if little else ExplicitVRBigEndian


def _check_decoder(syntax: UID) -> None:
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError:
        raise NotSupportedError(f"no picture: cannot decode transfer syntax {syntax.name}") from None
    if not decoder.is_available:
        message = f"decoding {syntax.name} needs more packages: pip install 'fileroom[imaging]'"
        raise MissingDependencyError(message, "imaging", "fileroom")


def _check_size(dataset: pydicom.Dataset) -> None:
    bits = (
        dataset.Rows * dataset.Columns * dataset.get("SamplesPerPixel", 1) * dataset.get("BitsAllocated", 8)
    )
    if bits // 8 > LARGEST:
        raise NotSupportedError(f"no picture: a frame of more than {LARGEST >> 20} MiB")

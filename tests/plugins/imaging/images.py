from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pydicom
import pydicom.data
from pydicom import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import correct_ambiguous_vr, write_dataset, write_file_meta_info

from fileroom.testing.datasets import make_instance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Pixels: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

TEST_FILES = Path(pydicom.data.__file__).parent / "test_files"


def made(pixels: Pixels, tags: Mapping[str, object] | None = None, photometric: str = "MONOCHROME2") -> bytes:
    """Return an image with these pixels."""
    dataset = pydicom.dcmread(io.BytesIO(make_instance(rows=0)))
    narrow = pixels.astype(f"{pixels.dtype.kind}{min(2, pixels.dtype.itemsize)}")
    dataset.set_pixel_data(narrow, photometric, narrow.dtype.itemsize * 8, generate_instance_uid=False)
    if pixels.dtype.itemsize > 2:  # which pydicom does not set
        dataset.BitsAllocated = dataset.BitsStored = pixels.dtype.itemsize * 8
        dataset.HighBit = dataset.BitsStored - 1
        dataset.PixelData = pixels.tobytes()
    for keyword, value in (tags or {}).items():
        setattr(dataset, keyword, value)
    buffer = io.BytesIO()
    correct_ambiguous_vr(dataset, is_little_endian=True).save_as(buffer)
    return buffer.getvalue()


def patches(values: list[int], dtype: str = "uint16") -> Pixels:
    """Return a row of 32 by 32 patches, which survive JPEG."""
    return np.repeat(np.repeat(np.array([values], dtype), 32, axis=0), 32, axis=1)


def saved(dataset: Dataset) -> bytes:
    """Return a dataset as a file."""
    buffer = io.BytesIO()
    correct_ambiguous_vr(dataset, is_little_endian=True).save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def compressed(
    frames: Sequence[bytes],
    like: Pixels,
    syntax: str,
    *,
    table: str = "basic",
    fragments: int = 1,
    tags: Mapping[str, object] | None = None,
    photometric: str = "MONOCHROME2",
) -> bytes:
    """Return an image whose frames are these bytes.

    Args:
        frames: the compressed frames.
        like: one frame's pixels.
        syntax: the transfer syntax.
        table: ``basic``, ``extended``, or ``none``: which offset table it has.
        fragments: of each frame.
        tags: more attributes.
        photometric: the photometric interpretation.
    """
    dataset = pydicom.dcmread(io.BytesIO(made(like, tags, photometric)))
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.UID(syntax)
    dataset.NumberOfFrames = len(frames)
    if table == "extended":
        data, offsets, lengths = encapsulate_extended([*frames])
        dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = offsets, lengths
    else:
        data = encapsulate([*frames], fragments_per_frame=fragments, has_bot=table == "basic")
    dataset.PixelData = data
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    for keyword, value in (tags or {}).items():
        setattr(dataset, keyword, value)
    buffer = DicomBytesIO(bytes(128) + b"DICM")
    buffer.seek(0, io.SEEK_END)
    buffer.is_little_endian, buffer.is_implicit_VR = True, False
    write_file_meta_info(buffer, dataset.file_meta)
    write_dataset(buffer, correct_ambiguous_vr(Dataset(dataset), is_little_endian=True))
    return buffer.getvalue()

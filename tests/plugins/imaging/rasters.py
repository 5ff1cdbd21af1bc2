"""Images that the tests of pictures and of Secondary Captures start from."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pydicom
from PIL import Image
from pydicom.data import get_testdata_file


def shipped(name: str) -> bytes:
    """Return one of the files that come with pydicom."""
    path = get_testdata_file(name, download=False)
    assert isinstance(path, str)
    with open(path, "rb") as file:  # noqa: PTH123 - pydicom gives text
        return file.read()


def colours(width: int = 60, height: int = 40) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return red that grows to the right, green that grows downwards, and some blue."""
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return np.stack((across, down, np.full_like(across, 80)), axis=-1).astype(np.uint8)


def encoded(pixels: np.ndarray[Any, Any], form: str, **options: Any) -> bytes:
    """Return pixels as an image file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form, **options)
    return buffer.getvalue()


def decoded(data: bytes) -> Image.Image:
    """Return what an image file holds."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def grey_object(pixels: np.ndarray[Any, Any], **attributes: Any) -> bytes:
    """Return a CT object with these pixels, and no window but those given."""
    dataset = pydicom.dcmread(io.BytesIO(shipped("CT_small.dcm")))
    dataset.Rows, dataset.Columns = pixels.shape[-2:]
    if pixels.ndim == 3:
        dataset.NumberOfFrames = len(pixels)
    dataset.BitsAllocated = dataset.BitsStored = pixels.dtype.itemsize * 8
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    dataset.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)
    dataset["PixelData"].VR = "OB" if pixels.itemsize == 1 else "OW"
    for keyword in ("RescaleSlope", "RescaleIntercept", "PixelPaddingValue"):
        if keyword in dataset:
            del dataset[keyword]
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


def same(found: Any, expected: Any) -> bool:
    """Say whether two pictures, as images or as arrays, have the same pixels."""
    return np.array_equal(np.asarray(found), np.asarray(expected))

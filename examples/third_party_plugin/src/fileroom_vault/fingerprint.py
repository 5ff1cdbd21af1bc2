"""A digest of the pixels alone: two objects that show the same image have the same one.

De-identified copies, or copies under new UIDs, are found by it. The digest is of the bytes of the pixel data
as they are encoded, so the same image in two transfer syntaxes has two.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal

from fileroom.plugin import (
    InvalidDatasetError,
    NotSupportedError,
    Processor,
    ProcessorPlugin,
    Product,
    hookimpl,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydicom import Dataset

_SHAPE = (
    "Rows",
    "Columns",
    "NumberOfFrames",
    "SamplesPerPixel",
    "BitsAllocated",
    "PhotometricInterpretation",
)
_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


@dataclass(frozen=True)
class Options:
    """The keys of ``[plugins.fingerprint]``.

    Attributes:
        algorithm: the digest algorithm.
        content_type: number of the attachment.
    """

    algorithm: Literal["sha256", "sha512", "blake2b"] = "sha256"
    content_type: int = 1100

    def __post_init__(self) -> None:
        if not 1024 <= self.content_type <= 65535:
            raise ValueError("content_type: expected a number from 1024 to 65535")


class Fingerprint(Processor):
    """Makes a small JSON object: the digest of the pixels, and their shape."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def process(self, source: BinaryIO) -> Sequence[Product]:
        dataset = _read(source)
        pixels = next((dataset[keyword].value for keyword in _PIXELS if keyword in dataset), None)
        if not pixels:
            raise NotSupportedError("this object has no pixels")
        facts = {
            "algorithm": self._options.algorithm,
            "digest": hashlib.new(self._options.algorithm, pixels).hexdigest(),
            "transfer_syntax": dataset.file_meta.TransferSyntaxUID,
            **{keyword: dataset[keyword].value for keyword in _SHAPE if keyword in dataset},
        }
        data = json.dumps(facts, indent=1).encode()
        return [Product(self._options.content_type, data, "application/json")]


def _read(source: BinaryIO) -> Dataset:
    import pydicom  # noqa: PLC0415 - slow to import, and not needed before there is work
    from pydicom.pixels.utils import get_expected_length  # noqa: PLC0415

    try:
        dataset = pydicom.dcmread(source, specific_tags=[*_SHAPE, *_PIXELS, "SOPInstanceUID"])
        missing = "SOPInstanceUID" not in dataset
        if "PixelData" in dataset and not dataset.file_meta.TransferSyntaxUID.is_compressed:
            missing |= len(dataset.PixelData) < get_expected_length(dataset)
    except Exception as error:
        # pydicom raises whatever the damage leads to. Its text may quote values.
        raise InvalidDatasetError(f"pydicom cannot read this object: {type(error).__name__}") from error
    if missing:
        raise InvalidDatasetError("this object is cut short")
    return dataset


@hookimpl
def fileroom_processor() -> ProcessorPlugin:
    """Offer the processor."""
    return ProcessorPlugin("fingerprint", Options, Fingerprint, "A digest of the pixels alone")

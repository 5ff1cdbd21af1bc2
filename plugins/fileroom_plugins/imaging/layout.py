"""What the Image Pixel Module (PS3.3 section C.7.6.3) says about a frame's bytes, checked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.plugin import InvalidDatasetError, NotSupportedError
from fileroom_plugins.imaging.header import LARGEST

if TYPE_CHECKING:
    from pydicom import Dataset

GREY = frozenset({"MONOCHROME1", "MONOCHROME2"})
PALETTE = "PALETTE COLOR"
COLOURS = frozenset(
    {
        *("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420"),
        *("YBR_ICT", "YBR_RCT", "XYB"),
    }
)
_RETIRED = frozenset({"HSV", "ARGB", "CMYK"})
_HALF = frozenset({"YBR_FULL_422", "YBR_PARTIAL_422"})
_ALLOCATED = (1, 8, 16, 32, 64)
_COLOUR_SAMPLES = 3
_MOST = 65535


@dataclass(frozen=True, slots=True)
class Layout:
    """How the samples of a frame are laid out.

    Attributes:
        rows: 1 to 65535.
        columns: 1 to 65535.
        frames: how many, at least 1.
        samples: of a pixel: 1, or 3 for colours.
        photometric: the Photometric Interpretation (PS3.3 section C.7.6.3.1.2).
        allocated: bits for each sample in the bytes: 1, 8, 16, 32 or 64.
        stored: bits of these that count.
        signed: whether integers are in two's complement.
        planar: whether colours lie plane by plane.
        keyword: of the element that holds the pixels.
        lowest_bit: the place of a sample's least significant bit, from 0; not 0 where High Bit is
            not one less than Bits Stored, as older editions of the standard allow (PS3.5 section 8.1.1).
    """

    rows: int
    columns: int
    frames: int
    samples: int
    photometric: str
    allocated: int
    stored: int
    signed: bool
    planar: bool
    keyword: str = "PixelData"
    lowest_bit: int = 0

    @property
    def floating(self) -> bool:
        """Whether samples are floating-point numbers."""
        return self.keyword != "PixelData"

    @property
    def stored_range(self) -> tuple[float, float]:
        """The least and the greatest value that can be stored; infinite for floating-point numbers."""
        if self.floating:
            return -math.inf, math.inf
        if self.signed:
            return -(1 << self.stored - 1), (1 << self.stored - 1) - 1
        return 0, (1 << self.stored) - 1

    @property
    def frame_bits(self) -> int:
        """How many bits one frame takes that is not compressed."""
        bits = self.rows * self.columns * self.samples * self.allocated
        return bits * 2 // 3 if self.photometric in _HALF else bits

    @property
    def decoded_size(self) -> int:
        """How many bytes one frame takes when it is decoded."""
        return self.rows * self.columns * self.samples * max(1, self.allocated // 8)


def read_layout(dataset: Dataset, keyword: str) -> Layout:
    """Read and check what a dataset says about its pixels.

    Args:
        dataset: the image's attributes.
        keyword: of the element that holds the pixels.

    Raises:
        InvalidDatasetError: attributes are missing, contradict each other, or are out of their range.
        NotSupportedError: colours are of a retired kind, or a frame has more than `LARGEST` bytes.
    """
    photometric = _photometric(dataset)
    samples = whole(dataset, "SamplesPerPixel", 1, default=1)
    _check_photometric(photometric, samples)
    allocated = whole(dataset, "BitsAllocated", 1)
    if keyword != "PixelData":
        allocated = stored = 32 if keyword == "FloatPixelData" else 64
    elif allocated not in _ALLOCATED:
        raise NotSupportedError(
            f"samples of {allocated} bits cannot be read: BitsAllocated is 1, 8, 16, 32 or 64"
        )
    else:
        stored = whole(dataset, "BitsStored", 1, default=allocated)
    if stored > allocated:
        raise InvalidDatasetError(f"BitsStored is {stored}, which is more than BitsAllocated, {allocated}")
    layout = Layout(
        rows=whole(dataset, "Rows", 1, _MOST),
        columns=whole(dataset, "Columns", 1, _MOST),
        frames=whole(dataset, "NumberOfFrames", 1, 2**31 - 1, default=1),
        samples=samples,
        photometric=photometric,
        allocated=allocated,
        stored=stored,
        signed=whole(dataset, "PixelRepresentation", 0, 1, default=0) == 1,
        planar=samples > 1 and whole(dataset, "PlanarConfiguration", 0, 1, default=0) == 1,
        keyword=keyword,
        lowest_bit=_lowest_bit(dataset, allocated, stored) if keyword == "PixelData" else 0,
    )
    if layout.decoded_size > LARGEST:
        raise NotSupportedError(
            f"a frame of {layout.columns} by {layout.rows} pixels has more than {LARGEST >> 20} MiB, "
            "which is refused"
        )
    return layout


def whole(dataset: Dataset, keyword: str, least: int, most: int = _MOST, default: int | None = None) -> int:
    """Return a whole number of a dataset, or the default where it is missing or empty.

    Raises:
        InvalidDatasetError: it is none, out of its range, or missing without a default.
    """
    value = dataset.get(keyword)
    if value is None or value == "":
        if default is None:
            raise InvalidDatasetError(f"{keyword} is missing")
        return default
    try:
        number = int(value)
    except (TypeError, ValueError) as error:
        raise InvalidDatasetError(f"{keyword} is not one whole number") from error
    if not least <= number <= most:
        raise InvalidDatasetError(f"{keyword} is {number}: expected {least} to {most}")
    return number


def _lowest_bit(dataset: Dataset, allocated: int, stored: int) -> int:
    high = whole(dataset, "HighBit", 0, default=stored - 1)
    if not stored - 1 <= high < allocated:
        raise InvalidDatasetError(
            f"HighBit is {high}, which contradicts BitsStored, {stored}, or BitsAllocated, {allocated}"
        )
    return high - stored + 1


def _photometric(dataset: Dataset) -> str:
    value = dataset.get("PhotometricInterpretation")
    if not isinstance(value, str) or not value:
        raise InvalidDatasetError("PhotometricInterpretation is missing")
    return value.upper()


def _check_photometric(photometric: str, samples: int) -> None:
    if photometric in _RETIRED:
        raise NotSupportedError(f"colours as {photometric} are retired, and cannot be shown")
    if photometric in COLOURS:
        expected = _COLOUR_SAMPLES
    elif photometric in GREY or photometric == PALETTE:
        expected = 1
    else:
        raise InvalidDatasetError("PhotometricInterpretation is none that the standard knows")
    if samples != expected:
        raise InvalidDatasetError(
            f"PhotometricInterpretation {photometric} needs {expected} samples a pixel; "
            f"SamplesPerPixel is {samples}"
        )

"""How many bytes pixels take (PS3.5 section 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom_plugins.conformance.values.numbers import number, text

if TYPE_CHECKING:
    from fileroom_plugins.conformance.reading.elements import Level

SAMPLES = {
    **dict.fromkeys(("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"), 1),
    **dict.fromkeys(
        (
            *("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_420", "YBR_PARTIAL_422"),
            *("YBR_ICT", "YBR_RCT", "XYB", "HSV"),
        ),
        3,
    ),
    **dict.fromkeys(("ARGB", "CMYK"), 4),
}
"""Samples per pixel, by photometric interpretation (PS3.3 C.7.6.3.1.2)."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """The attributes of the Image Pixel module that make the size of the pixel data.

    Attributes:
        rows: of a frame.
        columns: of a frame.
        samples: per pixel.
        allocated: bits of a sample.
        frames: at least 1.
        photometric: Photometric Interpretation.
    """

    rows: int
    columns: int
    samples: int
    allocated: int
    frames: int
    photometric: str

    @classmethod
    def of(cls, dataset: Level) -> Pixels | None:
        """Return those of a data set; None where one is missing, or makes no pixels."""
        rows, columns, samples, allocated = (
            number(dataset, tag) for tag in (0x0028_0010, 0x0028_0011, 0x0028_0002, 0x0028_0100)
        )
        frames = number(dataset, 0x0028_0008)
        if not rows or not columns or not samples or not allocated:
            return None
        return cls(rows, columns, samples, allocated, max(frames or 1, 1), text(dataset, 0x0028_0004))

    @property
    def length(self) -> int:
        """The bytes that all frames take, not encapsulated, without padding."""
        bits = self.rows * self.columns * self.allocated
        if self.photometric in {"YBR_FULL_422", "YBR_PARTIAL_422"}:
            bits *= 2  # two pixels share their chrominance (PS3.5 8.2.3 has it for native data alike)
        elif self.photometric == "YBR_PARTIAL_420":
            bits = bits * 3 // 2
        else:
            bits *= self.samples
        return (bits * self.frames + 7) // 8

"""What a target's codec makes of an image: colours, bits, and what it cannot hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydicom.pixels.processing import convert_color_space

from fileroom.plugin import NotSupportedError

if TYPE_CHECKING:
    from pydicom import Dataset

    from fileroom_plugins.imaging.layout import Layout
    from fileroom_plugins.imaging.native import Pixels
    from fileroom_plugins.imaging.transcoding.settings import Settings
    from fileroom_plugins.imaging.transcoding.targets import Target

_GREY = {"MONOCHROME1", "MONOCHROME2"}
_COLOUR_TRANSFORMS = {
    "jpeg-2000": "YBR_RCT",
    "htj2k": "YBR_RCT",
    "jpeg-2000-lossy": "YBR_ICT",
    "jpeg": "YBR_FULL_422",
}
"""What becomes of red, green and blue (PS3.5 section 8.2, PS3.3 section C.7.6.3.1.2); others keep them."""

_ULTRASOUND = {
    "1.2.840.10008.5.1.4.1.1.3",
    "1.2.840.10008.5.1.4.1.1.3.1",
    "1.2.840.10008.5.1.4.1.1.6",
    "1.2.840.10008.5.1.4.1.1.6.1",
}
"""SOP classes that allow YBR_FULL in RLE only (PS3.3 section C.8.5.6.1.2)."""

_OVERLAYS = range(0x6000, 0x6020, 2)


@dataclass(frozen=True, slots=True)
class Coding:
    """One image's way into one target.

    Attributes:
        target: where to.
        layout: of the decoded frames.
        source_photometric: the Photometric Interpretation of the decoded frames.
        settings: how much may be lost.
        ultrasound: whether the object is an ultrasound image, whose colours are restricted.
    """

    target: Target
    layout: Layout
    source_photometric: str
    settings: Settings
    ultrasound: bool = False

    @property
    def becomes_rgb(self) -> bool:
        """Whether frames have to be converted from YCbCr, since the object may not have it so."""
        return (
            self.ultrasound
            and self.source_photometric == "YBR_FULL"
            and self.target.name not in {"rle", "jpeg"}
        )

    @property
    def planar(self) -> int:
        """The Planar Configuration of the object that is written."""
        return int(self.ultrasound and self.target.name == "rle" and self.source_photometric == "YBR_FULL")

    @property
    def photometric(self) -> str:
        """The Photometric Interpretation of the object that is written."""
        source = "RGB" if self.becomes_rgb else self.source_photometric
        if source == "RGB":
            return _COLOUR_TRANSFORMS.get(self.target.name, source)
        if source == "YBR_FULL" and self.target.name == "jpeg":
            return "YBR_FULL_422"
        return source


def coding_of(
    dataset: Dataset, layout: Layout, photometric: str, target: Target, settings: Settings
) -> Coding:
    """Return how an image gets into a target, once it was made sure that it can.

    Args:
        dataset: the image's attributes.
        layout: of the decoded frames.
        photometric: their Photometric Interpretation, as decoders tell it.
        target: where to.
        settings: how much may be lost.

    Raises:
        NotSupportedError: the codec cannot hold the image; says why, and what can.
    """
    # The transforms of JPEG 2000 are undone by its decoders.
    source = "RGB" if photometric in {"YBR_RCT", "YBR_ICT"} else photometric
    coding = Coding(target, layout, source, settings, dataset.get("SOPClassUID") in _ULTRASOUND)
    _check(coding, dataset)
    return coding


def converted(pixels: Pixels, coding: Coding) -> Pixels:
    """Return a frame's values in the colours that are to be written."""
    if coding.becomes_rgb:
        return convert_color_space(pixels, "YBR_FULL", "RGB")
    return pixels


def _check(coding: Coding, dataset: Dataset) -> None:
    target, layout = coding.target, coding.layout
    if layout.lowest_bit:
        raise NotSupportedError(
            f"{target.name} cannot hold samples that are shifted: HighBit is not one less than BitsStored"
        )
    if not target.encapsulated:
        _check_overlays(dataset)
        return
    least, most = target.stored
    if layout.floating:
        raise NotSupportedError(f"{target.name} cannot hold floating-point pixels: explicit or deflated can")
    if layout.allocated == 1 or layout.allocated > _container(most):
        raise NotSupportedError(
            f"{target.name} cannot hold pixels of {layout.allocated} bits: explicit or deflated can"
        )
    if not least <= layout.stored <= most:
        bits = f"{least} bits" if least == most else f"{least} to {most} bits"
        raise NotSupportedError(
            f"{target.name} holds samples of {bits}, and this image has {layout.stored} (BitsStored)"
        )
    if target.lossy and coding.source_photometric not in {*_GREY, "RGB", "YBR_FULL"}:
        raise NotSupportedError(
            f"{target.name} loses detail, and indices of a palette would become those of other colours"
        )
    if target.name == "jpeg-12" and (layout.samples > 1 or layout.signed):
        raise NotSupportedError("jpeg-12 holds unsigned grey values only")
    if target.name == "jpeg" and layout.signed:
        raise NotSupportedError("jpeg holds unsigned samples only, and these are signed")
    _check_overlays(dataset)


def _container(stored: int) -> int:
    """Return how many bits are allocated at most for so many that are stored (PS3.5 section 8.2)."""
    return 16 if stored <= 16 else 32  # noqa: PLR2004 - two bytes


def _check_overlays(dataset: Dataset) -> None:
    """Refuse overlays that lie in unused bits of the pixels (retired), since decoding drops those bits."""
    for group in _OVERLAYS:
        if (group, 0x0102) in dataset and (group, 0x3000) not in dataset and dataset[group, 0x0102].value:
            raise NotSupportedError("an overlay lies in unused bits of the pixels, which would be lost")

"""How an image is to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pydicom import Dataset

WindowChoice: TypeAlias = "str | int | tuple[float, float] | None"
"""See `View.window`."""


@dataclass(frozen=True, slots=True)
class View:
    """How an image is to be shown.

    Attributes:
        window: what of a grey image's range becomes black to white. None: as the object (or the presentation
            state) says, its first window or else its first VOI LUT; from its least to its greatest value
            where it says nothing. ``"first"``: the first window. A whole number: that window, from 1. Two
            numbers: centre and width, in modality units (Hounsfield units for CT). ``"full"``: from the least
            to the greatest value. Any other text, in any case: the window that the object gives this
            explanation, or else the preset of this name (see `fileroom_plugins.imaging.windows.PRESETS`).
        overlays: draw the overlays (groups 60xx); with a presentation state those that it activates, and its
            graphics and texts.
        presentation: a Grayscale or Color Softcopy Presentation State that refers to the image (PS3.3
            section A.33); its modality and VOI transformations, shutters, rotation and flip are applied
            in the place of the image's own (PS3.4 section N.2).
        displayed_area: cut what is shown to the presentation state's displayed area.
        colormap: show a grey image in the colours of one of the standard's palettes (PS3.6 annex B), such
            as ``"HOT_IRON"``; see `fileroom_plugins.imaging.palettes.COLORMAPS`.
        invert: exchange black and white at the end.
    """

    window: WindowChoice = None
    overlays: bool = False
    presentation: Dataset | None = None
    displayed_area: bool = False
    colormap: str | None = None
    invert: bool = False


PLAIN = View()
"""As the object says."""

"""Windows: which of an image's values become black, grey and white (PS3.3 section C.11.2)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.multival import MultiValue

from fileroom.plugin import InvalidValueError, NotSupportedError
from fileroom_plugins.imaging.lookup import read_table

if TYPE_CHECKING:
    from pydicom import Dataset

    from fileroom_plugins.imaging.lookup import Table
    from fileroom_plugins.imaging.native import Pixels
    from fileroom_plugins.imaging.view import WindowChoice

PRESETS = {
    "abdomen": (40.0, 400.0),
    "angio": (300.0, 600.0),
    "bone": (400.0, 1800.0),
    "brain": (40.0, 80.0),
    "liver": (60.0, 160.0),
    "lung": (-600.0, 1500.0),
    "mediastinum": (50.0, 350.0),
    "soft-tissue": (40.0, 400.0),
    "spine": (50.0, 250.0),
    "stroke": (35.0, 35.0),
    "subdural": (75.0, 215.0),
    "temporal-bone": (600.0, 2800.0),
}
"""Customary windows for CT by name: centre and width in Hounsfield units."""

FULL = "full"
FIRST = "first"
_STEEP = 50


@dataclass(frozen=True, slots=True)
class Window:
    """A window.

    Attributes:
        centre: the value in its middle.
        width: how many values it has.
        function: ``LINEAR``, ``LINEAR_EXACT`` or ``SIGMOID``.
    """

    centre: float
    width: float
    function: str = "LINEAR"

    @property
    def valid(self) -> bool:
        """Whether the standard allows it: finite, and wide enough for its function."""
        least = 1.0 if self.function == "LINEAR" else math.ulp(0)
        return math.isfinite(self.centre) and math.isfinite(self.width) and self.width >= least

    def scaled(self, values: Pixels) -> Pixels:
        """Return brightness; outside of 0 (black) to 1 (white) where the window does not reach.

        PS3.3 sections C.11.2.1.2.1 (``LINEAR``), C.11.2.1.3.1 (``SIGMOID``), C.11.2.1.3.2
        (``LINEAR_EXACT``).
        """
        if self.function == "SIGMOID":
            return 1 / (1 + np.exp(np.clip(-4 * (values - self.centre) / self.width, -_STEEP, _STEEP)))
        if self.function == "LINEAR_EXACT":
            return (values - self.centre) / self.width + 0.5
        if self.width == 1:
            return (values > self.centre - 0.5).astype(np.float64)
        return (values - (self.centre - 0.5)) / (self.width - 1) + 0.5


def choose(
    choice: WindowChoice, attributes: Dataset, *, little: bool = True, negative: bool = True
) -> Window | Table | None:
    """Return what an image is to be seen through; None: from its least to its greatest value.

    Args:
        choice: see `fileroom_plugins.imaging.view.View.window`.
        attributes: of the frame, or of the presentation state's VOI LUT.
        little: whether lookup tables are in little-endian order.
        negative: whether the image has negative values.

    Raises:
        InvalidValueError: the choice is malformed, or there is no such preset.
        NotSupportedError: the object has no such window, or the preset is not for it.
        InvalidDatasetError: a lookup table is wrong.
    """
    if choice is None:
        windows = [one for one in windows_of(attributes)[:1] if one.valid]
        if windows:
            return windows[0]
        return _voi_table(attributes, little=little, negative=negative)
    if isinstance(choice, tuple):
        return _given(choice, attributes)
    if isinstance(choice, int):
        return _numbered(choice, attributes)
    name = choice.strip().lower()
    if name == FULL:
        return None
    return _numbered(1, attributes) if name == FIRST else _named(choice, attributes)


def windows_of(attributes: Dataset) -> list[Window]:
    """Return an object's windows in its order, those without meaning too, so that they keep their numbers."""
    if "WindowCenter" not in attributes:
        return []
    centres, widths = _floats(attributes.get("WindowCenter")), _floats(attributes.get("WindowWidth"))
    function = _function(attributes)
    return [Window(*pair, function) for pair in zip(centres, widths, strict=False)]


def _given(choice: tuple[float, float], attributes: Dataset) -> Window:
    try:
        centre, width = (float(one) for one in choice)
    except (TypeError, ValueError):
        raise InvalidValueError("a window is two numbers: its centre and its width") from None
    window = Window(centre, width, _function(attributes))
    if not window.valid:
        raise InvalidValueError("a window needs a finite centre, and a width of at least 1")
    return window


def _numbered(number: int, attributes: Dataset) -> Window:
    windows = windows_of(attributes)
    if number < 1:
        raise InvalidValueError(f"windows are numbered from 1: there is no window {number}")
    if number > len(windows):
        raise NotSupportedError(f"the object has no window {number}: it has {len(windows)}")
    window = windows[number - 1]
    if not window.valid:
        raise NotSupportedError(
            f"the object's window {number} is empty or not valid: choose another, or give centre and width"
        )
    return window


def _named(name: str, attributes: Dataset) -> Window:
    explanations = attributes.get("WindowCenterWidthExplanation") or []
    texts = [explanations] if isinstance(explanations, str) else list(explanations)
    for text, window in zip(texts, windows_of(attributes), strict=False):
        if str(text).strip().lower() == name.strip().lower() and window.valid:
            return window
    key = name.strip().lower().replace(" ", "-").replace("_", "-")
    if key not in PRESETS:
        known = ", ".join(PRESETS)
        raise InvalidValueError(
            f"no window {name!r}: the object explains none by this, and the presets are {known}"
        )
    if attributes.get("Modality") != "CT" and attributes.get("RescaleType") != "HU":
        raise NotSupportedError(f"the window {key!r} is one of Hounsfield units, which the object has not")
    return Window(*PRESETS[key])


def _voi_table(attributes: Dataset, *, little: bool, negative: bool) -> Table | None:
    if "VOILUTSequence" not in attributes:
        return None
    sequence = attributes["VOILUTSequence"].value
    return read_table(sequence, "VOILUTSequence", little=little, negative=negative)


def _function(attributes: Dataset) -> str:
    function = str(attributes.get("VOILUTFunction") or "LINEAR").upper()
    return function if function in {"LINEAR_EXACT", "SIGMOID"} else "LINEAR"


def _floats(value: Any) -> list[float]:  # noqa: ANN401 - whatever pydicom makes of a DS
    """Return numbers; not-a-number for those that are empty or none, which makes a window no valid one."""
    found = []
    for one in value if isinstance(value, MultiValue | list | tuple) else [value]:
        try:
            found.append(float(one))
        except (TypeError, ValueError):
            found.append(math.nan)
    return found

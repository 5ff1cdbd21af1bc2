"""How much a lossy transcoding may lose, and what becomes of the object's identity."""

from __future__ import annotations

from dataclasses import dataclass

from fileroom.plugin import InvalidValueError
from fileroom_plugins.imaging.uids import check_root

_QUALITIES = range(1, 101)
_ERRORS = range(1, 256)
_MOST_RATIO = 1000


@dataclass(frozen=True, slots=True)
class Settings:
    """What applies beside the transfer syntax.

    Attributes:
        quality: of JPEG, 1 to 100.
        ratio: of JPEG 2000, lossy: how many times smaller the frames are to become, above 1 to 1000.
        near: of JPEG-LS near-lossless: by how much a sample may differ at most, 1 to 255.
        new_uid: give a new SOP Instance UID even if nothing is lost; what is lossy always gets one.
        uid_root: prefix of new UIDs; without one they are UUIDs beneath ``2.25``.

    Raises:
        InvalidValueError: one of them is out of its range.
    """

    quality: int = 90
    ratio: float = 10.0
    near: int = 2
    new_uid: bool = False
    uid_root: str = ""

    def __post_init__(self) -> None:
        """Refuse what no encoder takes."""
        if self.quality not in _QUALITIES:
            raise InvalidValueError(f"quality: expected a number from 1 to 100, not {self.quality}")
        if not 1 < self.ratio <= _MOST_RATIO:
            raise InvalidValueError(f"ratio: expected a number above 1, at most {_MOST_RATIO}")
        if self.near not in _ERRORS:
            raise InvalidValueError(f"near: expected a number from 1 to 255, not {self.near}")
        check_root(self.uid_root)

"""The two halves of the header reader, one at a time, and what they say as something to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom._header.elements import UnsureError
from fileroom.errors import InvalidDatasetError
from fileroom.header import HeaderReader
from fileroom.model import Level
from fileroom.tags import TagSet

if TYPE_CHECKING:
    from fileroom._header.window import HeaderSource, Window
    from fileroom.model import Header, TagValue

TAGS = TagSet.with_extra(
    {
        Level.STUDY: ["PatientComments", "ReferencedStudySequence"],
        Level.SERIES: ["ExaminedBodyThickness", "ReferencePixelX0", "DiffusionBValue"],
        Level.INSTANCE: ["ImageType", "PixelSpacing", "Rows", "ReferencedImageSequence"],
    }
)
"""The main tags, and extra ones of VRs that those do not have: LT, SQ, FL, SL, FD, DS."""


class QuickReader(HeaderReader):
    """Leaves nothing to the careful reader."""

    def _carefully(
        self, window: Window, position: int, syntax: str
    ) -> tuple[dict[str, TagValue], int | None]:
        raise UnsureError


class CarefulReader(HeaderReader):
    """Leaves nothing to the quick reader."""

    def _quickly(self, window: Window, position: int, syntax: str) -> tuple[dict[str, TagValue], int | None]:
        raise UnsureError


BOTH = HeaderReader(TAGS)
QUICK = QuickReader(TAGS)
CAREFUL = CarefulReader(TAGS)


def answer(reader: HeaderReader, source: HeaderSource) -> Header | str:
    """Return a header, or the name of the error and its message, or ``"unsure"``."""
    try:
        return reader.read(source)
    except UnsureError:
        return "unsure"
    except InvalidDatasetError as error:
        return f"{type(error).__name__}: {error}"

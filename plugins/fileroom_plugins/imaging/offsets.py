"""Where the bytes of each frame lie, so that one can be read without the others."""

from __future__ import annotations

import json
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from fileroom.plugin import InvalidDatasetError, NotSupportedError
from fileroom_plugins.imaging.fragments import (
    ITEM_HEAD,
    Fragment,
    first_item,
    items,
    joined,
    offset_tables,
)
from fileroom_plugins.imaging.header import VIDEO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom_plugins.imaging.header import Header
    from fileroom_plugins.imaging.layout import Layout

Fragments: TypeAlias = tuple[Fragment, ...]

VERSION = 1
"""Of the attachment ``frame-offsets``."""

_END_OF_IMAGE = b"\xff\xd9"
_TAIL = 10


class FrameOffsets:
    """The positions of an image's frames.

    Those of native pixel data are computed. Those of encapsulated ones (PS3.5 section A.4) come from the
    attachment ``frame-offsets`` where there is one that fits, from the extended or the basic offset table,
    or else from a walk over all fragments.
    """

    def __init__(self, header: Header, layout: Layout, kept: bytes | None = None) -> None:
        """Take an image, and what is kept of an earlier walk.

        Raises:
            InvalidDatasetError: native pixel data are shorter or longer than the attributes say.
        """
        self._header = header
        self._layout = layout
        self._start = header.pixels.start
        self._native = not header.encapsulated
        if self._native:
            _check_length(header, layout)
        self._kept = None if self._native or kept is None else self._checked(kept)

    def of(self, index: int) -> Fragments:
        """Return where a frame lies: position and length of its fragments in the source.

        Raises:
            NotSupportedError: the object is a video.
            InvalidDatasetError: the frame is missing, or the offset table is wrong.
        """
        if self._native:
            return (self._native_frame(index),)
        if self._header.syntax in VIDEO:
            raise NotSupportedError("frames of a video have no bytes of their own")
        if self._kept is not None:
            return self._kept[index]
        if (bounds := self._bounds) is not None:
            return tuple(items(self._header, bounds[index], bounds[index + 1]))
        return self._walked[index]

    def all(self) -> list[Fragments]:
        """Return where every frame lies."""
        return [self.of(index) for index in range(self._layout.frames)]

    def read(self, index: int) -> bytes:
        """Return the bytes of a frame with one read, its fragments joined.

        Raises:
            InvalidDatasetError: the frame is missing or cut off, or the offset table is wrong.
        """
        fragments = self.of(index)
        if self._native:
            return self._header.read(*fragments[0])
        try:
            return joined(self._header, fragments)
        except InvalidDatasetError:
            if self._kept is None:
                raise
        self._kept = None  # it was another object's
        return self.read(index)

    def read_all(self) -> list[bytes]:
        """Return the bytes of every fragment, whatever frame it belongs to: those of a video."""
        found = items(self._header, first_item(self._header), self._header.size)
        return [self._header.read(*fragment) for fragment in found]

    def document(self) -> bytes:
        """Return the attachment ``frame-offsets``: JSON, by which the walk can be saved.

        Its keys: ``version``; ``size`` of the object, and ``position`` of the pixel data's value in it, by
        which it is known that the attachment fits; ``frames``, how many; ``fragments``, for each frame a list
        of ``[position, length]``. All are bytes of the object's file, or of what it inflates to.
        """
        content = {
            "version": VERSION,
            "size": self._header.size,
            "position": self._start,
            "frames": self._layout.frames,
            "fragments": self.all(),
        }
        return json.dumps(content, separators=(",", ":")).encode()

    def _native_frame(self, index: int) -> Fragment:
        first = index * self._layout.frame_bits
        start = first // 8
        return self._start + start, -(-(first + self._layout.frame_bits) // 8) - start

    def _checked(self, kept: bytes) -> list[Fragments] | None:
        """Return what the attachment says; None if it is not, or no longer, of this object."""
        try:
            content = json.loads(kept)
            frames = [tuple((int(at), int(length)) for at, length in one) for one in content["fragments"]]
            claimed = tuple(content[key] for key in ("version", "size", "position", "frames"))
        except (ValueError, TypeError, KeyError, RecursionError):
            return None
        layout = self._layout.frames
        if claimed != (VERSION, self._header.size, self._start, layout) or len(frames) != layout:
            return None
        return frames if self._is_a_chain(frames) else None

    def _is_a_chain(self, frames: Sequence[Fragments]) -> bool:
        """Say whether fragments follow on one another from the first to the end, no byte between them."""
        if not all(frames):
            return False
        end = first_item(self._header)
        for at, length in (fragment for frame in frames for fragment in frame):
            if at != end + ITEM_HEAD or length < 0:
                return False
            end = at + length
        return end <= self._header.size

    @cached_property
    def _bounds(self) -> list[int] | None:
        """The positions at which frames start, and that at which the last ends; None without a table."""
        starts = offset_tables(self._header, self._layout.frames)
        if starts is None or starts[0] != 0 or any(after <= before for before, after in pairwise(starts)):
            return None
        first = first_item(self._header)
        return [*(first + start for start in starts), self._header.size]

    @cached_property
    def _walked(self) -> list[Fragments]:
        """All frames, where no table says where they start."""
        found = list(items(self._header, first_item(self._header), self._header.size))
        frames = self._layout.frames
        if frames == 1 and found:
            return [tuple(found)]
        found_frames: list[Fragments] = [(one,) for one in found]
        if len(found) > frames:
            found_frames = self._grouped(found)
        if len(found_frames) != frames:
            raise InvalidDatasetError(
                f"NumberOfFrames is {frames}, and the pixel data has {len(found_frames)}"
            )
        return found_frames

    def _grouped(self, found: Sequence[Fragment]) -> list[Fragments]:
        """Join fragments to frames at the markers that end a JPEG or JPEG 2000 image."""
        frames: list[Fragments] = []
        frame: list[Fragment] = []
        for at, length in found:
            frame.append((at, length))
            tail = min(length, _TAIL)
            if _END_OF_IMAGE in self._header.read(at + length - tail, tail):
                frames.append(tuple(frame))
                frame = []
        return [*frames, tuple(frame)] if frame else frames


def _check_length(header: Header, layout: Layout) -> None:
    length = header.pixels.length
    if length is None:
        raise InvalidDatasetError("the pixel data is encapsulated, and its transfer syntax is not")
    expected = -(-layout.frame_bits * layout.frames // 8)
    if length not in {expected, expected + expected % 2}:
        raise InvalidDatasetError(
            f"the pixel data has {length} bytes; Rows, Columns and the other attributes need {expected}"
        )
    if header.pixels.start + expected > header.size:
        raise InvalidDatasetError("the pixel data is cut off: the object ends before it does")

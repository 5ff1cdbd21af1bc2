"""Pictures of several frames: animated GIF, PNG and WEBP, films, and TIFF with pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom_plugins.imaging.rendering import muxing
from fileroom_plugins.imaging.rendering.film import mp4
from fileroom_plugins.imaging.rendering.writers import quality, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PIL import Image

    from fileroom_plugins.imaging.commands import Command
    from fileroom_plugins.imaging.formats import Format
    from fileroom_plugins.imaging.rendering.sources import PictureSource

_FILM_QUALITY = 75


@dataclass(frozen=True, slots=True)
class Frames:
    """Finished frames, each made when it is asked for and not kept.

    Attributes:
        numbers: which of the source's, from 0.
        make: makes one.
    """

    numbers: range
    make: Callable[[int], Image.Image]

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[Image.Image]:
        return map(self.make, self.numbers)


def write_moving(source: PictureSource, command: Command, form: Format, frames: Frames) -> bytes:
    """Return all frames in one file.

    Raises:
        MissingDependencyError: films need a package that is not installed.
        NotSupportedError, InvalidValueError: as for one frame.
    """
    fps = next(iter(command.numbers("fps")), source.fps)
    if form.name == "MP4":
        given = quality(command)
        return mp4(frames, fps, _FILM_QUALITY if given is None else given)
    size = (0, 0)

    def written() -> Iterator[bytes]:
        nonlocal size
        for image in frames:
            size = image.size
            yield write(image, form, command, {})

    if form.name == "TIFF":
        return muxing.tiff_pages(written())
    milliseconds = 1000 / fps
    if form.name == "GIFF":
        return muxing.animated_gif(written(), milliseconds)
    if form.name == "PNGF":
        return muxing.animated_png(written(), milliseconds, len(frames))
    return muxing.animated_webp(written(), milliseconds, lambda: size)

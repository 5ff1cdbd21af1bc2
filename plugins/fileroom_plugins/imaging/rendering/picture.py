"""From a source and a command string to a picture."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from PIL import UnidentifiedImageError
from pydicom import Dataset

from fileroom.plugin import (
    NotDicomError,
    NotSupportedError,
    ObjectName,
    opened_source,
)
from fileroom_plugins.imaging.commands import parse
from fileroom_plugins.imaging.commands.applying import check_applies, compression_of, form_named, is_moving
from fileroom_plugins.imaging.faults import damage
from fileroom_plugins.imaging.rendering import moving
from fileroom_plugins.imaging.rendering.colours import finished
from fileroom_plugins.imaging.rendering.dicom_object import dicom_object
from fileroom_plugins.imaging.rendering.dicom_source import DicomSource
from fileroom_plugins.imaging.rendering.shapes import cut, scale, turn
from fileroom_plugins.imaging.rendering.sources import frame_number, open_raster
from fileroom_plugins.imaging.rendering.tones import colormap, contrast, gamma, sharpen
from fileroom_plugins.imaging.rendering.writers import write
from fileroom_plugins.imaging.states import read_state

if TYPE_CHECKING:
    from PIL import Image

    from fileroom.plugin import ObjectSource
    from fileroom_plugins.imaging.commands import Command
    from fileroom_plugins.imaging.formats import Format
    from fileroom_plugins.imaging.rendering.sources import PictureSource

STEPS = (cut, scale, turn, contrast, gamma, sharpen)
"""What is done to a frame once its window, colour map and overlay are applied, in this order."""

_MAGIC = 128


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture.

    Attributes:
        data: the bytes.
        media_type: of the bytes, for example ``image/jpeg``.
        suffix: of files with them, for example ``.jpg``.
    """

    data: bytes = field(repr=False)
    media_type: str
    suffix: str


def render(
    source: ObjectSource,
    command: str | Command = "fileFormat=JFIF",
    *,
    uid_root: str = "",
    presentation: ObjectSource | None = None,
) -> Picture:
    """Make a picture, as Oracle Multimedia's ``processCopy()`` did.

    Operators take effect in this order, however they are written: ``frame`` or ``page``; ``inputChannels``;
    ``window``; ``colormap``; ``overlay``; ``cut``; the scales, with which pixels become square; ``flip``,
    ``mirror``, ``rotate``; ``contrast``; ``gamma``; ``sharpen``; ``transparencyFillColor``; ``contentFormat``
    with ``quantize``; and what is about the file. Without ``fileFormat`` the format stays that of the source.

    Args:
        source: a DICOM object; an image file that Pillow reads; or raw pixels (RPIX): bytes, the
            path of a file, an open file, which is left open, at no particular place, a dataset, or an
            instance of an archive.
        command: what to do, as a string or parsed.
        uid_root: prefix of new UIDs, for ``fileFormat=DICM``.
        presentation: a presentation state, to be applied to frames that it refers to.

    Returns:
        The picture; the same arguments give the same bytes.

    Raises:
        InvalidValueError: the command is wrong, or asks for what cannot be: names the operator.
        NotSupportedError: the source is no image, or cannot be shown in this way; or there is another object
            in the place of the presentation state.
        NotDicomError: the source is neither a DICOM object nor an image of a known format.
        InvalidDatasetError: the source or the presentation state is damaged.
        MissingDependencyError: a package is not installed; names the extra.
        NotFoundError: the path cannot be opened.
    """
    parsed = parse(command) if isinstance(command, str) else command
    state = None if presentation is None else read_state(ObjectName.of(presentation).read())
    return draw(source, parsed, uid_root, state)


def draw(source: ObjectSource, parsed: Command, uid_root: str, state: Dataset | None) -> Picture:
    """Make a picture by a command that is parsed and a state that is read; see `render`."""
    with ExitStack() as stack:
        file = source if isinstance(source, Dataset) else stack.enter_context(opened_source(source))
        stack.enter_context(damage("making a picture"))
        opened = stack.enter_context(closing(_opened(file, state)))
        form = form_named(parsed.word("fileFormat") or opened.format)
        check_applies(parsed, form, opened.format)
        compression = compression_of(form, parsed)
        if form.name == "DICM":
            data = dicom_object(opened, parsed, compression, _frames(opened, parsed, form), uid_root)
        elif is_moving(parsed, form):
            data = moving.write_moving(opened, parsed, form, _frames(opened, parsed, form))
        else:
            canvas_info: dict[str, object] = {}
            (image,) = _frames(opened, parsed, form, canvas_info)
            data = write(image, form, parsed, canvas_info)
    return Picture(data, form.media_type, form.suffix)


def _opened(file: BinaryIO | Dataset, state: Dataset | None) -> PictureSource:
    if isinstance(file, Dataset):
        return DicomSource(file, state)
    file.seek(_MAGIC)
    if file.read(4) == b"DICM":
        return DicomSource(file, state)
    try:
        return open_raster(file)
    except NotSupportedError as unknown:
        if not isinstance(unknown.__cause__, UnidentifiedImageError):
            raise
        try:
            return DicomSource(file, state)  # one without a preamble
        except NotDicomError:
            raise NotDicomError(str(unknown)) from None


def _frames(
    source: PictureSource, command: Command, form: Format, info: dict[str, object] | None = None
) -> moving.Frames:
    """Return the frames that are meant, made when they are asked for."""
    every = command.word("frame") == "ALL" or form.name == "MP4"
    if every and not (command.whole("frame") or command.whole("page")):
        numbers = range(source.frames)
    else:
        number = frame_number(source, command)
        numbers = range(number, number + 1)
    return moving.Frames(numbers, lambda index: _frame(source, index, command, form, info))


def _frame(
    source: PictureSource, index: int, command: Command, form: Format, info: dict[str, object] | None
) -> Image.Image:
    canvas = source.canvas(index, command)
    if not isinstance(source, DicomSource):
        canvas = colormap(canvas, command)
    for step in STEPS:
        canvas = step(canvas, command)
    if info is not None:
        info.update(canvas.info)
    return finished(canvas, command, form)

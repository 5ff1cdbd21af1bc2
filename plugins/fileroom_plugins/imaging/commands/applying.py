"""Where operators mean something, and what is wrong with a command whatever it is applied to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.plugin import InvalidValueError
from fileroom_plugins.imaging.commands.operators import OPERATORS, Applies
from fileroom_plugins.imaging.formats import FORMATS, WITHOUT_WRITER, has_quality

if TYPE_CHECKING:
    from fileroom_plugins.imaging.commands.parsing import Command
    from fileroom_plugins.imaging.formats import Format


def check_alone(command: Command) -> None:
    """Make sure that there can be a source for a command.

    Raises:
        InvalidValueError: it is wrong for every source; names the operator.
    """
    named = command.word("fileFormat")
    if named is not None:
        check_applies(command, form := form_named(named))
        compression_of(form, command)
    kinds = {OPERATORS[name.casefold()].applies: name for name in command.values}
    if Applies.DICOM in kinds and Applies.RASTER in kinds:
        raise InvalidValueError(f"{kinds[Applies.RASTER]}: excludes {kinds[Applies.DICOM]}; give one of them")


def form_named(name: str) -> Format:
    """Return a format.

    Args:
        name: one of `formats.FORMAT_NAMES`.

    Raises:
        InvalidValueError: nothing can write it; lists those that can be.
    """
    if name in WITHOUT_WRITER:
        raise InvalidValueError(
            f"fileFormat: nothing here can write {name}; these can be: {', '.join(FORMATS)}"
        )
    return FORMATS[name]


def is_moving(command: Command, form: Format) -> bool:
    """Say whether a picture has several frames."""
    return form.name == "MP4" or (form.moving and form.name != "DICM" and command.word("frame") == "ALL")


def compression_of(form: Format, command: Command) -> str:
    """Return the compression that is asked for, or the format's default.

    Raises:
        InvalidValueError: the format has no such compression; lists those it has.
    """
    asked = command.word("compressionFormat")
    if asked is None:
        return next(iter(form.compressions), "")
    if asked not in form.compressions:
        known = ", ".join(form.compressions) or "none to choose from"
        raise InvalidValueError(f"compressionFormat: {form.name} has no {asked}: it has {known}")
    return asked


def check_applies(command: Command, form: Format, source: str = "") -> None:
    """Make sure that operators are used only where they mean something.

    Args:
        command: the operators.
        form: the picture's format.
        source: the name of the source's format; empty where there is none yet.

    Raises:
        InvalidValueError: one is not; names it and says where it does.
    """
    met = {
        Applies.ALWAYS: True,
        Applies.DICOM: source in {"", "DICM"},
        Applies.RASTER: source != "DICM",
        Applies.RAW: form.name == "RPIX" or source in {"", "RPIX"},
        Applies.QUALITY: has_quality(form, command.word("compressionFormat")),
        Applies.COMPRESSION: bool(form.compressions),
        Applies.TIFF: form.name == "TIFF",
        Applies.MOVING: is_moving(command, form) or form.name == "DICM",
    }
    for name in command.values:
        applies = OPERATORS[name.casefold()].applies
        if not met[applies]:
            raise InvalidValueError(f"{name}: {applies.value}")
    if command.word("frame") == "ALL" and not form.moving:
        raise InvalidValueError(
            f"frame: {form.name} holds one; all of them go into GIFF, PNGF, WEBP, TIFF or MP4"
        )

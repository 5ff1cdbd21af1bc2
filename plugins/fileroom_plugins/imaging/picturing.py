"""Pictures by command: the processor ``picture``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.plugin import MissingDependencyError, ObjectName, ProcessorPlugin, hookimpl
from fileroom_plugins.imaging.commands import parse
from fileroom_plugins.imaging.commands.applying import check_alone
from fileroom_plugins.imaging.uids import check_root

if TYPE_CHECKING:
    from fileroom.plugin import Processor


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[plugins.picture]``, and the processor's arguments.

    Attributes:
        command: what to do, as Oracle Multimedia's ``processCopy()`` has it.
        uid_root: prefix of the UIDs of objects that ``fileFormat=DICM`` makes; without one, their UIDs begin
            with ``2.25``.
        presentation: a presentation state to apply to the frames that it refers to: the public id of an
            instance, or the path of a file.

    Raises:
        InvalidValueError: the command is wrong whatever it is applied to, or the prefix is.
    """

    command: str = "fileFormat=JFIF"
    uid_root: str = ""
    presentation: ObjectName | None = None

    def __post_init__(self) -> None:
        """Refuse a command or a prefix that is wrong before any object is read."""
        check_alone(parse(self.command))
        check_root(self.uid_root)


def _open(options: Options) -> Processor:
    try:
        from fileroom_plugins.imaging.rendering.processor import Pictures  # noqa: PLC0415 - numpy is slow
    except ImportError as error:
        message = f"pictures need {error.name or 'a package'}: pip install 'fileroom[imaging]'"
        raise MissingDependencyError(message, "picture", "fileroom") from error
    return Pictures(options.command, options.uid_root, options.presentation)


@hookimpl
def fileroom_processor() -> ProcessorPlugin:
    """Offer the processor."""
    return ProcessorPlugin("picture", Options, _open, "A picture, as a command of Oracle's processCopy says")

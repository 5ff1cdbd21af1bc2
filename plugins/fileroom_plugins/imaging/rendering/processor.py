"""The processor: a DICOM image in, a picture out."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from fileroom.plugin import InvalidValueError, NotSupportedError, Processor, Product
from fileroom_plugins.imaging.commands import parse
from fileroom_plugins.imaging.rendering.picture import draw
from fileroom_plugins.imaging.states import named_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom.plugin import ObjectName


class Pictures(Processor):
    """Makes one product: ``picture``, or ``dicom`` where the command asks for ``fileFormat=DICM``.

    The arguments are those of `fileroom_plugins.imaging.picturing.Options`.
    """

    def __init__(self, command: str, uid_root: str, presentation: ObjectName | None) -> None:
        self._command = parse(command)
        self._uid_root = uid_root
        self._state = named_state(presentation)

    def process(self, source: BinaryIO) -> Sequence[Product]:
        """Return the picture; see `fileroom.processing.Processor.process`."""
        try:
            picture = draw(source, self._command, self._uid_root, self._state)
        except InvalidValueError as error:
            # The command is sound; this object has no such frame, or is smaller than what is to be cut out.
            raise NotSupportedError(str(error)) from error
        kind = "dicom" if picture.suffix == ".dcm" else "picture"
        return [Product(kind, picture.data, picture.media_type, picture.suffix)]

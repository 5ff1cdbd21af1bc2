"""Objects are transcoded as they arrive: the extension ``transcoding``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.plugin import ExtensionPlugin, InvalidValueError, hookimpl
from fileroom_plugins.imaging.transcoding.settings import Settings
from fileroom_plugins.imaging.transcoding.targets import syntax_uid, target

if TYPE_CHECKING:
    from fileroom.plugin import Decision, Incoming


@dataclass(frozen=True, slots=True)
class Options(Settings):
    """The keys of ``[plugins.transcoding]``.

    Attributes:
        to: the transfer syntax that objects are to be stored in; see the processor ``transcode``.
        only: transfer syntaxes, by name or UID: objects in others are stored as they come. Empty for all.
        lossy: allow a transfer syntax that loses detail. What is stored is then another object than that
            which arrived, with another SOP Instance UID.

    Raises:
        InvalidValueError: a transfer syntax is unknown, or loses detail without ``lossy``.
    """

    to: str = "explicit"
    only: tuple[str, ...] = ()
    lossy: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be written, or would lose what it should not."""
        Settings.__post_init__(self)
        for one in self.only:
            syntax_uid(one)
        if target(self.to).lossy and not self.lossy:
            raise InvalidValueError(f"to: {self.to} loses detail: set lossy = true, or choose another")


class TranscodeOnArrival:
    """Replaces what is to be stored by the same in another transfer syntax, where that is possible."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._target = target(options.to)
        self._only = {syntax_uid(one) for one in options.only}

    @hookimpl
    def fileroom_before_store(self, incoming: Incoming) -> Decision | None:
        """Transcode, or let pass what has no pixels, or cannot be held by the transfer syntax."""
        from fileroom_plugins.imaging.transcoding.arrival import replaced  # noqa: PLC0415 - numpy is slow

        return replaced(incoming, self._target, self._options, self._only)


@hookimpl
def fileroom_extension() -> ExtensionPlugin:
    """Offer the intervention."""
    return ExtensionPlugin(
        "transcoding", Options, TranscodeOnArrival, "Stores objects in another transfer syntax"
    )

"""Sending to DICOM applications with pynetdicom: the sender ``dimse``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.plugin import MissingDependencyError, SenderPlugin, hookimpl

if TYPE_CHECKING:
    from fileroom.plugin import NetworkOptions, Sender


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[plugins.dimse]``.

    Attributes:
        connect_timeout: seconds to wait for a connection to a peer.
        timeout: seconds to wait for an answer, and for a peer to take what it is sent.

    Raises:
        ValueError: one of them is not more than 0.
    """

    connect_timeout: float = 10.0
    timeout: float = 60.0

    def __post_init__(self) -> None:
        """Refuse what would never wait, or for ever."""
        for name in ("connect_timeout", "timeout"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ValueError(f"{name}: expected a number of seconds above 0")


def _open(options: Options, network: NetworkOptions) -> Sender:
    try:
        from fileroom_plugins.dimse.sender import DimseSender  # noqa: PLC0415 - pynetdicom is slow
    except ImportError as error:
        message = f"sending needs {error.name or 'a package'}: pip install 'fileroom[dimse]'"
        raise MissingDependencyError(message, "dimse", "fileroom") from error
    return DimseSender(options, network.ae_title)


@hookimpl
def fileroom_sender() -> SenderPlugin:
    """Offer the sender."""
    return SenderPlugin("dimse", Options, _open, "C-ECHO and C-STORE to DICOM applications")

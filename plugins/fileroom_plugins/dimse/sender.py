"""The sender: C-ECHO and C-STORE as service class user, with pynetdicom."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fileroom.plugin import EchoResult, NetworkError, Sender
from fileroom_plugins.dimse.contexts import Context
from fileroom_plugins.dimse.link import Link
from fileroom_plugins.dimse.sending import Sending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from fileroom.plugin import Host, SendItem, SendReport, SendStatus
    from fileroom_plugins.dimse import Options

_VERIFICATION = Context("1.2.840.10008.1.1", "1.2.840.10008.1.2")
"""The SOP class of echoes (PS3.4 annex A), in Implicit VR Little Endian."""


class DimseSender(Sender):
    """Sends from this archive, under its AE title."""

    def __init__(self, options: Options, ae_title: str) -> None:
        self._options = options
        self._ae_title = ae_title

    def echo(self, host: Host) -> EchoResult:
        """Ask a peer whether it answers; see `fileroom.sending.Sender.echo`."""
        link = self._link(host, [_VERIFICATION])
        try:
            if not link.accepted:
                raise NetworkError(f"{host} is there, but answers no echo: it does not accept Verification")
            started = time.perf_counter()
            status = link.echo()
            seconds = time.perf_counter() - started
            if status:
                raise NetworkError(f"{host} answers the echo with status {status:04X}")
            link.release()
        finally:
            link.abort()
        return EchoResult(seconds)

    def send(
        self, host: Host, items: Iterable[SendItem], on_status: Callable[[SendStatus], object]
    ) -> SendReport:
        """Store objects at a peer; see `fileroom.sending.Sender.send`."""
        return Sending(lambda contexts: self._link(host, contexts), on_status).run(items)

    def _link(self, host: Host, contexts: Sequence[Context]) -> Link:
        return Link(host, contexts, self._ae_title, self._options)

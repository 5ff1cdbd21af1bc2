"""One association with a peer, as its requestor: opened, used, and ended within time limits."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, BinaryIO

from pynetdicom import AE, build_context, evt
from pynetdicom.pdu import A_ASSOCIATE_RJ

from fileroom.plugin import NetworkError
from fileroom_plugins.dimse.contexts import Context
from fileroom_plugins.dimse.exchange import SHORTEST_PDU, Exchange, LostError, pdu_size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pynetdicom.association import Association

    from fileroom.plugin import Host
    from fileroom_plugins.dimse import Options
    from fileroom_plugins.dimse.offers import Offer

_PERMANENT = 1
_ENDING = 5.0  # seconds


class Link:
    """An association that stands, or one that is over because the peer accepted no context.

    Attributes:
        proposed: the contexts that were proposed.
        accepted: those of them that the peer accepted, with their ids.
        results: why the peer did not accept the others (PS3.8 table 9-18).
    """

    def __init__(self, host: Host, contexts: Sequence[Context], ae_title: str, options: Options) -> None:
        """Open the association; `release` or `abort` must follow.

        Raises:
            NetworkError: the peer cannot be reached, or refuses.
        """
        self.proposed = frozenset(contexts)
        self._host = host
        self._options = options
        self._socket: socket.socket | None = None
        self._opening: Association | None = None
        self._connected = False
        self._rejection: A_ASSOCIATE_RJ | None = None
        self._exchange = Exchange()
        self._association = self._opened(contexts, ae_title)
        self.accepted = {
            Context(str(one.abstract_syntax), str(one.transfer_syntax[0])): one.context_id or 0
            for one in self._association.accepted_contexts
        }
        self.results = {
            contexts[(one.context_id or 1) // 2]: one.result or 0  # the ids are 1, 3, 5 and so on
            for one in self._association.rejected_contexts
        }
        if self.accepted and pdu_size(self._association) < SHORTEST_PDU:
            self.abort()
            raise NetworkError(f"{host} takes no PDU of {SHORTEST_PDU} bytes: nothing can be sent")

    def release(self) -> None:
        """End the association in order, if it is not over yet."""
        if self._association.is_established:
            self._association.release()
        self._close_socket()

    def abort(self) -> None:
        """End the association at once, if it is not over yet."""
        if self._association.is_established:
            self._association.abort()
        self._close_socket()

    def echo(self) -> int:
        """Ask for an answer (C-ECHO); return its status.

        Raises:
            NetworkError: there was none.
        """
        started = time.monotonic()
        status = self._association.send_c_echo().get("Status")
        if status is None:
            raise self._lost(late=self._is_late(started))
        return int(status)

    def store(self, offer: Offer, context: Context, data: BinaryIO) -> int:
        """Send an object's data set, which starts where the file stands; return the status of the answer.

        Raises:
            NetworkError: the association ended, or there was no answer in time.
            Exception: whatever reading the file raised.
        """
        assert self._socket is not None  # the association stands
        context_id = self.accepted[context]
        try:
            return self._exchange.store(self._association, self._socket, context_id, offer, data)
        except LostError as lost:
            raise self._lost(late=lost.late) from lost

    def _opened(self, contexts: Sequence[Context], ae_title: str) -> Association:
        entity = AE(ae_title)
        entity.connection_timeout = self._options.connect_timeout
        entity.acse_timeout = entity.dimse_timeout = self._options.timeout
        entity.network_timeout = None  # between two objects, an association may wait as long as it takes
        host = self._host
        started = time.monotonic()
        try:
            association = _in_daemon(
                lambda: entity.associate(
                    host.host,
                    host.port,
                    [build_context(one.sop_class_uid, [one.transfer_syntax_uid]) for one in contexts],
                    host.ae_title,
                    evt_handlers=[
                        (evt.EVT_ACSE_SENT, self._take_socket),
                        (evt.EVT_CONN_OPEN, self._limit_waits),
                        (evt.EVT_PDU_RECV, self._note_rejection),
                        *self._exchange.handlers,
                    ],
                )
            )
        except OSError as error:
            raise NetworkError(f"{host}: no address is known for this host: check its name") from error
        except BaseException:  # Ctrl-C: a thread is left that waits for the peer
            self._end_thread()
            self._close_socket()
            raise
        if not association.is_established and not association.rejected_contexts:
            self._close_socket()
            raise self._refused(started)
        return association

    def _take_socket(self, event: evt.Event) -> None:
        """Get hold of the socket before it connects, and have short PDUs sent at once (no Nagle's)."""
        self._opening = event.assoc
        transport = event.assoc.dul.socket
        if self._socket is None and transport is not None and transport.socket is not None:
            self._socket = transport.socket
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _limit_waits(self, event: evt.Event) -> None:
        """Let a peer that takes no more bytes be an error, in time."""
        del event
        self._connected = True
        if self._socket is not None:
            self._socket.settimeout(self._options.timeout)

    def _note_rejection(self, event: evt.Event) -> None:
        """Keep the peer's reason: pynetdicom takes a quick rejection for a connection that failed."""
        if isinstance(event.pdu, A_ASSOCIATE_RJ):
            self._rejection = event.pdu

    def _end_thread(self) -> None:
        """Have pynetdicom's thread end, and wake it if it waits for the peer."""
        if self._opening is not None and self._socket is not None:
            self._opening.dul.kill_dul()
            with contextlib.suppress(OSError):  # while it connects, there is nothing to shut down
                self._socket.shutdown(socket.SHUT_RDWR)

    def _close_socket(self) -> None:
        """Close the socket: pynetdicom leaves those open whose peer was not there, or has gone.

        Not while its thread may use it: that would go on with whatever gets the same number.
        """
        if self._opening is not None and self._socket is not None:
            self._opening.dul.join(_ENDING)
            if not self._opening.dul.is_alive():
                self._socket.close()

    def _refused(self, started: float) -> NetworkError:
        if not self._connected:
            return NetworkError(f"{self._host} cannot be reached: does it run, are address and port right?")
        if self._rejection is None:
            return self._lost(late=self._is_late(started))
        when = "" if self._rejection.result == _PERMANENT else " for now"
        reason = self._rejection.reason_str
        return NetworkError(f"{self._host} refuses the association{when}: {reason[:1].lower()}{reason[1:]}")

    def _is_late(self, started: float) -> bool:
        return time.monotonic() - started >= self._options.timeout

    def _lost(self, *, late: bool) -> NetworkError:
        if late:
            return NetworkError(f"{self._host} did not answer within {self._options.timeout:g} seconds")
        return NetworkError(f"{self._host} broke the association off: its log may say why")


def _in_daemon(associate: Callable[[], Association]) -> Association:
    """Open an association in a daemon thread.

    pynetdicom's own threads become daemons by that, and none of them can keep the process from ending,
    whenever a Ctrl-C may come.
    """
    opened: Future[Association] = Future()

    def work() -> None:
        try:
            opened.set_result(associate())
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
            opened.set_exception(error)

    threading.Thread(target=work, name="fileroom-associate", daemon=True).start()
    return opened.result()

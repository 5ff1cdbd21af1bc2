"""One C-STORE after another (PS3.7 section 9.1.1): requests straight to the socket, and their answers.

pynetdicom's own ``send_c_store`` takes a dataset, which it encodes anew, or, under a setting for the whole
process, a path; and it hands every PDU over to another thread. This takes any open file, sends its bytes as
they are, and is more than twice as fast. What comes back is pynetdicom's matter.
"""

from __future__ import annotations

import queue
import struct
from typing import TYPE_CHECKING, BinaryIO

from pynetdicom import evt

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from pynetdicom.association import Association

    from fileroom_plugins.dimse.offers import Offer

SHORTEST_PDU = 512
"""Bytes of the shortest PDU that is sent: the command of a request fits into it."""

_LONGEST_PDU = 131072  # bytes; nothing is gained by longer ones
_PIECE = 131072  # bytes handed to the socket at once, about: a slow peer must be able to take it in time
_PDU = struct.Struct(">BxLLBB")  # P-DATA-TF of one item: type, length, item's length, context, control header
_PDV_HEADER = 6  # bytes of an item's own in the length of a PDU (PS3.8 section 9.3.5.1)
_P_DATA = 4
_COMMAND, _LAST = 1, 2  # bits of a control header (PS3.8 annex E.2)
_C_STORE_REQUEST, _C_STORE_RESPONSE = 0x0001, 0x8001
_MEDIUM_PRIORITY = 0
_DATA_SET_FOLLOWS = 1
_MESSAGE_IDS = 65536


class LostError(Exception):
    """There was no answer: the association ended, or ``late``, it stands and the peer is silent."""

    def __init__(self, *, late: bool) -> None:
        super().__init__(late)
        self.late = late


class Exchange:
    """The requests of one association, and their answers.

    Attributes:
        handlers: of pynetdicom's events, to be bound before the association is opened.
    """

    def __init__(self) -> None:
        self.handlers = [(evt.EVT_DIMSE_RECV, self._heard), (evt.EVT_CONN_CLOSE, self._closed)]
        self._answers: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._sent = 0

    def store(
        self,
        association: Association,
        connection: socket.socket,
        context_id: int,
        offer: Offer,
        data: BinaryIO,
    ) -> int:
        """Send a data set, read from where the file stands to its end; return the answer's status.

        Args:
            association: one that stands. Its own thread rests from now on.
            connection: its socket; the timeout is that of all waits.
            context_id: the presentation context.
            offer: the object.
            data: the data set.

        Raises:
            LostError: there was no answer.
            Exception: whatever reading raised. The association is of no more use then.
        """
        # Nobody else needs the answers; the thread would log each as one that it did not expect.
        association._reactor_checkpoint.clear()  # noqa: SLF001 - as pynetdicom's send methods do
        self._sent += 1
        for piece in _pieces(context_id, pdu_size(association), _command(offer, self._sent), data):
            try:
                connection.sendall(piece)
            except OSError as error:
                raise LostError(late=isinstance(error, TimeoutError)) from error
        try:
            status = self._answers.get(timeout=connection.gettimeout())
        except queue.Empty:
            raise LostError(late=True) from None
        if status is None:
            raise LostError(late=False)
        return status

    def _heard(self, event: evt.Event) -> None:
        command = event.message.command_set
        if command.get("CommandField") == _C_STORE_RESPONSE and command.get("Status") is not None:
            self._answers.put(int(command.Status))

    def _closed(self, event: evt.Event) -> None:
        del event
        self._answers.put(None)


def pdu_size(association: Association) -> int:
    """Return the length of the PDUs to send, in bytes: as the peer likes them, within reason."""
    size: int = association.dimse.maximum_pdu_size
    return min(size or _LONGEST_PDU, _LONGEST_PDU)


def _command(offer: Offer, number: int) -> bytes:
    """Return the command set of a request (PS3.7 table 9.3-1), which is in Implicit VR Little Endian."""
    elements = (
        _uid(0x0002, offer.sop_class_uid)
        + _short(0x0100, _C_STORE_REQUEST)
        + _short(0x0110, number % _MESSAGE_IDS)
        + _short(0x0700, _MEDIUM_PRIORITY)
        + _short(0x0800, _DATA_SET_FOLLOWS)
        + _uid(0x1000, offer.sop_instance_uid)
    )
    return struct.pack("<HHLL", 0, 0, 4, len(elements)) + elements


def _short(element: int, value: int) -> bytes:
    return struct.pack("<HHLH", 0, element, 2, value)


def _uid(element: int, value: str) -> bytes:
    text = value.encode("ascii", "replace")
    text += b"\0" * (len(text) % 2)
    return struct.pack("<HHL", 0, element, len(text)) + text


def _pieces(context_id: int, size: int, command: bytes, data: BinaryIO) -> Iterator[bytearray]:
    """Yield the PDUs of a request, several at a time."""
    ready = bytearray(_pdu(context_id, _COMMAND | _LAST, command))
    length = (size - _PDV_HEADER) // 2 * 2
    fragment = data.read(length)
    while following := data.read(length):
        ready += _pdu(context_id, 0, fragment)
        fragment = following
        if len(ready) >= _PIECE:
            yield ready
            ready = bytearray()
    yield ready + _pdu(context_id, _LAST, fragment)


def _pdu(context_id: int, control: int, fragment: bytes) -> bytes:
    length = len(fragment) + _PDV_HEADER
    return _PDU.pack(_P_DATA, length, length - 4, context_id, control) + fragment

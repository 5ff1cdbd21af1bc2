"""One C-STORE (PS3.7 section 9.1.1): the request in pieces, and the answer.

pynetdicom's own ``send_c_store`` takes a dataset, which it encodes anew, or, under a setting for the whole
process, a path. This takes any open file, sends its bytes as they are, and has no more than a few PDUs of it
in memory.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, BinaryIO

from pynetdicom.dimse_messages import C_STORE_RQ
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.pdu_primitives import P_DATA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pynetdicom.association import Association

    from fileroom_plugins.dimse.offers import Offer

SHORTEST_PDU = 128
"""Bytes of the shortest PDU that a request is sent in."""

_LONGEST_PDU = 131072  # bytes; nothing is gained by longer ones
_PDV_HEADER = 6  # bytes: length, context id, control header (PS3.8 section 9.3.5.1)
_LAST, _MORE = b"\x02", b"\x00"  # control headers of fragments of a data set (PS3.8 annex E.2)
_DATA_SET_FOLLOWS = 1
_MESSAGE_IDS = 65536
_WAITING = 32  # PDUs that are handed over and not sent yet
_PAUSE = 0.0005  # seconds


class LostError(Exception):
    """There was no answer: the association ended, or ``late``, it stands and the peer is silent."""

    def __init__(self, *, late: bool) -> None:
        super().__init__(late)
        self.late = late


def store(association: Association, context_id: int, offer: Offer, number: int, data: BinaryIO) -> object:
    """Send a data set, read from where the file stands to its end; return the answer.

    Args:
        association: one that stands.
        context_id: the presentation context.
        offer: the object.
        number: of the message within the association, from 1 on.
        data: the data set.

    Raises:
        LostError: there was no answer.
        Exception: whatever reading raised. The association is of no more use then.
    """
    with _answers_kept(association):
        _send(association, _command(association, context_id, offer, number))
        _send(association, _data(association, context_id, data))
        _, answer = association.dimse.get_msg(block=True)
        if answer is None:
            raise LostError(late=not association.acse.is_aborted())
        return answer


def pdu_size(association: Association) -> int:
    """Return the length of the PDUs to send, in bytes: as the peer likes them, within reason."""
    size: int = association.dimse.maximum_pdu_size
    return min(size or _LONGEST_PDU, _LONGEST_PDU)


def _command(association: Association, context_id: int, offer: Offer, number: int) -> Iterator[P_DATA]:
    request = C_STORE()
    request.MessageID = number % _MESSAGE_IDS
    request.Priority = 0
    request.AffectedSOPClassUID = offer.sop_class_uid
    request.AffectedSOPInstanceUID = offer.sop_instance_uid
    message = C_STORE_RQ()
    message.primitive_to_message(request)
    message.command_set.CommandDataSetType = _DATA_SET_FOLLOWS
    return message.encode_msg(context_id, pdu_size(association))


def _data(association: Association, context_id: int, data: BinaryIO) -> Iterator[P_DATA]:
    length = (pdu_size(association) - _PDV_HEADER) // 2 * 2
    piece = data.read(length)
    while True:
        following = data.read(length) if piece else b""
        pdu = P_DATA()
        pdu.presentation_data_value_list.append((context_id, (_MORE if following else _LAST) + piece))
        yield pdu
        if not following:
            return
        piece = following


def _send(association: Association, pdus: Iterable[P_DATA]) -> None:
    """Hand PDUs over to the association's own thread, no faster than it gets rid of them."""
    for pdu in pdus:
        while association.dul.to_provider_queue.qsize() >= _WAITING:
            if association.acse.is_aborted() or not association.dul.is_alive():
                raise LostError(late=False)
            time.sleep(_PAUSE)
        association.dul.send_pdu(pdu)


@contextlib.contextmanager
def _answers_kept(association: Association) -> Iterator[None]:
    """Keep another thread of the association from taking the answers, as pynetdicom's send methods do."""
    association._reactor_checkpoint.clear()  # noqa: SLF001 - there is no public way
    while not association._is_paused and association.is_alive():  # noqa: SLF001
        time.sleep(_PAUSE / 5)
    try:
        yield
    finally:
        association._reactor_checkpoint.set()  # noqa: SLF001

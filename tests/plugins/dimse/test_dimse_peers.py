"""Sending to peers that answer this and that, that misbehave, or that are not there."""

from __future__ import annotations

import io
import logging
import signal
import socket
import threading
import time
from typing import Any, BinaryIO

import pydicom
import pytest
from pynetdicom.association import Association
from pynetdicom.dul import DULServiceProvider

from fileroom.errors import InvalidDatasetError, NetworkError, StorageError
from fileroom.network import Host
from fileroom.sending import Sender, SendItem, SendState, SendStatus, SendStoppedError
from fileroom.testing.datasets import CT_IMAGE, EXPLICIT_LITTLE, RLE_LOSSLESS, make_instance
from fileroom_plugins.dimse import Options, sending
from fileroom_plugins.dimse.contexts import refusal, wanted
from fileroom_plugins.dimse.offers import Offer
from fileroom_plugins.dimse.statuses import state_of
from tests.plugins.dimse.peers import acceptor, deaf, item_of, mute

ENOUGH = 60.0


def send(sender: Sender, host: Host, *items: SendItem) -> list[SendStatus]:
    told: list[SendStatus] = []
    sender.send(host, items, told.append)
    return told


def stopped(sender: Sender, host: Host, *items: SendItem) -> tuple[str, list[SendState]]:
    told: list[SendStatus] = []
    with pytest.raises(SendStoppedError) as caught:
        sender.send(host, items, told.append)
    return str(caught.value), [status.state for status in told]


@pytest.mark.parametrize(
    ("results", "reason"),
    [
        ([3, 3], "the peer does not take objects of this class: CT Image Storage"),
        (
            [4, 4],
            (
                "the peer takes CT Image Storage, but not in Explicit VR Little Endian or Implicit VR Little "
                "Endian"
            ),
        ),
        ([1, 2], "the peer does not accept objects of this class, and does not say why: CT Image Storage"),
    ],
)
def test_the_result_of_a_context_tells_why_an_object_cannot_be_sent(results: list[int], reason: str) -> None:
    offer = Offer(item_of(b""), CT_IMAGE, "1.2.3", EXPLICIT_LITTLE, 0)
    assert refusal(offer, [], dict(zip(wanted(offer), results, strict=True))) == reason


def our_associations() -> list[Association]:
    return [one for one in threading.enumerate() if isinstance(one, Association) and one.is_requestor]


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        (0x0000, SendState.SENT, ""),
        (0x0001, SendState.WARNING, "the peer wants to be asked again (status 0001)"),
        (0x0107, SendState.WARNING, "the peer did not know some attributes (status 0107)"),
        (0xB000, SendState.WARNING, "the peer changed some values (status B000)"),
        (0xB123, SendState.WARNING, "the peer warns (status B123)"),
        (0x0111, SendState.FAILED, "the peer has an object of that SOP Instance UID already (status 0111)"),
        (0x0122, SendState.FAILED, "the peer does not support the SOP class (status 0122)"),
        (0x0124, SendState.FAILED, "the peer does not allow it (status 0124)"),
        (0xA700, SendState.FAILED, "the peer is out of resources (status A700)"),
        (0xA7FF, SendState.FAILED, "the peer is out of resources (status A7FF)"),
        (
            0xA900,
            SendState.FAILED,
            "the peer finds that the data set does not match its SOP class (status A900)",
        ),
        (0xC123, SendState.FAILED, "the peer cannot understand it (status C123)"),
        (0x1234, SendState.FAILED, "the peer refused it (status 1234)"),
    ],
)
def test_a_status_code_is_told_in_words(code: int, state: SendState, reason: str) -> None:
    assert state_of(code) == (state, reason)


def test_what_the_peer_answers_is_the_status_of_the_object_and_its_own_words_are_not_repeated(
    sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    codes = iter([0xB000, 0xA700, 0x0000])

    def answer(event: Any) -> pydicom.Dataset:
        dataset = pydicom.Dataset()
        dataset.Status = next(codes)
        dataset.ErrorComment = "no room for Doe^Jane"
        return dataset

    with acceptor(answer) as peer:
        told = send(sender, peer.host, *(item_of(make_instance(instance_number=n)) for n in range(3)))
    assert [(status.state, status.code) for status in told] == [
        (SendState.WARNING, 0xB000),
        (SendState.FAILED, 0xA700),
        (SendState.SENT, 0x0000),
    ]
    assert "Doe" not in caplog.text + "".join(status.reason for status in told)


def test_the_archive_calls_by_its_own_ae_title(sender: Sender) -> None:
    with acceptor() as peer:
        sender.echo(peer.host)
    assert peer.callers == ["FILEROOM"]


def test_a_peer_that_knows_no_echo_is_told_apart_from_one_that_is_not_there(sender: Sender) -> None:
    with acceptor(classes=("1.2.840.10008.5.1.4.1.1.2",)) as peer, pytest.raises(NetworkError) as caught:
        sender.echo(peer.host)
    assert "answers no echo: it does not accept Verification" in str(caught.value)


def test_the_reason_of_what_was_not_sent_is_that_of_the_association(sender: Sender) -> None:
    told: list[SendStatus] = []
    with pytest.raises(SendStoppedError) as caught:
        sender.send(Host("NOBODY", "127.0.0.1", 1), [item_of(make_instance())] * 2, told.append)
    assert "cannot be reached" in str(caught.value)
    assert [status.reason for status in told] == [str(caught.value)] * 2


def test_small_packets_are_sent_at_once(sender: Sender) -> None:
    found: list[int] = []

    def look(status: SendStatus) -> None:
        (association,) = our_associations()
        transport = association.dul.socket
        assert transport is not None
        assert transport.socket is not None
        found.append(transport.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    with acceptor() as peer:
        sender.send(peer.host, [item_of(make_instance())], look)
    assert found == [1]


@pytest.mark.parametrize("max_pdu", [0, 4096, 1 << 20])
def test_pdus_are_as_long_as_the_peer_likes_them(max_pdu: int, sender: Sender) -> None:
    file = make_instance(rows=500, columns=501)
    with acceptor(max_pdu=max_pdu) as peer:
        assert [status.state for status in send(sender, peer.host, item_of(file))] == [SendState.SENT]
    (came,) = peer.received.values()
    assert file.endswith(came)


def test_a_peer_that_takes_hardly_any_bytes_at_a_time_is_an_error_at_once(sender: Sender) -> None:
    with acceptor(max_pdu=100) as peer:
        message, states = stopped(sender, peer.host, item_of(make_instance()))
    assert message == f"{peer.host} takes no PDU of 512 bytes: nothing can be sent"
    assert states == [SendState.UNSENT]
    assert our_associations() == []


def test_a_peer_that_never_speaks_is_given_up_in_time(hasty: Sender) -> None:
    started = time.monotonic()
    with mute() as host:
        with pytest.raises(NetworkError, match=r"MUTE@127\.0\.0\.1:\d+ did not answer within 0\.5 seconds"):
            hasty.echo(host)
        message, states = stopped(hasty, host, item_of(make_instance()))
    assert message.endswith("did not answer within 0.5 seconds")
    assert states == [SendState.UNSENT]
    assert time.monotonic() - started < ENOUGH
    assert our_associations() == []


def test_a_peer_that_does_not_answer_a_request_is_given_up_in_time(hasty: Sender) -> None:
    done = threading.Event()

    def wait(event: Any) -> int:
        done.wait(ENOUGH)
        return 0

    with acceptor(wait) as peer:
        try:
            message, states = stopped(hasty, peer.host, *[item_of(make_instance())] * 2)
        finally:
            done.set()
    assert message.endswith("did not answer within 0.5 seconds")
    assert states == [SendState.UNSENT] * 2
    assert our_associations() == []


def test_a_peer_that_takes_no_bytes_is_given_up_in_time(hasty: Sender) -> None:
    with deaf() as host:
        message, states = stopped(hasty, host, item_of(make_instance(rows=4000, columns=4000)))
    assert str(host) in message
    assert states == [SendState.UNSENT]
    assert our_associations() == []


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="POSIX only")
def test_ctrl_c_while_a_peer_is_silent_leaves_no_thread_that_keeps_the_process_alive(sender: Sender) -> None:
    main = threading.main_thread().ident
    with mute() as host:
        timer = threading.Timer(0.2, lambda: signal.pthread_kill(main or 0, signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            sender.echo(host)
        timer.join()
    left = [one for one in threading.enumerate() if isinstance(one, DULServiceProvider)]
    for thread in left:
        thread.join(ENOUGH)
        assert not thread.is_alive()


def test_a_host_whose_name_nobody_knows_is_an_error_that_says_so(sender: Sender) -> None:
    with pytest.raises(NetworkError, match=r"NOBODY@name\.invalid:104: no address is known for this host"):
        sender.echo(Host("NOBODY", "name.invalid", 104))


def failing_after(data: bytes, position: int) -> SendItem:
    """Return an item whose file cannot be read from a position on."""

    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() >= position:
                raise StorageError("the disk is broken")
            return super().read(size)

    return SendItem("broken", len(data), lambda: Failing(data))


def test_an_object_that_cannot_be_read_to_its_end_fails_and_those_behind_it_are_sent(
    sender: Sender,
) -> None:
    file = make_instance(rows=512, columns=512)
    with acceptor() as peer:
        told = send(sender, peer.host, failing_after(file, 100_000), item_of(make_instance(modality="MR")))
    assert [(status.state, status.reason) for status in told] == [
        (SendState.FAILED, "the disk is broken"),
        (SendState.SENT, ""),
    ]
    assert len(peer.received) == 1
    assert our_associations() == []


@pytest.mark.parametrize(
    "data",
    [b"", b"no DICOM at all, but some text that is long enough to be read as something", bytes(400)],
    ids=["empty", "text", "zeros"],
)
def test_what_is_no_dicom_fails_with_a_reason(data: bytes, sender: Sender) -> None:
    with acceptor() as peer:
        told = send(sender, peer.host, item_of(data), item_of(make_instance()))
    assert [status.state for status in told] == [SendState.FAILED, SendState.SENT]
    assert told[0].reason


def test_an_object_that_cannot_be_converted_fails_and_the_others_are_sent(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: BinaryIO, syntax: str) -> BinaryIO:
        raise InvalidDatasetError("it cannot be written as Implicit VR Little Endian: ValueError")

    monkeypatch.setattr(sending, "converted", refuse)
    plain = make_instance(transfer_syntax="1.2.840.10008.1.2", instance_number=2)
    with acceptor(syntaxes=("1.2.840.10008.1.2",)) as peer:
        told = send(sender, peer.host, item_of(make_instance()), item_of(plain))
    assert [status.state for status in told] == [SendState.FAILED, SendState.SENT]


def test_a_compressed_object_is_sent_as_it_is_beside_others(sender: Sender) -> None:
    files = [
        make_instance(instance_number=n, transfer_syntax=s)
        for n, s in enumerate((RLE_LOSSLESS, EXPLICIT_LITTLE))
    ]
    with acceptor() as peer:
        told = send(sender, peer.host, *map(item_of, files))
    assert [status.state for status in told] == [SendState.SENT] * 2
    assert all(file.endswith(came) for file, came in zip(files, peer.received.values(), strict=True))
    assert len(peer.callers) == 1


@pytest.mark.parametrize("options", [{"timeout": 0}, {"connect_timeout": -1.0}, {"timeout": float("inf")}])
def test_waiting_never_and_waiting_for_ever_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected a number of seconds above 0"):
        Options(**options)

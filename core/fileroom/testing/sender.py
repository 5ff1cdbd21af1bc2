"""The contract kit for senders: the promises of `fileroom.sending` as tests.

Run it on a sender by subclassing, with two fixtures: the sender, and a peer that it can reach.

```python
class TestMySender(SenderContract):
    @pytest.fixture
    def sender(self):
        return MySender(Options(), NetworkOptions())

    @pytest.fixture
    def peer(self):
        with my_peer() as peer:
            yield peer
```

The peer takes CT images in Explicit and Implicit VR Little Endian, and refuses nothing. What it answers with,
and what becomes of other transfer syntaxes, is for tests of the sender's own.

PYTEST_DONT_REWRITE: explaining how megabytes differ takes pytest minutes, under ``-v`` and on CI.
"""

from __future__ import annotations

import io
import itertools
import logging
import socket
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, BinaryIO, Protocol

import pytest

from fileroom.errors import NetworkError, NotFoundError
from fileroom.network import Host
from fileroom.sending import EchoResult, SendItem, SendReport, SendState, SendStoppedError
from fileroom.testing.datasets import make_instance, make_uid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fileroom.sending import Sender, SendStatus

PATIENT_VALUES = ("KIT-0815", "Contract^Kit")
"""PatientID and PatientName of all objects."""

_META_LENGTH = 140  # where the value of (0002,0000) stands
_TOO_MANY = 20_000
_WAIT = 60  # seconds


class Peer(Protocol):
    """Where a sender under test sends to.

    Attributes:
        host: where it listens.
        received: SOP Instance UID to the data set as it arrived, byte for byte.
    """

    @property
    def host(self) -> Host:
        """Where it listens."""

    @property
    def received(self) -> Mapping[str, bytes]:
        """SOP Instance UID to the data set as it arrived, byte for byte."""


class CancelledError(Exception):
    """What a user raises to end the sending."""


def sop_uid(number: int) -> str:
    """Return the SOP Instance UID of a sample."""
    return make_uid("sender kit", number)


def sample(number: int) -> bytes:
    """Return a CT image as a DICOM file."""
    patient_id, name = PATIENT_VALUES
    return make_instance(
        patient_id=patient_id, sop_uid=sop_uid(number), instance_number=number, tags={"PatientName": name}
    )


def item(number: int) -> SendItem:
    """Return a sample as an item that tells nothing about itself."""
    data = sample(number)
    return SendItem(f"item-{number}", len(data), lambda: io.BytesIO(data))


def missing(number: int) -> SendItem:
    """Return an item whose file is not there."""

    def gone() -> BinaryIO:
        raise NotFoundError("the file is gone")

    return SendItem(f"item-{number}", 100, gone)


def data_set(file: bytes) -> bytes:
    """Return the bytes of a sample behind its file meta information."""
    (length,) = struct.unpack_from("<L", file, _META_LENGTH)
    return file[_META_LENGTH + 4 + length :]


class SenderContract:
    """Promises of the sender contract. A subclass provides the fixtures ``sender`` and ``peer``."""

    @pytest.fixture
    def sender(self) -> Sender:
        """Return the sender under test."""
        raise NotImplementedError("a subclass of the sender contract provides the fixture sender")

    @pytest.fixture
    def peer(self) -> Iterator[Peer]:
        """Return a peer that the sender can reach, with nothing received yet."""
        raise NotImplementedError("a subclass of the sender contract provides the fixture peer")

    @pytest.fixture
    def nobody(self) -> Host:
        """Return an address where nobody listens."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return Host("NOBODY", "127.0.0.1", probe.getsockname()[1])

    def test_a_peer_that_is_there_answers(self, sender: Sender, peer: Peer) -> None:
        """And the time it took is told."""
        result = sender.echo(peer.host)
        assert isinstance(result, EchoResult)
        assert 0 <= result.seconds < _WAIT

    def test_nobody_there_is_an_error_that_names_the_address(self, sender: Sender, nobody: Host) -> None:
        """For an echo."""
        with pytest.raises(NetworkError) as caught:
            sender.echo(nobody)
        assert str(nobody) in str(caught.value)

    def test_data_sets_arrive_byte_for_byte(self, sender: Sender, peer: Peer) -> None:
        """In their own transfer syntax."""
        sender.send(peer.host, [item(1), item(2)], lambda _: None)
        assert {sop_uid(n): peer.received.get(sop_uid(n)) for n in (1, 2)} == {
            sop_uid(n): data_set(sample(n)) for n in (1, 2)
        }

    def test_every_item_has_one_status_in_their_order(self, sender: Sender, peer: Peer) -> None:
        """Whether it can be sent or not."""
        items = [item(1), missing(2), item(3), missing(4)]
        told: list[SendStatus] = []
        sender.send(peer.host, iter(items), told.append)
        assert [status.item for status in told] == items

    def test_a_failure_of_one_item_keeps_no_other_from_being_sent(self, sender: Sender, peer: Peer) -> None:
        """And its reason says why."""
        told: list[SendStatus] = []
        sender.send(peer.host, [missing(1), item(2)], told.append)
        assert [status.state for status in told] == [SendState.FAILED, SendState.SENT]
        assert told[0].reason.strip()
        assert sop_uid(2) in peer.received

    def test_the_report_counts_what_was_told(self, sender: Sender, peer: Peer) -> None:
        """Objects by state, bytes of those that the peer has, and what is a problem."""
        told: list[SendStatus] = []
        report = sender.send(peer.host, [item(1), missing(2), item(3)], told.append)
        assert isinstance(report, SendReport)
        counts = (report.sent, report.warnings, report.failed, report.unsent)
        assert counts == (2, 0, 1, 0)
        assert report.bytes == len(sample(1)) + len(sample(3))
        assert report.problems == told[1:2]
        assert 0 < report.seconds < _WAIT

    def test_nobody_there_leaves_all_unsent(self, sender: Sender, nobody: Host) -> None:
        """Each is told, and the error holds the report."""
        items = [item(1), item(2)]
        told: list[SendStatus] = []
        with pytest.raises(SendStoppedError) as caught:
            sender.send(nobody, iter(items), told.append)
        assert str(nobody) in str(caught.value)
        assert [(status.item, status.state) for status in told] == [(one, SendState.UNSENT) for one in items]
        assert (caught.value.report.unsent, caught.value.report.problems) == (2, told)
        assert all(status.reason.strip() for status in told)

    def test_nothing_to_send_asks_nobody(self, sender: Sender, nobody: Host) -> None:
        """So a peer that is away does not matter."""
        assert sender.send(nobody, [], lambda _: None).complete

    def test_items_are_not_collected_before_they_are_sent(self, sender: Sender, peer: Peer) -> None:
        """The iterable may be as long as it likes."""
        taken = itertools.count()
        one = item(1)

        def endless() -> Iterator[SendItem]:
            while next(taken) < _TOO_MANY:
                yield one

        with pytest.raises(CancelledError):
            sender.send(peer.host, endless(), _cancel)
        assert next(taken) < _TOO_MANY

    def test_what_on_status_raises_ends_the_sending_and_leaves_unchanged(
        self, sender: Sender, peer: Peer
    ) -> None:
        """The sender is of use afterwards."""
        with pytest.raises(CancelledError):
            sender.send(peer.host, [item(1), item(2)], _cancel)
        assert sop_uid(2) not in peer.received
        assert sender.send(peer.host, [item(2)], lambda _: None).complete

    def test_any_thread_may_call(self, sender: Sender, peer: Peer) -> None:
        """Each with associations of its own."""

        def send(number: int) -> SendReport:
            return sender.send(peer.host, [item(number)], lambda _: None)

        with ThreadPoolExecutor(4) as pool:
            reports = list(pool.map(send, range(4)))
        assert all(report.sent == 1 for report in reports)
        assert {sop_uid(number) for number in range(4)} <= peer.received.keys()

    def test_no_message_and_no_log_line_holds_a_patients_data(
        self, sender: Sender, peer: Peer, nobody: Host, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Neither when it works nor when it fails; of log lines, those at INFO and above."""
        caplog.set_level(logging.INFO)
        told: list[SendStatus] = []
        sender.send(peer.host, [item(1), missing(2)], told.append)
        with pytest.raises(SendStoppedError) as caught:
            sender.send(nobody, [item(1)], told.append)
        texts = [*(status.reason for status in told), str(caught.value), caplog.text]
        assert not [value for value in PATIENT_VALUES for text in texts if value in text]

    def test_it_may_be_closed_twice(self, sender: Sender, peer: Peer) -> None:
        """Once is enough, but twice does no harm."""
        sender.echo(peer.host)
        sender.close()
        sender.close()


def _cancel(status: SendStatus) -> None:
    del status
    raise CancelledError

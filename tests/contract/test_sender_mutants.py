"""The sender kit rejects every sender that breaks a promise, by the test that is meant for it."""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import pydicom
import pytest

from fileroom.errors import FileroomError, NetworkError
from fileroom.network import Host
from fileroom.sending import (
    EchoResult,
    Sender,
    SendItem,
    SendReport,
    SendState,
    SendStatus,
    SendStoppedError,
)
from fileroom.testing.sender import PATIENT_VALUES, CancelledError, SenderContract, data_set

MUTANTS: list[tuple[type[Reference], str]] = []
HERE = Host("PEER", "127.0.0.1", 11112)
NOBODY = Host("NOBODY", "127.0.0.1", 1)


def must_fail(test: str) -> Callable[[type[Reference]], type[Reference]]:
    def register(mutant: type[Reference]) -> type[Reference]:
        MUTANTS.append((mutant, test))
        return mutant

    return register


@dataclass
class MemoryPeer:
    host: Host = HERE
    received: dict[str, bytes] = field(default_factory=dict)


class Reference(Sender):
    """Keeps all promises: carries objects into a dictionary."""

    def __init__(self, peer: MemoryPeer) -> None:
        self.peer = peer

    def echo(self, host: Host) -> EchoResult:
        if host != self.peer.host:
            raise self.unreachable(host)
        return EchoResult(0.001)

    def send(
        self, host: Host, items: Iterable[SendItem], on_status: Callable[[SendStatus], object]
    ) -> SendReport:
        report = SendReport()
        started = time.perf_counter()
        for item in items:
            there = host == self.peer.host
            status = self.store(item) if there else SendStatus(item, SendState.UNSENT, reason="away")
            report.add(status)
            on_status(status)
        report.seconds = time.perf_counter() - started
        if report.unsent:
            raise SendStoppedError(str(self.unreachable(host)), report)
        return report

    def store(self, item: SendItem) -> SendStatus:
        try:
            with item.open() as file:
                data = file.read()
        except FileroomError as error:
            return self.failed(item, error)
        self.peer.received[str(self.header(data).SOPInstanceUID)] = self.carried(data)
        return SendStatus(item, SendState.SENT, 0)

    def header(self, data: bytes) -> pydicom.Dataset:
        return pydicom.dcmread(pydicom.filebase.DicomBytesIO(data))

    def carried(self, data: bytes) -> bytes:
        return data_set(data)

    def failed(self, item: SendItem, error: Exception) -> SendStatus:
        return SendStatus(item, SendState.FAILED, reason=str(error))

    def unreachable(self, host: Host) -> NetworkError:
        return NetworkError(f"{host} cannot be reached")


@must_fail("test_a_peer_that_is_there_answers")
class TellsNoTime(Reference):
    def echo(self, host: Host) -> EchoResult:
        super().echo(host)
        return EchoResult(-1)


@must_fail("test_nobody_there_is_an_error_that_names_the_address")
class DoesNotSayWho(Reference):
    def unreachable(self, host: Host) -> NetworkError:
        return NetworkError("the peer cannot be reached")


@must_fail("test_data_sets_arrive_byte_for_byte")
class SendsTheFileMetaToo(Reference):
    def carried(self, data: bytes) -> bytes:
        return data


@must_fail("test_data_sets_arrive_byte_for_byte")
class CutsTheEnd(Reference):
    def carried(self, data: bytes) -> bytes:
        return data_set(data)[:-2]


@must_fail("test_every_item_has_one_status_in_their_order")
class TellsOfFailuresLast(Reference):
    def send(
        self, host: Host, items: Iterable[SendItem], on_status: Callable[[SendStatus], object]
    ) -> SendReport:
        told: list[SendStatus] = []
        report = super().send(host, items, told.append)
        for status in sorted(told, key=lambda status: status.state is SendState.FAILED):
            on_status(status)
        return report


@must_fail("test_every_item_has_one_status_in_their_order")
class PassesFailuresOver(Reference):
    def send(
        self, host: Host, items: Iterable[SendItem], on_status: Callable[[SendStatus], object]
    ) -> SendReport:
        return super().send(
            host, items, lambda one: None if one.state is SendState.FAILED else on_status(one)
        )


@must_fail("test_a_failure_of_one_item_keeps_no_other_from_being_sent")
class GivesNoReason(Reference):
    def failed(self, item: SendItem, error: Exception) -> SendStatus:
        return SendStatus(item, SendState.FAILED)


@must_fail("test_a_failure_of_one_item_keeps_no_other_from_being_sent")
class StopsAtAFailure(Reference):
    def failed(self, item: SendItem, error: Exception) -> SendStatus:
        raise error


@must_fail("test_the_report_counts_what_was_told")
class CountsFailuresAsSent(Reference):
    def send(
        self, host: Host, items: Iterable[SendItem], on_status: Callable[[SendStatus], object]
    ) -> SendReport:
        report = super().send(host, items, on_status)
        return replace(report, sent=report.sent + report.failed, failed=0)


@must_fail("test_nobody_there_leaves_all_unsent")
class FailsAtOnce(Reference):
    def send(
        self, host: Host, items: Iterable[SendItem], on_status: Callable[[SendStatus], object]
    ) -> SendReport:
        if host != self.peer.host:
            raise SendStoppedError(str(self.unreachable(host)), SendReport())
        return super().send(host, items, on_status)


@must_fail("test_nothing_to_send_asks_nobody")
class AlwaysKnocks(Reference):
    def send(
        self, host: Host, items: Iterable[SendItem], on_status: Callable[[SendStatus], object]
    ) -> SendReport:
        self.echo(host)
        return super().send(host, items, on_status)


@must_fail("test_items_are_not_collected_before_they_are_sent")
class Collects(Reference):
    def send(
        self, host: Host, items: Iterable[SendItem], on_status: Callable[[SendStatus], object]
    ) -> SendReport:
        return super().send(host, list(items), on_status)


@must_fail("test_what_on_status_raises_ends_the_sending_and_leaves_unchanged")
class SwallowsACancellation(Reference):
    def send(
        self, host: Host, items: Iterable[SendItem], on_status: Callable[[SendStatus], object]
    ) -> SendReport:
        try:
            return super().send(host, items, on_status)
        except CancelledError:
            return SendReport()


@must_fail("test_any_thread_may_call")
class KeepsTheItemInAnAttribute(Reference):
    def store(self, item: SendItem) -> SendStatus:
        self.item = item
        time.sleep(0.01)  # lets another thread in
        return super().store(self.item)


@must_fail("test_no_message_and_no_log_line_holds_a_patients_data")
class LogsThePatient(Reference):
    def header(self, data: bytes) -> pydicom.Dataset:
        header = super().header(data)
        logging.getLogger("sender").info("sending an image of %s", header.PatientName)
        return header


@must_fail("test_no_message_and_no_log_line_holds_a_patients_data")
class NamesThePatient(Reference):
    def failed(self, item: SendItem, error: Exception) -> SendStatus:
        return SendStatus(item, SendState.FAILED, reason=f"{PATIENT_VALUES[0]} cannot be read")


@must_fail("test_it_may_be_closed_twice")
class ClosesOnce(Reference):
    closed = False

    def close(self) -> None:
        if self.closed:
            raise RuntimeError("closed already")
        self.closed = True


def rejects(sender: type[Reference], test: str, caplog: pytest.LogCaptureFixture) -> bool:
    function = getattr(SenderContract, test)
    peer = MemoryPeer()
    given: dict[str, Any] = {"sender": sender(peer), "peer": peer, "nobody": NOBODY, "caplog": caplog}
    wanted = inspect.signature(function).parameters.keys() & given.keys()
    try:
        function(SenderContract(), **{name: given[name] for name in wanted})
    except (AssertionError, RuntimeError, FileroomError, pytest.fail.Exception):
        return True
    return False


@pytest.mark.parametrize(("mutant", "test"), MUTANTS, ids=[mutant.__name__ for mutant, _ in MUTANTS])
def test_the_kit_rejects_a_sender_that(
    mutant: type[Reference], test: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert rejects(mutant, test, caplog)


class TestReference(SenderContract):
    @pytest.fixture
    def peer(self) -> MemoryPeer:
        return MemoryPeer()

    @pytest.fixture
    def sender(self, peer: MemoryPeer) -> Sender:
        return Reference(peer)


def test_every_test_of_the_kit_rejects_somebody() -> None:
    tests = {name for name in vars(SenderContract) if name.startswith("test_")}
    assert {test for _, test in MUTANTS} == tests

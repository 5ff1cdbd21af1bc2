"""The Sender contract: what carries objects to other DICOM applications (PS3.4 annexes A and B).

`fileroom.testing.sender` holds each promise below as a test.
"""

from __future__ import annotations

import abc
import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from fileroom.errors import NetworkError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fileroom.network import Host


class SendState(enum.StrEnum):
    """What became of one object.

    ``SENT`` the peer has it; ``WARNING`` the peer has it, and had something to remark; ``FAILED`` the peer
    has it not, because it refused it, or because it could not be read or put into a form that the peer
    takes; ``UNSENT`` it was not offered to the peer, or the answer is missing: the association ended.
    """

    SENT = "sent"
    WARNING = "warning"
    FAILED = "failed"
    UNSENT = "unsent"


@dataclass(frozen=True, slots=True)
class EchoResult:
    """The answer to an echo.

    Attributes:
        seconds: from the request to the answer, on an association that stands.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class SendItem:
    """One object to send.

    Attributes:
        id: what messages and reports call it, never a patient's value; an archive gives the public id.
        size: of the DICOM file in bytes.
        open: opens the DICOM file for reading; seekable; called up to two times.
        sop_class_uid: empty where it is not known: the file says it.
        sop_instance_uid: empty where it is not known: the file says it.
        transfer_syntax_uid: of the data set in the file; empty where it is not known: the file says it.
    """

    id: str
    size: int
    open: Callable[[], BinaryIO] = field(repr=False)
    sop_class_uid: str = ""
    sop_instance_uid: str = ""
    transfer_syntax_uid: str = ""


@dataclass(frozen=True, slots=True)
class SendStatus:
    """What became of one object.

    Attributes:
        item: the object.
        state: in short.
        code: the peer's status code (PS3.4 table B.2-1, PS3.7 annex C); None where it gave none.
        reason: why, in words, for all but ``SENT``.
    """

    item: SendItem
    state: SendState
    code: int | None = None
    reason: str = ""


@dataclass(slots=True)
class SendReport:
    """What sending did.

    Attributes:
        sent: objects that the peer has without a remark.
        warnings: objects that the peer has, with a remark.
        failed: objects that the peer has not.
        unsent: objects that were not offered, or whose answer is missing.
        bytes: of the files of the objects that the peer has.
        seconds: how long it took, associations included.
        problems: the status of every object that is not plainly sent, in order.
    """

    sent: int = 0
    warnings: int = 0
    failed: int = 0
    unsent: int = 0
    bytes: int = 0
    seconds: float = 0.0
    problems: list[SendStatus] = field(default_factory=list)

    def add(self, status: SendStatus) -> None:
        """Count one object."""
        match status.state:
            case SendState.SENT:
                self.sent += 1
            case SendState.WARNING:
                self.warnings += 1
            case SendState.FAILED:
                self.failed += 1
            case SendState.UNSENT:
                self.unsent += 1
        if status.state in (SendState.SENT, SendState.WARNING):
            self.bytes += status.item.size
        if status.state is not SendState.SENT:
            self.problems.append(status)

    @property
    def complete(self) -> bool:
        """Whether the peer has all that was to be sent."""
        return self.failed == self.unsent == 0


class SendStoppedError(NetworkError):
    """Sending had to stop: the peer could not be reached, refused the association, or broke it off.

    Attributes:
        report: what became of every object; those that were not sent are ``UNSENT``.
    """

    def __init__(self, message: str, report: SendReport) -> None:
        super().__init__(message)
        self.report = report

    def __reduce__(self) -> tuple[type[SendStoppedError], tuple[str, SendReport]]:
        return type(self), (str(self), self.report)


class Sender(abc.ABC):
    """Carries objects to other DICOM applications, and asks whether they are there.

    - Any thread may call any method at any time; each call has associations of its own.
    - A peer that cannot be reached, refuses, breaks off or does not answer in time is
      `fileroom.errors.NetworkError`: the message names the peer, what happened, and what to look at. No call
      waits for ever.
    - No message, reason or log line at INFO or above holds a patient's name, identifier or date.
    - No association is left open when a method returns or raises.
    """

    @abc.abstractmethod
    def echo(self, host: Host) -> EchoResult:
        """Ask a peer whether it answers: a C-ECHO on an association of its own.

        Raises:
            NetworkError: it does not, or not with success.
        """

    @abc.abstractmethod
    def send(
        self, host: Host, items: Iterable[SendItem], on_status: Callable[[SendStatus], object]
    ) -> SendReport:
        """Store objects at a peer; return the counts.

        ``on_status`` is told of every item once, in the order of the items, by the calling thread, before
        the items far behind it are looked at: the iterable may be as long as it likes. What it raises ends
        the sending, and leaves unchanged. No items, no association.

        What arrives is the data set as it lies in the file, byte for byte, in its own transfer syntax; or, if
        the peer does not take that and the data set is not compressed, the same data set in an uncompressed
        syntax that the peer takes. An item that can be sent in neither way, cannot be read, or is refused is
        ``FAILED``, its reason says why, and the others are sent.

        Raises:
            SendStoppedError: the peer could not be reached, or an association was refused or ended before its
                time; its report has all items, ``UNSENT`` those without an answer, and ``on_status`` was
                told of them, too.
        """

    def close(self) -> None:  # noqa: B027 - most senders hold nothing between calls
        """Release what the sender holds. May be called twice."""

"""DICOM applications to send to: DCMTK's storescp, an acceptor of pynetdicom's, and some that misbehave."""

from __future__ import annotations

import contextlib
import io
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from socketserver import BaseServer
from typing import TYPE_CHECKING, Any

from pydicom.filereader import read_dataset, read_preamble
from pynetdicom import AE, build_context, evt
from pynetdicom.transport import ThreadedAssociationServer

from fileroom.network import Host
from fileroom.sending import SendItem
from fileroom.testing.datasets import CT_IMAGE, EXPLICIT_LITTLE, MR_IMAGE, RLE_LOSSLESS
from tests.dcmtk import dcmtk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
VERIFICATION = "1.2.840.10008.1.1"
PATIENCE = 10.0
"""Seconds to wait for a program to listen."""


def item_of(data: bytes, sop_class_uid: str = "", sop_instance_uid: str = "") -> SendItem:
    """Return a DICOM file in memory as an item."""
    return SendItem("object", len(data), lambda: io.BytesIO(data), sop_class_uid, sop_instance_uid)


def data_set(file: bytes) -> bytes:
    """Return the bytes of a DICOM file behind its file meta information."""
    stream = io.BytesIO(file)
    read_preamble(stream, force=True)
    read_dataset(
        stream, is_implicit_VR=False, is_little_endian=True, stop_when=lambda tag, vr, length: tag.group != 2
    )
    return file[stream.tell() :]


@dataclass
class Acceptor:
    """A peer of pynetdicom's.

    Attributes:
        host: where it listens.
        received: SOP Instance UID to the data set as it came.
        callers: the AE title of each association that was established.
    """

    host: Host
    received: dict[str, bytes] = field(default_factory=dict)
    callers: list[str] = field(default_factory=list)


@contextlib.contextmanager
def acceptor(
    answer: Callable[[Any], Any] = lambda event: 0x0000,
    *,
    classes: tuple[str, ...] = (CT_IMAGE, MR_IMAGE, VERIFICATION),
    syntaxes: tuple[str, ...] = (EXPLICIT_LITTLE, IMPLICIT_LITTLE, RLE_LOSSLESS),
    max_pdu: int = 16382,
    handlers: tuple[Any, ...] = (),
) -> Iterator[Acceptor]:
    """Run a peer that keeps in memory what it receives, and answers what ``answer`` makes of the event."""
    entity = AE("ACCEPTOR")
    entity.maximum_pdu_size = max_pdu
    peer = Acceptor(Host("ACCEPTOR", "127.0.0.1", 104))

    def store(event: evt.Event) -> Any:
        request: Any = event.request
        peer.received[str(request.AffectedSOPInstanceUID)] = request.DataSet.getvalue()
        return answer(event)

    def established(event: evt.Event) -> None:
        peer.callers.append(str(event.assoc.requestor.ae_title))

    server = entity.make_server(
        ("127.0.0.1", 0),
        server_class=ThreadedAssociationServer,
        contexts=[build_context(one, list(syntaxes)) for one in classes],
        evt_handlers=[(evt.EVT_C_STORE, store), (evt.EVT_ESTABLISHED, established), *handlers],
    )
    peer.host = Host("ACCEPTOR", "127.0.0.1", server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield peer
    finally:
        BaseServer.shutdown(server)  # pynetdicom's own waits half a second at a time
        thread.join()
        server.server_close()


@contextlib.contextmanager
def storescp(folder: Path, *options: str) -> Iterator[Host]:
    """Run DCMTK's storescp, which writes into a folder; its messages go into ``storescp.log`` there."""
    port = free_port()
    command = [dcmtk("storescp"), "-aet", "STORESCP", *options, "-od", str(folder), str(port)]
    with (folder / "storescp.log").open("wb") as log, running(command, port, log):
        yield Host("STORESCP", "127.0.0.1", port)


@contextlib.contextmanager
def running(command: list[str], port: int, log: Any = subprocess.DEVNULL) -> Iterator[None]:
    """Run a program while it listens, and end it."""
    process = subprocess.Popen(command, stdout=log, stderr=log, env={"TCP_NODELAY": "1"})
    try:
        until = time.monotonic() + PATIENCE
        while not listens(port):
            assert process.poll() is None, "the peer ended before it listened"
            assert time.monotonic() < until, "the peer does not listen"
            time.sleep(0.01)
        yield
    finally:
        process.terminate()
        process.wait()


def listens(port: int) -> bool:
    """Say whether somebody accepts connections on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def mute() -> Iterator[Host]:
    """Listen, take connections, and never say a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Host("MUTE", "127.0.0.1", server.getsockname()[1])


@contextlib.contextmanager
def deaf() -> Iterator[Host]:
    """Accept associations, and read nothing of what follows."""
    done = threading.Event()

    def stop_reading(event: evt.Event) -> None:
        done.wait(PATIENCE)  # in the thread that reads from the socket

    with acceptor(handlers=((evt.EVT_PDU_SENT, stop_reading),)) as peer:
        try:
            yield peer.host
        finally:
            done.set()

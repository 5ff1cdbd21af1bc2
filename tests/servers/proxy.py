"""A TCP proxy that stands before a server and does what networks do: delays, loses, cuts, refuses."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Self
from urllib.parse import urlsplit

from tests.servers.ready import HOST

if TYPE_CHECKING:
    from types import TracebackType

Towards = Literal["server", "client"]

_CHUNK = 65536
_POLL = 0.02  # seconds
_RESET_WHEN_CLOSED = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 seconds


@dataclass(frozen=True)
class _Cut:
    towards: Towards
    after: int
    once: bytes
    abruptly: bool


@dataclass(eq=False)
class _Connection:
    client: socket.socket
    server: socket.socket
    armed: bool = False
    passed: int = 0
    ended: set[Towards] = field(default_factory=set)

    def close(self, *, abruptly: bool) -> None:
        """Close both ends; waits for nobody, and wakes whoever reads from them."""
        for one in (self.client, self.server):
            with contextlib.suppress(OSError):
                if abruptly:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_WHEN_CLOSED)
                # Whoever waits to receive keeps the socket open until woken.
                one.shutdown(socket.SHUT_RD if abruptly else socket.SHUT_RDWR)
            one.close()


class Proxy:
    """Stands before a server; a context manager. At first, everything passes.

    Args:
        url: of the server, with host and port.

    Attributes:
        url: the same, by way of the proxy.
        connections: how many have been made so far.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        self._target = parts.hostname, parts.port
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._refusing = threading.Event()
        self._open: set[_Connection] = set()
        self._cut: _Cut | None = None
        self._times: int | None = 0
        self._delay = 0.0
        self._swallowing = False
        self._listener = socket.create_server((HOST, 0))
        self._port = int(self._listener.getsockname()[1])
        user, at, _ = parts.netloc.rpartition("@")
        self.url = parts._replace(netloc=f"{user}{at}{HOST}:{self._port}").geturl()
        self.connections = 0
        self._accepting = self._start(self._accept)
        self._pumping: list[threading.Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self.refuse()
        for thread in self._pumping:
            thread.join()

    def pass_everything(self) -> None:
        """Do nothing but pass on, from now on."""
        with self._lock:
            self._cut, self._delay, self._swallowing = None, 0.0, False
        if self._refusing.is_set():
            self._refusing.clear()
            self._listener = socket.create_server((HOST, self._port))
            self._accepting = self._start(self._accept)

    def delay(self, seconds: float) -> None:
        """Hold back whatever passes, either way, for a time."""
        self._delay = seconds

    def swallow(self) -> None:
        """Let connections stay open and be made, and let nothing pass: the other end seems dead."""
        self._swallowing = True

    def refuse(self) -> None:
        """Reset all connections and refuse new ones, as a machine without the server does."""
        self._refusing.set()
        self._accepting.join()
        self._listener.close()
        with self._lock:
            for connection in self._open:
                connection.close(abruptly=True)

    def cut(
        self,
        towards: Towards,
        *,
        after: int = 0,
        once: bytes = b"",
        times: int | None = 1,
        abruptly: bool = True,
    ) -> None:
        """Let a number of bytes pass from now on and cut the connection when there is one more.

        Args:
            towards: who receives the bytes that count.
            after: how many pass, on each connection by itself.
            once: what the client must have sent before any counts: the packet in which these bytes are is
                the first that does. ``cut("server", once=b"COMMIT")`` keeps a commit from arriving,
                ``cut("client", once=b"COMMIT")`` its answer.
            times: how many connections are cut; all where it is ``None``.
            abruptly: whether the ends see a reset, or an orderly end in the midst of things.
        """
        with self._lock:
            self._cut, self._times = _Cut(towards, after, once, abruptly), times
            for connection in self._open:
                connection.armed, connection.passed = False, 0

    def _start(self, what: Callable[..., None], *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=what, args=arguments, daemon=True)
        thread.start()
        return thread

    def _accept(self) -> None:
        self._listener.settimeout(_POLL)  # closing it does not wake who waits
        while not self._refusing.is_set():
            with contextlib.suppress(OSError):
                client, _ = self._listener.accept()
                self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        client.settimeout(None)
        try:
            connection = _Connection(client, socket.create_connection(self._target))
        except OSError:
            client.close()
            raise
        with self._lock:
            self.connections += 1
            self._open.add(connection)
        self._pumping += [self._start(self._pump, connection, towards) for towards in ("server", "client")]

    def _pump(self, connection: _Connection, towards: Towards) -> None:
        there = (connection.client, connection.server)
        source, target = there if towards == "server" else reversed(there)
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK):
                if self._delay:
                    self._closing.wait(self._delay)
                if self._swallowing:
                    continue
                passing, cut = self._judge(connection, towards, data)
                target.sendall(passing)
                if cut:
                    with self._lock:
                        connection.close(abruptly=cut.abruptly)
            target.shutdown(socket.SHUT_WR)
        with self._lock:
            connection.ended.add(towards)
            if len(connection.ended) == len(there):
                connection.close(abruptly=False)
                self._open.discard(connection)

    def _judge(self, connection: _Connection, towards: Towards, data: bytes) -> tuple[bytes, _Cut | None]:
        """Return what may pass, and the cut to make afterwards."""
        with self._lock:
            cut = self._cut
            if cut is None or self._times == 0:
                return data, None
            if towards == "server" and cut.once in data:
                connection.armed = True
            if towards != cut.towards or (cut.once and not connection.armed):
                return data, None
            left = cut.after - connection.passed
            connection.passed += len(data)
            if len(data) <= left:
                return data, None
            if self._times is not None:
                self._times -= 1
            return data[:left], cut

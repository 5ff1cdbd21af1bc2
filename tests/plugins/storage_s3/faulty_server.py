"""An HTTP server before an S3 server: passes requests on, remembers them, and makes faults."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.servers.s3 import S3Server

_RESET_WHEN_CLOSED = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 seconds


@dataclass(frozen=True)
class Request:
    """What was asked for."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]

    @property
    def is_put(self) -> bool:
        """Whether it puts an object of the archive, or a part of one."""
        return self.method == "PUT" and ".fileroom-storage" not in self.path

    @property
    def is_get(self) -> bool:
        """Whether it reads an object."""
        return self.method == "GET" and "list-type" not in self.path


@dataclass
class Fault:
    """What is to go wrong: with which requests, how often, and how.

    Attributes:
        when: which requests.
        times: with how many of them.
        status: answers with this, and ``code``, in place of the server.
        code: of the error, in the answer's body.
        bytes_of_body: passes on so much of the server's answer, and cuts the connection.
        lost: passes the request on, and cuts the connection in place of an answer.
        silent: does not answer until it is told to end.
        changed: passes the request on with another first byte in its body.
    """

    when: Callable[[Request], bool]
    times: int = 1
    status: int = 0
    code: str = ""
    bytes_of_body: int | None = None
    lost: bool = False
    silent: bool = False
    changed: bool = False


@dataclass
class FaultyServer:
    """What was asked for so far, and what is to go wrong.

    Attributes:
        s3: the bucket, by way of this server.
        requests: all of them, in order.
        faults: the first that applies is made.
    """

    s3: S3Server
    requests: list[Request] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    ending: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault_for(self, request: Request) -> Fault | None:
        """Remember a request, and return what is to go wrong with it."""
        with self.lock:
            self.requests.append(request)
            for fault in self.faults:
                if fault.times and fault.when(request):
                    fault.times -= 1
                    return fault
        return None

    def since(self, count: int) -> list[str]:
        """Return the methods of all requests but the first ones."""
        return [one.method for one in self.requests[count:]]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, behind: S3Server) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = urlsplit(behind.endpoint_url).netloc
        self.faulty = FaultyServer(replace(behind, endpoint_url=f"http://127.0.0.1:{self.server_port}"))

    def shutdown_request(self, request: Any) -> None:
        self.close_request(request)  # without the orderly end that would come before a reset


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:  # the client has given up
            self.close_connection = True

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Keep quiet."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        fault = self.server.faulty.fault_for(Request(self.command, self.path, body, headers))
        if fault and fault.silent:
            self.server.faulty.ending.wait()
            self._reset()
        elif fault and fault.status:
            text = f"<Error><Code>{fault.code}</Code><Message>m</Message></Error>"
            self._answer(fault.status, {}, b"" if self.command == "HEAD" else text.encode())
        else:
            self._ask_server(body, headers, fault)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _serve  # noqa: N815 - the base class's names

    def _ask_server(self, body: bytes, headers: dict[str, str], fault: Fault | None) -> None:
        if fault and fault.changed:
            body = bytes([body[0] ^ 1]) + body[1:]
        connection = http.client.HTTPConnection(self.server.target)
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        if fault and fault.lost:
            self._reset()
        else:
            given = {name.lower(): value for name, value in answer.getheaders()}
            given.pop("transfer-encoding", None)
            self._answer(answer.status, given, data, fault.bytes_of_body if fault else None)

    def _answer(self, status: int, headers: dict[str, str], body: bytes, most: int | None = None) -> None:
        self.send_response_only(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:most])
        self.close_connection = most is not None

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_WHEN_CLOSED)


@contextmanager
def before(server: S3Server) -> Iterator[FaultyServer]:
    """Stand before a server."""
    http_server = _Server(server)
    thread = threading.Thread(target=http_server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield http_server.faulty
    finally:
        http_server.faulty.ending.set()
        http_server.shutdown()
        thread.join()
        http_server.server_close()

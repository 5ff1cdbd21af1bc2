"""The proxy does to bytes what it is told to, and nothing else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.servers.proxy import Proxy, Towards
from tests.servers.ready import free_port


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A proxy before a server that sends back whatever it gets."""

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=echo, args=(connection,), daemon=True).start()

    def echo(connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(65536):
                    connection.sendall(data)
            except OSError:
                return  # reset

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with Proxy(f"http://user:secret@127.0.0.1:{listener.getsockname()[1]}/path") as proxy:
        yield proxy
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy._port), timeout=10)


def exchange(proxy: Proxy, data: bytes) -> bytes:
    """Send, and return all that comes back until there is as much or the connection ends."""
    with connect(proxy) as client:
        return exchange_on(client, data)


def exchange_on(client: socket.socket, data: bytes) -> bytes:
    received = b""
    client.sendall(data)
    while len(received) < len(data) and (more := client.recv(65536)):
        received += more
    return received


def test_everything_passes_at_first(proxy: Proxy) -> None:
    data = bytes(range(256)) * 1000
    assert exchange(proxy, data) == data
    assert proxy.connections == 1


def test_the_url_leads_to_the_proxy_and_keeps_the_rest(proxy: Proxy) -> None:
    assert proxy.url == f"http://user:secret@127.0.0.1:{proxy._port}/path"


def test_an_end_of_sending_is_passed_on_while_answers_still_come(proxy: Proxy) -> None:
    with connect(proxy) as client, client.makefile("rb") as answers:
        client.sendall(b"last words")
        client.shutdown(socket.SHUT_WR)
        assert answers.read() == b"last words"


@pytest.mark.parametrize("towards", ["server", "client"])
def test_an_orderly_cut_lets_so_many_bytes_pass(proxy: Proxy, towards: Towards) -> None:
    proxy.cut(towards, after=7, abruptly=False)
    assert len(exchange(proxy, b"0123456789")) == (7 if towards == "client" else 0)


def test_an_abrupt_cut_is_a_reset(proxy: Proxy) -> None:
    proxy.cut("client", after=3)
    with pytest.raises(ConnectionResetError):
        exchange(proxy, b"0123456789")


def test_as_many_bytes_as_may_pass_are_not_cut(proxy: Proxy) -> None:
    proxy.cut("client", after=10)
    assert exchange(proxy, b"0123456789") == b"0123456789"


def test_a_connection_that_is_open_already_is_cut_counting_from_now(proxy: Proxy) -> None:
    with connect(proxy) as client:
        assert exchange_on(client, b"before") == b"before"
        proxy.cut("client", after=4, abruptly=False)
        assert exchange_on(client, b"afterwards") == b"afte"


def test_only_so_many_connections_are_cut(proxy: Proxy) -> None:
    proxy.cut("server", times=2, abruptly=False)
    assert [exchange(proxy, b"data") for _ in range(3)] == [b"", b"", b"data"]


def test_every_connection_is_cut_until_everything_passes_again(proxy: Proxy) -> None:
    proxy.cut("server", times=None, abruptly=False)
    assert [exchange(proxy, b"data") for _ in range(3)] == [b"", b"", b""]
    proxy.pass_everything()
    assert exchange(proxy, b"data") == b"data"


@pytest.mark.parametrize("towards", ["server", "client"])
def test_a_cut_waits_for_what_the_client_says(proxy: Proxy, towards: Towards) -> None:
    proxy.cut(towards, once=b"COMMIT", abruptly=False)
    with connect(proxy) as client:
        assert exchange_on(client, b"INSERT") == b"INSERT"
        assert exchange_on(client, b"COMMIT") == b""


def test_a_refused_connection_is_refused_until_everything_passes_again(proxy: Proxy) -> None:
    with connect(proxy) as client:
        assert exchange_on(client, b"data") == b"data"
        proxy.refuse()
        with pytest.raises(ConnectionError):
            exchange_on(client, b"data")
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)
    proxy.pass_everything()
    assert exchange(proxy, b"data") == b"data"


def test_what_is_swallowed_never_arrives_and_the_connection_stays(proxy: Proxy) -> None:
    proxy.swallow()
    with connect(proxy) as client:
        client.settimeout(0.1)
        with pytest.raises(TimeoutError):
            exchange_on(client, b"lost")
        proxy.pass_everything()
        assert exchange_on(client, b"data") == b"data"


def test_what_is_delayed_arrives_late(proxy: Proxy) -> None:
    proxy.delay(0.1)
    began = time.monotonic()
    assert exchange(proxy, b"data") == b"data"
    assert time.monotonic() - began >= 0.2


def test_a_connection_ends_at_once_where_no_server_is() -> None:
    with Proxy(f"http://127.0.0.1:{free_port()}") as proxy, connect(proxy) as client:
        assert client.recv(1) == b""

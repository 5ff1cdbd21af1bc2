"""MariaDB, as Debian's package ``mariadb-server`` installs it; its system service is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from tests.servers.folder import ServerFolder
from tests.servers.ready import HOST, free_port, program, wait_until_ready

HINT = "install mariadb-server"
_USER, _PASSWORD = "fileroom", "fileroom-secret"


def available() -> bool:
    """Say whether the programs are there."""
    return bool(program("mariadbd") and program("mariadb-install-db"))


def _start(folder: ServerFolder) -> dict[str, int]:
    import pymysql

    room, port = folder.room("mariadb", unprivileged=True), free_port()
    # Where root starts this, the programs change to the room's owner by themselves.
    owner = (f"--user={room.owner()}",) if hasattr(room, "owner") else ()
    install = (program("mariadb-install-db"), "--no-defaults", f"--datadir={room / 'data'}")
    folder.run(*install, "--auth-root-authentication-method=normal", "--skip-test-db", *owner)
    first = room / "first.sql"
    first.write_text(
        f"CREATE USER {_USER}@'%' IDENTIFIED BY '{_PASSWORD}';\nGRANT ALL ON *.* TO {_USER}@'%';\n"
    )
    process = folder.spawn(
        program("mariadbd"),
        "--no-defaults",
        *owner,
        f"--datadir={room / 'data'}",
        f"--bind-address={HOST}",
        f"--port={port}",
        f"--socket={room / 'socket'}",
        f"--pid-file={room / 'pid'}",
        f"--init-file={first}",
        "--skip-name-resolve",
        "--skip-log-bin",
        "--character-set-server=utf8mb4",  # as in Debian's own settings
        "--collation-server=utf8mb4_general_ci",
        # What is lost when the machine fails is lost with the test run anyway.
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-flush-method=nosync",
        "--innodb-doublewrite=0",
        log=room / "log",
    )

    def connect() -> None:
        pymysql.connect(host=HOST, port=port, user=_USER, password=_PASSWORD).close()

    wait_until_ready(process, room / "log", connect, refused=pymysql.OperationalError)
    return {"port": port}


@contextmanager
def database(folder: ServerFolder) -> Iterator[str]:
    """Make an empty database on the run's server, starting it where nobody has yet; drop it afterwards.

    Yields:
        The database's address.
    """
    import pymysql

    port = folder.once("mariadb", lambda: _start(folder))["port"]
    name = f"fileroom_test_{uuid4().hex}"
    with pymysql.connect(host=HOST, port=port, user=_USER, password=_PASSWORD) as connection:
        cursor = connection.cursor()
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            yield f"mysql+pymysql://{_USER}:{_PASSWORD}@{HOST}:{port}/{name}"
        finally:
            cursor.execute(f"DROP DATABASE {name}")

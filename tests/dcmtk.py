"""DCMTK's own programs, for tests that need them: by full path, since others have programs of these names."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pydicom
import pytest

if TYPE_CHECKING:
    from types import TracebackType

_FOLDER = Path("/usr/bin")

needs_dcmtk = pytest.mark.skipif(
    not (_FOLDER / "dcmqridx").exists(), reason="not installed: DCMTK (install dcmtk)"
)

AREA = "AREA"
MOVER = "MOVER"

_PATIENCE = 20  # seconds: for a server to answer, or to go
# Without this, both ends wait some 40 ms for each other in every exchange.
_ENVIRONMENT = {**os.environ, "TCP_NODELAY": "1"}


def dcmtk(program: str) -> str:
    """Return the path of one of DCMTK's programs."""
    return str(_FOLDER / program)


def run_dcmtk(
    program: str, *words: object, cwd: Path | None = None, given: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one of DCMTK's programs to its end, and make sure that it succeeded."""
    done = subprocess.run(
        [dcmtk(program), *map(str, words)],
        cwd=cwd,
        env=_ENVIRONMENT,
        input=given,
        capture_output=True,
        check=False,
        timeout=300,
        encoding="utf_8",
        errors="surrogateescape",
    )
    assert done.returncode == 0, f"{program}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def register(area: Path, *files: Path | str, new: bool = True) -> None:
    """Let dcmqridx register files where they lie."""
    run_dcmtk("dcmqridx", "-q", *([] if new else ["-n"]), area, *files)


@dataclass(frozen=True)
class Printed:
    """What ``dcmqridx -p`` prints.

    Attributes:
        studies: UID to bytes and number of images.
        records: record number to what it shows, by DCMTK's names.
    """

    studies: dict[str, tuple[int, int]]
    records: dict[int, dict[str, str]]


def printed(area: Path) -> Printed:
    """Let dcmqridx print an area."""
    text = run_dcmtk("dcmqridx", "-p", area).stdout
    whole, *blocks = re.split(r"^RECORD NUMBER: ", text, flags=re.MULTILINE)
    studies = re.findall(r"Study UID: (.*)\n *StudySize: (\d+)\n.*\n *NumOfImages: (\d+)", whole)
    records = {}
    for block in blocks:
        number, _, rest = block.partition("\n")
        pairs = re.findall(r'^ *(\w+): "?(.*?)"?$', rest, flags=re.MULTILINE)
        records[int(number)] = dict(pairs)
    return Printed({uid: (int(size), int(images)) for uid, size, images in studies}, records)


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


class Server:
    """A dcmqrscp that serves one area; a context manager that ends it with all its children.

    Args:
        area: the storage area.
        studies: ``maxStudies``.
        size: ``maxBytes``.
    """

    def __init__(self, area: Path, *, studies: int = 500, size: str = "1024mb") -> None:
        self._area = area
        self._quota = f"({studies}, {size})"
        self._move_port = free_port()

    def __enter__(self) -> Self:
        self.port = free_port()
        self._config = self._area.with_name(f"{self._area.name}-{self.port}.cfg")
        self._config.write_text(
            f"NetworkTCPPort = {self.port}\nMaxPDUSize = 16384\nMaxAssociations = 16\n"
            f"HostTable BEGIN\nmover = ({MOVER}, localhost, {self._move_port})\nHostTable END\n"
            "VendorTable BEGIN\nVendorTable END\n"
            f"AETable BEGIN\n{AREA} {self._area} RW {self._quota} ANY\nAETable END\n"
        )
        self._process = subprocess.Popen(
            [dcmtk("dcmqrscp"), "-c", self._config],
            env=_ENVIRONMENT,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _wait(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        echo = [dcmtk("echoscu"), "-aec", AREA, "localhost", str(self.port)]
        while subprocess.run(echo, capture_output=True, check=False).returncode:
            assert self._process.poll() is None, "dcmqrscp ended at once"
            assert time.monotonic() < deadline, "dcmqrscp does not answer"
            time.sleep(0.02)

    def stop(self) -> None:
        """End the server and the children it has for associations under way."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(_PATIENCE)

    @property
    def _peer(self) -> list[object]:
        return ["-aec", AREA, "localhost", self.port]

    def store(self, *files: Path) -> None:
        """Send files, or folders of them."""
        run_dcmtk("storescu", "-R", *self._peer, "+sd", "+r", *files)

    def find(self, folder: Path, level: str, *keys: str, patient_root: bool = False) -> list[pydicom.Dataset]:
        """Search, and return the answers.

        Args:
            folder: for the answers' files.
            level: ``"STUDY"``…
            keys: ``"PatientName=D*"``…
            patient_root: whether to search by the patient root instead of the study root.
        """
        found = folder / f"found-{time.monotonic_ns()}"
        found.mkdir(parents=True)
        root = "-P" if patient_root else "-S"
        run_dcmtk("findscu", root, *_keys(level, keys), "-X", "-od", found, *self._peer)
        return [pydicom.dcmread(path, force=True) for path in sorted(found.iterdir())]

    def get(self, folder: Path, level: str, *keys: str) -> list[Path]:
        """Fetch by C-GET, and return the files."""
        folder.mkdir()
        run_dcmtk("getscu", "-S", *_keys(level, keys), "-od", folder, *self._peer)
        return sorted(folder.iterdir())

    def move(self, folder: Path, level: str, *keys: str) -> list[Path]:
        """Fetch by C-MOVE, and return the files."""
        folder.mkdir()
        mover = ["-aet", MOVER, "-aem", MOVER, "+P", self._move_port]
        run_dcmtk("movescu", "-S", *_keys(level, keys), *mover, "-od", folder, *self._peer)
        return sorted(folder.iterdir())

    def browse(self, *commands: str) -> str:
        """Type commands at dcmqrti, and return what it prints."""
        given = "\n".join((*commands, "quit", ""))
        return run_dcmtk("dcmqrti", "-c", self._config, "mover", given=given).stdout


def _keys(level: str, keys: tuple[str, ...]) -> list[str]:
    return [word for key in (f"QueryRetrieveLevel={level}", *keys) for word in ("-k", key)]

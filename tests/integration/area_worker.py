"""A process that uses a storage area: it says when it is ready, and tells of each deed when that is done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.areas import open_area

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fileroom.archive import Archive

LABEL = "seen"


class Worker:
    """Such a process; it is killed at the end of the context, if it did not end before.

    Args:
        area: the storage area.
        deed: ``"ingest"``, all at once, or one by one ``"store"``, ``"register"``, ``"label"``, ``"delete"``.
        words: paths of files, or ids of instances.
    """

    def __init__(self, area: Path, deed: str, words: Iterable[object]) -> None:
        self._words = "".join(f"{word}\n" for word in words)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.area_worker", str(area), deed],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        assert self._process.stdout
        assert self._process.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def go(self) -> None:
        """Let it begin."""
        assert self._process.stdin
        self._process.stdin.write(f"{self._words}\n")
        self._process.stdin.flush()

    def told(self, most: int | None = None) -> list[str]:
        """Return the ids of what it did, at most so many; waits for them, or for its end."""
        assert self._process.stdout
        told: list[str] = []
        while len(told) != most and (line := self._process.stdout.readline()).endswith("\n"):
            told.append(line.rstrip())
        return told

    def is_alive(self) -> bool:
        """Say whether it is still at work."""
        return self._process.poll() is None

    def kill(self) -> list[str]:
        """Kill it, and return the ids of what else it did."""
        self._process.kill()
        return self.told()


def _do(archive: Archive, deed: str, word: str) -> str:
    match deed:
        case "store":
            return str(archive.store(Path(word)).id)
        case "register":
            told: list[str] = []
            archive.register([word], on_outcome=lambda one: told.append(str(one.id)))
            return told[0]
        case "label":
            archive.get(word).labels.add(LABEL)
        case _:
            archive.delete(word)
    return word


def _tell(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def _main(area: str, deed: str) -> None:
    with open_area(Path(area)) as archive:
        _tell("ready")
        words = [line.rstrip("\n") for line in iter(sys.stdin.readline, "\n")]
        if deed == "ingest":
            archive.ingest(words, on_outcome=lambda one: _tell(str(one.id)))
            return
        for word in words:
            _tell(_do(archive, deed, word))


if __name__ == "__main__":
    _main(*sys.argv[1:])

"""``fileroom browse`` at a terminal: prompt, completion, history, pages, Ctrl-C and Ctrl-D."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import socket
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import fileroom
from fileroom.errors import MissingDependencyError
from fileroom.testing.datasets import make_instance
from tests.integration.cli_runs import ENVIRONMENT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs a POSIX terminal")
pytest.importorskip("prompt_toolkit")

PATIENCE = 30.0
STUDIES = 30
PROMPT = "FILEROOM->STORE1>"
TAB, CTRL_C, CTRL_D, CTRL_Z, UP, ENTER = "\t", "\x03", "\x04", "\x1a", "\x1b[A", "\r"
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x1b\][^\x07]*\x07")


class Terminal:
    """A program at a terminal of 24 lines, and what a person does there."""

    def __init__(self, *words: object, cwd: Path) -> None:
        import fcntl
        import pty
        import termios

        self._own, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        environment = {**ENVIRONMENT, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "NO_COLOR": "1"}
        environment.pop("COLUMNS", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fileroom", *map(str, words)],
            cwd=cwd,
            env=environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: _at_its_terminal(termios.TIOCSCTTY),  # noqa: PLW1509 - so that Ctrl-C arrives
        )
        os.close(theirs)
        self._shown = ""

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._own, keys.encode())

    def enter(self, line: str, *, shows: str = "", prompt: str = PROMPT) -> None:
        """Type a line, and wait until it has shown something, and for the next prompt."""
        self.type(f"{line}{ENTER}")
        for text in filter(None, (shows, prompt)):
            self.wait_for(text)

    def press_until(self, key: str, *, shows: str) -> None:
        """Press a key again and again: Python may miss an interrupt that comes just before it waits."""
        until = time.monotonic() + PATIENCE
        while shows not in self._shown:
            assert time.monotonic() < until, self._shown
            self.type(key)
            self._read(1.0)
            self._read(0.1)

    def wait_for(self, text: str) -> str:
        """Return what is shown up to a text, and behind what was waited for before."""
        until = time.monotonic() + PATIENCE
        while text not in self._shown:
            assert time.monotonic() < until, f"no {text!r} in {self._shown!r}"
            self._read(0.1)
        before, _, self._shown = self._shown.partition(text)
        return before

    def ended(self) -> int:
        """Return the exit code."""
        until = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < until, self._shown
            self._read(0.05)
        return int(self.process.returncode)

    def left(self) -> int:
        """Say exit until it is heard, and return the exit code: a late Ctrl-C may clear what was typed."""
        until = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < until, self._shown
            with contextlib.suppress(OSError):
                self.type(f"exit{ENTER}")
            self._read(1.0)
            self._read(0.2)
        return int(self.process.returncode)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self._own)

    def _read(self, timeout: float) -> None:
        ready, _, _ = select.select([self._own], [], [], timeout)
        if ready:
            with contextlib.suppress(OSError):  # how Linux tells that the program has gone
                self._shown += _ESCAPES.sub("", os.read(self._own, 65536).decode("utf-8", "replace"))


def _at_its_terminal(take: int) -> None:
    """Make the terminal this process's own; a Ctrl-C counts, though the tests may run where it is ignored."""
    import fcntl

    fcntl.ioctl(0, take, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    with fileroom.open(tmp_path / "films") as archive:
        for number in range(STUDIES):
            archive.store(make_instance(patient_id=f"P-{number}", rows=1, columns=1)).check()
    return tmp_path / "films"


@contextlib.contextmanager
def terminal(place: Path, *words: object) -> Iterator[Terminal]:
    opened = Terminal("browse", place, "--peer", "STORE1@127.0.0.1:1", *words, cwd=place.parent)
    try:
        opened.wait_for(PROMPT)
        yield opened
    finally:
        opened.close()


def test_tab_completes_commands_and_what_they_take(place: Path) -> None:
    with terminal(place) as screen:
        screen.type(f"dat{TAB}")
        screen.wait_for("abase")
        screen.enter("", shows="* 0)   FILEROOM")
        screen.type(f"title ST{TAB}")
        screen.wait_for("ORE1")
        screen.enter("")
        screen.enter("title", shows="* 0)   STORE1")
        screen.type(CTRL_D)
        assert screen.ended() == 0


def test_a_long_list_is_shown_in_pages_and_may_be_left(place: Path) -> None:
    with terminal(place) as screen:
        screen.type(f"study{ENTER}")
        screen.wait_for("8)   Doe^Jane   P-8 ")
        screen.wait_for("Enter for more")
        screen.type(ENTER)
        screen.wait_for("9)   Doe^Jane   P-9 ")
        screen.wait_for("Enter for more")
        screen.type("q")
        screen.wait_for("the first 18 studies in FILEROOM")
        screen.wait_for(PROMPT)
        screen.enter("study 29", shows="study (no id) of Doe^Jane")
        screen.type(f"quit{ENTER}")
        assert screen.ended() == 0


def test_ctrl_z_suspends_the_shell_and_types_nothing(place: Path) -> None:
    with terminal(place) as screen:
        screen.type(f"stu{CTRL_Z}dy{ENTER}")
        screen.wait_for("Enter for more")
        screen.type("q")
        screen.wait_for(PROMPT)
        screen.type(CTRL_D)
        assert screen.ended() == 0


def test_errors_ctrl_c_and_ctrl_d_do_what_they_do_everywhere(place: Path) -> None:
    with terminal(place) as screen:
        screen.enter("study 99", shows="error: no study 99: they go from 0 to 29")
        screen.type("nonsense")
        screen.wait_for("nonsense")
        screen.type(CTRL_C)
        screen.wait_for(PROMPT)
        screen.enter("database", shows="* 0)   FILEROOM")
        screen.type(CTRL_D)
        assert screen.ended() == 0  # though a command failed: a person saw it


def test_ctrl_c_ends_a_command_and_not_the_shell(place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, terminal(place) as screen:
        screen.enter(f"title MUTE@127.0.0.1:{silent.getsockname()[1]}", prompt="FILEROOM->MUTE>")
        screen.type(f"echo{ENTER}")
        with silent.accept()[0]:
            screen.press_until(CTRL_C, shows="interrupted")
            screen.wait_for("FILEROOM->MUTE>")
            assert screen.left() == 0


def test_the_history_is_kept_where_it_is_asked_for_and_for_its_owner_only(place: Path) -> None:
    history = place.parent / "lines.txt"
    with terminal(place, "--history", history) as screen:
        screen.enter("title", shows="* 0)   STORE1")
        screen.type(CTRL_D)
        assert screen.ended() == 0
    assert "title" in history.read_text()
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    with terminal(place, "--history", history) as screen:
        screen.enter(UP, shows="* 0)   STORE1")
        screen.type(CTRL_D)
        assert screen.ended() == 0


def test_without_being_asked_the_shell_writes_no_history(place: Path) -> None:
    before = sorted(place.parent.rglob("*"))
    with terminal(place) as screen:
        screen.enter("title", shows="* 0)   STORE1")
        screen.enter(UP, shows="* 0)   STORE1")
        screen.type(CTRL_D)
        assert screen.ended() == 0
    assert sorted(place.parent.rglob("*")) == before


def test_a_history_that_cannot_be_kept_is_an_error_before_the_shell_starts(place: Path) -> None:
    screen = Terminal("browse", place, "--history", place / "nowhere" / "lines", cwd=place.parent)
    try:
        screen.wait_for("error: the history cannot be kept there: No such file or directory")
        assert screen.ended() == 1
    finally:
        screen.close()


def test_without_prompt_toolkit_a_terminal_is_told_what_to_install_and_a_pipe_needs_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fileroom.cli import browsing

    for name in [name for name in sys.modules if name.startswith("fileroom.cli._browse.terminal")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "prompt_toolkit", None)
    session: Any = object()
    assert not browsing._lines(session, None).interactive
    monkeypatch.setattr(sys, "stdin", At())
    monkeypatch.setattr(sys, "stdout", At())
    with pytest.raises(MissingDependencyError, match=r"pip install 'fileroom\[browse\]'"):
        browsing._lines(session, None)


class At:
    """A stream at a terminal."""

    def isatty(self) -> bool:
        return True


def test_show_draws_a_picture_at_a_terminal(tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "archive") as archive:
        instance = archive.store(make_instance(rows=32, columns=32)).check().instance
        assert instance is not None
    screen = Terminal("-a", tmp_path / "archive", "show", instance.id, cwd=tmp_path)
    try:
        screen.wait_for("PatientName")
        # The shades of an image from black to white.
        screen.wait_for("@@")
        assert screen.ended() == 0
    finally:
        screen.close()

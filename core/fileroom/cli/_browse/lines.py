"""Where command lines come from; here, a pipe or a file. `terminal` has them from a person."""

from __future__ import annotations

import sys
from typing import Protocol

_ROWS = 1000


class Lines(Protocol):
    """A source of command lines.

    Attributes:
        interactive: a person types them, and reads what comes.
        page: how many rows of a list are shown before `more` is asked.
    """

    @property
    def interactive(self) -> bool:
        """Whether a person types them, and reads what comes."""

    @property
    def page(self) -> int:
        """How many rows of a list are shown before `more` is asked."""

    def read(self, prompt: str) -> str:
        """Return the next line.

        Raises:
            EOFError: there is none.
            KeyboardInterrupt: Ctrl-C was pressed instead.
        """

    def more(self) -> bool:
        """Ask whether to go on with a list."""


class PlainLines:
    """Lines of the standard input as they are: no prompt, and lists without end."""

    interactive = False
    page = _ROWS

    def __init__(self) -> None:
        reconfigure = getattr(sys.stdin, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")  # bytes that are no text are a wrong word, not the end

    def read(self, prompt: str) -> str:
        """Return the next line."""
        del prompt
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        return line

    def more(self) -> bool:
        """Go on."""
        return True

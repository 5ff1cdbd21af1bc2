"""Command lines from a person at a terminal, with prompt_toolkit: completion by Tab, and a history."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession, prompt
from prompt_toolkit.completion import Completer, Completion
from prompt_toolkit.history import FileHistory, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings

from fileroom.cli.failures import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document
    from prompt_toolkit.key_binding import KeyPressEvent

_MORE = "-- Enter for more, q to stop -- "
_OTHER_LINES = 6  # on a screen with a list
_LINES_OF_A_ROW = 2
_FEWEST_ROWS = 4
_OWNER_ONLY = 0o600


class TerminalLines:
    """Lines as a person types them.

    Args:
        complete: returns what the last word of the line so far may become.
        history: the file to keep the lines in, which only its owner may read; None keeps them in memory.

    Raises:
        CommandError: they cannot be kept there.
    """

    interactive = True

    def __init__(self, complete: Callable[[str], Sequence[str]], history: Path | None) -> None:
        kept = InMemoryHistory() if history is None else FileHistory(_private(history))
        self._session: PromptSession[str] = PromptSession(
            history=kept, completer=_Words(complete), complete_while_typing=False, enable_suspend=True
        )

    def read(self, prompt: str) -> str:
        """Return the next line."""
        return self._session.prompt(prompt)

    @property
    def page(self) -> int:
        """How many rows fit on the screen."""
        lines = self._session.output.get_size().rows - _OTHER_LINES
        return max(_FEWEST_ROWS, lines // _LINES_OF_A_ROW)

    def more(self) -> bool:
        """Ask; Enter goes on, q ends the list at once, and so does anything else with Enter behind it."""
        try:
            return not prompt(_MORE, key_bindings=_stops(), enable_suspend=True).strip()
        except EOFError:
            return False


def _stops() -> KeyBindings:
    """Return what lets a ``q`` end the question without Enter."""
    keys = KeyBindings()

    @keys.add("q")
    def _(event: KeyPressEvent) -> None:
        event.app.exit(result="q")

    return keys


class _Words(Completer):
    def __init__(self, complete: Callable[[str], Sequence[str]]) -> None:
        self._complete = complete

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Yield what the word before the cursor may become."""
        del complete_event
        line = document.text_before_cursor
        last = "" if line[-1:].isspace() else line.split()[-1] if line else ""
        return (Completion(word, -len(last)) for word in self._complete(line))


def _private(path: Path) -> str:
    """Make a file that its owner only may read, or keep the one that is there."""
    path = path.expanduser()
    try:
        os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, _OWNER_ONLY))
    except OSError as error:
        raise CommandError(f"the history cannot be kept there: {error.strerror}") from error
    return str(path)

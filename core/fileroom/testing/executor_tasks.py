"""Tasks for `fileroom.testing.executor`, in a module of their own, which workers import quickly."""

from __future__ import annotations

import os
import time
from pathlib import Path

from fileroom.errors import InvalidDatasetError

_POLL = 0.01  # seconds


def double(number: int) -> int:
    """Return twice a number."""
    return 2 * number


def refuse_odd(number: int) -> int:
    """Return an even number; raise an error for an odd one."""
    if number % 2:
        raise InvalidDatasetError(f"{number} is odd")
    return number


def reverse(data: bytes) -> bytes:
    """Return bytes from the last to the first."""
    return data[::-1]


def chatter(text: str) -> str:
    """Print a text, and return it."""
    print(text, flush=True)  # noqa: T201 - what it is for
    return text


def wait_for(folder: str, patience: float, number: int) -> int:
    """Return a number: 0 when there is a file ``go`` in the folder, others at once."""
    until = time.monotonic() + patience
    while number == 0 and not (Path(folder) / "go").exists():
        if time.monotonic() > until:
            raise TimeoutError("nobody let it go")
        time.sleep(_POLL)
    return number


def die_once(folder: str, text: str) -> str:
    """Return a text; with the first one that is called, the worker dies first."""
    try:
        (Path(folder) / "died").touch(exist_ok=False)
    except FileExistsError:
        return text
    leave()
    return ""


def die_with(victim: str, text: str) -> str:
    """Return a text; with the victim, the worker dies."""
    if text == victim:
        leave()
    return text


def leave() -> None:
    """End this process at once."""
    os._exit(1)

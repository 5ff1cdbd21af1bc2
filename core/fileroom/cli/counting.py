"""A bar on stderr for work that is counted in pieces, if that is a terminal."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from fileroom.cli.output import console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextlib.contextmanager
def counting(description: str, total: int | None) -> Iterator[Callable[[], None]]:
    """Yield a function that counts one more piece, on a bar if stderr is a terminal.

    Args:
        description: what the bar says.
        total: how many pieces there are; None where nobody knows.
    """
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich import progress as bars  # noqa: PLC0415 - not needed for --help

    columns = (
        bars.TextColumn("{task.description}", markup=False),
        bars.BarColumn(bar_width=20),
        bars.MofNCompleteColumn(),
        bars.TimeRemainingColumn(compact=True),
    )
    with bars.Progress(*columns, console=console(stderr=True), transient=True) as shown:
        task = shown.add_task(description, total=total)
        yield lambda: shown.advance(task)

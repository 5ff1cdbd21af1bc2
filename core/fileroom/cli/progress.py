"""Progress on stderr, if that is a terminal."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fileroom.cli import text
from fileroom.cli.output import console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fileroom.reports import Progress


@contextmanager
def import_progress(description: str) -> Iterator[Callable[[Progress], None] | None]:
    """Yield what shows an import's progress, or None where nobody would see it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich import progress as bars  # noqa: PLC0415 - not needed for --help

    columns = (
        bars.TextColumn("{task.description}", markup=False),
        bars.BarColumn(bar_width=20),
        bars.TextColumn("{task.fields[amount]}", markup=False),
        bars.TimeRemainingColumn(compact=True),
    )
    with bars.Progress(*columns, console=console(stderr=True), transient=True) as shown:
        task = shown.add_task(description, total=None, amount="looking for files")

        def show(now: Progress) -> None:
            # Bytes are the better measure of what is left, where they are known.
            total, done = (now.total_bytes, now.bytes) if now.total_bytes else (now.total, now.done)
            shown.update(task, total=total, completed=done, amount=_amount(now))

        yield show


def _amount(now: Progress) -> str:
    of = f"/{now.total:,}" if now.total is not None else ""
    rate = now.done / now.seconds if now.seconds else 0.0
    return f"{now.done:,}{of} files, {text.size(now.bytes)}, {rate:,.0f}/s"


@contextmanager
def waiting(message: str) -> Iterator[None]:
    """Show that something is under way whose length is not known."""
    if not sys.stderr.isatty():
        yield
        return
    with console(stderr=True).status(message):
        yield

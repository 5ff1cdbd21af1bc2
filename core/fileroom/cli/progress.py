"""Progress on stderr, if that is a terminal."""

from __future__ import annotations

import functools
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fileroom.cli import text
from fileroom.cli.output import console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fileroom.migrating import MigrationProgress
    from fileroom.moving import MoveProgress
    from fileroom.reports import Progress


@contextmanager
def import_progress(description: str) -> Iterator[Callable[[Progress], None] | None]:
    """Yield what shows an import's progress, or None where nobody would see it."""
    with _bar(description, "looking for files") as update:
        yield None if update is None else functools.partial(_show_import, update)


def _show_import(update: Callable[..., None], now: Progress) -> None:
    # Bytes are the better measure of what is left, where they are known.
    total, done = (now.total_bytes, now.bytes) if now.total_bytes else (now.total, now.done)
    update(total=total, completed=done, amount=_amount(now))


@contextmanager
def migration_progress() -> Iterator[Callable[[MigrationProgress], None] | None]:
    """Yield what shows a migration's progress, or None where nobody would see it."""
    with _bar("migrating", "looking at both archives") as update:
        yield None if update is None else functools.partial(_show_migration, update)


def _show_migration(update: Callable[..., None], now: MigrationProgress) -> None:
    rate = now.done / now.seconds if now.seconds else 0.0
    copied = f", {text.size(now.bytes)}" if now.phase == "copying" else ""
    of = f"/{now.total:,}" if now.total else ""
    amount = f"{now.done:,}{of}{copied}, {rate:,.0f}/s"
    update(description=now.phase, total=now.total or None, completed=now.done, amount=amount)


@contextmanager
def move_progress() -> Iterator[Callable[[MoveProgress], None] | None]:
    """Yield what shows the progress of a move between tiers, or None where nobody would see it."""
    with _bar("moving", "looking for what to move") as update:
        yield None if update is None else functools.partial(_show_move, update)


def _show_move(update: Callable[..., None], now: MoveProgress) -> None:
    of = f"/{now.total:,}" if now.total is not None else ""
    amount = f"{now.done:,}{of} looked at, {now.moved:,} moved, {text.size(now.bytes)}"
    update(total=now.total, completed=now.done, amount=amount)


@contextmanager
def _bar(description: str, amount: str) -> Iterator[Callable[..., None] | None]:
    """Yield what changes a bar's ``description``, ``total``, ``completed`` and ``amount``, or None."""
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
        task = shown.add_task(description, total=None, amount=amount)
        yield functools.partial(shown.update, task)


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

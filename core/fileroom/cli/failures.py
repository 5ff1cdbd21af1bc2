"""Every error as one line on stderr, and as an exit code. Nothing ends in a traceback unless asked for."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
import traceback
import warnings
from typing import TYPE_CHECKING, Protocol

import click

from fileroom.cli.text import printable
from fileroom.errors import ConfigError, FileroomError, KeyNotIndexedError, PluginError, QueryError

if TYPE_CHECKING:
    from collections.abc import Callable

FAILED = 1
"""Exit code: something was rejected, quarantined, in conflict or not found, or failed."""

USAGE = 2
"""Exit code: wrong usage or configuration."""

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 and the number of SIGINT, as shells do it."""

_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_CONFIGURATION = (ConfigError, PluginError, QueryError)


class CommandError(click.ClickException):
    """A command could not do what it was asked for; exit code 1."""

    exit_code = FAILED


class UsageProblem(click.ClickException):
    """A command was asked for something that makes no sense; exit code 2."""

    exit_code = USAGE


class HasTraceback(Protocol):
    """What says how errors are shown; it may change while a command is parsed.

    Attributes:
        traceback: whether to show where an error comes from.
    """

    traceback: bool


def guarded(run: Callable[[], int | None], settings: HasTraceback) -> int:
    """Run a command and return the exit code; say in one line what went wrong."""
    for stream in (sys.stdout, sys.stderr):
        _escape_what_cannot_be_written(stream)
    log = logging.getLogger("fileroom")
    handler = _Warnings(logging.WARNING)
    log.addHandler(handler)
    try:
        with warnings.catch_warnings():
            if not sys.warnoptions:
                warnings.simplefilter("ignore")  # pydicom's quote values
            code = run()
            if sys.stdout is not None:  # as it is when a shell closed it, or under pythonw
                sys.stdout.flush()
            return code or 0
    except BaseException as error:
        if isinstance(error, SystemExit):  # click: broken pipe, shell completion
            raise
        return report(error, settings)
    finally:
        log.removeHandler(handler)


def say(message: str) -> None:
    """Write a line for people to stderr, where results never go."""
    click.echo(printable(message, keep="\n"), err=True)


def report(error: BaseException, settings: HasTraceback) -> int:
    """Say in one line what went wrong; return the exit code that stands for it."""
    if settings.traceback:
        traceback.print_exception(error)
    message, code = _explain(error)
    if message:
        say(message)
    return code


def _explain(error: BaseException) -> tuple[str, int]:  # noqa: PLR0911 - one line a kind
    match error:
        case click.UsageError():
            return _usage(error), error.exit_code
        case click.ClickException():
            return f"error: {error.format_message()}", error.exit_code
        case click.Abort() | KeyboardInterrupt():
            return "interrupted", INTERRUPTED
        case KeyNotIndexedError():
            return f"error: {error}".replace("scan=True", "--scan"), USAGE
        case FileroomError():
            return f"error: {error}", USAGE if isinstance(error, _CONFIGURATION) else FAILED
        case BrokenPipeError():
            _drop_stdout()
            return "", FAILED
        case MemoryError():
            return "error: out of memory", FAILED
        case OSError():
            # Without the path, which may hold a patient's name.
            reason = error.strerror or type(error).__name__
            # Who writes to a file that has a name has said so.
            if error.filename is None and error.errno in _FULL:
                reason = f"the output cannot be written: {reason}"
            return f"error: {reason}; --traceback shows where", FAILED
        case _:
            name = type(error).__name__
            return f"internal error: {name}; run again with --traceback, and report it", FAILED


def _usage(error: click.UsageError) -> str:
    hint = f"; see '{error.ctx.command_path} --help'" if error.ctx else ""
    return f"error: {error.format_message().rstrip('.')}{hint}"


def _escape_what_cannot_be_written(stream: object) -> None:
    """Keep a console that knows few characters from ending a command."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def _drop_stdout() -> None:
    """Keep the interpreter from complaining at exit that nobody reads what is left."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Warnings(logging.Handler):
    """Fileroom's own warnings, one line each."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one."""
        say(f"warning: {record.getMessage()}")

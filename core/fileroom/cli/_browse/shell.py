"""The loop: a line, a command, and on, whatever a command does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.cli._browse.commands import Commands, LeaveShell
from fileroom.cli.failures import FAILED, report, say

if TYPE_CHECKING:
    from fileroom.cli._browse.lines import Lines
    from fileroom.cli._browse.session import Session
    from fileroom.cli.command import Settings


def run(session: Session, lines: Lines, settings: Settings) -> int:
    """Run commands until the lines end or one of them is ``quit``; return the exit code.

    It is 0 at a terminal. Elsewhere it is 1 if a command failed, so that a script can tell.
    """
    commands = Commands(session, lines)
    failed = False
    while True:
        try:
            line = lines.read(session.prompt)
        except EOFError:
            break
        except KeyboardInterrupt:  # drops the line
            continue
        try:
            commands.run(line)
        except LeaveShell:
            break
        except KeyboardInterrupt:
            if not lines.interactive:
                raise
            say("interrupted")
        except Exception as error:  # noqa: BLE001 - no error of a command ends the shell
            report(error, settings)
            failed = True
    return FAILED if failed and not lines.interactive else 0

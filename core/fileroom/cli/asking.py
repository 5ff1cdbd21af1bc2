"""Asking before something is gone for good."""

from __future__ import annotations

import click

from fileroom.cli.failures import say


def agreed(question: str) -> bool:
    """Ask on the terminal; return whether the answer was yes. Where nobody can answer, it was no."""
    try:
        return click.confirm(question, err=True)
    except click.Abort:  # nobody there to ask, or Ctrl-C
        say("")
        return False

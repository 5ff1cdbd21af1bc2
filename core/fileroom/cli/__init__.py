"""The `fileroom` command: one module per group of commands, each imported when it is used."""

from __future__ import annotations


def main() -> None:
    """Run the command line of this process, and exit with its code."""
    from fileroom.cli.application import cli  # noqa: PLC0415 - `import fileroom.cli` stays light

    cli.main(prog_name="fileroom")

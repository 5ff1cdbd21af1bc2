"""What all commands share: options before or after a command's name, and help with examples."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fileroom.cli.failures import CommandError, UsageProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fileroom.archive import Archive

DEFAULT_ARCHIVE = "archive"


@dataclass(slots=True)
class Settings:
    """What the common options say.

    Attributes:
        given: ``--archive``, None where it was not given.
        json: print JSON.
        traceback: show where an error comes from.
    """

    given: str | None = None
    json: bool = False
    traceback: bool = False

    @property
    def archive(self) -> str:
        """The archive's folder or TOML file."""
        return self.given or os.environ.get("FILEROOM_ARCHIVE") or DEFAULT_ARCHIVE

    def exists(self) -> bool:
        """Say whether there is an archive: a TOML file, or a folder with one, a default index, or DCMTK's.

        Raises:
            CommandError: it may not be looked at.
        """
        from fileroom.config import AREA_FILES, FILE_NAME  # noqa: PLC0415 - not needed for --help

        path = Path(self.archive).expanduser()
        try:
            return path.is_file() or any(
                (path / name).is_file() for name in (FILE_NAME, "index.sqlite", *AREA_FILES)
            )
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise CommandError(f"{self.archive} cannot be looked into: {reason}") from error

    def require(self) -> None:
        """Make sure that there is an archive.

        Raises:
            UsageProblem: there is none.
        """
        if not self.exists():
            raise UsageProblem(
                f"no archive at {self.archive}: make one with "
                f"'fileroom -a {self.archive} init', or by importing into it"
            )

    def open(self, **tables: Any) -> Archive:  # noqa: ANN401 - as `fileroom.open` has them
        """Open the archive; ``tables`` win over what its configuration says.

        Raises:
            UsageProblem: there is none.
            FileroomError: it cannot be opened.
        """
        import fileroom  # noqa: PLC0415 - not needed for --help

        self.require()
        return fileroom.open(self.archive, **tables)

    def open_or_make(self, **tables: Any) -> Archive:  # noqa: ANN401
        """Open the archive; where there is none, make it, with a configuration file to edit."""
        import fileroom  # noqa: PLC0415
        from fileroom.config import FILE_NAME, starter_toml  # noqa: PLC0415

        if not self.exists():
            path = Path(self.archive).expanduser()
            file = path if path.suffix.lower() == ".toml" else path / FILE_NAME
            try:
                file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # patients' data will lie in it
                file.write_text(starter_toml(), encoding="utf-8")
            except OSError as error:
                reason = error.strerror or type(error).__name__
                raise CommandError(f"no archive can be made at {self.archive}: {reason}") from error
        return fileroom.open(self.archive, **tables)


pass_settings: Callable[..., Any] = click.make_pass_decorator(Settings)


def _remember(ctx: click.Context, param: click.Parameter, value: object) -> None:
    if value and param.name is not None:
        setattr(ctx.ensure_object(Settings), param.name, value)


def _common_options() -> list[click.Parameter]:
    quiet: dict[str, Any] = {"expose_value": False, "is_eager": True, "callback": _remember}
    where = "The archive's folder or TOML file."
    return [
        click.Option(["-a", "--archive", "given"], metavar="PATH", help=where, **quiet),
        click.Option(["--json"], is_flag=True, help="Print JSON.", **quiet),
        click.Option(["--traceback"], is_flag=True, help="Show where an error comes from.", **quiet),
    ]


class _Common(click.Command):
    def __init__(self, name: str | None, *, examples: Sequence[str] = (), **attributes: Any) -> None:  # noqa: ANN401 - click's
        super().__init__(name, **attributes)
        self.examples = examples
        self.params += _common_options()
        self.context_settings.setdefault("help_option_names", ["-h", "--help"])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, as they are to be typed."""
        super().format_epilog(ctx, formatter)
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples:
                    formatter.write(f"{'':{formatter.current_indent}}{line}\n")


class Command(_Common):
    """A command; its function returns the exit code."""

    allow_extra_args = True

    def invoke(self, ctx: click.Context) -> int:
        """Run it, unless there are words too many, which click would repeat: they may be a patient's."""
        if ctx.args:
            raise click.UsageError(f"too many words: the last {len(ctx.args)} have no place", ctx)
        code: int = super().invoke(ctx)
        return code


class Group(_Common, click.Group):
    """A group of commands; without one, it shows its help."""

    def __init__(self, name: str | None = None, **attributes: Any) -> None:  # noqa: ANN401 - click's
        super().__init__(name, invoke_without_command=True, **attributes)
        self.callback = click.pass_context(_help_without_command)


def _help_without_command(ctx: click.Context) -> None:
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
        ctx.exit()


def command(name: str, *examples: str) -> Callable[[Callable[..., Any]], Command]:
    """Return a decorator that makes a `Command` of a function, which gets the `Settings` first."""

    def decorate(function: Callable[..., Any]) -> Command:
        return click.command(name, cls=Command, examples=examples)(pass_settings(function))

    return decorate

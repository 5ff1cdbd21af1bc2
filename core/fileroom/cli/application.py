"""All commands with their one-line helps; the modules behind them are imported when a command is used."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from fileroom.cli.command import Group, Settings
from fileroom.cli.failures import guarded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COMMANDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "Fill": {
        "init": ("creating:init", "Make an empty archive."),
        "import": ("importing:import_", "Import files, folders and ZIP files."),
        "blob": ("blob:blob", "Take images out of a table of another database."),
        "register": ("registering:register", "Take files into the index where they lie."),
        "import-config": ("adopting:import_config", "Make archives of the areas in a dcmqrscp.cfg."),
        "quarantine": ("quarantining:quarantine", "List, retry or discard damaged objects."),
        "demo": ("demo:demo", "Walk through Fileroom on real DICOM files."),
    },
    "Find and take out": {
        "find": ("finding:find", "Search patients, studies, series or instances."),
        "show": ("showing:show", "Show all about a resource."),
        "browse": ("browsing:browse", "Look into archives, and send from them, in a shell."),
        "header": ("heading:header", "Show headers as DICOM JSON or XML."),
        "query-xml": ("querying_xml:query_xml", "Ask headers by XPath."),
        "table": ("tabling:table", "Write what is found as Parquet, CSV or Arrow."),
        "transcode": ("transcoding:transcode", "Write objects in another transfer syntax."),
        "export": ("exporting:export", "Write DICOM files to a folder or a ZIP file."),
        "cat": ("attaching:cat", "Write an attachment's bytes to the standard output."),
        "url": ("attaching:url", "Show a URL from which an attachment can be read."),
    },
    "Network": {
        "send": ("sending:send", "Send DICOM files to a DICOM application."),
        "echo": ("sending:echo", "Ask a DICOM application whether it answers."),
    },
    "Add and remove": {
        "attachments": ("attaching:attachments", "List what is attached to a resource."),
        "attach": ("attaching:attach", "Attach a file to a resource."),
        "detach": ("attaching:detach", "Remove an attachment."),
        "metadata": ("annotating:metadata", "Show, set or unset metadata."),
        "label": ("annotating:label", "Show, add or remove labels."),
        "process": ("processing:process", "Run a processor, and keep what it makes."),
        "deidentify": ("deidentifying:deidentify", "Make objects without the patient's identity."),
        "anonymous": ("anonymity:anonymous", "Say whether objects are de-identified."),
        "pseudonyms": ("pseudonyms:pseudonyms", "Tell who became whom, with the key."),
        "processing": ("background:processing", "See to what is processed once it is stored."),
        "delete": ("deleting:delete", "Delete resources with all beneath them."),
    },
    "Look after": {
        "stats": ("logbook:stats", "Show the totals."),
        "changes": ("logbook:changes", "Show what happened, oldest first."),
        "documents": ("documenting:documents", "Edit the rules, mappings and dictionaries."),
        "check": ("checking:check", "Check objects against the standard and by rules."),
        "messages": ("messages:messages", "Show what checks said of stored objects."),
        "verify": ("upkeep:verify", "Compare the stored bytes with their records."),
        "sweep": ("upkeep:sweep", "Delete stored bytes that belong to nothing."),
        "rebuild": ("upkeep:rebuild", "Read all stored headers anew."),
        "compact": ("upkeep:compact", "Give back the space of what is gone from the index."),
        "move": ("moving:move", "Move bytes to the tiers where they belong."),
        "migrate": ("migrating:migrate", "Copy an archive to another index, storage, or both."),
        "plugins": ("inspecting:plugins", "List the installed plugins."),
        "config": ("inspecting:config", "Show the configuration, and where it comes from."),
    },
}
"""Section to command to where it is, ``module:name``, and its help."""


class Application(Group):
    """The root of all commands."""

    def main(  # type: ignore[override]  # one signature for click's overloads
        self,
        args: Sequence[str] | None = None,
        *,
        standalone_mode: bool = True,
        **extra: Any,  # noqa: ANN401 - handed on to click
    ) -> int:
        """Run a command line; exit with its code, or return that unless ``standalone_mode``."""
        settings = Settings()

        def run() -> int | None:
            code: int | None = super(Application, self).main(
                args, standalone_mode=False, obj=settings, **extra
            )
            return code

        code = guarded(run, settings)
        if standalone_mode:
            sys.exit(code)
        return code

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands' names."""
        del ctx
        return [name for section in COMMANDS.values() for name in section]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's module, and return the command."""
        del ctx
        for section in COMMANDS.values():
            if cmd_name in section:
                module, _, name = section[cmd_name][0].partition(":")
                command: click.Command = getattr(import_module(f"fileroom.cli.{module}"), name)
                return command
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the helps from the table, so that ``--help`` imports no command."""
        del ctx
        for title, section in COMMANDS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:<13}", short) for name, (_, short) in section.items()])


cli = Application(
    "fileroom",
    help="""A DICOM archive: import files, find them, attach to them, take them out.

    The archive is a folder, or a TOML file that configures one; ./archive if neither -a nor the environment
    variable FILEROOM_ARCHIVE names another. Exit code: 0 done; 1 something was rejected, quarantined, in
    conflict or not found; 2 wrong usage or configuration.
    """,
    examples=(
        "fileroom import ~/dicom",
        "fileroom find study PatientName='müller*' StudyDate=20240101-",
        "fileroom demo",
    ),
)


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's
    if value:
        from fileroom import __version__  # noqa: PLC0415

        click.echo(f"fileroom {__version__}")
        ctx.exit()


cli.params.append(
    click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_print_version,
        help="Show the version.",
    )
)

"""``fileroom demo``: the other commands, run one after another on the DICOM files that pydicom ships."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

import fileroom
from fileroom._plugins.listing import list_plugins
from fileroom.cli import output
from fileroom.cli.application import cli
from fileroom.cli.command import command
from fileroom.cli.failures import FAILED, CommandError, UsageProblem
from fileroom.cli.picture import draw
from fileroom.config import FILE_NAME, starter_toml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.cli.command import Settings

OWN = "demo-files"
"""The subfolder for what the demo makes; it marks the folder as the demo's own."""

_NOTE = "Read by nobody. This text is attached to a study.\n"


@command("demo", "fileroom demo", "fileroom demo try")
@click.argument("folder", default="fileroom-demo", type=click.Path(file_okay=False, path_type=Path))
def demo(settings: Settings, *, folder: Path) -> int:
    """Import real DICOM files into a new archive, and walk through the other commands.

    The files are those that come with pydicom; nothing is downloaded. The archive is made in FOLDER,
    ./fileroom-demo by default, and stays there for you to try more.
    """
    if settings.given is not None:
        raise UsageProblem("the demo makes an archive of its own: fileroom demo FOLDER")
    if folder.exists() and any(folder.iterdir()) and not (folder / OWN).is_dir():
        raise UsageProblem(f"{folder} holds something else: name a folder that is new")
    with _no_settings_from_outside(), contextlib.ExitStack() as stack:
        if settings.json:
            stack.enter_context(contextlib.redirect_stdout(sys.stderr))
        walk = Walk(folder)
        picture = walk.run()
    if settings.json:
        shown = None if picture is None else str(picture)
        output.print_json({"archive": str(folder), "picture": shown, "commands": walk.commands})
    return 0


@contextlib.contextmanager
def _no_settings_from_outside() -> Iterator[None]:
    """Forget variables such as FILEROOM_STORAGE__ROOT: they would lead into another archive."""
    own = {name: value for name, value in os.environ.items() if name.startswith("FILEROOM_") and "__" in name}
    for name in own:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(own)


class Walk:
    """One demo.

    Attributes:
        commands: the command lines that were run.
    """

    def __init__(self, folder: Path) -> None:
        self.commands: list[str] = []
        self._folder = folder
        self._own = folder / OWN
        self._imaging = next((one for one in list_plugins() if one.name == "imaging"), None)

    def run(self) -> Path | None:
        """Run all commands; return the picture's file, None without the extra that makes one."""
        self._prepare()
        self._step("Import real files: those that come with pydicom.", "import", *_sources(), allowed=FAILED)
        output.say(
            "",
            "Some of them are damaged on purpose: they are set aside, not lost. Others are",
            "one image in several encodings: the first is kept, the others conflict with it.",
        )
        self._step("What is in the archive now?", "stats")
        self._step("Names match whatever their case and accents:", "find", "patient", "PatientName=*jerome")
        newest = ("find", "study", "ModalitiesInStudy=MR", "--order=-StudyDate", "--limit", "3")
        self._step("The newest studies with MR series:", *newest)
        study = self._newest()
        self._step("All about the first of them:", "show", study)
        self._step("Attach something to it:", "attach", study, str(self._own / "note.txt"), "--type", "note")
        picture = self._make_picture(study)
        self._step("All that is attached:", "attachments", study)
        self._step("Take the files out, as they came in:", "export", study, "-o", str(self._own / "export"))
        if picture is not None:
            output.say("", f"The picture is in {picture}")
            draw(picture)
        output.say("", f"The archive stays in {self._folder}: try fileroom -a {self._folder} find patient")
        return picture

    def _prepare(self) -> None:
        try:
            self._own.mkdir(parents=True, exist_ok=True)
            (self._own / "note.txt").write_text(_NOTE, encoding="ascii")
            (self._folder / FILE_NAME).write_text(self._configuration(), encoding="utf-8")
        except OSError as error:
            raise CommandError(f"no demo can be made at {self._folder}: {error.strerror}") from error

    def _configuration(self) -> str:
        note = '[content_types]\nnote = { number = 1024, media_type = "text/plain" }'
        text = starter_toml().replace("[content_types]", note)
        return text.replace("# enable = []", 'enable = ["imaging"]') if self._has_imaging else text

    @property
    def _has_imaging(self) -> bool:
        return self._imaging is not None and self._imaging.state == "available"

    def _make_picture(self, study: str) -> Path | None:
        if not self._has_imaging:
            output.say("", "With pip install 'fileroom[imaging]' there would be a picture of it here.")
            return None
        self._step("Make a small picture of its middle image:", "process", "thumbnail", study)
        picture = self._own / "thumbnail.jpg"
        self._step("Take the picture out:", "cat", study, "--type", "thumbnail", "-o", str(picture))
        return picture

    def _newest(self) -> str:
        """Return the id of the first study that the user has just seen."""
        with fileroom.open(self._folder) as archive:
            found = archive.find("study", ModalitiesInStudy="MR", order_by="-StudyDate").first()
            if found is None:
                raise CommandError("the installed pydicom ships no MR images: the demo ends here")
            return found.id

    def _step(self, why: str, *words: str, allowed: int = 0) -> None:
        arguments = ["-a", str(self._folder), *words]
        line = _shell_line(["fileroom", *arguments])
        output.say("", why, f"$ {line}")
        sys.stdout.flush()
        self.commands.append(line)
        code = cli.main(arguments, standalone_mode=False, prog_name="fileroom")
        if code not in (0, allowed):
            raise CommandError("the demo stopped: the command above failed")


def _sources() -> list[str]:
    """Return the folders of DICOM files in the installed pydicom, without importing it."""
    spec = find_spec("pydicom")
    places = (spec and spec.submodule_search_locations) or ()
    folders = [Path(place) / "data" / name for place in places for name in ("test_files", "charset_files")]
    found = [str(folder) for folder in folders if folder.is_dir()]
    if not found:
        raise CommandError("the installed pydicom ships no DICOM files: install pydicom from PyPI")
    return found


def _shell_line(words: list[str]) -> str:
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)

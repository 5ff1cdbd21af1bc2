"""Building distributions, and environments in which they are installed without asking the network."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "examples" / "third_party_plugin"


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Run a program that must succeed, and return what it prints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FILEROOM_", "PYTHON"))}
    done = subprocess.run(
        [str(one) for one in command],
        cwd=cwd,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.args}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def build(source: Path, target: Path, *kinds: str) -> list[Path]:
    """Build a wheel or an sdist; with the hatchling of this environment if there is one, else a fresh one."""
    isolation = [] if importlib.util.find_spec("hatchling") is None else ["--no-isolation"]
    run(sys.executable, "-m", "build", *kinds, *isolation, "--outdir", target, source, cwd=target)
    return sorted(target.iterdir())


@dataclass(frozen=True)
class Environment:
    """A virtual environment.

    Attributes:
        folder: where it is.
        python: its interpreter.
    """

    folder: Path
    python: Path

    @classmethod
    def make(cls, folder: Path, wheels: list[Path]) -> Environment:
        """Install wheels; what they depend on is taken from the environment that runs the tests.

        A path that a ``.pth`` file names has no ``.pth`` files of its own, so that an editable Fileroom over
        there is not found.
        """
        venv.create(folder, with_pip=False, symlinks=os.name != "nt")
        programs = folder / ("Scripts" if os.name == "nt" else "bin")
        python = programs / ("python.exe" if os.name == "nt" else "python")
        site = Path(
            run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip()
        )
        borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
        (site / "borrowed.pth").write_text("\n".join(sorted(borrowed)) + "\n", encoding="utf-8")
        pip = (sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check")
        run(*pip, "install", "--quiet", "--no-index", "--no-deps", *wheels, cwd=folder)
        return cls(folder, python)

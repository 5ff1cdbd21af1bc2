"""``fileroom process``: files, searches, commands, limits of time, and what is wrong with one of many."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pydicom
import pytest

import fileroom
from fileroom.testing.datasets import make_instance
from tests.core.distributions import Site, install_site
from tests.integration.cli_runs import ENVIRONMENT, run, run_json
from tests.integration.test_on_store import INSTALLED

site = pytest.fixture(install_site, name="site")


@pytest.fixture
def installed(site: Site) -> Site:
    site.install("acme", plugins={"odd": "acme_odd:fileroom_processor"}, modules={"acme_odd": INSTALLED})
    return site


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files named by their numbers, which `Odd` goes by."""
    made = tmp_path / "dicom"
    made.mkdir()
    for number in (1, 2, 4, 6, 7, 8):
        data = make_instance(sop_uid=f"1.2.{number}", instance_number=number)
        (made / f"{number}.dcm").write_bytes(data)
    return made


@pytest.mark.usefixtures("installed")
def test_with_a_limit_of_time_what_hangs_or_crashes_costs_itself_only(tmp_path: Path, folder: Path) -> None:
    made = tmp_path / "made"
    printed = run_json(
        *("-a", tmp_path / "none", "process", "odd", folder, "-o", made, "--timeout", "8", "--jobs", "2"),
        code=1,
    )
    reasons = {Path(one["object"]).stem: one.get("reason") for one in printed}
    assert reasons == {
        "1": None,
        "2": "not this one",
        "4": "the processor failed: ZeroDivisionError",
        "6": "given up: 3 worker processes died with it",
        "7": "given up: it took longer than 8 seconds",
        "8": None,
    }
    assert sorted(path.name for path in made.iterdir()) == ["1.txt", "8.txt"]


@pytest.mark.usefixtures("installed")
def test_what_is_kept_has_a_limit_of_time_too(tmp_path: Path, folder: Path) -> None:
    archive = tmp_path / "archive"
    run("-a", archive, "import", folder / "1.dcm", folder / "7.dcm")
    printed = run_json("-a", archive, "process", "odd", "instance", "--timeout", "8", code=1)
    assert len(printed["made"]) == 1
    assert list(printed["failures"].values()) == ["given up: it took longer than 8 seconds"]
    words = ("process", "odd", "instance", "--timeout", "3", "--executor", "dask")
    assert "processes of this machine" in run("-a", archive, *words, code=2).stderr


NONSENSE = """
from dataclasses import dataclass
from fileroom.plugin import Processor, ProcessorPlugin, hookimpl
@dataclass(frozen=True)
class Options:
    ends: bool = False
class Nonsense(Processor):
    def __init__(self, options):
        self.ends = options.ends
    def process(self, source):
        if self.ends:
            raise SystemExit(4)
        return "nonsense"
@hookimpl
def fileroom_processor():
    return ProcessorPlugin("nonsense", Options, Nonsense, "")
"""


@pytest.mark.parametrize(("ends", "error"), [("false", "TypeError"), ("true", "RuntimeError")])
def test_a_processor_that_returns_nonsense_or_exits_is_one_failure_for_each_object(
    site: Site, tmp_path: Path, folder: Path, ends: str, error: str
) -> None:
    site.install("acme", plugins={"nonsense": "acme_n:fileroom_processor"}, modules={"acme_n": NONSENSE})
    archive = tmp_path / "archive"
    run("-a", archive, "import", folder)
    option = f"ends={ends}"
    stored = run_json("-a", archive, "process", "nonsense", "instance", "--option", option, code=1)
    assert set(stored["failures"].values()) == {f"the processor failed: {error}"}
    assert len(stored["failures"]) == 6
    files = run_json("process", "nonsense", folder, "-o", tmp_path / "o", "--option", option, code=1)
    assert [one["reason"] for one in files] == [f"the processor failed: {error}"] * 6
    with fileroom.open(archive, processing={"on_store": ["nonsense"], "jobs": 0, "retries": 0}) as opened:
        opened.store(make_instance(sop_uid="1.2.99", instance_number=99)).check()
        if ends == "false":
            assert opened.on_store.wait()
            assert opened.on_store.status()[0].failed == 1


def test_one_word_that_means_nothing_keeps_nothing_from_the_others(tmp_path: Path, folder: Path) -> None:
    archive = tmp_path / "archive"
    run("-a", archive, "import", folder / "1.dcm")
    words = (folder / "1.dcm", folder / "gone.dcm", "SECRET-ID", "-o", tmp_path / "made")
    printed = run_json("-a", archive, "process", "thumbnail", *words, code=1)
    assert [(one["object"], one.get("reason")) for one in printed] == [
        (str(folder / "gone.dcm"), "no such file is there"),
        ("word 3", "nothing has this identifier: 'fileroom find' shows what there is"),
        (str(folder / "1.dcm"), None),
    ]
    assert "SECRET" not in str(printed)


def test_a_command_that_is_run_again_writes_nothing_twice(tmp_path: Path, folder: Path) -> None:
    words = ("process", folder, "fileFormat=PNGF maxScale=20 20", "-o", tmp_path / "made")
    first, second = run_json(*words), run_json(*words)
    assert first == second
    assert len(list((tmp_path / "made").iterdir())) == 6


def test_a_file_is_not_written_over_itself(tmp_path: Path, folder: Path) -> None:
    path = folder / "1.dcm"
    before = path.read_bytes()
    words = ("transcode", path, "--to", "rle", "-o", path)
    assert "the very file that is read" in run(*words, code=1).stderr
    assert path.read_bytes() == before


def test_several_objects_do_not_go_to_what_is_named_like_a_file(tmp_path: Path, folder: Path) -> None:
    words = ("process", "thumbnail", folder, "-o", tmp_path / "one.jpg")
    assert "name a folder" in run(*words, code=1).stderr
    assert not (tmp_path / "one.jpg").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX tells who a process's parent is")
@pytest.mark.usefixtures("installed")
def test_no_worker_outlives_the_command_that_started_it(tmp_path: Path, folder: Path) -> None:
    environment = {**ENVIRONMENT, "PYTHONPATH": os.pathsep.join(sys.path)}
    words = ("process", "odd", folder / "7.dcm", "-o", tmp_path / "made.txt", "--timeout", "600")
    process = subprocess.Popen([sys.executable, "-m", "fileroom", *map(str, words)], env=environment)
    parent = psutil.Process(process.pid)
    until = time.monotonic() + 60
    while not (children := parent.children()):
        assert time.monotonic() < until
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    _, alive = psutil.wait_procs(children, timeout=60)
    assert not alive


@pytest.mark.parametrize("uid", ["../evil", "/tmp/evil", "Doe^Jane"])
def test_an_object_cannot_name_a_file_outside_of_the_folder(tmp_path: Path, uid: str) -> None:
    dataset = pydicom.dcmread(io.BytesIO(make_instance()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.SOPInstanceUID = uid
        dataset.save_as(tmp_path / "a.dcm")
    (tmp_path / "b.dcm").write_bytes(make_instance())
    made = tmp_path / "deep" / "made"
    printed = run_json("transcode", tmp_path / "a.dcm", tmp_path / "b.dcm", "--to", "deflated", "-o", made)
    files = [Path(name) for one in printed for name in one["files"]]
    assert len(files) == 2
    assert {path.resolve().parent for path in files} == {made.resolve()}
    assert "Doe" not in str(files)


@pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links and pipes")
def test_links_are_followed_and_pipes_written_to(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "link.jpg").symlink_to(tmp_path / "real.jpg")
    command = "fileFormat=JFIF maxScale=8 8"
    run("process", folder / "1.dcm", command, "-o", tmp_path / "link.jpg")
    assert (tmp_path / "link.jpg").is_symlink()
    data = (tmp_path / "real.jpg").read_bytes()
    assert data.startswith(b"\xff\xd8")
    os.mkfifo(tmp_path / "pipe")
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit((tmp_path / "pipe").read_bytes)
        run("process", folder / "1.dcm", command, "-o", tmp_path / "pipe")
        assert read.result(timeout=60) == data

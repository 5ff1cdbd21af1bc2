"""De-identifying CT images, whole profile, file to file, beside Orthanc's anonymize jobs.

    python benchmarks/deidentify.py --instances 1000

Two studies of CT images of 512 x 512, with the header of pydicom's CT_small: two processes of ours read,
de-identify and write one each, and its reports. Orthanc, which has them already, anonymizes them in one job
after the other, and again in both at a time. Neither syncs files.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import shutil
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import orthanc
from pydicom import dcmread
from pydicom.data import get_testdata_file

from fileroom_plugins.deidentify.deidentifier import Deidentifier
from fileroom_plugins.deidentify.keyed import KeyedPseudonyms
from fileroom_plugins.deidentify.standard_profile import standard_profile

STUDIES = 2
AIM = 3
KEY = b"a key for benchmarks"
OPTIONS = ["retain-modified-dates", "clean-descriptors", "retain-safe-private"]


def images(folder: Path, count: int) -> list[list[Path]]:
    """Write the images; return the paths of each study's."""
    path = get_testdata_file("CT_small.dcm")
    assert isinstance(path, str)
    dataset = dcmread(path)
    dataset.Rows = dataset.Columns = 512
    dataset.PixelData = bytes(range(256)) * (512 * 512 * 2 // 256)
    studies = []
    for study in range(STUDIES):
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID = f"1.2.3.{study}", f"1.2.3.{study}.1"
        dataset.PatientID = f"CT-{study}"
        paths = []
        for number in range(count // STUDIES):
            dataset.SOPInstanceUID = f"1.2.3.{study}.1.{number}"
            dataset.InstanceNumber = number
            paths.append(folder / f"{study}-{number}.dcm")
            dataset.save_as(paths[-1], enforce_file_format=True)
        studies.append(paths)
    return studies


def work(paths: list[Path], folder: Path, options: list[str]) -> None:
    """De-identify files into a folder, and write a line of report for each."""
    deidentifier = Deidentifier(standard_profile(options), KeyedPseudonyms(KEY), check="refuse")
    with (folder / f"{paths[0].stem}.jsonl").open("wb") as reports:
        for path in paths:
            result = deidentifier.apply(path.read_bytes())
            (folder / path.name).write_bytes(result.data)
            reports.write(result.report.to_json() + b"\n")


def settle() -> None:
    """Let the disk finish what was written before, lest somebody else's bytes are waited for."""
    if hasattr(os, "sync"):
        os.sync()


def ours(studies: list[list[Path]], folder: Path, options: list[str]) -> float:
    """Return the seconds that it takes two processes, which are running already."""
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        # One pool for each, so that each process does a file before time is taken.
        pools = [stack.enter_context(ProcessPoolExecutor(1)) for _ in studies]
        for pool, paths in zip(pools, studies, strict=True):
            pool.submit(work, paths[:1], folder, options).result()
        settle()
        started = time.perf_counter()
        jobs = [pool.submit(work, one, folder, options) for pool, one in zip(pools, studies, strict=True)]
        for job in jobs:
            job.result()
        return time.perf_counter() - started


def theirs(studies: list[list[Path]], folder: Path) -> tuple[float, float]:
    """Return the seconds that it takes Orthanc: one job after the other, and two at a time."""
    folder.mkdir()
    more = {"SyncStorageArea": False, "ConcurrentJobs": STUDIES}
    with orthanc.server(folder, more) as port:
        orthanc.post_all(port, [path for paths in studies for path in paths], STUDIES)
        found = json.loads(_ask(port, "GET", "/studies"))
        seconds = []
        for at_a_time in (1, STUDIES):
            settle()
            started = time.perf_counter()
            with ThreadPoolExecutor(at_a_time) as pool:
                list(pool.map(lambda study: _ask(port, "POST", f"/studies/{study}/anonymize", b"{}"), found))
            seconds.append(time.perf_counter() - started)
        statistics = json.loads(_ask(port, "GET", "/statistics"))
    assert statistics["CountInstances"] == 3 * sum(map(len, studies))
    return seconds[0], seconds[1]


def _ask(port: int, method: str, path: str, body: bytes | None = None) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request(method, path, body)
    response = connection.getresponse()
    answer = response.read()
    assert response.status == 200, (path, response.status)
    return answer


def main() -> None:
    """Measure, and say how many instances a second."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--instances", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to work; the temporary folder otherwise")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as made:
        folder = Path(made)
        studies = images(folder, arguments.instances)
        count = sum(map(len, studies))
        for number in range(arguments.rounds):
            basic = ours(studies, folder / f"basic-{number}", [])
            cleaned = ours(studies, folder / f"cleaned-{number}", OPTIONS)
            print(f"Basic Profile              {count / basic:7.0f} /s   {basic:.2f} s")
            print(f"with {len(OPTIONS)} options             {count / cleaned:7.0f} /s   {cleaned:.2f} s")
            if orthanc.PROGRAM:
                one, both = theirs(studies, folder / f"orthanc-{number}")
                print(f"Orthanc, one job           {count / one:7.0f} /s   {one:.2f} s")
                print(f"Orthanc, two at a time     {count / both:7.0f} /s   {both:.2f} s")
                print(
                    f"ratio to one job {one / basic:.1f}, with options {one / cleaned:.1f}; the aim is {AIM}"
                )
                print(f"ratio to two {both / basic:.1f}, with options {both / cleaned:.1f}")
            for name in ("basic", "cleaned", "orthanc"):
                shutil.rmtree(folder / f"{name}-{number}", ignore_errors=True)


if __name__ == "__main__":
    main()

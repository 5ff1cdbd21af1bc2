"""How much memory one large object takes, at each of its stages: in processes of their own."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from fileroom.testing.datasets import make_instance
from fileroom.testing.hostile import explicit, identifiers, preamble

FRAME = 1000 * 1000 * 2
FRAMES = 150
SIZE = FRAME * FRAMES
SLACK = 48
"""Megabytes that code and small buffers may take."""

DEFLATED = b"1.2.840.10008.1.2.1.99"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows tells no peak this way"),
]

MEASURE = """
import io, sys, warnings
from pathlib import Path
warnings.simplefilter("ignore")

def peak():
    status = Path("/proc/self/status")
    if status.exists():  # since a process may begin with its parent's peak
        return next(int(line.split()[1]) for line in status.open() if line.startswith("VmHWM")) >> 10
    import resource
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 20

small, large, folder = sys.argv[1:]
{setup}
def run(path):
    {call}
run(small)
before = peak()
run(large)
print(peak() - before)
"""

OPEN = "import fileroom"
TRANSCODE = """
from fileroom_plugins.imaging.transcoding.objects import transcode_file
from fileroom_plugins.imaging.transcoding.settings import Settings
from fileroom_plugins.imaging.transcoding.targets import target
"""
WRITTEN = (
    'with open(path, "rb") as source, open(folder + "/made", "wb") as sink: '
    "transcode_file(source, sink, target({to!r}), Settings())"
)
STAGES = {
    "reading its header": (
        "from fileroom.header import read_header\nfrom fileroom.tags import TagSet",
        'with open(path, "rb") as file: read_header(file, TagSet.default())',
        0,
    ),
    "storing it": (
        "import fileroom\narchive = fileroom.open(folder + '/archive')",
        "archive.store(path).check()",
        0,
    ),
    "storing it as a dataset": (
        "import fileroom, pydicom\narchive = fileroom.open(folder + '/archive')",
        "archive.store(pydicom.dcmread(path)).check()",
        1,  # the dataset itself
    ),
    "writing its header as a document": (OPEN, 'fileroom.process(path, "metadata")', 0),
    "checking it": (OPEN, 'fileroom.process(path, "conformance")', 0),
    "finding its frames": (OPEN, 'fileroom.process(path, "frames")', 0),
    "making a thumbnail": (OPEN, 'fileroom.process(path, "thumbnail")', 0),
    "decoding one frame": (
        "from fileroom_plugins.imaging.image import open_image",
        "with open_image(path) as image: image.stored(image.frames - 1)",
        0,
    ),
    "transcoding it": (TRANSCODE, WRITTEN.format(to="implicit"), 0),
    "compressing it": (TRANSCODE, WRITTEN.format(to="rle"), 0),
    "de-identifying it": (OPEN, 'fileroom.process(path, "deidentify")', 2),
}
"""What is imported, what is done, and how many times the object's size may be in memory."""


def above(tmp_path: Path, setup: str, call: str, large: Path) -> int:
    """Return how many megabytes a call takes for a large object over those that it takes for a small one."""
    small = tmp_path / "small.dcm"
    small.write_bytes(make_instance(rows=16, columns=16, sop_uid="1.2.3.4"))
    paths = [str(one) for one in (small, large, tmp_path)]
    command = [sys.executable, "-c", MEASURE.format(setup=setup, call=call), *paths]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return 300 MB of frames, of which hardly any byte is on the disk."""
    path = tmp_path_factory.mktemp("native") / "large.dcm"
    one = make_instance(rows=1000, columns=1000, frames=1, tags={"NumberOfFrames": str(FRAMES)})
    with path.open("wb") as file:
        file.write(one[: len(one) - FRAME - 4] + struct.pack("<I", SIZE))
        file.truncate(file.tell() + SIZE)
    return path


@pytest.mark.parametrize("stage", STAGES)
def test_a_large_object_is_in_memory_as_often_as_it_has_to_be(
    stage: str, native: Path, tmp_path: Path
) -> None:
    setup, call, copies = STAGES[stage]
    assert above(tmp_path, setup, call, native) <= copies * (SIZE >> 20) + SLACK


@pytest.mark.parametrize(
    ("setup", "call"),
    [(TRANSCODE, WRITTEN.format(to="implicit")), (OPEN, 'fileroom.process(path, "metadata")')],
    ids=["transcoding", "its header"],
)
def test_what_was_inflated_is_in_memory_once(setup: str, call: str, tmp_path: Path) -> None:
    """Raw data without pixels, of which some 200 MB are one value."""
    size = 200 << 20
    packer = zlib.compressobj(1, wbits=-zlib.MAX_WBITS)
    path = tmp_path / "large.dcm"
    head = identifiers() + explicit(0x00210010, b"LO", b"TEST") + explicit(0x00211010, b"OB", length=size)
    with path.open("wb") as file:
        file.write(preamble(DEFLATED) + packer.compress(head))
        for _ in range(size >> 20):
            file.write(packer.compress(bytes(1 << 20)))
        file.write(packer.flush())
    assert above(tmp_path, setup, call, path) <= (size >> 20) + SLACK

"""What the real dcmqridx makes of files, and what it prints."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.dcmtk import dcmtk
from tests.plugins.index_linear.golden import table_and_records

if TYPE_CHECKING:
    from collections.abc import Mapping


def registered(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the record that dcmqridx writes for each file, by file name; those it refuses have none."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file_name, data in files.items():
            (folder / file_name).write_bytes(data)
        subprocess.run([dcmtk("dcmqridx"), "-q", ".", *files], cwd=folder, check=False, capture_output=True)
        _, records = table_and_records((folder / "index.dat").read_bytes())
    return {record.partition(b"\0")[0].decode(): record for record in records}


def printed(index_dat: bytes) -> bytes:
    """Return what dcmqridx prints of an ``index.dat``."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "index.dat").write_bytes(index_dat)
        run = subprocess.run([dcmtk("dcmqridx"), "-p", "."], cwd=name, check=True, capture_output=True)
    return run.stdout

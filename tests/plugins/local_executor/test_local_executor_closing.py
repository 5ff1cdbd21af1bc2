"""The end of a worker process: storages finish what tasks have put."""

from __future__ import annotations

from pathlib import Path

import fileroom
from fileroom.testing.datasets import make_instance


def test_what_a_process_has_put_is_uploaded_before_it_ends(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    for number in range(300):
        (source / f"{number}.dcm").write_bytes(make_instance(sop_uid=f"1.2.{number}", rows=8, columns=8))
    behind = tmp_path / "behind"
    storage = {
        "backend": "cache",
        "path": str(tmp_path / "cache"),
        "write_back": True,
        "inner": {"backend": "filesystem", "root": str(behind)},
    }
    with fileroom.open(tmp_path / "archive", storage=storage, plugins={"local": {"jobs": 1}}) as archive:
        assert archive.ingest(source, executor="local").stored == 300
    storage = {"backend": "filesystem", "root": str(behind)}
    with fileroom.open(tmp_path / "archive", storage=storage) as archive:
        assert len(list(archive.storage.list())) == 300
        assert list(archive.verify()) == []

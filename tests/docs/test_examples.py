"""The example of a host application runs, on the files that come with pydicom."""

from __future__ import annotations

import runpy
import tempfile
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT

EXAMPLE = ROOT / "examples" / "embed_in_app.py"


def test_the_embedding_example_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    told = capsys.readouterr().out
    for line in (
        "CT_small.dcm: stored",
        "MR_small_implicit.dcm: conflict",
        "rtplan_truncated.dcm: quarantined",
        "still in the inbox: MR_small_implicit.dcm README.txt rtplan_truncated.dcm",
        "letter, revision 2",
        "it says: A correction.",
        "bytes 128 to 132: b'DICM'",
    ):
        assert line in told
    assert list(tmp_path.iterdir()) == []


def test_the_embedding_example_fits_on_a_page() -> None:
    assert len(EXAMPLE.read_text(encoding="utf-8").splitlines()) < 100

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

import fileroom
from fileroom.cli.application import cli
from fileroom.testing.datasets import make_instance
from fileroom_plugins.imaging.image import open_image
from fileroom_plugins.imaging.transcoding.targets import TARGETS

if TYPE_CHECKING:
    from pathlib import Path


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


@pytest.fixture
def objects(tmp_path: Path) -> Path:
    folder = tmp_path / "objects"
    folder.mkdir()
    for number in (1, 2):
        (folder / f"{number}.dcm").write_bytes(make_instance(instance_number=number))
    (folder / "plain.dcm").write_bytes(make_instance(rows=0, instance_number=3))
    return folder


def test_a_file_becomes_the_file_that_is_named(objects: Path, tmp_path: Path) -> None:
    result = run("transcode", objects / "1.dcm", "--to", "jpeg-2000", "-o", tmp_path / "made.dcm")
    assert result.exit_code == 0, result.output
    before, after = open_image(objects / "1.dcm"), open_image(tmp_path / "made.dcm")
    assert after.syntax == TARGETS["jpeg-2000"].uid
    assert after.attributes.SOPInstanceUID == before.attributes.SOPInstanceUID


def test_one_that_cannot_be_transcoded_keeps_no_other_from_it(objects: Path, tmp_path: Path) -> None:
    result = run("transcode", "--json", objects, "--to", "rle", "-o", tmp_path / "made")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert sorted("reason" in one for one in told) == [False, False, True]
    assert len(list((tmp_path / "made").iterdir())) == 2


def test_every_instance_of_a_series_is_transcoded(objects: Path, tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "archive") as archive:
        archive.ingest(objects)
    made = tmp_path / "made"
    result = run(
        "-a", tmp_path / "archive", "transcode", "series", "--to", "deflated", "-o", made, "--new-uid"
    )
    assert result.exit_code == 0, result.output
    assert len(list(made.iterdir())) == 3


def test_an_unknown_transfer_syntax_is_an_error_that_lists_the_known(objects: Path, tmp_path: Path) -> None:
    result = run("transcode", objects, "--to", "jpge", "-o", tmp_path / "made")
    assert result.exit_code == 2
    assert "jpeg-2000" in result.output

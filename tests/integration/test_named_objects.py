"""An instance of the archive that an option names: the presentation state by which pictures are drawn."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import fileroom
from fileroom.archive import Archive
from fileroom.errors import ConfigError
from fileroom.resources import Instance
from fileroom_plugins.imaging import states_for
from tests.integration.cli_runs import run
from tests.integration.workers import Workers
from tests.plugins.imaging.images import made
from tests.plugins.imaging.presentation_states import state_file

PIXELS = np.arange(200, dtype="uint8").reshape(10, 20)
IMAGE, OTHER = made(PIXELS), made(PIXELS, {"SOPInstanceUID": "1.2.3.9"})
STATE = state_file(IMAGE, parts={"ImageRotation": 90})
PNG = "fileFormat=PNGF"
NOWHERE = "aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def archive(folder: Path) -> Iterator[Archive]:
    with fileroom.open(folder) as archive:
        for data in (IMAGE, OTHER, STATE):
            archive.store(data).check()
        yield archive


def instance_of(archive: Archive, data: bytes) -> Instance:
    return next(one for one in archive.find("instance") if one.open().read() == data)


def shape(data: bytes) -> tuple[int, ...]:
    with Image.open(io.BytesIO(data)) as picture:
        return picture.size[::-1]


def test_an_instance_is_named_by_its_id_or_handed_over(archive: Archive) -> None:
    image, state = instance_of(archive, IMAGE), instance_of(archive, STATE)
    for given in (state.id, state, STATE):
        (product,) = image.process("picture", command=PNG, presentation=given, keep=False)
        assert shape(product.data) == (20, 10)
        (product,) = image.process("thumbnail", presentation=given, keep=False)
        assert shape(product.data) == (20, 10)
    (product,) = image.process("picture", command=PNG, keep=False)
    assert shape(product.data) == (10, 20)


@pytest.mark.parametrize("executor", [None, "workers", "local"])
def test_workers_read_the_state_themselves(archive: Archive, executor: str | None) -> None:
    image, other = instance_of(archive, IMAGE), instance_of(archive, OTHER)
    options = {"command": PNG, "presentation": instance_of(archive, STATE).id}
    workers = Workers()
    with_what = workers if executor == "workers" else executor
    report = archive.process_many([image, other], "picture", options=options, executor=with_what)
    workers.close()
    assert report.processed == 2
    assert shape(image.attachments["picture"].read()) == (20, 10)
    assert shape(other.attachments["picture"].read()) == (10, 20)  # which the state does not refer to


@pytest.mark.parametrize("executor", [None, "local"])
def test_what_is_no_state_is_one_error_and_nothing_is_processed(
    archive: Archive, executor: str | None
) -> None:
    image = instance_of(archive, IMAGE)
    study = archive.find("study").first()
    assert study is not None
    for named, message in (
        (image.id, "the object is of CT Image Storage, and no presentation state"),
        (NOWHERE, f"an option names the instance {NOWHERE}, which is not there"),
        (study.id, "which is a study, and no instance"),
    ):
        with pytest.raises(ConfigError, match=f"presentation: .*{message}"):
            archive.process_many([image], "picture", options={"presentation": named}, executor=executor)
    assert "picture" not in image.attachments


def test_a_configured_state_counts_for_what_is_processed_on_store(folder: Path, archive: Archive) -> None:
    named = instance_of(archive, STATE).id
    instance_of(archive, IMAGE).delete()
    archive.close()
    plugins = {"picture": {"command": PNG, "presentation": named}}
    with fileroom.open(folder, plugins=plugins, processing={"on_store": ["picture"], "jobs": 0}) as again:
        again.store(IMAGE).check()
        assert again.on_store.wait()
        assert shape(instance_of(again, IMAGE).attachments["picture"].read()) == (20, 10)


def test_the_states_of_an_image_are_found_in_its_study(archive: Archive) -> None:
    image, state = instance_of(archive, IMAGE), instance_of(archive, STATE)
    found = archive.find("instance", StudyInstanceUID=image["StudyInstanceUID"], Modality="PR")
    assert states_for(image, found) == [state]
    assert states_for(instance_of(archive, OTHER), found) == []


def test_the_command_takes_an_id_or_a_file(folder: Path, archive: Archive, tmp_path: Path) -> None:
    image, state = instance_of(archive, IMAGE).id, instance_of(archive, STATE).id
    archive.close()
    (tmp_path / "state.dcm").write_bytes(STATE)
    (tmp_path / "image.dcm").write_bytes(IMAGE)
    made_file = tmp_path / "made.png"
    for what in (image, tmp_path / "image.dcm"):
        for by in (state, tmp_path / "state.dcm"):
            words = ("process", what, PNG, "--option", f"presentation={by}", "-o", made_file)
            run("-a", folder, *words)
            assert shape(made_file.read_bytes()) == (20, 10)
            made_file.unlink()
    nowhere = ("-a", tmp_path / "nowhere", "process", tmp_path / "image.dcm", PNG, "-o", made_file)
    run(*nowhere, "--option", f"presentation={tmp_path / 'state.dcm'}")
    assert "there is no archive here" in run(*nowhere, "--option", f"presentation={state}", code=2).stderr
    run("-a", folder, "process", image, PNG, "--option", f"presentation={state}")
    wrong = run("-a", folder, "process", image, PNG, "--option", f"presentation={image}", code=2)
    assert wrong.stderr.count("\n") == 1
    assert "no presentation state" in wrong.stderr

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import fileroom
from fileroom.testing.datasets import make_instance
from fileroom_plugins.imaging import open_image
from fileroom_plugins.imaging.transcoding.targets import TARGETS
from tests.plugins.imaging.rasters import decoded, same

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[fileroom.Archive]:
    with fileroom.open(tmp_path / "archive") as opened:
        for number in (1, 2):
            opened.store(make_instance(instance_number=number)).check()
        yield opened


def test_every_instance_of_a_series_becomes_another_one_that_is_linked_to_it(
    archive: fileroom.Archive,
) -> None:
    before = {one.id for one in archive.find("instance")}
    (series,) = archive.find("series")
    kept = series.process("transcode", to="jpeg-ls", new_uid=True)
    assert len(kept) == 2
    made = [one for one in archive.find("instance") if one.id not in before]
    assert len(made) == 2
    for one in made:
        source = archive.get(one.metadata["made-from"])
        after, original = (each.attachments["dicom"].read() for each in (one, source))
        assert open_image(after).syntax == TARGETS["jpeg-ls"].uid
        assert same(open_image(after).stored(), open_image(original).stored())


def test_the_same_object_is_kept_beside_itself(archive: fileroom.Archive) -> None:
    (series,) = archive.find("series")
    for one in series.process("transcode", to="jpeg-ls"):
        assert one.name == "transcoded"
        assert one.resource.attachments["transcoded"].read() == one.read()
        before, after = (open_image(data) for data in (one.resource.attachments["dicom"].read(), one.read()))
        assert after.attributes.SOPInstanceUID == before.attributes.SOPInstanceUID == one.resource.uid
        assert same(after.stored(), before.stored())
    assert archive.count("instance") == 2


def test_the_same_transcoding_twice_makes_the_same_object(archive: fileroom.Archive) -> None:
    (series,) = archive.find("series")
    first = series.process("transcode", to="rle", keep=False)
    assert series.process("transcode", to="rle", keep=False) == first


def test_pictures_are_kept_beside_what_they_show(archive: fileroom.Archive) -> None:
    (study,) = archive.find("study")
    study.process("picture", command="fileFormat=PNGF maxScale=20 20")
    assert decoded(study.attachments["picture"].read()).size == (20, 20)


def test_a_picture_that_is_a_dicom_object_becomes_an_instance_of_the_study(archive: fileroom.Archive) -> None:
    instance = archive.find("instance").first()
    assert instance is not None
    instance.process("picture", command="fileFormat=DICM fixedScale=75 100")
    (study,) = archive.find("study")
    assert archive.find("instance", StudyInstanceUID=study.tags["StudyInstanceUID"]).count() == 3


def test_a_wrong_command_is_an_error_before_anything_is_done(archive: fileroom.Archive) -> None:
    (study,) = archive.find("study")
    with pytest.raises(fileroom.ConfigError, match="did you mean fixedScale"):
        study.process("picture", command="fixdscale=75 100")

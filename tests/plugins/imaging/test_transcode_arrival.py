from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import fileroom
from fileroom.testing.datasets import RLE_LOSSLESS, make_instance
from fileroom_plugins.imaging.transcoding.targets import TARGETS

if TYPE_CHECKING:
    from pathlib import Path


def opened(folder: Path, **options: Any) -> fileroom.Archive:
    return fileroom.open(
        folder,
        ingest={"before_store": ["transcoding"]},
        plugins={"transcoding": options},
    )


def stored(archive: fileroom.Archive, data: bytes) -> bytes:
    outcome = archive.store(data).check()
    assert outcome.id is not None
    return archive.get(outcome.id).attachments["dicom"].read()


def test_objects_are_stored_in_the_transfer_syntax_that_is_configured(tmp_path: Path) -> None:
    with opened(tmp_path, to="rle") as archive:
        data = stored(archive, make_instance(rows=32, columns=48))
    assert TARGETS["rle"].uid.encode() in data[:400]


def test_what_cannot_be_transcoded_is_stored_as_it_comes(tmp_path: Path) -> None:
    plain = make_instance(rows=0)
    with opened(tmp_path, to="jpeg-2000") as archive:
        assert stored(archive, plain) == plain


def test_only_some_transfer_syntaxes_are_touched(tmp_path: Path) -> None:
    rle = make_instance(sop_uid="1.2.3.4", rows=32, columns=48, transfer_syntax=RLE_LOSSLESS)
    with opened(tmp_path, to="jpeg-2000", only=["explicit"]) as archive:
        assert stored(archive, rle) == rle
        data = stored(archive, make_instance(rows=32, columns=48))
    assert TARGETS["jpeg-2000"].uid.encode() in data[:400]


@pytest.mark.parametrize("options", [{"to": "jpeg"}, {"to": "xyz"}, {"to": "rle", "only": ["xyz"]}])
def test_a_wrong_configuration_is_an_error_when_the_archive_opens(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    with pytest.raises(fileroom.ConfigError, match=r"transcoding"):
        opened(tmp_path, **options)


def test_lossy_only_where_it_is_allowed(tmp_path: Path) -> None:
    data = make_instance(rows=64, columns=64)
    with opened(tmp_path, to="jpeg-2000-lossy", lossy=True) as archive:
        assert stored(archive, data) != data

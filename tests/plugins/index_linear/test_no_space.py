"""A full disk, or an interruption, between the two files of an area: nothing is lost, and searches go on."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import shutil
from typing import TYPE_CHECKING

import pytest

import fileroom_plugins.index_linear.sidecar as sidecar_module
from fileroom.errors import CatalogError, FileroomError
from tests.areas import changes_of, check_agreement, make_files, open_area
from tests.dcmtk import needs_dcmtk, register
from tests.plugins.index_linear.striking import (
    DEEDS,
    STEPS,
    WRITES,
    Deed,
    Step,
    add_label,
    delete_study,
    five_records,
    register_one,
    replace_one,
    state,
    states,
    store_two,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_dcmtk


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return make_files(tmp_path / "source", studies=2, images=3)


@pytest.fixture
def area(tmp_path: Path, files: list[Path]) -> Path:
    return five_records(tmp_path / "area", files)


def no_space() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("halfway", [False, True], ids=["before", "halfway"])
@pytest.mark.parametrize("deed", DEEDS)
def test_what_the_sidecar_has_no_room_for_does_not_happen(
    area: Path, files: list[Path], deed: Deed, *, halfway: bool
) -> None:
    with open_area(area) as archive:
        before = state(archive)
        with pytest.MonkeyPatch.context() as patch:
            Step(1, no_space, halfway=halfway, lasting=True).into(patch, (WRITES[0],))
            with pytest.raises(FileroomError, match="No space left"):
                deed(archive, files)
            assert state(archive) == before
        assert state(archive) == before
    check_agreement(area)
    with open_area(area) as archive:
        deed(archive, files)
        assert state(archive) != before
    check_agreement(area)


@pytest.mark.parametrize("halfway", [False, True], ids=["before", "halfway"])
@pytest.mark.parametrize("deed", [store_two, register_one, replace_one, delete_study])
def test_what_index_dat_has_no_room_for_it_shows_later(
    area: Path,
    files: list[Path],
    tmp_path: Path,
    deed: Deed,
    *,
    halfway: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    _, after = states(shutil.copytree(area, tmp_path / "copy"), files, deed)
    with open_area(area) as archive, open_area(area) as other:
        with pytest.MonkeyPatch.context() as patch:
            step = Step(1, no_space, halfway=halfway, lasting=True)
            step.into(patch, (WRITES[1],))
            deed(archive, files)
            assert step.struck
            assert "DCMTK does not see the last change yet" in caplog.text
            size = (area / sidecar_module.FILE_NAME).stat().st_size
            for _ in range(3):
                assert state(archive) == state(other) == after
            assert (area / sidecar_module.FILE_NAME).stat().st_size < 3 * size
            with open_area(area) as third:
                assert state(third) == after
            for each in (archive, other):
                with pytest.raises(CatalogError, match="make room"):
                    add_label(each, files)
        assert state(archive) == state(other) == after
        add_label(other, files)
        assert state(archive) == state(other)
    check_agreement(area)


@pytest.mark.parametrize("lasting", [False, True])
def test_searching_goes_on_where_there_is_no_room_to_note_what_dcmtk_did(
    area: Path, files: list[Path], tmp_path: Path, *, lasting: bool
) -> None:
    (theirs, later) = make_files(tmp_path / "more", images=2, patient="Q")
    with open_area(area) as archive:
        before = len(changes_of(archive))
        with pytest.MonkeyPatch.context() as patch:
            Step(1, no_space, lasting=lasting).into(patch, (WRITES[0],))
            register(area, theirs)
            assert archive.count("instance", PatientID="Q0") == 1
            register(area, later)
            assert archive.count("instance", PatientID="Q0") == 2
        archive.register([files[5]])
        assert archive.count("instance") == 7
        assert len(changes_of(archive)) == before + 3 + 2 + 1
    check_agreement(area)


def test_an_interruption_between_the_two_files_loses_nothing(area: Path, files: list[Path]) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    for number in itertools.count(1):
        with open_area(area) as archive, pytest.MonkeyPatch.context() as patch:
            step = Step(number, interrupt)
            step.into(patch, STEPS)
            with contextlib.suppress(KeyboardInterrupt):
                archive.register([files[5]])
            patch.undo()
            found = state(archive)
            with open_area(area) as other:
                assert state(other) == found
            for instance in archive.find("instance", InstanceNumber="3", PatientID="P1"):
                instance.delete()
        check_agreement(area)
        if not step.struck:
            break
    assert number > len(STEPS)

"""Death at every step of a transaction: all of it stays, or nothing, and DCMTK can go on."""

from __future__ import annotations

import itertools
import os
import shutil
from typing import TYPE_CHECKING

import pytest

import fileroom_plugins.index_linear.sidecar as sidecar_module
from fileroom_plugins.index_linear.area import Area
from tests.areas import check_agreement, instances_of, make_files, open_area
from tests.dcmtk import needs_dcmtk, printed, register
from tests.plugins.index_linear.striking import (
    DEEDS,
    STEPS,
    WRITES,
    Deed,
    add_label,
    delete_study,
    dies,
    five_records,
    needs_fork,
    register_one,
    replace_one,
    state,
    states,
    store_two,
)

if TYPE_CHECKING:
    from pathlib import Path

    from fileroom.archive import Archive

pytestmark = [
    needs_dcmtk,
    needs_fork,
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning"),
]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return make_files(tmp_path / "source", studies=2, images=3)


@pytest.fixture
def area(tmp_path: Path, files: list[Path]) -> Path:
    return five_records(tmp_path / "area", files)


@pytest.mark.parametrize("halfway", [False, True], ids=["before", "halfway"])
@pytest.mark.parametrize("deed", DEEDS)
def test_death_at_any_step_leaves_all_or_nothing(
    area: Path, files: list[Path], tmp_path: Path, deed: Deed, *, halfway: bool
) -> None:
    pristine = shutil.copytree(area, tmp_path / "pristine")
    found = []
    for number in itertools.count(1):
        again(area, pristine)
        if not dies(area, files, deed, number, WRITES if halfway else STEPS, halfway=halfway):
            break
        printed(area)  # DCMTK need not wait for Fileroom
        with open_area(area) as archive:
            found.append(state(archive))
            assert list(archive.index.problems()) == []
        check_agreement(area)
    again(area, pristine)
    before, after = states(area, files, deed)
    assert found[0] == before
    assert halfway or found[-1] == after
    assert all(one in (before, after) for one in found)


def again(area: Path, pristine: Path) -> None:
    shutil.rmtree(area)
    shutil.copytree(pristine, area)


AFTER_THE_SIDECAR = ((Area, "write"),)


@pytest.mark.parametrize("deed", [store_two, register_one, replace_one, delete_study])
def test_death_in_catching_up_is_caught_up_too(
    area: Path, files: list[Path], deed: Deed, tmp_path: Path
) -> None:
    _, after = states(shutil.copytree(area, tmp_path / "copy"), files, deed)
    assert dies(area, files, deed, 1, AFTER_THE_SIDECAR)
    number = 1
    while dies(area, files, lambda archive, _: archive.count("instance"), number):
        number += 1
    assert number > len(STEPS)
    with open_area(area) as archive:
        assert state(archive) == after
    check_agreement(area)


def compact(archive: Archive, files: list[Path]) -> None:
    del files
    assert archive.index.compact() > 0


def test_death_in_compacting_changes_nothing(area: Path, files: list[Path]) -> None:
    with open_area(area) as archive:
        before = state(archive)
    places = ((os, "fsync"), (sidecar_module, "sync_folder"))
    number = 1
    while dies(area, files, compact, number, places):
        with open_area(area) as archive:
            assert state(archive) == before
            add_label(archive, files)  # so that there is something to compact again
            delete_label(archive)
            before = state(archive)
        number += 1
    assert number > len(places)
    check_agreement(area)


def delete_label(archive: Archive) -> None:
    (study,) = archive.find("study", PatientID="P0")
    study.labels.remove("mine")


@pytest.mark.parametrize("deed", [add_label, store_two])
def test_death_while_the_sidecar_comes_into_being_leaves_dcmtks_area(
    files: list[Path], tmp_path: Path, deed: Deed
) -> None:
    area = tmp_path / "area"
    area.mkdir()
    register(area, *files[:1], *files[2:5])
    with open_area(area) as archive:
        known = instances_of(archive).keys()
    number = 1
    while dies(area, files, deed, number, (*STEPS, (sidecar_module, "sync_folder"))):
        with open_area(area) as archive:
            assert instances_of(archive).keys() >= known
            assert list(archive.verify()) == []
        check_agreement(area)
        number += 1
    assert number > 2
    with open_area(area) as archive:
        assert archive.count("instance") == (6 if deed is store_two else 4)
    check_agreement(area)


@pytest.mark.parametrize("deed", [store_two, register_one])
def test_another_program_may_take_the_record_of_one_who_died(
    area: Path, files: list[Path], tmp_path: Path, deed: Deed
) -> None:
    assert dies(area, files, deed, 1, AFTER_THE_SIDECAR)
    others = make_files(tmp_path / "more", images=2, patient="Q")
    register(area, *others)
    with open_area(area) as archive:
        assert archive.count("instance") == (8 if deed is store_two else 7)
        assert archive.count("instance", PatientID="Q0") == 2
    check_agreement(area)


def test_an_instance_that_was_removed_does_not_come_back(area: Path, files: list[Path]) -> None:
    assert dies(area, files, delete_study, 1, AFTER_THE_SIDECAR)
    assert len(printed(area).records) == 4
    register(area, files[1])
    with open_area(area) as archive:
        assert archive.count("instance", PatientID="P1") == 0
        assert archive.count("instance") == 3
        assert archive.sweep(grace=0).orphans == 2
    check_agreement(area)

"""Death and a full disk at every step of a transaction: all of it stays, or nothing, and DCMTK can go on."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import shutil
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

import fileroom_plugins.index_linear.area as area_module
import fileroom_plugins.index_linear.sidecar as sidecar_module
from fileroom.errors import CatalogError, FileroomError
from fileroom_plugins.index_linear.area import Area
from fileroom_plugins.index_linear.sidecar import Sidecar
from tests.areas import changes_of, check_agreement, instances_of, make_files, open_area
from tests.dcmtk import needs_dcmtk, printed, register

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fileroom.archive import Archive

pytestmark = [
    needs_dcmtk,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the processes that die are forked"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning"),
]

Deed: TypeAlias = "Callable[[Archive, list[Path]], object]"

DIED = 70


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return make_files(tmp_path / "source", studies=2, images=3)


@pytest.fixture
def area(tmp_path: Path, files: list[Path]) -> Path:
    """An area of four instances of two studies, the second of its five records free."""
    folder = tmp_path / "area"
    with open_area(folder) as archive:
        assert archive.ingest(files[:5]).stored == 5
        list(instances_of(archive).values())[1].delete()
    return folder


# What is done --------------------------------------------------------------------------------------------


def store_two(archive: Archive, files: list[Path]) -> None:
    """Store two instances: one goes into the free record, one behind the last."""
    archive.ingest([files[1], files[5]])


def register_one(archive: Archive, files: list[Path]) -> None:
    archive.register([files[5]], new=False)


def replace_one(archive: Archive, files: list[Path]) -> None:
    """Replace an instance by another version, in its record."""
    changed = files[0].read_bytes().replace(b"20240229", b"20250101")
    files[0].write_bytes(changed)
    assert archive.register([files[0]], overwrite="always").replaced == 1


def delete_study(archive: Archive, files: list[Path]) -> None:
    """Delete a whole study, and with it its patient."""
    del files
    (study,) = archive.find("study", PatientID="P1")
    study.delete()


def add_label(archive: Archive, files: list[Path]) -> None:
    del files
    (study,) = archive.find("study", PatientID="P0")
    study.labels.add("mine")


DEEDS = [store_two, register_one, replace_one, delete_study, add_label]


def state(archive: Archive) -> tuple[object, ...]:
    """Return what there is, but for what differs from one attempt to another."""
    found = [(one.id, sorted(one.series.study.labels), one.open().read()) for one in archive.find("instance")]
    return sorted(found), [(one.type, one.id) for one in changes_of(archive)]


def states(area: Path, files: list[Path], deed: Deed) -> list[tuple[object, ...]]:
    """Return the states before and after something is done to an area."""
    with open_area(area) as archive:
        before = state(archive)
        deed(archive, files)
        return [before, state(archive)]


# Striking ------------------------------------------------------------------------------------------------

WRITES = ((sidecar_module, "_write_all"), (area_module, "_write"))
STEPS = (*WRITES, (os, "fsync"), (Sidecar, "shown"))


class Step:
    """A call of one of some functions, counted over all of them, at which something else happens.

    Args:
        number: which call, from 1.
        strike: what happens.
        halfway: whether it happens when half of what was to be written is.
        lasting: whether it happens at all later calls, too.
    """

    def __init__(
        self, number: int, strike: Callable[[], None], *, halfway: bool = False, lasting: bool = False
    ) -> None:
        self._left = number
        self._strike = strike
        self._halfway = halfway
        self._lasting = lasting
        self.struck = False

    def into(self, patch: pytest.MonkeyPatch, places: tuple[tuple[object, str], ...]) -> None:
        """Take the place of these functions."""
        for place, name in places:
            patch.setattr(place, name, self._stepped(getattr(place, name)))

    def _stepped(self, function: Callable[..., object]) -> Callable[..., object]:
        def stepped(*args: Any) -> object:
            self._left -= 1
            if self._left == 0 or (self._lasting and self._left < 0):
                self.struck = True
                if self._halfway:
                    handle, data, offset = args
                    function(handle, data[: len(data) // 2], offset)
                self._strike()
            return function(*args)

        return stepped


def die() -> None:
    os._exit(DIED)


def dies(
    area: Path,
    files: list[Path],
    deed: Deed,
    number: int,
    places: tuple[tuple[object, str], ...] = STEPS,
    *,
    halfway: bool = False,
) -> bool:
    """Open an area and do something to it in a process that is to die at a step; False if it did not."""
    child = os.fork()
    if not child:
        try:
            with pytest.MonkeyPatch.context() as patch:
                Step(number, die, halfway=halfway).into(patch, places)
                with open_area(area) as archive:
                    deed(archive, files)
        except BaseException:  # noqa: BLE001 - the test must not go on in the child
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, DIED)
    return code == DIED


# Death ---------------------------------------------------------------------------------------------------


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


# No space ------------------------------------------------------------------------------------------------


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

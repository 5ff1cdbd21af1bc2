"""What is done to an area, and how it is struck down at any step of that: by death, or by a full disk."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

import fileroom_plugins.index_linear.area as area_module
import fileroom_plugins.index_linear.sidecar as sidecar_module
from fileroom_plugins.index_linear.sidecar import Sidecar
from tests.areas import changes_of, instances_of, open_area

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fileroom.archive import Archive

Deed: TypeAlias = "Callable[[Archive, list[Path]], object]"
"""Something that is done to an archive, with the six files that `five_records` was given."""

DIED = 70

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the processes that die are forked")


def five_records(area: Path, files: list[Path]) -> Path:
    """Make an area of four instances of two studies, the second of whose five records is free."""
    with open_area(area) as archive:
        assert archive.ingest(files[:5]).stored == 5
        list(instances_of(archive).values())[1].delete()
    return area


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


WRITES = ((sidecar_module, "write_all"), (area_module, "write_all"))
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

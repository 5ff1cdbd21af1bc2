"""An archive is migrated while it is in use: what changes meanwhile arrives too, and nothing is lost."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.errors import InvalidValueError, StorageError
from fileroom.index import Details, Mirrored
from fileroom.migrating import MigrationProgress, MigrationRefusedError, migrate
from fileroom.moving import move
from fileroom.storage import ByteRange
from fileroom.testing.faults import Died, FaultyIndex, FaultyStorage
from tests.integration.migration_archives import (
    STUDY,
    Memory,
    contents,
    file_of,
    found,
    instance,
    open_archive,
    rich,
    sound,
    told,
)
from tests.integration.tiered_archives import open_tiered

KINDS = [("memory", "mixed"), ("sqlite", "memory"), ("memory", "sqlite"), ("linear", "sqlite")]


def live_on(source: Archive) -> None:
    """Do everything that changes an archive, to what was there and to what is new."""
    replaced = instance(2, tags={"StudyDescription": "SECRET third", "ImageComments": "SECRET"})
    assert source.store(replaced).status == "replaced"
    assert source.store(instance(9)).status == "stored"
    assert source.store(instance(1, study_uid=f"{STUDY}7", patient_id="SECRET-7")).status == "stored"
    source.delete([found(source, f"{STUDY}.1.5")])
    first = source.get(found(source, f"{STUDY}.1.3"))
    first.attach("report", b"SECRET: a third version")
    first.attachments.detach(65535)
    first.metadata["reviewed"] = "geheim, zum dritten"
    del first.metadata["Ä leer"]
    first.labels.remove("geheim")
    (study,) = source.find("study", StudyInstanceUID=STUDY)
    study.attach("report", b"of the study")
    study.labels.add("neu")
    comes_and_goes = source.store(instance(10)).check().instance
    assert comes_and_goes is not None
    comes_and_goes.delete()


def same(target: Archive, source: Archive) -> bool:
    """Compare all but the order of arrival, in which what came while others were copied may differ."""
    one, other = contents(target), contents(source)
    one["order"].sort()
    other["order"].sort()
    return one == other


def while_waiting(source: Archive, *actions: Callable[[], object]) -> None:
    """Let things happen when a migration waits for changes."""
    waiting = source.index.wait_for_changes
    left = list(actions)

    def wait(since: int, timeout: float) -> bool:
        if left and timeout:
            left.pop(0)()
        return waiting(since, 0)

    source.index.wait_for_changes = wait  # type: ignore[method-assign]


def once(phase: str, action: Callable[[], object]) -> Callable[[MigrationProgress], None]:
    """Return a progress callback that acts when a phase first tells something."""
    left = [action]

    def progress(now: MigrationProgress) -> None:
        if now.phase == phase and left:
            left.pop()()

    return progress


@pytest.mark.parametrize(("one", "other"), KINDS)
def test_a_source_that_stands_still_is_migrated_as_ever(
    memory: Memory, tmp_path: Path, one: str, other: str
) -> None:
    with rich(memory, one, tmp_path) as source, open_archive(memory, other, tmp_path / "target") as target:
        report = migrate(source, target, live=True, quiet=0)
        assert list(report) == []
        assert contents(target) == contents(source)
        assert sound(target)


@pytest.mark.parametrize(("one", "other"), KINDS)
@pytest.mark.parametrize("phase", ["copying", "comparing"])
def test_what_happens_in_the_source_meanwhile_arrives(
    memory: Memory, tmp_path: Path, one: str, other: str, phase: str
) -> None:
    with rich(memory, one, tmp_path) as source, open_archive(memory, other, tmp_path / "target") as target:
        report = migrate(source, target, live=True, quiet=0, progress=once(phase, lambda: live_on(source)))
        assert list(report) == []
        assert same(target, source)
        assert sound(target)


@pytest.mark.parametrize(("one", "other"), KINDS)
def test_what_happens_after_it_has_caught_up_arrives(
    memory: Memory, tmp_path: Path, one: str, other: str
) -> None:
    with rich(memory, one, tmp_path) as source, open_archive(memory, other, tmp_path / "target") as target:
        while_waiting(source, lambda: live_on(source), lambda: source.store(instance(20)))
        assert list(migrate(source, target, live=True, quiet=1)) == []
        assert found(target, f"{STUDY}.1.20")
        assert same(target, source)
        assert sound(target)


def test_what_is_unchanged_is_not_carried_over_again(source: Archive, target: Archive) -> None:
    study = next(iter(source.find("study", StudyInstanceUID=STUDY)))
    study.attach(2000, b"x" * 100_000)
    while_waiting(source, lambda: study.labels.add("neu"))
    total = source.statistics().bytes
    report = migrate(source, target, live=True, quiet=1)
    assert report.bytes == total
    assert "neu" in target.get(study.id).labels


def test_bytes_that_are_moved_in_the_target_meanwhile_stay_there(
    memory: Memory, source: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = next(iter(source.find("study", StudyInstanceUID=STUDY)))
    study.attach(2000, b"of the study")
    while_waiting(source, lambda: study.labels.add("neu"))
    with open_tiered(memory, tmp_path / "tiered") as target:
        mirror = target.index.mirror

        def mirror_later(*arguments: Any) -> Mirrored:
            move(target, to="cold")
            return mirror(*arguments)

        monkeypatch.setattr(target.index, "mirror", mirror_later)
        assert list(migrate(source, target, live=True, quiet=1)) == []
        assert "neu" in target.get(study.id).labels
        assert same(target, source)
        assert sound(target)


LARGE = b"q" * (20 << 20)


def large_patient(source: Archive) -> str:
    """Store a patient whose instance and attachments do not fit into one batch; return the public id."""
    large = instance(1, study_uid=f"{STUDY}77", patient_id="SECRET-77", rows=3300, columns=3300)
    source.store(large).check()
    (patient,) = source.find("patient", PatientID="SECRET-77")
    patient.attach("report", LARGE)
    return patient.id


def test_attachments_of_a_new_patient_arrive_with_what_a_batch_cannot_hold(
    source: Archive, target: Archive
) -> None:
    report = migrate(
        source, target, live=True, quiet=0, progress=once("copying", lambda: large_patient(source))
    )
    assert list(report) == []
    assert same(target, source)
    assert sound(target)


def test_attachments_of_a_patient_arrive_when_its_instance_can_be_read_later(
    source: Archive, target: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, failures = source.storage.open, [StorageError("storage: away")] * 3
    ids: list[str] = []

    def arrive() -> None:
        source.store(instance(1, study_uid=f"{STUDY}77", patient_id="SECRET-77")).check()
        ids.append(found(source, f"{STUDY}77.1.1"))
        (patient,) = source.find("patient", PatientID="SECRET-77")
        patient.attach("report", b"of the patient")

    def open_later(locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        if failures and ids and locator == file_of(source, ids[0]).locator:
            raise failures.pop()
        return reading(locator, byte_range)

    while_waiting(source, arrive, lambda: source.store(instance(20)), lambda: source.store(instance(21)))
    monkeypatch.setattr(source.storage, "open", open_later)
    assert list(migrate(source, target, live=True, quiet=1)) == []
    assert not failures
    assert same(target, source)
    assert sound(target)


@pytest.mark.parametrize("level", ["patient", "instance"])
def test_a_second_run_mends_what_the_first_one_left_different(
    source: Archive, target: Archive, level: str
) -> None:
    migrate(source, target, live=True, quiet=0)
    lost = found(source, f"{STUDY}.1.3")
    for _ in range({"instance": 0, "patient": 3}[level]):
        parent = source.fetch(lost).parent
        assert parent is not None
        lost = parent.id
    theirs = target.index.details([lost])[0]
    assert theirs is not None
    damaged = Details(tuple(one for one in theirs.attachments if one.content_type == 1), {}, ("odd",))
    target.storage.delete(target.index.mirror([], {lost: damaged}).garbage)
    report = migrate(source, target, live=True, quiet=0)
    assert list(report) == []
    assert same(target, source)
    assert sound(target)


def test_an_instance_that_is_deleted_while_it_is_read_is_no_difference(
    source: Archive, target: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = found(source, f"{STUDY}.1.4")
    locator, reading = file_of(source, victim).locator, source.storage.open

    def deleted_first(wanted: str, byte_range: ByteRange | None = None) -> object:
        if wanted == locator and source.index.get([victim])[0]:
            source.delete([victim])
        return reading(wanted, byte_range)

    monkeypatch.setattr(source.storage, "open", deleted_first)
    report = migrate(source, target, live=True, quiet=0)
    assert (list(report), report.lost) == ([], 0)
    assert same(target, source)
    assert sound(target)


def test_what_cannot_be_read_is_a_difference_in_the_end(source: Archive, target: Archive) -> None:
    victim = found(source, f"{STUDY}.1.4")
    source.storage.delete([file_of(source, victim).locator])
    report = migrate(source, target, live=True, quiet=0)
    assert ("instance", "bytes", "1") in told(report)
    assert report.lost == 1


def test_a_migration_that_is_stopped_while_following_goes_on_from_there(
    source: Archive, target: Archive
) -> None:
    stop = threading.Event()
    while_waiting(source, lambda: source.store(instance(21)), stop.set)
    report = migrate(source, target, live=True, quiet=60, stop=stop)
    assert report.interrupted
    assert report.compared == 0
    live_on(source)
    again = migrate(source, target, live=True, quiet=0)
    assert (list(again), again.interrupted) == ([], False)
    assert again.instances < 5, "what was copied is not copied again"
    assert same(target, source)


def test_what_was_deleted_between_two_runs_goes(source: Archive, target: Archive) -> None:
    stop = threading.Event()
    migrate(source, target, live=True, stop=stop, progress=once("copying", stop.set))
    assert target.statistics().instances
    live_on(source)
    report = migrate(source, target, live=True, quiet=0)
    assert list(report) == []
    assert same(target, source)
    assert sound(target)


STEPS = [("index", name) for name in ("mirror", "restore", "get", "details", "wait_for_changes")]
STEPS += [("storage", "put_many"), ("storage", "delete")]
UNUSED = {"get", "wait_for_changes"}
"""Asked of the source only, or where something differs."""


@pytest.mark.parametrize("death", [True, False], ids=["dies", "fails"])
@pytest.mark.parametrize(("part", "method"), STEPS)
def test_a_fault_at_any_step_leaves_no_dangling_row_and_a_second_run_completes(
    tmp_path: Path, part: str, method: str, *, death: bool
) -> None:
    step = 0
    for step in itertools.count(1):
        memory, folder = Memory(), tmp_path / str(step)
        with rich(memory, "memory", folder) as source:
            target = open_archive(memory, "memory", folder / "target")
            wrapper = FaultyIndex if part == "index" else FaultyStorage
            faulty = wrapper(getattr(target, part), {method: step}, Died() if death else None)
            setattr(target, part, faulty)
            lives_on = once("copying", partial(live_on, source))
            try:
                migrate(source, target, live=True, quiet=0, progress=lives_on)
            except (Died, fileroom.FileroomError):
                assert faulty.struck
            setattr(target, part, faulty.inner)
            assert list(target.verify()) == [], "a row dangles"
            assert list(migrate(source, target, live=True, quiet=0, progress=lives_on)) == []
            assert same(target, source)
            target.sweep(grace=0)
            assert sound(target)
            target.close()
        if not faulty.struck:
            break
    assert step > 1 or method in UNUSED, "the fault never struck: the test proves nothing"


def test_without_the_log_nothing_can_be_followed(source: Archive, target: Archive) -> None:
    with pytest.raises(InvalidValueError, match="change log"):
        migrate(source, target, live=True, drop=["changes"])


@pytest.mark.parametrize("kind", ["plain", "linear"])
def test_a_target_that_cannot_follow_is_refused_before_anything_is_copied(
    memory: Memory, tmp_path: Path, source: Archive, kind: str
) -> None:
    with open_archive(memory, kind, tmp_path / kind) as target:
        with pytest.raises(MigrationRefusedError) as caught:
            migrate(source, target, live=True)
        assert caught.value.reasons.keys() & {"live", "changes"}
        assert target.statistics().instances == 0


def test_a_target_with_a_life_of_its_own_is_refused_and_keeps_what_it_has(
    source: Archive, target: Archive
) -> None:
    target.store(instance(1, study_uid="1.2.3"))
    with pytest.raises(MigrationRefusedError) as caught:
        migrate(source, target, live=True)
    assert "changes" in caught.value.reasons
    assert target.statistics().instances == 1

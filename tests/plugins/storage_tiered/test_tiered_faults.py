"""Several tiers in one call: all of it or nothing, in stretches, and never one place under two names."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fileroom.archive import Archive
from fileroom.config import load_config
from fileroom.errors import ConfigError, NotFoundError, StorageError
from fileroom.plugin import Deletion, InnerStorage, PutItem
from fileroom.testing.datasets import make_instance
from fileroom.testing.faults import FaultyStorage
from fileroom.testing.memory_storage import MemoryStorage
from fileroom.testing.storage_case import PATIENCE, BrokenSource, content, listed, new_item, new_key, sample
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage
from fileroom_plugins.storage_tiered import putting
from fileroom_plugins.storage_tiered.rules import Rule
from fileroom_plugins.storage_tiered.storage import TieredStorage
from tests.plugins.storage_tiered.tiers import files, memory, tiered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fileroom.storage import Storage, Stored
    from fileroom.testing.memory_storage import Objects

SMALL = (Rule("small", max_size=10),)


@pytest.mark.parametrize("broken", ["small", "large"])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_what_one_tier_took_goes_again_if_another_fails(broken: str, step: int) -> None:
    kept: dict[str, Objects] = {"small": {}, "large": {}}
    tiers = {name: memory(objects) for name, objects in kept.items()}
    good = tiers[broken]
    tiers[broken] = lambda: FaultyStorage(good(), {"put_many": step})
    storage = tiered(SMALL, **tiers)
    with pytest.raises(StorageError, match="asked for"):
        storage.put_many([new_item(sample(size)) for size in (5, 50, 6, 60)])
    assert kept == {"small": {}, "large": {}}


def test_earlier_stretches_go_again_if_a_later_one_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(putting, "MOST_BEGUN", 2)
    storage = tiered(SMALL, small=memory(), large=memory())
    items = [new_item(iter([sample(size)])) for size in (5, 50, 6, 60, 7, 70, 8)]
    with pytest.raises(EOFError):
        storage.put_many([*items, new_item(BrokenSource(EOFError("broken"), 100))])
    assert listed(storage) == {}
    items = [new_item(iter([sample(size)])) for size in (5, 50, 6, 60, 7, 70, 8)]
    assert [one.size for one in storage.put_many(items)] == [5, 50, 6, 60, 7, 70, 8]


@pytest.mark.parametrize(("limit", "most"), [("MOST_BEGUN", 4), ("MOST_HELD", 80)])
def test_so_many_sources_are_open_at_a_time_and_no_more(
    monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(putting, limit, most)
    begun: set[int] = set()
    open_at_once = []

    def source(number: int) -> Iterator[bytes]:
        begun.add(number)
        open_at_once.append(len(begun))
        yield bytes(20)
        yield bytes(20)
        begun.discard(number)

    storage = tiered(SMALL, small=memory(), large=memory())
    storage.put_many([new_item(source(number)) for number in range(20)])
    assert max(open_at_once) == 4


def test_tiers_work_at_the_same_time() -> None:
    together = threading.Barrier(2, timeout=PATIENCE)

    class Waiting(MemoryStorage):
        def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
            together.wait()
            return super().put_many(items)

    storage = tiered(SMALL, small=Waiting, large=Waiting)
    assert len(storage.put_many([new_item(sample(size)) for size in (5, 50)])) == 2


def test_what_lies_in_a_tier_that_is_not_configured_is_said_in_one_sentence() -> None:
    storage = tiered(SMALL, small=memory(), large=memory())
    locator = f"old:{new_key()}"
    with pytest.raises(NotFoundError, match="tier 'old', which is not configured"):
        storage.open(locator)
    assert storage.delete([locator]) == [Deletion(locator)]


def test_an_error_of_a_deletion_is_that_of_its_tier() -> None:
    class Stuck(MemoryStorage):
        def delete(self, locators: Sequence[str]) -> list[Deletion]:
            return [Deletion(locator, StorageError("stuck")) for locator in locators]

    storage = tiered(SMALL, small=memory(), large=Stuck)
    small, large = storage.put_many([new_item(sample(size)) for size in (5, 50)])
    deletions = storage.delete([large.locator, small.locator, "none:x"])
    assert [one.error is None for one in deletions] == [False, True, True]
    assert listed(storage) == {large.locator: 50}


# One place under two names


def test_two_tiers_in_one_place_are_noticed_before_a_sweep_could_take_one_for_the_other() -> None:
    objects: Objects = {}
    storage = tiered(SMALL, small=memory(objects), large=memory(objects))
    storage.put_many([new_item(sample(50))])
    with pytest.raises(StorageError, match="in one place"):
        list(storage.list())


class Lost(MemoryStorage):
    """A storage out of reach."""

    def stat(self, locator: str) -> Stored:
        raise StorageError("no route to host")

    def list(self, prefix: str = "") -> Iterator[Stored]:
        raise StorageError("no route to host")


def test_a_tier_out_of_reach_keeps_no_archive_from_opening_and_no_listing_from_failing() -> None:
    storage = tiered(SMALL, small=memory(), large=Lost)
    (stored,) = storage.put_many([new_item(b"x")])
    listing = storage.list()
    assert next(listing).locator == stored.locator
    with pytest.raises(StorageError, match="no route"):
        list(listing)


def test_what_was_listed_already_is_held_against_what_comes_later() -> None:
    class Flaky(MemoryStorage):
        def stat(self, locator: str) -> Stored:
            raise StorageError("no route to host")

    storage = tiered(SMALL, small=Flaky, large=memory())
    storage.put_many([new_item(b"x"), new_item(sample(50))])
    with pytest.raises(StorageError, match="no route"):
        list(storage.list())


def test_objects_of_one_name_in_two_places_are_none_of_one_place(tmp_path: Path) -> None:
    layout, naming = "{PatientID}/{SOPInstanceUID}.dcm", {"PatientID": "P", "SOPInstanceUID": "1"}
    one, other = (
        FilesystemStorage(tmp_path / name, layout=layout).put(new_key(), b"same", naming)
        for name in ("a", "b")
    )
    assert one.locator == other.locator
    storage = TieredStorage(
        {name: InnerStorage.of(files(tmp_path / name)) for name in ("a", "b")}, default="a"
    )
    assert len(listed(storage)) == 2


def test_two_tiers_in_one_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="share a folder"):
        tiered(SMALL, small=files(tmp_path / "x"), large=files(tmp_path / "." / "x"))


@pytest.mark.parametrize("within", ["cold", "named", "ab", "ab/cd"])
@pytest.mark.parametrize("outer", ["small", "large"])
def test_a_tier_in_a_folder_of_another_one_is_refused(tmp_path: Path, outer: str, within: str) -> None:
    (inner,) = {"small", "large"} - {outer}
    tiers = {outer: files(tmp_path / "x"), inner: files(tmp_path / "y" / ".." / "x" / within)}
    with pytest.raises(ConfigError, match="within the other's"):
        tiered(SMALL, **tiers)


def test_folders_side_by_side_are_none_of_one_place(tmp_path: Path) -> None:
    storage = tiered(SMALL, small=files(tmp_path / "x"), large=files(tmp_path / "x y"))
    storage.put_many([new_item(b"x"), new_item(sample(50))])
    assert len(listed(storage)) == 2


def test_tiers_that_have_a_part_of_their_place_in_common_are_noticed() -> None:
    shared: Objects = {}
    own: Objects = {}

    class Both(MemoryStorage):
        def stat(self, locator: str) -> Stored:
            return MemoryStorage(shared if locator in shared else own).stat(locator)

        def list(self, prefix: str = "") -> Iterator[Stored]:
            yield from MemoryStorage(own).list(prefix)
            yield from MemoryStorage(shared).list(prefix)

    MemoryStorage(own).put(new_key(), b"only here")
    storage = tiered(SMALL, large=Both, small=memory(shared))
    storage.put_many([new_item(b"x"), new_item(b"y")])
    with pytest.raises(StorageError, match="in one place"):
        list(storage.list())


def test_a_tier_that_cannot_be_opened_closes_those_that_were() -> None:
    closed = []

    class Known(MemoryStorage):
        def close(self) -> None:
            closed.append(self)

    def fails() -> Storage:
        raise StorageError("not there")

    with pytest.raises(StorageError):
        tiered(SMALL, small=Known, large=fails)
    assert len(closed) == 1


# From TOML

TIERS = """
[storage.tiers.images]
backend = "filesystem"
root = "images"
[storage.tiers.small]
backend = "filesystem"
root = "small"
"""


def opened(tmp_path: Path, text: str) -> Archive:
    file = tmp_path / "fileroom.toml"
    file.write_text(f'[storage]\nbackend = "tiered"\n{text}', encoding="utf-8")
    return Archive(load_config(file))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "storage.tiers"),
        ('default = "x"' + TIERS, "default: there is no tier 'x'; tiers are images, small"),
        ('default = "images"\noriginal = "x"' + TIERS, "original: there is no tier"),
        ('default = "images"\nrules = [{ to = "x", max_size = 1 }]' + TIERS, r"rules\[0\].to: there is no"),
        ('default = "images"\nrules = [{ to = "small", size = 1 }]' + TIERS, r"storage\.rules\[0\]\.size"),
        ('default = "images"\nrules = [{ to = "small", levels = ["x"] }]' + TIERS, r"rules\[0\]\.levels"),
        ('default = "images"\nrules = [{ to = "small", older_than = "x" }]' + TIERS, "older_than"),
        ('default = "A"\n[storage.tiers.A]\nbackend = "filesystem"', "'A' cannot be a tier's name"),
        ('default = "external"\n[storage.tiers.external]\nbackend = "filesystem"', "cannot be a tier's name"),
        ('default = "images"' + TIERS.replace('"small"', '"images"'), "one and the same place"),
    ],
)
def test_what_is_wrong_with_the_configuration_is_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        opened(tmp_path, text)


def test_an_archive_is_given_tiers_and_keeps_what_it_had(tmp_path: Path) -> None:
    plain = '[storage]\nbackend = "filesystem"\nroot = "images"\n'
    (tmp_path / "fileroom.toml").write_text(plain, encoding="utf-8")
    with Archive(load_config(tmp_path / "fileroom.toml")) as archive:
        archive.store(make_instance(sop_uid="1.2.3")).check()
    tiers = 'default = "images"\noriginal = "images"\nrules = [{ to = "small", levels = ["study"] }]'
    with opened(tmp_path, tiers + TIERS) as archive:
        assert list(archive.verify()) == []
        archive.store(make_instance(sop_uid="1.2.4")).check()
        next(iter(archive.find("study"))).attach(1024, b"report")
        locators = {one.content_type: one.locator for _, one in archive.index.attachments()}
        assert ":" not in locators[1]
        assert locators[1024].startswith("small:")
        assert archive.sweep(grace=0).orphans == 0
    (tmp_path / "fileroom.toml").write_text(plain, encoding="utf-8")
    with Archive(load_config(tmp_path / "fileroom.toml")) as archive:
        assert [one.problem for one in archive.verify()] == ["missing"], "but for what lies in the other tier"


def test_a_locator_that_would_be_read_as_anothers_is_refused() -> None:
    class Odd(MemoryStorage):
        def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
            return [replace(one, locator=f"small:{one.locator}") for one in super().put_many(items)]

    tiers = {"small": InnerStorage.of(memory()), "large": InnerStorage.of(Odd)}
    storage = TieredStorage(tiers, default="large", original="large")
    with pytest.raises(StorageError, match="like one of another tier"):
        storage.put_many([new_item(b"x")])


def test_tiers_notes_say_whose_they_are() -> None:
    class Noted(MemoryStorage):
        def notes(self) -> Iterator[str]:
            yield "nearly full"

    storage = tiered(SMALL, small=Noted, large=memory())
    assert list(storage.notes()) == ["tier small: nearly full"]


def test_what_is_put_into_a_tier_of_ones_choice_is_not_read_ahead() -> None:
    storage = tiered(SMALL, small=memory(), large=memory())
    (stored,) = storage.put_many([PutItem(new_key(), sample(50), tier="small")])
    assert stored.locator.startswith("small:")
    assert content(storage, stored.locator) == sample(50)

"""Publishing documents while things fail: the old set stands or the new one does, and nobody's is lost."""

from __future__ import annotations

import io
import itertools
import json
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fileroom
from fileroom._documents.contents import Contents
from fileroom._documents.packing import pack, unpack
from fileroom.archive import Archive
from fileroom.attachments import Attachments
from fileroom.content_types import DOCUMENTS, DOCUMENTS_DRAFT
from fileroom.documents import Document
from fileroom.errors import FileroomError, IntegrityError, NotSupportedError, RevisionError, StorageError
from fileroom.migrating import migrate
from fileroom.model import ARCHIVE_ID
from fileroom.moving import move
from fileroom.testing.datasets import make_instance
from fileroom.testing.faults import Died, FaultyIndex, FaultyStorage
from tests.integration.document_kinds import KINDS
from tests.integration.migration_archives import Memory, sound
from tests.integration.tiered_archives import TIERS


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with opened(tmp_path) as archive:
        archive.store(make_instance()).check()
        archive.documents.insert("a.list", "list", b"")
        yield archive


def opened(tmp_path: Path, **more: Any) -> Archive:
    return fileroom.open(tmp_path / "archive", register=KINDS, **more)


def versions(archive: Archive) -> dict[str, int]:
    return {one.name: one.version for one in archive.documents.list() if not one.built_in}


def insert(archive: Archive) -> None:
    archive.documents.insert("b.list", "list", b"a.list")


def edit(archive: Archive) -> None:
    with archive.documents.edit() as session:
        session.insert("b.list", "list", b"a.list")


def delete(archive: Archive) -> None:
    archive.documents.delete("a.list")


OLD = {"a.list": 1}
NEW: dict[Callable[[Archive], None], dict[str, int]] = {
    insert: {"a.list": 1, "b.list": 1},
    edit: {"a.list": 1, "b.list": 1},
    delete: {},
}


@pytest.mark.parametrize("action", [insert, edit, delete])
@pytest.mark.parametrize("kind", [Died(), StorageError("full")], ids=["death", "error"])
@pytest.mark.parametrize("method", ["put_many", "delete", "edit"])
def test_wherever_it_ends_one_whole_set_stands(
    memory: Memory, tmp_path: Path, action: Callable[[Archive], None], kind: BaseException, method: str
) -> None:
    def opened(step: int) -> Archive:
        place = {"backend": "memory", "place": str(step)}
        return fileroom.open(tmp_path, register=[memory, *KINDS], index=place, storage=place)

    for step in itertools.count(1):
        with opened(step) as archive:
            archive.documents.insert("a.list", "list", b"")
            storage, index = archive.storage, archive.index
            faults = {method: step}
            archive.storage = FaultyStorage(storage, faults, kind)
            archive.index = FaultyIndex(index, faults, kind)
            with suppress(Died, FileroomError):
                action(archive)
            struck = archive.storage.struck or archive.index.struck
            archive.storage, archive.index = storage, index
        with opened(step) as archive:
            assert versions(archive) in (OLD, NEW[action])
            archive.documents.rollback()
            archive.store(make_instance()).check()  # for a sweep asks for an index that was in use
            archive.sweep(grace=0)
            assert versions(archive) in (OLD, NEW[action])
            assert sound(archive)
            if not struck:
                assert versions(archive) == NEW[action]
                return


def test_of_two_publishers_none_loses_what_the_other_published(archive: Archive, tmp_path: Path) -> None:
    def publish(number: int) -> None:
        with opened(tmp_path) as own:
            while True:
                try:
                    own.documents.insert(f"{number}.list", "list", b"a.list")
                except RevisionError as error:
                    told.append(str(error))
                else:
                    return

    told: list[str] = []
    threads = [threading.Thread(target=publish, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert versions(archive) == OLD | {f"{number}.list": 1 for number in range(6)}
    assert sound(archive)
    assert all("somebody else published" in one for one in told)


def test_a_publisher_who_is_overtaken_is_told_and_changes_nothing(archive: Archive, tmp_path: Path) -> None:
    with opened(tmp_path) as another:
        put_many = archive.storage.put_many

        def overtaken(items: Any) -> Any:
            stored = put_many(items)
            another.documents.insert("theirs.list", "list", b"")
            return stored

        archive.storage.put_many = overtaken  # type: ignore[method-assign]
        with pytest.raises(RevisionError, match="somebody else published documents meanwhile"):
            archive.documents.insert("ours.list", "list", b"")
        del archive.storage.put_many
        assert versions(archive) == OLD | {"theirs.list": 1}
        assert sound(archive)


def test_a_session_does_not_publish_over_what_came_meanwhile(archive: Archive, tmp_path: Path) -> None:
    session = archive.documents.edit()
    session.insert("b.list", "list", b"")
    with opened(tmp_path) as another:  # one that saw no draft yet, and so was not kept from it
        another.documents._shelf.is_edited = lambda: False  # type: ignore[method-assign]
        another.documents.insert("c.list", "list", b"")
    with pytest.raises(RevisionError, match="since this edit session began"):
        session.publish()
    session.rollback()
    assert versions(archive) == OLD | {"c.list": 1}


@pytest.mark.parametrize(
    "damage", [b"", b"no zip", b"PK\x05\x06" + bytes(18), pack(Contents())[:-5]], ids=len
)
def test_damaged_documents_are_one_error_and_nothing_else_breaks(
    archive: Archive, tmp_path: Path, damage: bytes
) -> None:
    record = Attachments(archive, ARCHIVE_ID)["documents"].record
    archive.storage.local_path(record.locator).write_bytes(damage)
    with opened(tmp_path, plugins={"enable": ["imaging"]}) as another:
        documents = another.documents
        for ask in (documents.list, documents.edit, lambda: documents.get("a.list"), lambda: insert(another)):
            with pytest.raises(IntegrityError, match=r"the archive's documents cannot be read: .* clear"):
                ask()
        instance = another.find("instance").first()
        assert instance is not None
        assert instance.process("thumbnail")
        assert another.store(make_instance()).status == "already_stored"
        assert [one.id for one in another.verify()] == [ARCHIVE_ID]
        assert documents.clear()
        assert versions(another) == {}
        insert_again = documents.insert("a.list", "list", b"")
        assert insert_again.version == 1
        assert sound(another)


def test_lost_documents_are_one_error(archive: Archive, tmp_path: Path) -> None:
    archive.storage.delete([Attachments(archive, ARCHIVE_ID)["documents"].record.locator])
    with opened(tmp_path) as another, pytest.raises(IntegrityError, match="cannot be read"):
        another.documents.list()


def test_a_damaged_draft_can_be_dropped_and_keeps_nothing_from_being_read(
    archive: Archive, tmp_path: Path
) -> None:
    archive.documents.edit()
    record = Attachments(archive, ARCHIVE_ID)["documents-draft"].record
    archive.storage.local_path(record.locator).write_bytes(b"damaged")
    with opened(tmp_path) as another:
        assert versions(another) == OLD
        with pytest.raises(IntegrityError, match="rollback"):
            another.documents.draft()
        assert another.documents.rollback()
        insert(another)


def test_documents_that_are_moved_between_tiers_stay_the_same_set(memory: Memory, tmp_path: Path) -> None:
    tiers = {name: {"backend": "memory", "place": name} for name in TIERS}
    storage = {"backend": "tiered", "default": "hot", "tiers": tiers}
    plugins = [memory, *KINDS]
    with fileroom.open(tmp_path, register=plugins, storage=storage) as archive:
        archive.documents.insert("a.list", "list", b"")
        session = archive.documents.edit()
        session.insert("b.list", "list", b"")
        assert move(archive, to="cold").moved == 2
        session.insert("c.list", "list", b"")
        assert move(archive, to="small").moved == 2
        session.publish()
        assert versions(archive) == {"a.list": 1, "b.list": 1, "c.list": 1}
        assert sound(archive)


@pytest.mark.parametrize("drop", [[], ["changes"]])
def test_documents_and_a_draft_travel_with_a_migration(
    archive: Archive, tmp_path: Path, drop: list[str]
) -> None:
    archive.documents.insert("a.list", "list", b"default.list")
    session = archive.documents.edit(shared=True)
    session.insert("b.list", "list", b"")
    with fileroom.open(tmp_path / "target", register=KINDS) as target:
        assert list(migrate(archive, target, drop=drop)) == []
        assert target.documents.list() == archive.documents.list()
        assert target.documents.history("a.list") == archive.documents.history("a.list")
        draft = target.documents.draft()
        assert draft is not None
        draft.publish()
        assert versions(target) == {"a.list": 2, "b.list": 1}


def test_a_set_can_be_exported_whatever_its_documents_are_called(archive: Archive, tmp_path: Path) -> None:
    names = ["A.list", "Manifest.JSON", "a.list", "manifest.json", "manifest.json~2"]
    for name in names:
        archive.documents.insert(name, "list", b"a.list" if name != "a.list" else b"")
    manifest = archive.documents.export_all(tmp_path / "set")
    files = [one.name.casefold() for one in (tmp_path / "set").iterdir()]
    assert len(files) == len(set(files)) == len(names) + 1
    archive.documents.clear()
    archive.documents.insert_all(manifest.parent)
    assert list(versions(archive)) == names
    assert archive.documents.get("Manifest.JSON").data == b"a.list"


# The packed form


def test_the_same_contents_are_the_same_bytes() -> None:
    contents = Contents()
    for name in ("b.list", "a.list"):
        contents = contents.with_document(Document(name, "list", name.encode()), ("x",))
    histories, data = ([*each.items()][::-1] for each in (contents.histories, contents.data))
    other = Contents(dict(histories), dict(data))
    assert pack(contents) == pack(other)
    assert unpack(pack(contents)) == (contents, None)


@given(st.binary(max_size=300))
def test_any_bytes_are_unpacked_or_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        unpack(data)


@settings(max_examples=200)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=4))
def test_damage_anywhere_is_found_or_changes_nothing(place: int, new: bytes) -> None:
    contents = Contents().with_document(Document("a.list", "list", b"x" * 50), ("b",))
    packed = pack(contents)
    place %= len(packed)
    damaged = packed[:place] + new + packed[place + len(new) :]
    try:
        found, _ = unpack(damaged)
    except IntegrityError:
        return
    assert found.data.keys() <= contents.data.keys()


def test_what_a_newer_version_wrote_is_left_alone() -> None:
    def rewritten(change: Mapping[str, object]) -> bytes:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            manifest = {"fileroom": "documents", "documents": {}, **change}
            archive.writestr("manifest.json", json.dumps(manifest))
        return made.getvalue()

    assert unpack(rewritten({"format": 1})) == (Contents(), None)
    with pytest.raises(NotSupportedError, match="newer"):
        unpack(rewritten({"format": 2}))
    changes: list[dict[str, object]] = [{}, {"format": 1, "fileroom": "x"}, {"format": "one"}]
    changes.append({"format": 1, "documents": 5})
    for change in changes:
        with pytest.raises(IntegrityError):
            unpack(rewritten(change))


def test_nothing_that_is_compressed_is_unpacked() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b" " * (10 << 20))
    with pytest.raises(IntegrityError):
        unpack(bomb.getvalue())


def test_a_set_that_would_be_too_large_is_refused(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fileroom._documents.shelf.LARGEST_SET", 2_000)
    with pytest.raises(fileroom.InvalidValueError, match="2000 are the most"):
        archive.documents.insert("b.list", "list", b"\n" * 2_000)
    assert versions(archive) == OLD


def test_the_content_types_are_those_of_the_registry() -> None:
    assert (DOCUMENTS.number, DOCUMENTS_DRAFT.number) == (32, 33)

"""In a storage area of DCMTK: names that dcmqrscp could have given, and files that it gave."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom.errors import NotFoundError
from fileroom.keys import attachment_key
from fileroom.storage import Deletion, Stored
from fileroom.testing.storage_case import content, listed, new_item, new_key
from fileroom_plugins.storage_filesystem.area import flat_name, is_ours
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage
from tests.plugins.storage_filesystem.areas import DCMTKS, INSTANCE, make_area

if TYPE_CHECKING:
    from pathlib import Path

LAYOUT = "{PatientID}/{SOPInstanceUID}.dcm"
NEVER_OURS = (
    *("index.dat", ".fileroom-storage", "fileroom.sidecar", "fileroom.toml", "notes.txt", "CT.dcm", "_0.dcm"),
    *("ct_0123456789abcdef0123456789abcdef.dcm", "CT_0123456789ABCDEF.dcm", "CT_0123456.dcm"),
    *(
        "C-T_0123456789abcdef.dcm",
        "CT_0123456789abcdef.dcm.part",
        "CT_0123456789abcdef.DCM",
        "CT_xyz45678.dcm",
    ),
    *("CT_0123456789abcdef012345678.dcm", "CT_0123456789abcdef.dcm\n", "\uff23T_0123456789abcdef.dcm"),
    *("CTCTCTCTCTCTCTCTCT_0123456789abcdef.dcm", ".CT_0123456789abcdef.dcm", "CT_٠١٢٣٤٥٦٧.dcm"),
)


@pytest.fixture
def area(tmp_path: Path) -> Path:
    """A storage area with files that dcmqrscp wrote."""
    folder = make_area(tmp_path / "area")
    for name in DCMTKS:
        (folder / name).write_bytes(b"dcmtk's")
    return folder


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_opening_an_area_adds_nothing_and_putting_into_it_the_marker(area: Path) -> None:
    storage = FilesystemStorage(area)
    assert names(area) == {"index.dat", *DCMTKS}
    (stored,) = storage.put_many([new_item(b"x", INSTANCE)])
    assert names(area) == {"index.dat", ".fileroom-storage", stored.locator, *DCMTKS}


def test_an_instance_lies_flat_under_its_modality_and_key(area: Path) -> None:
    storage = FilesystemStorage(area)
    key = "3f2a9c1e-0000-4000-8000-000000000001"
    stored = storage.put(key, b"x", INSTANCE)
    assert stored.locator == "CT_3f2a9c1e000040008000000000000001.dcm"
    assert storage.local_path(stored.locator) == area / stored.locator
    assert content(storage, stored.locator) == b"x"


@pytest.mark.parametrize(
    ("modality", "prefix"),
    [
        ("CT", "CT"),
        ("ct ", "CT"),
        ("", "XX"),
        ("C/T", "CT"),
        ("../..", "XX"),
        ("山", "XX"),
        ("M" * 70, "M" * 16),
    ],
)
def test_a_modality_is_cleaned_for_the_name(area: Path, modality: str, prefix: str) -> None:
    stored = FilesystemStorage(area).put(new_key(), b"x", {"Modality": modality})
    assert stored.locator.partition("_")[0] == prefix


@given(st.text())
def test_any_modality_gives_a_name_that_is_ours(modality: str) -> None:
    name = flat_name("3f2a9c1e-0000-4000-8000-000000000001", {"Modality": modality})
    assert is_ours(name)
    assert re.fullmatch(r"[A-Z0-9]{1,16}_3f2a9c1e000040008000000000000001\.dcm", name)


def test_an_index_may_make_an_area_of_the_folder_after_it_was_opened(tmp_path: Path) -> None:
    storage = FilesystemStorage(tmp_path / "area")
    early = storage.put(new_key(), b"early", INSTANCE)
    before = storage.capabilities
    make_area(tmp_path / "area")
    assert (before.naming, storage.capabilities.naming) == (False, True)
    late = storage.put(new_key(), b"late", INSTANCE)
    assert [path.name for path in (tmp_path / "area").glob("*.dcm")] == [late.locator]
    assert {content(storage, one.locator) for one in (early, late)} == {b"early", b"late"}


def test_what_is_no_instance_lies_by_its_key(area: Path) -> None:
    storage = FilesystemStorage(area)
    keys = [new_key(), attachment_key()]
    storage.put(keys[0], b"no naming")
    storage.put(keys[1], b"an attachment", INSTANCE)
    for key in keys:
        assert storage.local_path(key) == area / key[:2] / key[2:4] / key


def test_a_layout_of_the_operators_own_wins(area: Path) -> None:
    storage = FilesystemStorage(area, layout=LAYOUT)
    stored = storage.put(new_key(), b"x", {**INSTANCE, "SOPInstanceUID": "1.2"})
    assert stored.locator == "named/P/1.2.dcm"


def test_objects_outlive_the_areas_index(area: Path) -> None:
    storage = FilesystemStorage(area, layout=LAYOUT)
    named = storage.put(new_key(), b"x", {**INSTANCE, "SOPInstanceUID": "1.2"})
    flat = FilesystemStorage(area).put(new_key(), b"x", INSTANCE)
    keyed = storage.put(new_key(), b"x")
    (area / "index.dat").unlink()
    storage = FilesystemStorage(area)
    assert listed(storage).keys() == {named.locator, flat.locator, keyed.locator, *DCMTKS}
    assert content(storage, flat.locator) == b"x"


def test_what_dcmtk_wrote_is_listed_as_not_owned_and_can_be_read_and_deleted(area: Path) -> None:
    os.utime(area / DCMTKS[0], (1_000, 1_000))
    storage = FilesystemStorage(area)
    ours = storage.put(new_key(), b"x", INSTANCE)
    assert {one.locator: one.owned for one in storage.list()} == {ours.locator: True} | dict.fromkeys(
        DCMTKS, False
    )
    assert storage.stat(DCMTKS[0]) == Stored(DCMTKS[0], 7, 1_000, owned=False)
    assert content(storage, DCMTKS[0]) == b"dcmtk's"
    assert storage.delete([DCMTKS[0]]) == [Deletion(DCMTKS[0])]
    assert names(area) == {"index.dat", ".fileroom-storage", ours.locator, *DCMTKS[1:]}


@pytest.mark.parametrize("name", NEVER_OURS)
def test_a_file_of_another_name_is_no_object(area: Path, name: str) -> None:
    storage = FilesystemStorage(area)
    path = area / name
    try:
        path.write_bytes(b"somebody's")
    except (OSError, ValueError):
        pytest.skip("no file can have this name here")
    assert storage.locator_of(path) is None
    assert listed(storage).keys() == set(DCMTKS)
    with pytest.raises(NotFoundError):
        storage.open(name)
    storage.delete([name])
    assert path.read_bytes() == b"somebody's"


def test_paths_have_locators_by_their_names_alone(area: Path) -> None:
    storage = FilesystemStorage(area)
    key = new_key()
    ours = f"MR_{key.replace('-', '')}.dcm"
    for name in (ours, *DCMTKS):
        assert storage.locator_of(area / name) == name
        assert storage.locator_of(area / "deeper" / name) is None
        assert storage.locator_of(area / "deeper" / ".." / name) is None
    assert storage.locator_of(area / key[:2] / key[2:4] / key) == key
    assert storage.locator_of(area / key) is None
    assert storage.locator_of(area / "named" / "P" / "1.2.dcm") == "named/P/1.2.dcm"
    assert storage.locator_of(area / "named" / "P" / ".." / "1.2.dcm") is None


def test_a_path_is_known_by_either_name_of_a_linked_root(area: Path, tmp_path: Path) -> None:
    try:
        (tmp_path / "link").symlink_to(area)
    except OSError:
        pytest.skip("no symbolic links here")
    storage = FilesystemStorage(tmp_path / "link")
    assert storage.locator_of(tmp_path / "link" / DCMTKS[0]) == DCMTKS[0]
    assert storage.locator_of(area / DCMTKS[0]) == DCMTKS[0]


def test_an_error_shows_the_key_of_an_object_in_an_area_and_no_more(area: Path) -> None:
    storage = FilesystemStorage(area)
    for locator in ("DOE_0123456789abcdef.dcm", "DOE_0123456789abcdef0123456789abcdef.dcm"):
        with pytest.raises(NotFoundError) as error:
            storage.open(locator)
        assert f"*{locator.removeprefix('DOE')}" in str(error.value)
        assert "DOE" not in str(error.value)


def test_a_folder_named_like_an_object_is_none(area: Path) -> None:
    (area / "CT_00000000.dcm").mkdir()
    storage = FilesystemStorage(area)
    assert listed(storage).keys() == set(DCMTKS)
    with pytest.raises(NotFoundError):
        storage.open("CT_00000000.dcm")
    assert storage.delete(["CT_00000000.dcm"]) == [Deletion("CT_00000000.dcm")]


def test_unfinished_files_in_an_area_are_discarded_and_dcmtks_left(area: Path) -> None:
    storage = FilesystemStorage(area)
    (area / f".{new_key()}.part").write_bytes(b"half")
    assert storage.discard_unfinished(0) == 1
    assert names(area) == {"index.dat", *DCMTKS}


def test_a_failed_batch_leaves_an_area_as_it_was(area: Path) -> None:
    storage = FilesystemStorage(area)
    with pytest.raises(TypeError):
        storage.put_many([new_item(b"x", INSTANCE), new_item(["no bytes"], INSTANCE)])  # type: ignore[list-item]
    assert names(area) == {"index.dat", ".fileroom-storage", *DCMTKS}

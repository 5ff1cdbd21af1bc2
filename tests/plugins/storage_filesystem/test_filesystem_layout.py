"""Readable names: what the operator asked for, safe whatever the values hold."""

from __future__ import annotations

import os
import unicodedata
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom.errors import ConfigError, NotFoundError
from fileroom.testing.storage_case import content, listed, new_item, new_key
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LAYOUT = "{PatientID}/{StudyInstanceUID}/{SeriesInstanceUID}/{SOPInstanceUID}.dcm"
NAMING = {
    "PatientID": "P-1",
    "StudyInstanceUID": "1.2",
    "SeriesInstanceUID": "1.2.3",
    "SOPInstanceUID": "1.2.3.4",
}
FRAGMENTS = (
    *(
        "..",
        ".",
        "/",
        "\\",
        "\0",
        "\n",
        "CON",
        "nul.",
        "com1",
        " ",
        "~",
        ":",
        "*",
        ".dcm",
        ".part",
        "1.2.840",
    ),
    *("é", "e\u0301", "한", "ß", "\u202e", "\ud800", "a1", "A1", "_", "a" * 300, "é" * 130, "named"),
)
values = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), max_size=5).map("".join),
    st.text(st.characters(), max_size=40),
)
namings = st.fixed_dictionaries(dict.fromkeys(NAMING, values))


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilesystemStorage]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield FilesystemStorage(tmp_path_factory.mktemp("layout") / "objects", layout=LAYOUT)


def open_with(tmp_path: Path, layout: str | None) -> FilesystemStorage:
    return FilesystemStorage(tmp_path / "objects", layout=layout)


def where(storage: FilesystemStorage, tmp_path: Path, locator: str) -> str:
    return storage.local_path(locator).relative_to(tmp_path / "objects").as_posix()


def test_plain_values_are_names_as_they_stand(tmp_path: Path) -> None:
    storage = open_with(tmp_path, LAYOUT)
    stored = storage.put(new_key(), b"x", NAMING)
    assert where(storage, tmp_path, stored.locator) == "named/P-1/1.2/1.2.3/1.2.3.4.dcm"


def test_a_name_that_is_taken_gets_the_key(tmp_path: Path) -> None:
    storage = open_with(tmp_path, LAYOUT)
    key = new_key()
    first = storage.put(new_key(), b"first", NAMING)
    second = storage.put(key, b"second", NAMING)
    assert where(storage, tmp_path, second.locator) == f"named/P-1/1.2/1.2.3/1.2.3.4~{key}.dcm"
    assert content(storage, first.locator) == b"first"


def test_a_long_name_leaves_room_for_the_key(tmp_path: Path) -> None:
    storage = open_with(tmp_path, "{PatientName}.dcm")
    stored = [storage.put(new_key(), b"x", {"PatientName": "山" * 200}) for _ in range(2)]
    names = [storage.local_path(one.locator).name for one in stored]
    assert all(len(name.encode()) <= 255 and name.endswith(".dcm") for name in names)
    assert len(set(names)) == 2


def test_names_that_differ_in_case_only_are_told_apart_where_the_file_system_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def link_ignoring_case(source: str, target: Path, **options: object) -> None:
        if target.name.lower() in {path.name.lower() for path in target.parent.iterdir()}:
            raise FileExistsError
        link(source, target, **options)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(os, "link", link_ignoring_case)
    storage = open_with(tmp_path, "{PatientID}.dcm")
    upper = storage.put(new_key(), b"upper", {"PatientID": "A1"})
    lower = storage.put(new_key(), b"lower", {"PatientID": "a1"})
    assert (content(storage, upper.locator), content(storage, lower.locator)) == (b"upper", b"lower")
    names = {storage.local_path(one.locator).name.lower() for one in (upper, lower)}
    assert len(names) == 2


@pytest.mark.parametrize("naming", [{}, {"PatientID": ""}, {"PatientName": "DOE^JANE"}])
def test_an_object_without_a_value_for_its_name_lies_by_its_key(
    tmp_path: Path, naming: Mapping[str, str]
) -> None:
    storage = open_with(tmp_path, LAYOUT)
    key = new_key()
    stored = storage.put(key, b"x", naming)
    assert where(storage, tmp_path, stored.locator) == f"{key[:2]}/{key[2:4]}/{key}"


def test_missing_values_show_as_underlines(tmp_path: Path) -> None:
    storage = open_with(tmp_path, LAYOUT)
    stored = storage.put(new_key(), b"x", {"SOPInstanceUID": "1.2"})
    assert where(storage, tmp_path, stored.locator) == "named/_/_/_/1.2.dcm"


def test_a_path_too_long_for_the_system_is_not_readable_but_works(tmp_path: Path) -> None:
    storage = open_with(tmp_path, "/".join(["{PatientName}"] * 30))
    stored = storage.put(new_key(), b"x", {"PatientName": "x" * 200})
    assert content(storage, stored.locator) == b"x"
    assert not stored.locator.startswith("named/")


def test_the_key_may_stand_in_a_layout(tmp_path: Path) -> None:
    storage = open_with(tmp_path, "{Modality}/{key}.dcm")
    key = new_key()
    stored = storage.put(key, b"x", {"Modality": "CT"})
    assert where(storage, tmp_path, stored.locator) == f"named/CT/{key}.dcm"


def test_objects_outlive_a_change_of_the_layout(tmp_path: Path) -> None:
    named = open_with(tmp_path, LAYOUT).put(new_key(), b"named", NAMING)
    other = open_with(tmp_path, "{Modality}.dcm").put(new_key(), b"other", {"Modality": "CT"})
    plain = open_with(tmp_path, None).put(new_key(), b"plain", NAMING)
    for layout in (None, LAYOUT, "{Modality}.dcm"):
        storage = open_with(tmp_path, layout)
        assert content(storage, named.locator) == b"named"
        assert content(storage, plain.locator) == b"plain"
        assert set(listed(storage)) == {named.locator, other.locator, plain.locator}


def test_deleting_removes_folders_named_after_a_patient(tmp_path: Path) -> None:
    storage = open_with(tmp_path, LAYOUT)
    one, other = storage.put_many([new_item(b"x", NAMING), new_item(b"x", NAMING)])
    storage.delete([one.locator])
    assert content(storage, other.locator) == b"x"
    storage.delete([other.locator])
    assert list((tmp_path / "objects" / "named").iterdir()) == []
    assert content(storage, storage.put(new_key(), b"again", NAMING).locator) == b"again"


def test_a_failed_put_leaves_no_folder_named_after_a_patient(tmp_path: Path) -> None:
    storage = open_with(tmp_path, LAYOUT)
    with pytest.raises(TypeError):
        storage.put(new_key(), ["no bytes"], NAMING)  # type: ignore[list-item]
    assert list((tmp_path / "objects" / "named").iterdir()) == []


def test_errors_and_their_causes_name_no_patient(tmp_path: Path) -> None:
    storage = open_with(tmp_path, "{PatientID}/{PatientName}.dcm")
    stored = storage.put(new_key(), b"x", {"PatientID": "SECRET", "PatientName": "SECRET"})
    storage.delete([stored.locator])
    (tmp_path / "objects" / "named" / "SECRET").write_bytes(b"in the way")
    with pytest.raises(Exception, match="not there") as missing:
        storage.open(stored.locator)
    with pytest.raises(Exception, match="a file stands where") as blocked:
        storage.put(new_key(), b"x", {"PatientID": "SECRET", "PatientName": "SECRET"})
    for raised in (missing, blocked):
        error: BaseException | None = raised.value
        while error:
            assert "SECRET" not in f"{error} {error!r}"
            error = error.__cause__ or error.__context__


@pytest.mark.parametrize(
    "layout",
    [
        *("", "/", "/{PatientID}", "{PatientID}/", "../{PatientID}", "{PatientID}/..", "a//{PatientID}"),
        *("{PatientID", "PatientID}", "{}", "{0}", "{PatientID!r}", "{PatientID:>5}", "{PatientID.x}"),
        *("C:/{PatientID}", "a\\{PatientID}", "CON/{PatientID}", ".hidden/{PatientID}", "{PatientID}\0"),
        *("{NoSuchKeyword}", "{PatientId}", "{key}.dcm", "plain.dcm", "{PixelData}"),
    ],
)
def test_a_layout_that_cannot_work_is_refused_when_opening(tmp_path: Path, layout: str) -> None:
    with pytest.raises(ConfigError) as raised:
        open_with(tmp_path, layout)
    assert raised.value.path == "storage.layout"
    assert not (tmp_path / "objects").exists()


@given(namings)
def test_any_value_gives_a_safe_path(storage: FilesystemStorage, naming: Mapping[str, str]) -> None:
    root = storage.local_path(storage.put(new_key(), b"").locator).parents[2]
    stored = storage.put(new_key(), b"x", naming)
    path = storage.local_path(stored.locator)
    assert path.resolve().is_relative_to(root.resolve())
    assert path.read_bytes() == b"x"
    for part in path.relative_to(root).parts:
        assert part == part.strip(" .")
        assert len(part.encode("utf-8")) <= 255
        assert PureWindowsPath(part).parts == (part,)
        assert not PureWindowsPath(part).is_reserved()
        assert unicodedata.is_normalized("NFC", part)
        assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in part)


@given(namings, namings)
def test_any_two_objects_have_files_of_their_own(
    storage: FilesystemStorage, one: Mapping[str, str], other: Mapping[str, str]
) -> None:
    stored = storage.put_many([new_item(b"one", one), new_item(b"other", other)])
    assert [content(storage, each.locator) for each in stored] == [b"one", b"other"]
    storage.delete([stored[0].locator])
    assert content(storage, stored[1].locator) == b"other"


@given(st.one_of(values, namings.map(lambda naming: "/".join(["named", *naming.values()]))))
def test_no_text_is_a_locator_unless_the_storage_returned_it(
    storage: FilesystemStorage, locator: str
) -> None:
    if locator not in listed(storage):
        with pytest.raises(NotFoundError):
            storage.open(locator)
        assert storage.delete([locator])[0].error is None

"""Storages within storages: configured by tables within a table, opened by the plugin that wraps them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pytest

from fileroom._config.places import place_of
from fileroom.archive import Archive
from fileroom.config import load_config
from fileroom.errors import ConfigError, PluginNotFoundError
from fileroom.plugin import InnerStorage, Secret, Storage, StoragePlugin, hookimpl
from fileroom.testing.datasets import make_instance
from fileroom.testing.memory_storage import MemoryStorage
from tests.core.distributions import Site, install_site

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.plugin import ByteRange, Deletion, PutItem, Stored


@dataclass(frozen=True)
class Options:
    """One inner storage, and others by name."""

    inner: InnerStorage
    others: dict[str, InnerStorage] = field(default_factory=dict)


class Wrapper(Storage):
    """Keeps everything in its first inner storage."""

    def __init__(self, options: Options) -> None:
        self._inner = options.inner.open()
        self._others = {name: one.open() for name, one in options.others.items()}

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        """Put."""
        return self._inner.put_many(items)

    def open(self, locator: str, byte_range: ByteRange | None = None) -> BinaryIO:
        """Open."""
        return self._inner.open(locator, byte_range)

    def stat(self, locator: str) -> Stored:
        """Stat."""
        return self._inner.stat(locator)

    def delete(self, locators: Sequence[str]) -> list[Deletion]:
        """Delete."""
        return self._inner.delete(locators)

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """List."""
        return self._inner.list(prefix)

    def close(self) -> None:
        """Close all."""
        for one in (self._inner, *self._others.values()):
            one.close()


THEIRS = """
from dataclasses import dataclass
from fileroom.plugin import StoragePlugin, hookimpl
from tests.core.distributions import FakeStorage

@dataclass(frozen=True)
class Options:
    name: str

@hookimpl
def fileroom_storage():
    return StoragePlugin("filesystem", Options, FakeStorage, "made up")
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    yield from install_site(tmp_path, monkeypatch)


class Plugin:
    """Offers the wrapper."""

    @hookimpl
    def fileroom_storage(self) -> StoragePlugin:
        """Offer it."""
        return StoragePlugin("wrapper", Options, Wrapper, "Wraps")


def _toml(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "fileroom.toml"
    file.write_text(f'[storage]\nbackend = "wrapper"\n{text}', encoding="utf-8")
    return file


def test_an_inner_storage_is_opened_from_the_table_within_the_table(tmp_path: Path) -> None:
    toml = _toml(tmp_path, '[storage.inner]\nbackend = "filesystem"\nroot = "kept"\n')
    with Archive(load_config(toml), [Plugin()]) as archive:
        archive.store(make_instance())
    assert any(path.is_file() for path in (tmp_path / "kept").rglob("*-*"))


def test_inner_storages_may_lie_within_each_other(tmp_path: Path) -> None:
    toml = _toml(
        tmp_path,
        '[storage.inner]\nbackend = "wrapper"\n[storage.inner.inner]\nbackend = "filesystem"\nroot = "deep"\n'
        '[storage.others.one]\nbackend = "filesystem"\nroot = "other"\n',
    )
    with Archive(load_config(toml), [Plugin()]) as archive:
        archive.store(make_instance())
        shown = {line.key: line.value for line in archive.config.describe(archive.plugins.option_types)}
    assert any(path.is_file() for path in (tmp_path / "deep").rglob("*-*"))
    assert (tmp_path / "other").is_dir()
    assert shown["storage.inner.inner.root"].endswith("deep")
    assert shown["storage.others.one.backend"] == "filesystem"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", "storage"),
        ("inner = 1\n", "storage.inner"),
        ("[storage.inner]\nroot = 'x'\n", "storage.inner.backend"),
        ("[storage.inner]\nbackend = 'filesystem'\nrot = 'x'\n", "storage.inner.rot"),
        (
            "[storage.inner]\nbackend='filesystem'\n[storage.others.b]\nbackend='filesystem'\nroot=1\n",
            "storage.others.b.root",
        ),
    ],
)
def test_what_is_wrong_with_an_inner_table_is_told_with_its_path(
    tmp_path: Path, text: str, path: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        Archive(load_config(_toml(tmp_path, text)), [Plugin()])
    assert path in str(caught.value)


def test_an_inner_storage_that_is_not_installed_is_told_by_the_key_that_names_it(tmp_path: Path) -> None:
    toml = _toml(tmp_path, '[storage.inner]\nbackend = "filesistem"\n')
    with pytest.raises(PluginNotFoundError, match=r"storage\.inner\.backend.*filesystem"):
        Archive(load_config(toml), [Plugin()])


def test_the_secrets_of_an_inner_storage_are_hidden(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Hidden:
        url: Secret

    class Other:
        @hookimpl
        def fileroom_storage(self) -> StoragePlugin:
            return StoragePlugin("hidden", Hidden, lambda _: MemoryStorage(), "Hides")

    toml = _toml(tmp_path, '[storage.inner]\nbackend = "hidden"\nurl = "plain-secret"\n')
    with Archive(load_config(toml), [Plugin(), Other()]) as archive:
        lines = archive.config.describe(archive.plugins.option_types)
    assert "plain-secret" not in str(lines)
    assert any(line.key == "storage.inner.url" for line in lines)


def test_settings_of_inner_storages_are_shown_with_their_origins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toml = _toml(
        tmp_path,
        '[storage.inner]\nbackend = "filesystem"\nroot = "x"\n'
        '[storage.others.one]\nbackend = "filesystem"\nroot = "other"\n',
    )
    monkeypatch.setenv("FILEROOM_STORAGE__INNER__ROOT", "kept")
    with Archive(load_config(toml), [Plugin()]) as archive:
        archive.store(make_instance())
        lines = archive.config.describe(archive.plugins.option_types)
    origins = {line.key: line.origin for line in lines if line.key.startswith("storage.")}
    assert origins["storage.inner.backend"] == "file fileroom.toml"
    assert origins["storage.inner.root"] == "environment FILEROOM_STORAGE__INNER__ROOT"
    assert origins["storage.others.one.root"] == "file fileroom.toml"
    assert {origins[key] for key in origins if key.endswith(("fsync", "digits"))} <= {"default"}
    assert "default" in origins.values()
    assert any(path.is_file() for path in (tmp_path / "kept").rglob("*-*"))


def test_the_distribution_of_an_inner_storage_is_heeded_whatever_was_loaded(
    tmp_path: Path, site: Site
) -> None:
    site.install("theirs", plugins={"filesystem": "their_storage"}, modules={"their_storage": THEIRS})
    toml = _toml(
        tmp_path,
        '[storage.inner]\nbackend = "filesystem"\nroot = "kept"\ndistribution = "fileroom"\n'
        '[storage.others.a]\nbackend = "filesystem"\nname = "x"\ndistribution = "theirs"\n'
        '[storage.others.b]\nbackend = "filesystem"\nroot = "b"\ndistribution = "Fileroom"\n',
    )
    with Archive(load_config(toml), [Plugin()]) as archive:
        archive.store(make_instance())
    assert any(path.is_file() for path in (tmp_path / "kept").rglob("*-*"))
    assert (tmp_path / "b").is_dir()
    without = toml.read_text(encoding="utf-8").replace('distribution = "theirs"', 'distribution = "nobodys"')
    toml.write_text(without, encoding="utf-8")
    with pytest.raises(PluginNotFoundError, match="by the distribution 'nobodys'"):
        Archive(load_config(toml), [Plugin()])


def test_one_that_a_host_made_is_opened_as_it_says(tmp_path: Path) -> None:
    objects: dict[str, tuple[bytes, float]] = {}
    inner = InnerStorage.of(lambda: MemoryStorage(objects))
    storage = {"backend": "wrapper", "inner": inner}
    with Archive(load_config(tmp_path / "archive", storage=storage), [Plugin()]) as archive:
        archive.store(make_instance())
    assert len(objects) == 1


def test_one_that_no_archive_made_cannot_be_opened(tmp_path: Path) -> None:
    config = load_config(_toml(tmp_path, '[storage.inner]\nbackend = "filesystem"\n'))
    inner = InnerStorage.parse(config.storage.options["inner"], "storage.inner", tmp_path)
    with pytest.raises(ConfigError, match="archive"):
        inner.open()
    assert "filesystem" in repr(inner)


def test_the_place_of_an_inner_storage_is_what_its_options_say(tmp_path: Path) -> None:
    def place(root: str, more: str = "") -> object:
        places: list[object] = []

        def noting(options: Options) -> Storage:
            places.append(options.inner.place)
            return Wrapper(options)

        class Noting:
            """Offers the wrapper."""

            @hookimpl
            def fileroom_storage(self) -> StoragePlugin:
                """Offer it."""
                return StoragePlugin("wrapper", Options, noting, "Wraps")

        toml = _toml(tmp_path, f'[storage.inner]\nbackend = "filesystem"\nroot = "{root}"\n{more}')
        Archive(load_config(toml), [Noting()]).close()
        return places[0]

    assert place("one") == ("filesystem", tmp_path / "one") == place("one", "threads = 1\n")
    assert place("one") != place("two")


def test_without_a_word_of_its_own_all_options_but_secrets_make_a_place() -> None:
    @dataclass(frozen=True)
    class Given:
        host: str
        password: Secret
        folders: tuple[Path, ...] = (Path("/a"),)
        more: dict[str, int] = field(default_factory=lambda: {"b": 1, "a": 2})

    inner = InnerStorage("any", {})
    inner.opened_by(MemoryStorage, Given("h", Secret("p")))
    told = (("host", "h"), ("password", None), ("folders", (Path("/a"),)), ("more", (("a", 2), ("b", 1))))
    assert inner.place == ("any", told)
    assert InnerStorage.of(MemoryStorage).place is None


def test_backends_tell_where_they_are_by_what_does_not_change_otherwise() -> None:
    from fileroom_plugins import storage_cache, storage_s3, storage_sql, storage_tiered

    url = "postgresql://{}@db.example:5432/images?connect_timeout={}"
    places = {
        place_of(storage_sql.Options(url=Secret(url.format(*one)))) for one in (("a:b", 1), ("c:secret", 2))
    }
    assert len(places) == 1
    assert "secret" not in str(places)
    s3 = [
        storage_s3.Options(bucket="b", prefix="p/", access_key_id="a", secret_access_key=Secret("s")),
        storage_s3.Options(bucket="b", prefix="p", retries=1),
        storage_s3.Options(bucket="b", prefix="q"),
    ]
    same, too, other = map(place_of, s3)
    assert same == too != other
    inner = InnerStorage("s3", {})
    inner.opened_by(MemoryStorage, s3[0])
    assert place_of(storage_cache.Options(inner)) == ("s3", same)
    assert place_of(storage_tiered.Options({"far": inner}, "far")) == (("far", ("s3", same)),)

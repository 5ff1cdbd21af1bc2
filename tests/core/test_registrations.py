from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from fileroom.errors import PluginLoadError
from fileroom.plugin import API, IndexPlugin, StoragePlugin, hookimpl
from tests.core.distributions import FakeIndex, FakeStorage, install_site, storage_source
from tests.core.host_plugins import NoOptions, offering, refused

if TYPE_CHECKING:
    from fileroom.events import StoredBatch
    from tests.core.distributions import Site

site = pytest.fixture(install_site, name="site")


@dataclass
class Thawed:
    pass


@dataclass(frozen=True)
class Clashing:
    backend: str = ""


@pytest.mark.parametrize(
    ("storage", "reason"),
    [
        (None, "returned NoneType"),
        ("x", "returned str, and not StoragePlugin"),
        (IndexPlugin("x", NoOptions, FakeIndex, ""), "returned IndexPlugin"),
        (StoragePlugin("", NoOptions, FakeStorage, ""), "returned no name"),
        (StoragePlugin("x", NoOptions, FakeStorage, "", api=API + 1), f"API {API + 1}, and this is {API}"),
        (StoragePlugin("x", NoOptions, FakeStorage, "", api=0), "API 0"),
        (StoragePlugin("x", Thawed, FakeStorage, ""), "frozen"),
        (StoragePlugin("x", dict, FakeStorage, ""), "dataclass"),
        (StoragePlugin("x", Clashing, FakeStorage, ""), "'backend' of Clashing is a reserved key"),
        (StoragePlugin("x", NoOptions, None, ""), "cannot be called"),  # type: ignore[arg-type]
    ],
)
def test_an_invalid_registration_is_refused_with_its_reason(storage: object, reason: str) -> None:
    error = refused(offering(storage))
    assert isinstance(error, PluginLoadError)
    assert "plugin 'Offering' of the host application cannot be used: " in str(error)
    assert reason in str(error)


def test_an_installed_backend_must_be_called_as_its_entry_point_is(site: Site) -> None:
    site.install(
        "acme", plugins={"tape": "acme_tape:fileroom_storage"}, modules={"acme_tape": storage_source("reel")}
    )
    text = str(refused(storage={"backend": "tape"}))
    assert "storage 'tape' of acme 1.0 cannot be used: fileroom_storage calls it 'reel'" in text


def test_a_registration_hook_that_fails_is_a_load_error_with_its_cause() -> None:
    class Failing:
        @hookimpl
        def fileroom_storage(self) -> StoragePlugin:
            raise KeyError("secret text")

    error = refused(Failing())
    assert isinstance(error, PluginLoadError)
    assert isinstance(error.__cause__, KeyError)
    assert "secret text" not in str(error)


class Misspelt:
    @hookimpl
    def fileroom_stord(self, batch: StoredBatch) -> None: ...


class Misargued:
    @hookimpl
    def fileroom_stored(self, batch: StoredBatch, archive: object) -> None: ...


class Wrapping:
    @hookimpl(wrapper=True)
    def fileroom_stored(self, batch: StoredBatch) -> Any:
        yield


@pytest.mark.parametrize(
    ("plugin", "reason"),
    [
        (Misspelt(), "there is no hook 'fileroom_stord'; did you mean 'fileroom_stored'?"),
        (Misargued(), "archive"),
        (Wrapping(), "cannot be wrapped"),
        (Misspelt, "make an object of it"),
        (object(), "mark them with @fileroom.plugin.hookimpl"),
    ],
)
def test_hooks_that_would_never_be_called_are_refused(plugin: object, reason: str) -> None:
    error = refused(plugin)
    assert isinstance(error, PluginLoadError)
    assert reason in str(error)

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from fileroom._dispatch import Dispatch
from fileroom.config import load_config
from fileroom.errors import (
    ConfigError,
    MissingDependencyError,
    PluginConflictError,
    PluginLoadError,
    PluginNotFoundError,
    StorageError,
)
from fileroom.plugin import StoragePlugin
from fileroom.tags import TagSet
from tests.core.distributions import (
    FakeIndex,
    FakeStorage,
    extension_source,
    index_source,
    install_site,
    storage_source,
)
from tests.core.host_plugins import Backends, NoOptions, Root, config_of, offering, opened, raising, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.core.distributions import Site


site = pytest.fixture(install_site, name="site")


def test_backends_are_opened_with_their_options_and_the_tags() -> None:
    dispatch = opened(storage={"backend": "fake", "root": "r", "size": 3})
    tags = TagSet({})
    storage, index = dispatch.open_storage(), dispatch.open_index(tags)
    assert isinstance(storage, FakeStorage)
    assert storage.options == Root(Path.cwd() / "archive" / "r", 3)
    assert isinstance(index, FakeIndex)
    assert (index.options, index.tags) == (NoOptions(), tags)


def test_installed_backends_are_imported_by_name_and_nothing_else_is(site: Site) -> None:
    site.install(
        "acme",
        plugins={
            "tape": "acme_tape:fileroom_storage",
            "rows": "acme_rows",
            "broken": "acme_broken:fileroom_storage",
            "other": "acme_other:fileroom_extension",
        },
        modules={
            "acme_tape": storage_source("tape"),
            "acme_rows": index_source("rows"),
            "acme_broken": "1 / 0",
            "acme_other": "",
        },
    )
    dispatch = Dispatch.open(load_config("archive", index={"backend": "rows"}, storage={"backend": "tape"}))
    assert isinstance(dispatch.open_storage(), FakeStorage)
    assert isinstance(dispatch.open_index(TagSet({})), FakeIndex)
    assert sorted(site.imported()) == ["acme_rows", "acme_tape"]


def test_options_of_a_backend_are_checked_when_the_archive_opens() -> None:
    error = refused(storage={"backend": "fake", "rot": "r"})
    assert isinstance(error, ConfigError)
    assert error.path == "storage.rot"


def test_a_backend_that_is_not_installed_is_named_with_those_that_are(site: Site) -> None:
    site.install("acme", plugins={"tape": "a:fileroom_storage", "rows": "b:fileroom_index"})
    error = refused(storage={"backend": "tapes"})
    assert isinstance(error, PluginNotFoundError)
    assert "storage.backend: no storage 'tapes' is installed" in str(error)
    assert "tape" in str(error).partition("installed: ")[2]
    assert str(error).endswith("did you mean 'tape'?")
    assert "acme 1.0 offers the index 'rows'" in str(refused(storage={"backend": "rows"}))


def test_two_distributions_with_one_name_conflict_only_where_the_configuration_names_it(site: Site) -> None:
    site.install(
        "acme", plugins={"tape": "acme_tape:fileroom_storage"}, modules={"acme_tape": storage_source("tape")}
    )
    site.install(
        "bolt",
        "2.0",
        plugins={"tape": "bolt_tape:fileroom_storage"},
        modules={"bolt_tape": storage_source("tape")},
    )
    opened()
    error = refused(storage={"backend": "tape"})
    assert isinstance(error, PluginConflictError)
    assert "acme 1.0 and bolt 2.0" in str(error)
    assert 'distribution = "acme"' in str(error)
    assert site.imported() == []
    opened(storage={"backend": "tape", "distribution": "Bolt"})
    assert site.imported() == ["bolt_tape"]
    with pytest.raises(PluginNotFoundError, match="by the distribution 'nuts'"):
        opened(storage={"backend": "tape", "distribution": "nuts"})


def test_a_tie_between_extensions_is_broken_in_the_plugins_own_table(site: Site) -> None:
    source = extension_source("bell", "@hookimpl\n    def fileroom_stored(self): pass")
    for name in ("acme", "bolt"):
        site.install(
            name, plugins={"bell": f"{name}_bell:fileroom_extension"}, modules={f"{name}_bell": source}
        )
    enable: dict[str, object] = {"enable": ["bell"]}
    assert isinstance(refused(plugins=enable), PluginConflictError)
    opened(plugins={**enable, "bell": {"distribution": "bolt"}})
    assert site.imported() == ["bolt_bell"]
    assert (
        refused(plugins={**enable, "bell": {"distribution": 1}})
        .args[0]
        .startswith("plugins.bell.distribution: expected text")
    )


def test_a_disabled_backend_or_intervention_is_an_error_and_a_disabled_extension_is_left_out(
    site: Site,
) -> None:
    site.install("acme", plugins={"tape": "acme_tape:fileroom_storage"}, modules={"acme_tape": "1 / 0"})
    plugins: dict[str, object] = {"enable": ["tape"], "disable": ["tape"]}
    opened(plugins=plugins)
    for tables in ({"storage": {"backend": "tape"}}, {"ingest": {"before_store": ["tape"]}}):
        error = refused(plugins=plugins, **tables)
        assert isinstance(error, ConfigError)
        assert "'tape' is disabled" in str(error)
        assert error.path in ("storage.backend", "ingest.before_store")
    assert site.imported() == []


def test_a_broken_plugin_that_is_named_is_an_error_with_its_cause(site: Site) -> None:
    site.install("acme", plugins={"tape": "acme_tape:fileroom_storage"}, modules={"acme_tape": "1 / 0"})
    error = refused(storage={"backend": "tape"})
    assert isinstance(error, PluginLoadError)
    assert isinstance(error.__cause__, ZeroDivisionError)
    assert (error.plugin, error.distribution) == ("tape", "acme")


def test_one_module_may_stand_behind_several_entry_points(site: Site) -> None:
    site.install(
        "acme",
        plugins={"both": "acme_both:fileroom_storage", "rows": "acme_both:fileroom_index"},
        modules={"acme_both": storage_source("both") + index_source("rows").replace("Options", "Others")},
    )
    config = load_config("archive", index={"backend": "rows"}, storage={"backend": "both"})
    assert isinstance(Dispatch.open(config).open_index(TagSet({})), FakeIndex)


def test_an_entry_point_whose_module_lacks_the_hook_it_names_is_refused(site: Site) -> None:
    site.install(
        "acme", plugins={"tape": "acme_tape:fileroom_storage"}, modules={"acme_tape": index_source("tape")}
    )
    error = refused(storage={"backend": "tape"})
    assert isinstance(error, PluginLoadError)
    assert "offers no storage, as storage.backend expects" in str(error)


# Opening


def storing(open_: Callable[[Any], Any]) -> Dispatch:
    plugin = offering(StoragePlugin("x", NoOptions, open_, ""))
    return Dispatch.open(config_of(storage={"backend": "x"}), [Backends(), plugin])


def test_a_backends_own_error_passes_unchanged() -> None:
    error = StorageError("the folder is read-only")
    with pytest.raises(StorageError) as caught:
        storing(raising(error)).open_storage()
    assert caught.value is error


@pytest.mark.parametrize("error", [OSError("password=hunter2"), SystemExit(1)])
def test_another_error_while_opening_is_a_load_error_that_tells_the_type_only(error: BaseException) -> None:
    with pytest.raises(PluginLoadError, match=f"opening it failed: {type(error).__name__}$") as caught:
        storing(raising(error)).open_storage()
    assert caught.value.__cause__ is error


def test_a_driver_that_is_missing_when_opening_is_a_missing_dependency() -> None:
    error = ModuleNotFoundError("No module named 'boto3'", name="boto3")
    with pytest.raises(MissingDependencyError, match="storage 'x' needs boto3"):
        storing(raising(error)).open_storage()


def test_what_was_opened_must_be_what_the_contract_says() -> None:
    with pytest.raises(PluginLoadError, match="opened SimpleNamespace, which is no Storage"):
        storing(lambda _: SimpleNamespace()).open_storage()


def test_a_hosts_own_plugin_wins_over_an_installed_one_of_its_name(site: Site) -> None:
    site.install("acme", plugins={"fake": "acme_fake:fileroom_storage"}, modules={"acme_fake": "1 / 0"})
    assert isinstance(opened().open_storage(), FakeStorage)


def test_two_plugins_of_a_host_with_one_name_conflict() -> None:
    assert isinstance(refused(Backends()), PluginConflictError)
